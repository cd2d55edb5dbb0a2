import type { Execution, StepFunctions } from "../aws/step-functions.ts";
import type { Outcome } from "../callback/outcome.ts";
import { taskId } from "../callback/task-id.ts";
import { CliError } from "../errors.ts";
import { findTask } from "./look-up.ts";
import { type AnswerResult, nothingKnown } from "./send.ts";

/** What is given with a stop. */
export interface StopReason {
  readonly error?: string;
  readonly cause?: string;
}

/** An execution to be stopped, and the task for whose sake. */
export interface StopTarget {
  readonly executionArn: string;
  readonly eventId: number | null;
}

/**
 * Stops an execution, or tells how it ended before. Where its key may not be used, it is stopped without error and cause, which needs none (facts page 9).
 * Throws where nothing was applied; a stop whose reply was lost is settled from the execution itself.
 */
export async function stopExecution(stepFunctions: StepFunctions, target: StopTarget, reason: StopReason): Promise<AnswerResult> {
  const before = await stepFunctions.execution(target.executionArn);
  if (before.status !== "RUNNING")
    return resultOf(target, before, { sent: null, outcome: outcomeOf(before, reason, false), settled: "history" });
  const given = await send(stepFunctions, target.executionArn, reason);
  const after = await stepFunctions.execution(target.executionArn).catch(() => null);
  const settled = given === "lost" ? "history" : "reply";
  if (after === null || after.status === "RUNNING") {
    const outcome = given === "lost" ? "unknown" : "applied";
    return { ...resultOf(target, after ?? before, { sent: "stop", outcome, settled }), ...(after === null ? { next: null } : {}) };
  }
  return resultOf(target, after, { sent: "stop", outcome: outcomeOf(after, given === "lost" ? reason : given, true), settled });
}

/** The result with the task's state and end in it, where the history may be read. */
export async function withTask(
  stepFunctions: StepFunctions,
  { executionArn, eventId }: StopTarget,
  result: AnswerResult,
): Promise<AnswerResult> {
  if (eventId === null) return result;
  try {
    const { task } = await findTask(stepFunctions, executionArn, eventId);
    return { ...result, state: task.state, closing: task.closed };
  } catch (error) {
    // What was stopped because its history may not be read is stopped all the same.
    if (error instanceof CliError) return result;
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
    if (error.code.startsWith("Kms") && hasReason) return send(stepFunctions, executionArn, {});
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
  const ours = after.status === "ABORTED" && after.error === (reason.error ?? null) && after.cause === (reason.cause ?? null);
  if (ours) return sent ? "applied" : "same";
  // AWS tells the error and the cause only to those who may read them; a stop that was taken and shows ABORTED is ours all the same.
  if (sent && after.status === "ABORTED" && after.error === null && after.cause === null) return "applied";
  return after.status === "TIMED_OUT" ? "expired" : "different";
}
