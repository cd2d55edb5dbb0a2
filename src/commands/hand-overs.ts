import type { HandedTask } from "../context/local-server.ts";
import type { Context } from "../context.ts";

// Long enough for an answer and its reading back, short enough for whoever waits for a server to stop.
const patienceMilliseconds = 10_000;

/** Runs the shell command of `--on-task` for each task that is handed over, and knows which still run. */
export class HandOvers {
  readonly #context: Context;
  readonly #command: string;
  readonly #running = new Set<Promise<void>>();
  readonly #stop = new AbortController();

  constructor(context: Context, command: string) {
    this.#context = context;
    this.#command = command;
  }

  /** Runs the command for one task, in this environment; resolves when it has ended, however it did, and tells of a failure on stderr. */
  run(task: HandedTask, environment: Record<string, string | undefined>): Promise<void> {
    this.#context.terminal.hide(task.taskToken);
    const work = this.#spawn(task, environment).finally(() => this.#running.delete(work));
    this.#running.add(work);
    return work;
  }

  /** Resolves when no command runs any more. Those that still do after 10 seconds get a SIGTERM. */
  async finish(): Promise<void> {
    const waiting = new AbortController();
    const patience = this.#context.clock.sleep(patienceMilliseconds, waiting.signal).then(
      () => this.#stop.abort(),
      () => {},
    );
    while (this.#running.size > 0) await Promise.all(this.#running);
    waiting.abort();
    await patience;
  }

  async #spawn(task: HandedTask, environment: Record<string, string | undefined>): Promise<void> {
    const { terminal } = this.#context;
    try {
      const exitCode = await this.#context.spawn(this.#command, [], {
        shell: true,
        stdin: task.parameters,
        stdout: "stderr",
        environment: { ...environment, SFN_CALLBACK_TOKEN: task.taskToken },
        // A SIGTERM to us must not cut an answer off: `finish` says when it is enough.
        stop: this.#stop.signal,
      });
      if (exitCode !== 0) terminal.warn(`--on-task ended with ${exitCode} for ${task.stateName} in ${task.executionArn}`);
    } catch (error) {
      terminal.warn(`--on-task could not run for ${task.stateName}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
