import { spawn } from "node:child_process";
import { constants } from "node:os";
import type { SpawnOptions } from "../context/programs.ts";
import type { Environment } from "../context.ts";
import { usageError } from "../errors.ts";
import { reasonOf } from "./system-error.ts";

/** The programs that one command has started. */
export class Children {
  readonly #environment: Environment;
  readonly #running = new Set<Promise<unknown>>();

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** Runs a program; what `Context.spawn` promises. It gets a SIGTERM where `stop` is aborted. */
  spawn(command: string, args: readonly string[], options: SpawnOptions, stop: AbortSignal): Promise<number> {
    const child = spawn(command, args, {
      env: options.environment ?? this.#environment,
      shell: options.shell ?? false,
      stdio: [options.stdin === undefined ? "inherit" : "pipe", options.stdout === "stderr" ? 2 : "inherit", "inherit"],
    });
    const terminate = () => void child.kill("SIGTERM");
    stop.addEventListener("abort", terminate, { once: true });
    const ended = new Promise<number>((done, fail) => {
      child.on("error", (error) => fail(usageError(`${command} cannot be started: ${reasonOf(error)}`)));
      child.on("close", (code, signal) => done(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
    });
    // A child that does not read its input is free not to.
    child.stdin?.on("error", () => {}).end(options.stdin);
    this.#running.add(ended);
    const forget = () => {
      this.#running.delete(ended);
      stop.removeEventListener("abort", terminate);
    };
    ended.then(forget, forget);
    return ended;
  }

  /** Resolves when none runs. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }
}
