import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { lstat, mkdtemp, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import type { WorkFolder } from "../context.ts";
import { CliError } from "../errors.ts";
import type { Closers } from "./closers.ts";
import { isGone, isGroupRunning } from "./process-group.ts";
import type { SignalSource } from "./signals.ts";
import { codeOf, reasonOf } from "./system-error.ts";

/** In a folder: the process group that uses it, and may go on when we are killed. */
const groupFile = ".process-group";

/** Folders in the temporary directory. A name tells whose it is: `sfn-callback-<process id>-<where that id counts>-<random>`. */
export class WorkFolders {
  readonly #source: SignalSource;
  readonly #closers: Closers;
  #hasTidied = false;

  constructor(source: SignalSource, closers: Closers) {
    this.#source = source;
    this.#closers = closers;
  }

  /** Makes a fresh one. With the first, those are taken away that earlier commands left there because they were killed. */
  async create(): Promise<WorkFolder> {
    const place = await processIdPlace();
    const path = await mkdtemp(join(tmpdir(), `sfn-callback-${this.#source.pid}-${place}-`));
    // Added before anything else is awaited: who is ended meanwhile leaves nothing.
    const dispose = this.#closers.add(() => rm(path, { recursive: true, force: true }));
    if (!this.#hasTidied) {
      this.#hasTidied = true;
      await removeAbandoned(this.#source, place, path).catch(() => {});
    }
    return workFolder(path, dispose);
  }
}

function workFolder(path: string, dispose: () => Promise<void>): WorkFolder {
  return {
    path,
    usedBy(processGroup) {
      try {
        // At once: the process may be sent signals next, and none may be missed while we write.
        writeFileSync(join(path, groupFile), String(processGroup));
      } catch {
        // Should we be killed, a later command may take the folder from under the group; no reason to end it now.
      }
    },
    async write(name, text) {
      const file = join(path, name);
      await writeFile(file, text, { mode: 0o600 });
      return file;
    },
    async read(name) {
      try {
        return await readFile(join(path, name));
      } catch (error) {
        if (codeOf(error) === "ENOENT") return null;
        throw new CliError("failure", `the file ${join(path, name)} cannot be read: ${reasonOf(error)}`, { cause: error });
      }
    },
    [Symbol.asyncDispose]: dispose,
  };
}

/** Where our process id means a process: another host or container with the same temporary directory counts its own. */
async function processIdPlace(): Promise<string> {
  const namespace = await readlink("/proc/self/ns/pid").catch(() => "");
  return createHash("sha256").update(`${hostname()} ${namespace}`).digest("hex").slice(0, 8);
}

/** Removes the user's own folders whose command is gone, and whatever it has started with it. `own` is the folder that was just made. */
async function removeAbandoned(source: SignalSource, place: string, own: string): Promise<void> {
  const { uid } = await lstat(own);
  for (const name of await readdir(tmpdir())) {
    const [, pid, where] = /^sfn-callback-(\d+)-([0-9a-f]{8})-\w+$/.exec(name) ?? [];
    if (where !== place || !isGone(source, Number(pid))) continue;
    const path = join(tmpdir(), name);
    const found = await lstat(path).catch(() => null);
    if (found === null || !found.isDirectory() || found.uid !== uid) continue;
    const group = Number(await readFile(join(path, groupFile), "utf8").catch(() => ""));
    if (group > 0 && (await isGroupRunning(source, group))) continue;
    await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}
