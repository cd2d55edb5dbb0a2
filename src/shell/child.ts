import { spawn } from "node:child_process";
import { closeSync, constants as modes, openSync } from "node:fs";
import { access, stat } from "node:fs/promises";
import { constants } from "node:os";
import { delimiter, join } from "node:path";
import type { Readable } from "node:stream";
import type { Child, ChildEnd, ChildOptions } from "../context/programs.ts";
import type { Environment } from "../context.ts";
import { CliError } from "../errors.ts";
import { systemClock } from "./clock.ts";
import type { ProcessGroups } from "./process-group.ts";
import { codeOf, reasonOf } from "./system-error.ts";

/** How long is waited before what a program wrote is looked for once more, when it has ended. */
const lookMilliseconds = 10;
/** How many looks that find nothing mean that its pipes are held by what it left running. Not a time: we may be stalled, and have not looked. */
const vainLooks = 10;
/** How many looks there are at most, where what it left running writes on and on. */
const mostLooks = 200;

/** Starts a program in a process group of its own; what `Context.startChild` promises. */
export async function startChild(
  groups: ProcessGroups,
  command: string,
  args: readonly string[],
  { environment, stdinFile, onOutput }: ChildOptions,
): Promise<Child> {
  const stdin = stdinFile === null ? "inherit" : openSync(stdinFile, "r");
  const child = spawn(command, args, { env: environment, detached: true, stdio: [stdin, "pipe", "pipe"] });
  const exited = new Promise<ChildEnd>((done) => {
    child.on("exit", (code, signal) => done({ exitCode: code ?? 128 + (signal === null ? 0 : constants.signals[signal]), signal }));
  });
  await new Promise<void>((done, fail) => {
    child.once("spawn", done);
    child.once("error", (error) => fail(cannotStart(command, error)));
  }).finally(() => typeof stdin === "number" && closeSync(stdin));
  const processGroup = child.pid ?? 0;
  const group = groups.add(processGroup);
  const outputs = [
    new Output(child.stdout, (bytes) => onOutput("stdout", bytes)),
    new Output(child.stderr, (bytes) => onOutput("stderr", bytes)),
  ];
  return {
    processGroup,
    ended: ended(exited, outputs).finally(() => group.forget()),
    signal: (name) => group.signal(name),
    async gone() {
      await exited;
      await group.gone();
    },
  };
}

async function ended(exited: Promise<ChildEnd>, outputs: readonly Output[]): Promise<ChildEnd> {
  const end = await exited;
  for (const output of outputs) output.hurry();
  const pieces = () => outputs.reduce((sum, output) => sum + output.pieces, 0);
  for (let looks = 0, vain = 0; looks < mostLooks && vain < vainLooks && !outputs.every(({ isOver }) => isOver); looks++) {
    const before = pieces();
    await systemClock.sleep(lookMilliseconds);
    vain = pieces() === before ? vain + 1 : 0;
  }
  for (const output of outputs) output.close();
  return end;
}

/** One stream of a program, handed on piece by piece. */
class Output {
  /** How many pieces have come. */
  pieces = 0;
  /** Nobody holds it open any more. */
  isOver = false;
  readonly #stream: Readable | null;
  readonly #take: (bytes: Uint8Array) => Promise<void>;
  #isHurried = false;
  #goOn = () => {};

  constructor(stream: Readable | null, take: (bytes: Uint8Array) => Promise<void>) {
    this.#stream = stream;
    this.#take = take;
    void this.#handOn();
  }

  /** The program has ended: what the pipe still holds is little, and a reader that is stuck must not keep back how it ended. */
  hurry(): void {
    this.#isHurried = true;
    this.#goOn();
  }

  close(): void {
    this.#stream?.destroy();
  }

  async #handOn(): Promise<void> {
    try {
      for await (const bytes of this.#stream ?? []) {
        this.pieces += 1;
        await this.#taken(bytes);
      }
    } catch {
      // Closed while something else still held it.
    }
    this.isOver = true;
  }

  /** Not a race with a promise that lasts as long as the program: it would remember every piece. */
  #taken(bytes: Uint8Array): Promise<void> {
    return new Promise((done) => {
      this.#goOn = done;
      // Where it cannot be shown the program goes on all the same.
      this.#take(bytes).then(done, () => done());
      if (this.#isHurried) done();
    });
  }
}

/** Throws as `startChild` would where the program is not on the PATH, or may not be run. */
export async function checkProgram(command: string, environment: Environment): Promise<void> {
  const paths = command.includes("/") ? [command] : (environment["PATH"] ?? "").split(delimiter).map((folder) => join(folder, command));
  let found: unknown = Object.assign(new Error(), { code: "ENOENT" });
  for (const path of paths) {
    try {
      await access(path, modes.X_OK);
      if ((await stat(path)).isFile()) return;
      found = Object.assign(new Error(), { code: "EACCES" });
    } catch (error) {
      if (codeOf(error) !== "ENOENT" && codeOf(error) !== "ENOTDIR") found = error;
    }
  }
  throw cannotStart(command, found);
}

/** As shells tell them apart: 127 where there is no such program, 126 where it cannot be run. */
function cannotStart(command: string, error: unknown): CliError {
  const kind = codeOf(error) === "ENOENT" ? "notFound" : "notExecutable";
  const reason = kind === "notFound" && !command.includes("/") ? "it is not on the PATH" : reasonOf(error);
  return new CliError(kind, `${command} cannot be started: ${reason}`, { cause: error });
}
