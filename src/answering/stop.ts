import type { Execution, StepFunctions } from "../aws/step-functions.ts";
import type { Outcome } from "../callback/history/outcome.ts";
import { taskId } from "../callback/task-id.ts";
import { CliError } from "../errors.ts";
import { type AnswerResult, nothingKnown } from "./answer-result.ts";
import { type FoundTask, findTask, findTasks } from "./look-up.ts";
import { lookDelaysMilliseconds, resultBefore, type Sender } from "./send.ts";

/** What is given with a stop. */
export interface StopReason {
  readonly error?: string;
  readonly cause?: string;
}

/** An execution to be stopped, and for the sake of what. */
export interface StopTarget {
  readonly executionArn: string;
  /** The task that was named; null where the execution was. */
  readonly eventId: number | null;
  /** Where none was named: the tasks that were found waiting in it. */
  readonly waitingEventIds?: readonly number[];
}

/** What became of a stop. */
export interface StopResult extends AnswerResult {
  /** The execution's key may not be used, so that error and cause were left out. */
  readonly withoutReason: boolean;
}

type Stopping = Pick<Sender, "stepFunctions" | "clock" | "signal">;

/**
 * Stops an execution, or tells how it ended before. For the sake of tasks of which none waits any longer nothing is stopped: what the execution does now
 * is not what was meant. Where its key may not be used, it is stopped without error and cause, which needs none (facts page 9). Throws where nothing was
 * applied; a stop whose reply was lost is settled from the execution itself.
 */
export async function stopExecution(stopping: Stopping, target: StopTarget, reason: StopReason): Promise<StopResult> {
  const before = await beforeStop(stopping.stepFunctions, target, reason);
  if (before.result !== null) return before.result;
  const given = await send(stopping.stepFunctions, target.executionArn, reason);
  const after = await lookAfter(stopping, target.executionArn);
  const withoutReason = given !== "lost" && given !== reason;
  return { ...settled(target, before.execution, given, reason, after), state: before.state, withoutReason };
}

/** An execution before it is stopped. */
export interface BeforeStop {
  readonly execution: Execution;
  /** The task's, where one is named and the history may be read. */
  readonly state: string | null;
  /** Why nothing is to be stopped; null where it is. */
  readonly result: StopResult | null;
}

/** Looks at an execution that is to be stopped. */
export async function beforeStop(stepFunctions: StepFunctions, target: StopTarget, reason: StopReason): Promise<BeforeStop> {
  const [execution, found] = await Promise.all([stepFunctions.execution(target.executionArn), findTasksOf(stepFunctions, target)]);
  const last = found.at(-1) ?? null;
  const state = target.eventId === null ? null : (last?.task.state ?? null);
  const about = { state, withoutReason: false };
  if (execution.status !== "RUNNING") {
    const ended = resultOf(target, execution, { sent: null, outcome: outcomeOf(execution, reason, false), settled: "history" });
    return { execution, state, result: { ...ended, ...about } };
  }
  const isOver = last !== null && found.every(({ task }) => task.closed !== null);
  const over = isOver ? resultBefore(last, { kind: "heartbeat" }) : null;
  return { execution, state, result: over === null ? null : { ...over, withoutReason: false } };
}

function settled(target: StopTarget, before: Execution, given: StopReason | "lost", reason: StopReason, after: Execution | null) {
  const how = { sent: "stop", settled: given === "lost" ? "history" : "reply" } as const;
  if (after !== null && after.status !== "RUNNING")
    return resultOf(target, after, { ...how, outcome: outcomeOf(after, given === "lost" ? reason : given, true) });
  // Describing is eventually consistent (facts page 2.2): a 200 counts for more than what is shown for a moment.
  const outcome = given === "lost" ? "unknown" : "applied";
  return { ...resultOf(target, after ?? before, { ...how, outcome }), ...(after === null || given !== "lost" ? { next: null } : {}) };
}

/** The execution once it is shown as ended; as it was last seen where that takes too long; null where it could not be read at all. */
async function lookAfter({ stepFunctions, clock, signal }: Stopping, executionArn: string): Promise<Execution | null> {
  let seen: Execution | null = null;
  for (const delayMilliseconds of lookDelaysMilliseconds) {
    try {
      if (delayMilliseconds > 0) await clock.sleep(delayMilliseconds, signal);
      seen = await stepFunctions.execution(executionArn);
    } catch (error) {
      // Once it was sent, no failure to look may hide what is known of it.
      if (signal.aborted || (error instanceof CliError && error.kind === "access")) break;
    }
    if (seen !== null && seen.status !== "RUNNING") break;
  }
  return seen;
}

/** The tasks for whose sake it is stopped, in the order in which they were scheduled; none where the execution itself is meant. */
async function findTasksOf(
  stepFunctions: StepFunctions,
  { executionArn, eventId, waitingEventIds = [] }: StopTarget,
): Promise<FoundTask[]> {
  try {
    return eventId === null
      ? await findTasks(stepFunctions, executionArn, waitingEventIds)
      : [await findTask(stepFunctions, executionArn, eventId)];
  } catch (error) {
    // What is stopped because its history may not be read is stopped all the same.
    if (error instanceof CliError && error.kind === "access") return [];
    throw error;
  }
}

/** What was given with the stop that was taken, or "lost" where it may have been taken and no reply came. */
async function send(stepFunctions: StepFunctions, executionArn: string, reason: StopReason): Promise<StopReason | "lost"> {
  try {
    await stepFunctions.stopExecution(executionArn, reason);
    return reason;
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    const hasReason = reason.error !== undefined || reason.cause !== undefined;
    if (error.code.startsWith("Kms") && error.kind === "access" && hasReason) return send(stepFunctions, executionArn, {});
    const wasRefused = error.kind !== "failure" || /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|CERT_)|Throttling|TooManyRequests/.test(error.code);
    if (wasRefused) throw error;
    return "lost";
  }
}

function resultOf(
  { executionArn, eventId }: StopTarget,
  { status, output, error, stoppedAt }: Execution,
  how: Pick<AnswerResult, "sent" | "outcome" | "settled">,
): AnswerResult {
  return {
    ...nothingKnown,
    ...how,
    taskId: eventId === null ? null : taskId(executionArn, eventId),
    executionArn,
    closedAt: stoppedAt,
    next: { status },
    ending: { status, output, error },
  };
}

function outcomeOf(after: Execution, reason: StopReason, sent: boolean): Outcome {
  if (after.status !== "ABORTED") return after.status === "TIMED_OUT" ? "expired" : "different";
  // With which error and cause it was stopped is told only to those who may use its key.
  if (!after.isReadable) return sent ? "applied" : "stopped";
  const isOurs = after.error === (reason.error ?? null) && after.cause === (reason.cause ?? null);
  if (isOurs) return sent ? "applied" : "same";
  return "different";
}
