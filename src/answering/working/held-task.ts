import type { Answer } from "../../callback/history/outcome.ts";
import { CliError } from "../../errors.ts";
import type { AnswerResult, Target } from "../answer-result.ts";
import { type FoundTask, findTask } from "../look-up.ts";
import { answerTask, answerToken, deliver, type Sender } from "../send.ts";
import type { BeatingEnd, Rhythm } from "./beating.ts";

/** A task that someone works on: what its beats and its answer are sent with. */
export interface HeldTask {
  readonly token: string;
  /** Where it stands in its execution's history; null where only its token is known. */
  readonly target: Target | null;
  /** JSON text, or null where it is not known. */
  readonly input: string | null;
  /** HeartbeatSeconds of its state: null where it declares none, or where that is not known. */
  readonly heartbeatSeconds: number | null;
}

/** A task that the history shows waiting. Of its history nothing is kept: work may take days. */
export function heldTask({ executionArn, task }: FoundTask): HeldTask {
  const { eventId, state, input, heartbeatSeconds, taskToken } = task;
  return { token: taskToken ?? "", target: { executionArn, task: { eventId, state }, events: [] }, input, heartbeatSeconds };
}

/** Sends one heartbeat. Where AWS says that the task waits no longer, the history is read for how it ended; throws exit 3 where only its token is known. */
export function beat(sender: Sender, { token, target }: HeldTask): Promise<AnswerResult> {
  const heartbeat = { kind: "heartbeat" } as const;
  return target === null ? answerToken(sender, token, heartbeat) : deliver(sender, target, token, heartbeat);
}

/** How a task ended that was beaten for, as the history shows it; an error (exit 3) that says what is known, where the history cannot be read. */
export async function howItEnded(sender: Sender, held: HeldTask, rhythm: Rhythm, end: BeatingEnd): Promise<AnswerResult | CliError> {
  const known = await beat(sender, held).catch((error: unknown) => {
    if (error instanceof CliError) return error;
    throw error;
  });
  if (!(known instanceof CliError) && known.outcome !== "unknown" && known.outcome !== "applied") return known;
  if (end === "overdue") return overdue(known, rhythm);
  if (known instanceof CliError) return known;
  const why = known.unread === null ? "" : ` (the history could not be read: ${known.unread})`;
  return new CliError("closed", `the task no longer waits: it was answered by someone, or it expired${why}`, { code: "TaskTimedOut" });
}

function overdue(known: AnswerResult | CliError, { windowMilliseconds }: Rhythm): CliError {
  const seconds = (windowMilliseconds ?? 0) / 1000;
  const why =
    known instanceof CliError ? known.message : known.outcome === "applied" ? "yet it waits still" : (known.unread ?? "no reply came");
  const message = `no heartbeat came through for ${seconds} seconds, its HeartbeatSeconds, so the task must have timed out (${why})`;
  return new CliError("closed", message, { code: "HeartbeatMissed" });
}

/** How long an answer that does not get through is tried again. It may be the result of hours of work. */
const patienceMilliseconds = 15 * 60_000;
const firstRetryMilliseconds = 500;
const longestRetryMilliseconds = 10_000;

/**
 * Answers a held task, again and again where the answer did not get through, until `enough` is raised or a quarter of an hour has passed. A token takes
 * one answer, and what was sent before is looked up in the history: it cannot count twice. Throws where nothing was ever sent.
 */
export async function answerHeldTask(
  sender: Sender,
  held: HeldTask,
  answer: Answer,
  { enough, onFailure }: { readonly enough: AbortSignal; onFailure(reason: string): void },
): Promise<AnswerResult> {
  const giveUpAt = sender.clock.now().getTime() + patienceMilliseconds;
  // What is known where it may have been sent, or the failure where it certainly was not.
  let unsettled: AnswerResult | CliError | null = null;
  for (let delayMilliseconds = firstRetryMilliseconds; ; delayMilliseconds = Math.min(2 * delayMilliseconds, longestRetryMilliseconds)) {
    const wasSent = unsettled !== null && !(unsettled instanceof CliError);
    try {
      const result: AnswerResult = await (wasSent ? sendAgain(sender, held, answer) : sendFirst(sender, held, answer));
      if (result.outcome !== "unknown") return result;
      unsettled = result;
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      // With a bare token nothing tells whether the earlier answer has closed the task, or something else.
      if (error.kind !== "failure") return wasSent ? orThrow(unsettled) : orThrow(error);
      if (!wasSent) unsettled = error;
    }
    if (enough.aborted || sender.clock.now().getTime() >= giveUpAt) return orThrow(unsettled);
    onFailure(unsettled instanceof CliError ? unsettled.message : (unsettled?.unread ?? "no reply came"));
    await sender.clock.sleep(delayMilliseconds, enough).catch(() => {});
  }
}

function orThrow(known: AnswerResult | CliError | null): AnswerResult {
  if (known === null || known instanceof CliError) throw known;
  return known;
}

function sendFirst(sender: Sender, { token, target }: HeldTask, answer: Answer): Promise<AnswerResult> {
  return target === null ? answerToken(sender, token, answer) : deliver(sender, target, token, answer);
}

async function sendAgain(sender: Sender, { token, target }: HeldTask, answer: Answer): Promise<AnswerResult> {
  if (target === null) return answerToken(sender, token, answer);
  const found = await findTask(sender.stepFunctions, target.executionArn, target.task.eventId);
  return answerTask(sender, found, answer, { wasSent: true });
}
