import type { AnswerResult } from "../../answering/answer-result.ts";
import type { Sender } from "../../answering/send.ts";
import { type BeatingEnd, keepBeating, type Rhythm } from "../../answering/working/beating.ts";
import { type CommandAnswer, type CommandEnd, commandAnswer, interruptedAnswer } from "../../answering/working/command-answer.ts";
import { answerHeldTask, type HeldTask, howItEnded } from "../../answering/working/held-task.ts";
import type { SendReply } from "../../aws/step-functions.ts";
import type { ChildEnd, EndingSignal } from "../../context/programs.ts";
import type { Connection, Context } from "../../context.ts";
import { CliError } from "../../errors.ts";
import { type CommandSettings, RunningCommand } from "./command.ts";
import type { Interrupts } from "./interrupts.ts";
import { lossReason, type Tell } from "./log.ts";

/** The command, and what its end and signals to us come to. */
export interface RunSettings extends CommandSettings {
  readonly onSignal: "fail" | "leave";
}

/** What came of a task that was answered. `end` is null where the command was not started any more. */
interface Answered {
  readonly kind: "answered";
  readonly result: AnswerResult;
  readonly answer: CommandAnswer;
  readonly end: ChildEnd | null;
  /** The signal to us that ended the command. */
  readonly interruptedBy: EndingSignal | null;
}

/** How work on a task ended. `lost`: the task waited no longer. `left`: it was not answered, and goes on waiting. */
export type WorkEnd =
  | Answered
  | { readonly kind: "lost"; readonly result: AnswerResult | CliError }
  | { readonly kind: "left"; readonly interruptedBy: EndingSignal };

/** What work on tasks is done with. */
export interface Workplace {
  readonly context: Context;
  readonly sender: Sender;
  readonly settings: RunSettings;
  readonly interrupts: Interrupts;
  /** A task was handed to us and cannot be given back: the command is run even where no first heartbeat could be sent. */
  readonly isHanded: boolean;
}

/** What is needed to work on tasks over an open connection. Signals end no request there: they are passed on to the command. */
export function workplace(
  context: Context,
  { stepFunctions }: Connection,
  how: Pick<Workplace, "settings" | "interrupts" | "isHanded">,
): Workplace {
  return { context, sender: { stepFunctions, clock: context.clock, signal: new AbortController().signal }, ...how };
}

/** Runs the command for one task that is held, beats while it runs, and answers with its result. */
export function workOn(place: Workplace, held: HeldTask, rhythm: Rhythm, tell: Tell): Promise<WorkEnd> {
  return new Work(place, held, rhythm, tell).run();
}

/** Tells of a task that waits no longer, and what came of that. */
export function lost(result: AnswerResult | CliError, tell: Tell, consequence = "the command was stopped"): WorkEnd {
  tell({ event: "lost", result: result instanceof CliError ? null : result, reason: `${lossReason(result)}; ${consequence}` });
  return { kind: "lost", result };
}

/** Work on one task. */
class Work {
  readonly #place: Workplace;
  readonly #held: HeldTask;
  readonly #rhythm: Rhythm;
  readonly #tell: Tell;

  constructor(place: Workplace, held: HeldTask, rhythm: Rhythm, tell: Tell) {
    this.#place = place;
    this.#held = held;
    this.#rhythm = rhythm;
    this.#tell = tell;
  }

  async run(): Promise<WorkEnd> {
    const { interrupts, sender, settings, context } = this.#place;
    const takenAt = context.clock.now();
    const first = await this.#firstBeat();
    if (first.kind === "gone" || first.kind === "notAToken") {
      return lost(await howItEnded(sender, this.#held, this.#rhythm, "gone"), this.#tell, "nothing was run");
    }
    this.#tell(first.kind === "taken" ? { event: "beat" } : { event: "beatFailed", reason: first.reason, failures: 1 });
    if (interrupts.received !== null) return this.#interrupted(interrupts.received, null);
    await using command = await RunningCommand.start(context, settings, this.#held);
    const stopListening = interrupts.listen((signal) => command.signal(signal));
    // It may have come while the command was being started.
    if (interrupts.received !== null) command.signal(interrupts.received);
    try {
      return await this.#attend(command, takenAt);
    } finally {
      stopListening();
    }
  }

  async #firstBeat(): Promise<SendReply> {
    try {
      return await this.#beat();
    } catch (error) {
      if (this.#place.isHanded && error instanceof CliError && error.kind === "failure") return { kind: "lost", reason: error.message };
      throw error;
    }
  }

  #beat(): Promise<SendReply> {
    return this.#place.sender.stepFunctions.send(this.#held.token, { kind: "heartbeat" });
  }

  /** Beats until the command has ended and its answer is through, or until the task is gone. */
  async #attend(command: RunningCommand, takenAt: Date): Promise<WorkEnd> {
    const { context, sender, settings, interrupts } = this.#place;
    const done = new AbortController();
    const beating = keepBeating({
      ...{ rhythm: this.#rhythm, clock: context.clock, signal: done.signal, takenAt, random: Math.random },
      send: () => this.#beat(),
      onBeat: () => this.#tell({ event: "beat" }),
      onFailure: (reason, failures) => this.#tell({ event: "beatFailed", reason, failures }),
    });
    try {
      const first = await Promise.race([command.ended, beating]);
      if (typeof first === "string") {
        await command.stop();
        return lost(await howItEnded(sender, this.#held, this.#rhythm, first), this.#tell);
      }
      if (interrupts.received !== null) return await this.#interrupted(interrupts.received, first, beating);
      return await this.#answer(
        { answer: commandAnswer(first, settings, context.terminal.redact), end: first, interruptedBy: null },
        beating,
      );
    } finally {
      done.abort();
      beating.catch(() => {});
    }
  }

  /** What a signal to us comes to. `end` is null where the command was not started any more. */
  async #interrupted(signal: EndingSignal, end: CommandEnd | null, beating?: Promise<BeatingEnd>): Promise<WorkEnd> {
    const { settings, context } = this.#place;
    if (settings.onSignal === "leave") {
      this.#tell({ event: "left", signal });
      return { kind: "left", interruptedBy: signal };
    }
    const answer = interruptedAnswer(signal, end?.stderr ?? { bytes: new Uint8Array(), totalBytes: 0 }, context.terminal.redact);
    return this.#answer({ answer, end, interruptedBy: signal }, beating);
  }

  /** Sends the answer until it is through; no longer where one more signal comes, or the window has passed without a beat. */
  async #answer(given: Omit<Answered, "kind" | "result">, beating?: Promise<BeatingEnd>): Promise<WorkEnd> {
    const enough = new AbortController();
    const stopListening = this.#place.interrupts.listen(() => enough.abort());
    beating?.then(
      (end) => end === "overdue" && enough.abort(),
      () => {},
    );
    const { answer, end } = given;
    const onFailure = (reason: string) => this.#tell({ event: "answerFailed", reason });
    const sending = answerHeldTask(this.#place.sender, this.#held, answer, { enough: enough.signal, onFailure });
    const result = await sending.finally(stopListening);
    const error = answer.kind === "failure" ? (answer.error ?? null) : null;
    this.#tell({ event: "answered", result, exitCode: end?.exitCode ?? null, error });
    return { kind: "answered", result, ...given };
  }
}
