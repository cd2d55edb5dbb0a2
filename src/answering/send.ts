import type { HistoryEvent, SendReply, StepFunctions } from "../aws/step-functions.ts";
import { type Answer, type Judgement, judge, type Sending } from "../callback/history/outcome.ts";
import { type Stamp, stamped } from "../callback/stamp.ts";
import type { Clock } from "../context.ts";
import { CliError } from "../errors.ts";
import {
  type AnswerResult,
  following,
  isSettled,
  nothingFollows,
  nothingKnown,
  resultOf,
  type Target,
  unsettled,
} from "./answer-result.ts";
import { readBack, readOn } from "./history-reading.ts";
import type { FoundTask } from "./look-up.ts";

/** What answers are sent with. */
export interface Sender {
  readonly stepFunctions: StepFunctions;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Goes with each answer that is sent, with the time of sending. */
  readonly stamp?: Omit<Stamp, "answeredAt">;
}

/** What is known of an answer before it goes out, and what is wanted after. */
export interface Delivering {
  /** It may have been sent before, in a run that was killed: then an equal answer in the history is ours. */
  readonly wasSent?: boolean;
  /** Whether to look, for a moment, at what the execution does next. */
  readonly looksOn?: boolean;
}

/** After sending it is looked at once, then ever later, about two seconds in all. */
export const lookDelaysMilliseconds = [0, 50, 100, 200, 350, 500, 800];

/**
 * What is known of the task's end before anything is sent, or null where it waits and can be answered. Throws where it waits and cannot:
 * exit 2 for an activity, exit 1 where its payload holds no token.
 */
export function resultBefore(found: FoundTask, answer: Answer, wasSent = false): AnswerResult | null {
  const { task, executionArn } = found;
  const before = judge(found.events, task.eventId, answer, wasSent ? "lost" : "notSent");
  if (before !== null) return resultOf(found, before, wasSent ? answer.kind : null, following(found.events, task.eventId));
  if (task.closed !== null) return unsettled(found, null);
  if (task.kind === "activity")
    throw new CliError("usage", `${task.state} waits for an activity worker, not for a callback`, {
      hint: `sfn-callback run --activity ${task.integration} -- <command> is one`,
    });
  if (task.taskToken !== null) return null;
  throw new CliError("failure", `${task.state} can never be answered: its payload holds no task token`, {
    code: "TokenNotInPayload",
    hint: `sfn-callback stop '${executionArn}'`,
  });
}

/** Answers a task, or tells what came of it before. Never sends to a task the history shows closed. Throws where nothing was applied. */
export async function answerTask(sender: Sender, found: FoundTask, answer: Answer, how: Delivering = {}): Promise<AnswerResult> {
  const before = resultBefore(found, answer, how.wasSent);
  return before ?? deliver(sender, found, found.task.taskToken ?? "", answer, how);
}

/**
 * Sends an answer with the token that its task was seen waiting with. A reply that is lost is settled from the history; where that shows
 * the task waiting still, the very same answer is sent once more: a token takes one answer, so it cannot count twice.
 */
export async function deliver(
  sender: Sender,
  target: Target,
  token: string,
  answer: Answer,
  { looksOn = true, wasSent = false }: Delivering = {},
): Promise<AnswerResult> {
  const first = await sender.stepFunctions.send(token, sent(answer, sender));
  if (first.kind !== "lost") return concluded(sender, target, answer, first, looksOn, wasSent);
  const settled = await settle(sender, target, answer, "lost", looksOn);
  if (settled.outcome !== "unknown" || settled.unread !== null || sender.signal.aborted) return settled;
  try {
    return await concluded(sender, target, answer, await sender.stepFunctions.send(token, sent(answer, sender)), looksOn, true);
  } catch {
    // The first may have been applied after all, and no later failure may hide that.
    return settled;
  }
}

async function concluded(
  sender: Sender,
  target: Target,
  answer: Answer,
  reply: SendReply,
  looksOn: boolean,
  wasLost: boolean,
): Promise<AnswerResult> {
  if (reply.kind === "notAToken") throw new CliError("closed", `AWS refused the token: ${reply.message}`, { code: reply.code });
  if (reply.kind === "taken" && (answer.kind === "heartbeat" || !looksOn))
    return { ...unsettled(target, answer.kind), outcome: "applied", settled: "reply" };
  return settle(sender, target, answer, reply.kind === "gone" && wasLost ? "lost" : reply.kind, looksOn);
}

/** Answers through a token alone: nothing can be read back, so a 200 is `accepted`. Throws exit 3 where AWS refuses the token. */
export async function answerToken(sender: Sender, token: string, answer: Answer): Promise<AnswerResult> {
  const reply = await sender.stepFunctions.send(token, sent(answer, sender));
  if (reply.kind === "gone") {
    const hint = "give --execution <arn> beside the token to learn which";
    throw new CliError("closed", "the task no longer waits: it was answered before, or it expired", { code: "TaskTimedOut", hint });
  }
  if (reply.kind === "notAToken") {
    const hint = "was all of it copied, and is it of this account and Region? `sfn-callback pending` gives ids that need no token";
    throw new CliError("closed", `AWS does not know this token: ${reply.message}`, { code: reply.code, hint });
  }
  const outcome = reply.kind === "taken" ? "accepted" : "unknown";
  return { ...nothingKnown, sent: answer.kind, outcome };
}

/** The answer as it goes out. Whether it can be stamped was checked before. */
function sent(answer: Answer, { stamp, clock }: Sender): Answer {
  return stamp === undefined ? answer : (stamped(answer, { ...stamp, answeredAt: clock.now().toISOString() }) ?? answer);
}

async function settle(
  sender: Sender,
  target: Target,
  answer: Answer,
  sending: Exclude<Sending, "notSent">,
  looksOn: boolean,
): Promise<AnswerResult> {
  const { eventId } = target.task;
  let judgement: Judgement | null = null;
  let then = nothingFollows;
  let unread: string | null = null;
  let { events } = target;
  // A heartbeat that was lost leaves no trace in the history (facts page 2.1): more than one look shows no more.
  for (const delayMilliseconds of answer.kind === "heartbeat" && sending === "lost" ? [0] : lookDelaysMilliseconds) {
    try {
      if (delayMilliseconds > 0) await sender.clock.sleep(delayMilliseconds, sender.signal);
      events = await look(sender.stepFunctions, target, events);
    } catch (error) {
      // Once something was sent, no failure to look may hide what is known of it.
      if (sender.signal.aborted) break;
      unread = error instanceof Error ? error.message : String(error);
      if (error instanceof CliError && error.kind === "access") break;
      continue;
    }
    unread = null;
    judgement = judge(events, eventId, answer, sending);
    then = following(events, eventId);
    if (judgement !== null && (!looksOn || isSettled(then, judgement, delayMilliseconds))) break;
  }
  if (judgement !== null) return resultOf(target, judgement, answer.kind, then);
  if (sending === "gone") throw goneUnproven(target, unread);
  const unknown = { ...unsettled(target, answer.kind), unread };
  return sending === "taken" ? { ...unknown, outcome: "applied", settled: "reply" } : unknown;
}

/** `unknown` would say that the answer may have been applied, and after TaskTimedOut it certainly was not. */
function goneUnproven({ executionArn, task }: Target, unread: string | null): CliError {
  const why = unread === null ? "its history does not show yet how it ended" : `how it ended could not be read: ${unread}`;
  return new CliError("closed", `the task ${task.state} of ${executionArn} no longer waits, and ${why}`, {
    code: "TaskTimedOut",
    hint: "this answer did not count; give the same command again to learn what did",
  });
}

function look(stepFunctions: StepFunctions, { executionArn, task }: Target, known: readonly HistoryEvent[]) {
  if (known.length > 0) return readOn(stepFunctions, executionArn, known);
  return readBack(stepFunctions, executionArn, (read) => read.some(({ id }) => id === task.eventId));
}
