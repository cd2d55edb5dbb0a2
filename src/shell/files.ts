import { isUtf8 } from "node:buffer";
import { createReadStream } from "node:fs";
import { lstat, mkdir, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import type { AppendedFile, Environment, Files } from "../context.ts";
import { CliError, usageError } from "../errors.ts";
import type { Closers } from "./closers.ts";
import type { SignalSource } from "./signals.ts";
import { codeOf, reasonOf } from "./system-error.ts";
import { WorkFolders } from "./work-folders.ts";

/** More than the lines of any bulk. */
const longestInputBytes = 256 * 1024 ** 2;
/** How much of a file is read at a time. */
const chunkBytes = 512 * 1024;

/** The machine's files, and the standard input of `process`, which is opened when it is read. */
export function createFiles(
  process: SignalSource & { readonly stdin: NodeJS.ReadableStream; readonly env: Environment },
  closers: Closers,
): Files {
  const workFolders = new WorkFolders(process, closers);
  return {
    configFolder: configFolder(process.env),
    read,
    readIfThere,
    openToAppend,
    write,
    isThere,
    create,
    readStdin: () => readStdin(process.stdin),
    temporaryFolder: async () => (await workFolders.create()).path,
    workFolder: () => workFolders.create(),
  };
}

async function read(path: string): Promise<string> {
  if (path === "") throw usageError("no file is named");
  return (await readIfThere(path)) ?? refuse(path, Object.assign(new Error(), { code: "ENOENT" }));
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readAll(createReadStream(path, { highWaterMark: chunkBytes }), `the file ${path}`);
  } catch (error) {
    if (error instanceof CliError) throw error;
    return codeOf(error) === "ENOENT" ? null : refuse(path, error);
  }
}

/** What is sent to AWS must be what was given: bytes that are no text would become something else. */
function utf8Text(bytes: Buffer, what: string): string {
  if (isUtf8(bytes)) return bytes.toString("utf8");
  throw usageError(`${what} is not UTF-8 text`, "save it as UTF-8");
}

function refuse(path: string, error: unknown): never {
  throw usageError(`the file ${path} cannot be read: ${reasonOf(error)}`);
}

async function write(path: string, text: string): Promise<void> {
  await writeFile(path, text, { mode: 0o600 }).catch((error: unknown) => {
    throw usageError(`the file ${path} cannot be written: ${reasonOf(error)}`);
  });
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error) => (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR" ? false : refuse(path, error)),
  );
}

async function create(path: string, text: string, { overwrite }: { readonly overwrite: boolean }): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, { flag: overwrite ? "w" : "wx" });
  } catch (error) {
    throw usageError(`the file ${path} cannot be written: ${reasonOf(error)}`);
  }
}

async function openToAppend(path: string): Promise<AppendedFile> {
  // Loaded late: few commands write a file, and the module takes milliseconds.
  const { open } = await import("node:fs/promises");
  try {
    const file = await open(path, "a", 0o600);
    return {
      async append(text) {
        try {
          await file.appendFile(text);
          await file.datasync();
        } catch (error) {
          throw new CliError("failure", `the file ${path} cannot be written: ${reasonOf(error)}`, { cause: error });
        }
      },
      [Symbol.asyncDispose]: () => file.close(),
    };
  } catch (error) {
    throw usageError(`the file ${path} cannot be written: ${reasonOf(error)}`);
  }
}

/** Where task ids and the local file are kept. */
export function stateFolder(environment: Environment): string {
  const home = environment["HOME"] || homedir();
  return join(environment["XDG_STATE_HOME"] || join(home, ".local", "state"), "sfn-callback");
}

/** Where the user's settings are. A relative XDG_CONFIG_HOME is not looked at (basedir-spec): it would be a place in the working directory. */
function configFolder(environment: Environment): string {
  const given = environment["XDG_CONFIG_HOME"] ?? "";
  return join(isAbsolute(given) ? given : join(environment["HOME"] || homedir(), ".config"), "sfn-callback");
}

async function readStdin(stdin: NodeJS.ReadableStream): Promise<string> {
  try {
    const text = await readAll(stdin, "standard input");
    if (text.trim() === "") throw usageError("standard input is closed or empty, and - reads the value from it");
    return text;
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw usageError(`standard input cannot be read: ${reasonOf(error)}`);
  }
}

/** Not readFile: it would read a file without an end, such as /dev/zero, for as long as there is memory. */
async function readAll(stream: NodeJS.ReadableStream, what: string): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk);
    chunks.push(bytes);
    length += bytes.length;
    if (length > longestInputBytes) throw usageError(`${what} is longer than ${longestInputBytes / 1024 ** 2} MiB`);
  }
  return utf8Text(Buffer.concat(chunks), what);
}
