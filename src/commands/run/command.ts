import { join } from "node:path";
import {
  type AnswerRules,
  type CommandEnd,
  keptErrorBytes,
  keptOutputBytes,
  type Written,
} from "../../answering/working/command-answer.ts";
import type { HeldTask } from "../../answering/working/held-task.ts";
import { Tail } from "../../answering/working/tail.ts";
import { holdsToken } from "../../callback/task-token.ts";
import type { Child } from "../../context/programs.ts";
import type { Clock, Context, Environment, WorkFolder } from "../../context.ts";
import { CliError } from "../../errors.ts";

/** The command, and how it is run. */
export interface CommandSettings extends AnswerRules {
  readonly command: string;
  readonly args: readonly string[];
  /** How long after a SIGTERM a SIGKILL follows. */
  readonly graceMilliseconds: number;
  readonly passToken: boolean;
  /** Where the command's stdout goes: to stderr where ours is for a JSON result. */
  readonly stdoutTo: "stdout" | "stderr";
}

const outputFileName = "output";

/** A command at work on a task. Disposed of before its end, it is killed. */
export class RunningCommand implements AsyncDisposable {
  /** How it ended, and what it left. */
  readonly ended: Promise<CommandEnd>;
  readonly #child: Child;
  readonly #folder: WorkFolder;
  readonly #clock: Clock;
  readonly #graceMilliseconds: number;
  #hasEnded = false;

  private constructor(child: Child, folder: WorkFolder, clock: Clock, settings: CommandSettings, written: Tails) {
    this.#child = child;
    this.#folder = folder;
    this.#clock = clock;
    this.#graceMilliseconds = settings.graceMilliseconds;
    this.ended = child.ended.then(async (end) => {
      this.#hasEnded = true;
      const outputFile = settings.outputFrom === "file" ? await readOutputFile(folder) : null;
      return { ...end, stdout: writtenTo(written.stdout), stderr: writtenTo(written.stderr), outputFile };
    });
  }

  /** Starts it with the task's input on its stdin and in a file. Throws exit 126 or 127 where it cannot start. */
  static async start(context: Context, settings: CommandSettings, held: HeldTask): Promise<RunningCommand> {
    const { terminal, files, clock, startChild } = context;
    const folder = await files.workFolder();
    const written = { stdout: new Tail(keptOutputBytes), stderr: new Tail(keptErrorBytes) };
    try {
      const stdinFile = held.input === null ? null : await folder.write("input.json", held.input);
      const paths = {
        ...(stdinFile === null ? {} : { SFN_CALLBACK_INPUT_FILE: stdinFile }),
        SFN_CALLBACK_OUTPUT_FILE: join(folder.path, outputFileName),
      };
      const child = await startChild(settings.command, settings.args, {
        environment: { ...childEnvironment(context.environment, held.token, settings.passToken), ...paths },
        stdinFile,
        onOutput(stream, bytes) {
          written[stream].add(bytes);
          return terminal.passThrough(stream === "stdout" ? settings.stdoutTo : stream, bytes);
        },
      });
      folder.usedBy(child.processGroup);
      return new RunningCommand(child, folder, clock, settings, written);
    } catch (error) {
      await folder[Symbol.asyncDispose]();
      throw error;
    }
  }

  signal(name: Parameters<Child["signal"]>[0]): void {
    this.#child.signal(name);
  }

  /** SIGTERM to it and all that it has started, and SIGKILL to what still runs after the grace; resolves once it has ended. */
  async stop(): Promise<void> {
    this.#child.signal("SIGTERM");
    const isOver = new AbortController();
    const grace = this.#clock.sleep(this.#graceMilliseconds, isOver.signal).then(
      () => this.#child.signal("SIGKILL"),
      () => {},
    );
    await Promise.race([this.#child.gone(), grace]);
    isOver.abort();
    await this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#hasEnded) this.#child.signal("SIGKILL");
    await this.#folder[Symbol.asyncDispose]();
  }
}

interface Tails {
  readonly stdout: Tail;
  readonly stderr: Tail;
}

function writtenTo(tail: Tail): Written {
  return { bytes: tail.bytes(), totalBytes: tail.totalBytes };
}

async function readOutputFile(folder: WorkFolder): Promise<CommandEnd["outputFile"]> {
  try {
    return await folder.read(outputFileName);
  } catch (error) {
    if (error instanceof CliError) return { problem: error.message };
    throw error;
  }
}

/** The environment without the variables that hold the token; with `passToken` as it is, and the token in SFN_CALLBACK_TOKEN. */
function childEnvironment(environment: Environment, token: string, passToken: boolean): Environment {
  if (passToken) return { ...environment, SFN_CALLBACK_TOKEN: token };
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value === undefined || !holdsToken(value, token)));
}
