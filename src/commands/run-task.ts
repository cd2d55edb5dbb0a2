import { type BeatingEnd, keepBeating, type Rhythm } from "../answering/beating.ts";
import { type CommandAnswer, commandAnswer, interruptedAnswer } from "../answering/command-answer.ts";
import { answerHeldTask, type HeldTask, howItEnded } from "../answering/held-task.ts";
import type { AnswerResult, Sender } from "../answering/send.ts";
import type { ChildEnd, Connection, Context, EndingSignal } from "../context.ts";
import { CliError } from "../errors.ts";
import { type CommandSettings, RunningCommand } from "./run-command.ts";
import { lossReason, type Tell } from "./run-log.ts";

/** The command, and what its end and signals to us come to. */
export interface RunSettings extends CommandSettings {
  readonly onSignal: "fail" | "leave";
}

/** How work on a task ended. `lost`: the task waited no longer. `left`: it was not answered, and goes on waiting. */
export type WorkEnd =
  | { readonly kind: "answered"; readonly result: AnswerResult; readonly answer: CommandAnswer; readonly end: ChildEnd | null }
  | { readonly kind: "lost"; readonly result: AnswerResult | CliError }
  | { readonly kind: "left" };

/** Signals that are to be passed on to the commands that run. */
export class Interrupts {
  /** The first one that was passed on. */
  received: EndingSignal | null = null;
  readonly #listeners = new Set<(signal: EndingSignal | "SIGKILL") => void>();

  pass(signal: EndingSignal, how: EndingSignal | "SIGKILL" = signal): void {
    this.received ??= signal;
    for (const listener of this.#listeners) listener(how);
  }

  /** Tells `listener` of each until the function that comes back is called. */
  listen(listener: (signal: EndingSignal | "SIGKILL") => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

export interface Workplace {
  readonly context: Context;
  readonly sender: Sender;
  readonly settings: RunSettings;
  readonly interrupts: Interrupts;
}

/** What is needed to work on tasks over an open connection. Signals end no request there: they are passed on to the command. */
export function workplace(context: Context, { stepFunctions }: Connection, settings: RunSettings, interrupts: Interrupts): Workplace {
  return { context, sender: { stepFunctions, clock: context.clock, signal: new AbortController().signal }, settings, interrupts };
}

/** Runs the command for one task that is held, beats while it runs, and answers with its result. */
export async function workOn(place: Workplace, held: HeldTask, rhythm: Rhythm, tell: Tell): Promise<WorkEnd> {
  const { interrupts, sender, settings, context } = place;
  context.terminal.hide(held.token);
  if (interrupts.received !== null) return interrupted(place, held, interrupts.received, tell);
  const takenAt = context.clock.now();
  const first = await sender.stepFunctions.send(held.token, { kind: "heartbeat" });
  if (first.kind === "gone" || first.kind === "notAToken")
    return lost(await howItEnded(sender, held, rhythm, "gone"), tell, "nothing was run");
  if (first.kind === "taken") tell({ event: "beat" });
  else tell({ event: "beatFailed", reason: first.reason, failures: 1 });
  await using command = await RunningCommand.start(context, settings, held);
  const stopListening = interrupts.listen((signal) => command.signal(signal));
  try {
    return await attend({ place, held, rhythm, tell, takenAt }, command);
  } finally {
    stopListening();
  }
}

interface Attending {
  readonly place: Workplace;
  readonly held: HeldTask;
  readonly rhythm: Rhythm;
  readonly tell: Tell;
  readonly takenAt: Date;
}

/** Beats until the command has ended and its answer is through, or until the task is gone. */
async function attend({ place, held, rhythm, tell, takenAt }: Attending, command: RunningCommand): Promise<WorkEnd> {
  const { context, sender, settings, interrupts } = place;
  const done = new AbortController();
  const beating = keepBeating({
    ...{ rhythm, clock: context.clock, signal: done.signal, takenAt, random: Math.random },
    send: () => sender.stepFunctions.send(held.token, { kind: "heartbeat" }),
    onBeat: () => tell({ event: "beat" }),
    onFailure: (reason, failures) => tell({ event: "beatFailed", reason, failures }),
  });
  try {
    const first = await Promise.race([command.ended, beating]);
    if (typeof first === "string") {
      await command.stop();
      return lost(await howItEnded(sender, held, rhythm, first), tell);
    }
    const signal = interrupts.received;
    if (signal !== null && settings.onSignal === "leave") return left(signal, tell);
    const { redact } = context.terminal;
    const answer = signal === null ? commandAnswer(first, settings, redact) : interruptedAnswer(signal, first.stderr, redact);
    const result = await sendAnswer(place, held, answer, tell, beating);
    return answered({ result, answer, end: first }, tell);
  } finally {
    done.abort();
    beating.catch(() => {});
  }
}

/** Sends the answer until it is through; no longer where a signal comes, or the window has passed without a beat. */
async function sendAnswer(
  { sender, interrupts }: Workplace,
  held: HeldTask,
  answer: CommandAnswer,
  tell: Tell,
  beating: Promise<BeatingEnd>,
): Promise<AnswerResult> {
  const enough = new AbortController();
  const stopListening = interrupts.listen(() => enough.abort());
  beating.then(
    (end) => end === "overdue" && enough.abort(),
    () => {},
  );
  const onFailure = (reason: string) => tell({ event: "answerFailed", reason });
  return await answerHeldTask(sender, held, answer, { enough: enough.signal, onFailure }).finally(stopListening);
}

/** For a task that was taken when its worker had been told to end. */
async function interrupted(place: Workplace, held: HeldTask, signal: EndingSignal, tell: Tell): Promise<WorkEnd> {
  if (place.settings.onSignal === "leave") return left(signal, tell);
  const answer = interruptedAnswer(signal, { bytes: new Uint8Array(), totalBytes: 0 }, (text) => text);
  const how = { enough: AbortSignal.abort(), onFailure() {} };
  const result = await answerHeldTask(place.sender, held, answer, how);
  return answered({ result, answer, end: null }, tell);
}

function answered(answered: Omit<Extract<WorkEnd, { kind: "answered" }>, "kind">, tell: Tell): WorkEnd {
  const { result, answer, end } = answered;
  tell({ event: "answered", result, exitCode: end?.exitCode ?? null, error: answer.kind === "failure" ? (answer.error ?? null) : null });
  return { kind: "answered", ...answered };
}

function left(signal: EndingSignal, tell: Tell): WorkEnd {
  tell({ event: "left", signal });
  return { kind: "left" };
}

/** Tells of a task that waits no longer, and what came of that. */
export function lost(result: AnswerResult | CliError, tell: Tell, consequence = "the command was stopped"): WorkEnd {
  tell({ event: "lost", result: result instanceof CliError ? null : result, reason: `${lossReason(result)}; ${consequence}` });
  return { kind: "lost", result };
}
