import { mkdtemp, readFile, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import type { Environment, Files } from "../context.ts";
import { usageError } from "../errors.ts";
import type { Closers } from "./closers.ts";
import { reasonOf } from "./system-error.ts";

/** The machine's files, and the standard input of `streams`, which is opened when it is read. */
export function createFiles(streams: { readonly stdin: NodeJS.ReadableStream }, closers: Closers): Files {
  return {
    async read(path) {
      try {
        return await readFile(path, "utf8");
      } catch (error) {
        throw usageError(`the file ${path} cannot be read: ${reasonOf(error)}`);
      }
    },
    readStdin: () => readAll(streams.stdin),
    async temporaryFolder() {
      const folder = await mkdtemp(join(tmpdir(), "sfn-callback-"));
      closers.add(() => rm(folder, { recursive: true, force: true }));
      return folder;
    },
  };
}

/** Where task ids and the local file are kept. */
export function stateFolder(environment: Environment): string {
  const home = environment["HOME"] || homedir();
  return join(environment["XDG_STATE_HOME"] || join(home, ".local", "state"), "sfn-callback");
}

async function readAll(stdin: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
  } catch (error) {
    throw usageError(`standard input cannot be read: ${reasonOf(error)}`);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  if (text.trim() === "") throw usageError("standard input is closed or empty, and - reads the value from it");
  return text;
}
