import type { HistoryEvent } from "@aws-sdk/client-sfn";
import { parseExactly } from "../exact-json.ts";
import { causeWithoutStamp, withoutStamp } from "../stamp.ts";
import { type Scope, type StateEntry, type TaskAttempt, type Walk, walkHistory } from "./history-walk.ts";
import { type CallbackTask, callbackTask } from "./waiting-tasks.ts";

export type Outcome = "applied" | "same" | "retried" | "different" | "expired" | "stopped" | "accepted" | "unknown";

/** What was, or would have been, sent to the task. */
export type Answer =
  | { readonly kind: "success"; readonly output: string }
  | { readonly kind: "failure"; readonly error?: string; readonly cause?: string }
  | { readonly kind: "heartbeat" };

/**
 * What is known of the sending. `notSent`: nothing was sent, the task was already closed. `gone`: AWS answered TaskTimedOut.
 * `lost`: sent, no reply. `taken`: a 200.
 */
export type Sending = "notSent" | "gone" | "lost" | "taken";

export interface Judgement {
  readonly outcome: Outcome;
  readonly settled: "reply" | "history";
  /** How the task ended, where the history shows it. */
  readonly task: CallbackTask | null;
  readonly expiredBy: "timeout" | "heartbeat" | null;
  /** The attempt that waits now, after a retry. */
  readonly newTask: CallbackTask | null;
}

/** What came of an answer, or null where the history shows the task still waiting (and it was not taken). */
export function judge(events: readonly HistoryEvent[], eventId: number, answer: Answer, sending: Sending): Judgement | null {
  const walk = walkHistory(events);
  const attempt = walk.attempts.find(({ scheduled }) => scheduled.id === eventId);
  const task = attempt === undefined ? null : callbackTask(attempt, walk);
  const newTask = attempt === undefined ? null : waitingSuccessor(attempt, walk);
  const expiredBy = task === null ? null : expiry(task);
  if (sending === "taken") return { outcome: "applied", settled: "reply", task, expiredBy: null, newTask };
  if (task === null || task.closed === null) return null;
  const judged = { settled: "history", task, expiredBy, newTask } as const;
  if (isEqual(answer, task)) return { ...judged, outcome: sending === "lost" ? "applied" : "same" };
  if (newTask !== null) return { ...judged, outcome: "retried" };
  return { ...judged, outcome: outcomeOf(task.closed.kind) };
}

/** What the execution did after the task closed: the next state entered from it, or how the execution ended. */
export function next(events: readonly HistoryEvent[], eventId: number): { readonly state: string } | { readonly status: string } | null {
  const walk = walkHistory(events);
  const attempt = walk.attempts.find(({ scheduled }) => scheduled.id === eventId);
  if (attempt === undefined) return null;
  // The last state of an iteration or branch leads on to what follows its Map or Parallel.
  for (let entry: StateEntry | null = attempt.entry; entry !== null; entry = entry.scope?.container ?? null) {
    const state = entry.exitEventId === null ? undefined : walk.enteredAfter.get(entry.exitEventId);
    if (state !== undefined) return { state };
  }
  const ending = walk.executionEndings.find((ending) => ending.eventId > eventId);
  return ending === undefined ? null : { status: ending.status };
}

/**
 * The Map or Parallel around a task that has other callback tasks waiting, once the task's own part of it has come to its end; null elsewhere. Nothing more
 * follows the task before those are answered.
 */
export function heldUpBy(events: readonly HistoryEvent[], eventId: number): string | null {
  const walk = walkHistory(events);
  const attempt = walk.attempts.find(({ scheduled }) => scheduled.id === eventId);
  let entry = attempt?.entry ?? null;
  while (entry !== null && entry.exitEventId !== null && !walk.enteredAfter.has(entry.exitEventId)) {
    const container: StateEntry | undefined = entry.scope?.container;
    if (container === undefined) return null;
    const isInside = ({ scope }: TaskAttempt): boolean => within(scope, container);
    if (container.exitEventId === null)
      return walk.attempts.some((each) => isInside(each) && callbackTask(each, walk).closed === null) ? container.name : null;
    entry = container;
  }
  return null;
}

function within(scope: Scope | null, container: StateEntry): boolean {
  return scope !== null && (scope.container === container || within(scope.outer, container));
}

/** How an execution ended, as its history tells it. */
export interface ExecutionEnding {
  readonly status: string;
  readonly output: string | null;
  readonly error: string | null;
}

/** How the execution ended, or null while it runs (after a redrive too). */
export function ending(events: readonly HistoryEvent[]): ExecutionEnding | null {
  const last = events.at(-1);
  const ended = walkHistory(events).executionEndings.at(-1);
  if (last === undefined || ended === undefined || ended.eventId !== last.id) return null;
  const details = last.executionFailedEventDetails ?? last.executionTimedOutEventDetails ?? last.executionAbortedEventDetails;
  return { status: ended.status, output: last.executionSucceededEventDetails?.output ?? null, error: details?.error ?? null };
}

type ClosingKind = NonNullable<CallbackTask["closed"]>["kind"];

function outcomeOf(kind: ClosingKind): Outcome {
  if (kind === "timedOut") return "expired";
  return kind === "containerEnded" ? "stopped" : "different";
}

/** The newer attempt of the same task that waits now: its own Retry's, or that of a Map or Parallel around it. */
function waitingSuccessor(attempt: TaskAttempt, walk: Walk): CallbackTask | null {
  const newest = walk.attempts.findLast((each) => isSameTask(each, attempt));
  if (newest === undefined || newest === attempt) return null;
  const task = callbackTask(newest, walk);
  return task.closed === null ? task : null;
}

/** Whether two attempts are of one state entered once, or of the same iteration and branch of a container that was started again. */
function isSameTask(one: TaskAttempt, other: TaskAttempt): boolean {
  if (one.entry === null || other.entry === null) return false;
  if (one.entry === other.entry) return true;
  if (one.entry.name !== other.entry.name) return false;
  let [mine, its]: [Scope | null, Scope | null] = [one.scope, other.scope];
  // In one and the same start of the container, it is a loop that has come back to the state.
  while (mine !== its && mine !== null && its !== null) {
    if (mine.container.name !== its.container.name || mine.index !== its.index) return false;
    if (mine.container === its.container && mine.index === null) return true;
    [mine, its] = [mine.outer, its.outer];
  }
  return false;
}

/** AWS reports a missed heartbeat as States.Timeout too (recorded), so the time that passed tells which it was. */
function expiry(task: CallbackTask): Judgement["expiredBy"] {
  const { closed, timeoutAt, heartbeatSeconds } = task;
  if (closed?.kind !== "timedOut") return null;
  if (closed.error === "States.HeartbeatTimeout") return "heartbeat";
  if (heartbeatSeconds === null) return "timeout";
  if (timeoutAt === null) return "heartbeat";
  const toleranceMilliseconds = 1000;
  return closed.at.getTime() >= timeoutAt.getTime() - toleranceMilliseconds ? "timeout" : "heartbeat";
}

/** Whether the task ended as the answer would have ended it, what a stamp added left aside. `answer` itself has no stamp. */
function isEqual(answer: Answer, task: CallbackTask): boolean {
  const { closed } = task;
  if (answer.kind === "success") return closed?.kind === "succeeded" && closed.output !== null && isEqualJson(answer.output, closed.output);
  if (answer.kind === "heartbeat" || closed?.kind !== "failed" || (answer.error ?? null) !== closed.error) return false;
  const cause = answer.cause ?? null;
  return cause === closed.cause || (closed.cause !== null && cause === causeWithoutStamp(closed.cause));
}

function isEqualJson(answer: string, recorded: string): boolean {
  try {
    const [own, theirs] = [parseExactly(answer), parseExactly(recorded)];
    return isEqualValue(own, theirs) || isEqualValue(own, withoutStamp(theirs, own));
  } catch {
    return answer === recorded;
  }
}

function isEqualValue(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const rightValues = new Map(Object.entries(right));
  const entries = Object.entries(left);
  return (
    entries.length === rightValues.size &&
    entries.every(([key, value]) => rightValues.has(key) && isEqualValue(value, rightValues.get(key)))
  );
}
