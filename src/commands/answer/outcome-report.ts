import type { AnswerResult } from "../../answering/answer-result.ts";
import type { Outcome } from "../../callback/history/outcome.ts";
import type { Closing } from "../../callback/history/waiting-tasks.ts";
import type { Terminal } from "../../context.ts";
import { CliError } from "../../errors.ts";
import { green, red, type StyledText, type Text, yellow } from "../../text.ts";

export const exitCodes: Readonly<Record<Outcome, number>> = {
  applied: 0,
  same: 0,
  accepted: 0,
  retried: 3,
  different: 3,
  expired: 3,
  stopped: 3,
  unknown: 6,
};

/** Gives the result of an answer and returns the exit code of its outcome. */
export async function reportOutcome(terminal: Terminal, result: AnswerResult, reason?: string): Promise<number> {
  if (result.unread !== null) terminal.warn(`the history could not be read: ${result.unread}`);
  await give(terminal, result, reason, outcomeLine(redacted(result, terminal.redact)));
  return exitCodes[result.outcome];
}

/** Gives the result of stopping an execution and returns the exit code of its outcome. */
export async function reportStop(terminal: Terminal, result: AnswerResult, reason?: string): Promise<number> {
  await give(terminal, result, reason, stopLine(redacted(result, terminal.redact)));
  return exitCodes[result.outcome];
}

/** Exit 1 promises that nothing was sent, so a result that cannot be written once something was is exit 6: whoever reads it does not know. */
async function give(terminal: Terminal, result: AnswerResult, reason: string | undefined, line: Text): Promise<void> {
  try {
    await terminal.result(outcomeJson(result, reason), () => [line]);
  } catch (error) {
    if (result.sent === null || !(error instanceof CliError)) throw error;
    const hint = "the same command again tells it: an answer counts once";
    throw new CliError("unknown", `the outcome is ${result.outcome}, but ${error.message}`, {
      code: "ResultNotWritten",
      hint,
      cause: error,
    });
  }
}

/** What became of the stop, in words. */
export function stopSentence(result: AnswerResult): string {
  const status = result.next !== null && "status" in result.next ? result.next.status : null;
  const at = result.closedAt === null ? "" : ` at ${result.closedAt.toISOString()}`;
  const subject = subjectOf({ ...result, state: null });
  if (result.outcome === "applied") return `${subject} was stopped${status === null ? "" : ` and is now ${status}`}`;
  if (result.outcome === "unknown")
    return `${subject} may or may not have been stopped: no reply came${status === null ? "" : `, and it is ${status}`}`;
  if (result.outcome === "same") return `${subject} was already stopped the same way${at}`;
  if (result.closing !== null)
    return `${subjectOf(result)} ${endings(result.closing)}${at}; its execution goes on and was not stopped (name the execution to stop it)${thenOf(result)}`;
  return `${subject} was already ${status ?? "ended"}${at}; this stop did not count`;
}

/** The fields that scripts rely on, in the order of the documentation; `reason` where one was given. */
export function outcomeJson(result: AnswerResult, reason?: string) {
  const { taskId, executionArn, state, sent, outcome, settled, closedAt, next, newTaskId } = result;
  return {
    ...{ taskId, executionArn, state, sent, outcome, settled, closedAt: closedAt?.toISOString() ?? null, next, newTaskId },
    ...(reason === undefined ? {} : { reason }),
  };
}

/** One line that says what became of the answer. */
export function outcomeLine(result: AnswerResult): Text {
  return [styleOf(result.outcome)(result.outcome), "  ", sentence(result)];
}

/** One line that says what became of the stop. */
export function stopLine(result: AnswerResult): Text {
  return [styleOf(result.outcome)(result.outcome), "  ", stopSentence(result)];
}

function styleOf(outcome: Outcome): (text: Text) => StyledText {
  if (exitCodes[outcome] === 0) return green;
  return outcome === "unknown" ? red : yellow;
}

/** What became of the answer, in words; `verdict` is what is said of one that did not count. */
export function sentence(result: AnswerResult, verdict = "; this answer did not count"): string {
  const subject = subjectOf(result);
  const at = result.closedAt === null ? "" : ` at ${result.closedAt.toISOString()}`;
  const then = thenOf(result);
  switch (result.outcome) {
    case "applied":
      return `${subject} ${result.sent === "heartbeat" ? "got its heartbeat" : "was answered"}${then}`;
    case "same":
      return `${subject} was already answered the same way${at}${then}`;
    case "different":
      return `${subject} ${howItEnded(result)}${at}${verdict}${then}`;
    case "expired":
      return `${subject} expired${at}${result.expiredBy === "heartbeat" ? ", as no heartbeat came" : ""}${verdict}${then}`;
    case "stopped":
      return `${subject} was stopped${at}, together with what it was part of${verdict}${then}`;
    case "retried":
      return `${subject} closed${at} and the machine tried again${verdict}${result.newTaskId === null ? "" : `; the new attempt waits as ${result.newTaskId}`}`;
    case "accepted":
      return "AWS took the answer; add --execution <arn> to learn what became of it";
    case "unknown":
      return `${subject} may or may not have been answered: no reply came${unknownWhy(result)}`;
  }
}

function unknownWhy({ executionArn, sent, unread }: AnswerResult): string {
  if (executionArn === null) return "; give the same command again with --execution <arn> to learn it";
  if (unread !== null) return ", and the history could not be read; give the same command again to learn it";
  // A heartbeat leaves no trace in the history, and another one does no harm.
  return sent === "heartbeat"
    ? "; give the same command again"
    : ", and the history does not show it yet; give the same command again to settle it";
}

function subjectOf({ executionArn, state }: AnswerResult): string {
  const execution = executionArn === null ? null : executionArn.split(":").slice(-2).join("/");
  if (execution === null) return "the task of this token";
  return state === null ? `the execution ${execution}` : `the task ${state} of ${execution}`;
}

function thenOf({ next, nextState, ending, heldUpBy, newTaskId }: AnswerResult): string {
  if (newTaskId !== null) return `; the machine tried again and waits as ${newTaskId}`;
  if (ending !== null) return `; ${nextState === null ? "the execution ended" : `next: ${nextState}, then`} ${endingText(ending)}`;
  if (heldUpBy !== null) return `; ${heldUpBy} waits for its other tasks`;
  if (next === null) return "";
  return "state" in next ? `; next: ${next.state}` : `; the execution is ${next.status}`;
}

/** How an execution stands: `SUCCEEDED with output {...}`, `FAILED with error Rejected`, `ABORTED`. */
function endingText({ status, output, error }: { status: string; output: string | null; error: string | null }): string {
  if (output !== null) return `${status} with output ${shortened(output)}`;
  return error === null ? status : `${status} with error ${error}`;
}

/** The beginning of a text: an output may be 256 KiB; --json of `wait` has it whole. */
export function shortened(text: string): string {
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}

/** The result with no secret in what is about to be shortened. */
export function redacted(result: AnswerResult, redact: (text: string) => string): AnswerResult {
  const { closing, ending } = result;
  const clean = (text: string | null): string | null => (text === null ? null : redact(text));
  return {
    ...result,
    ending: ending === null ? null : { ...ending, output: clean(ending.output) },
    closing: closing === null ? null : redactedClosing(closing, clean),
  };
}

function redactedClosing(closing: Closing, clean: (text: string | null) => string | null): Closing {
  switch (closing.kind) {
    case "succeeded":
      return { ...closing, output: clean(closing.output) };
    case "failed":
      return { ...closing, cause: clean(closing.cause) };
    default:
      return closing;
  }
}

function howItEnded({ closing }: AnswerResult): string {
  return closing === null ? "had already ended otherwise" : endings(closing);
}

function endings(closing: Closing): string {
  switch (closing.kind) {
    case "succeeded":
      return `was already answered with success, output ${closing.output === null ? "(not shown by AWS)" : shortened(closing.output)}`;
    case "failed":
      return `was already answered with failure, error ${closing.error === "" ? '""' : (closing.error ?? "(none)")}, cause ${shortened(closing.cause ?? "(none)")}`;
    case "timedOut":
      return "had already timed out";
    case "containerEnded":
      return "had already been stopped from around it";
  }
}
