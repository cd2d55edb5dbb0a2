import type { HistoryEvent } from "../aws/step-functions.ts";
import { type ExecutionEnding, ending, heldUpBy, type Judgement, next, type Outcome } from "../callback/history/outcome.ts";
import type { Closing } from "../callback/history/waiting-tasks.ts";
import { taskId } from "../callback/task-id.ts";

/** What became of an answer, and how the task ended where that is known. */
export interface AnswerResult {
  readonly taskId: string | null;
  readonly executionArn: string | null;
  readonly state: string | null;
  readonly sent: "success" | "failure" | "heartbeat" | "stop" | null;
  readonly outcome: Outcome;
  readonly settled: "reply" | "history";
  readonly closedAt: Date | null;
  /** The state entered after the task while the execution runs; its status once it ended. */
  readonly next: { readonly state: string } | { readonly status: string } | null;
  /** The state entered after the task, and how the execution ended: what `next` tells one of. */
  readonly nextState: string | null;
  readonly ending: ExecutionEnding | null;
  /** The Map or Parallel whose other tasks have to be answered before anything follows. */
  readonly heldUpBy: string | null;
  readonly newTaskId: string | null;
  /** The event id of the same. */
  readonly newEventId: number | null;
  readonly closing: Closing | null;
  readonly expiredBy: "timeout" | "heartbeat" | null;
  /** Why the history could not be read after sending, or null. */
  readonly unread: string | null;
}

/** What is answered, and as much of its history as was read. */
export interface Target {
  readonly executionArn: string;
  readonly task: { readonly eventId: number; readonly state: string };
  /** Oldest first; empty where nothing was read. */
  readonly events: readonly HistoryEvent[];
}

/** What is known of how the execution goes on after the task. */
export type Following = Pick<AnswerResult, "next" | "nextState" | "ending" | "heldUpBy">;

/** Where nothing of that is known. */
export const nothingFollows: Following = { next: null, nextState: null, ending: null, heldUpBy: null };

/** What the history tells of how the execution goes on after a task. */
export function following(events: readonly HistoryEvent[], eventId: number): Following {
  const after = next(events, eventId);
  const ended = ending(events);
  return {
    next: ended === null ? after : { status: ended.status },
    nextState: after !== null && "state" in after ? after.state : null,
    ending: ended,
    heldUpBy: after === null && ended === null ? heldUpBy(events, eventId) : null,
  };
}

/** A result of which nothing is known yet. */
export const nothingKnown: AnswerResult = {
  taskId: null,
  executionArn: null,
  state: null,
  sent: null,
  outcome: "unknown",
  settled: "reply",
  closedAt: null,
  ...nothingFollows,
  newTaskId: null,
  newEventId: null,
  closing: null,
  expiredBy: null,
  unread: null,
};

/** The result for a task of whose end nothing is known yet. */
export function unsettled({ executionArn, task }: Target, sent: AnswerResult["sent"]): AnswerResult {
  return { ...nothingKnown, taskId: taskId(executionArn, task.eventId), executionArn, state: task.state, sent, settled: "history" };
}

/** The result that a judgement comes to. */
export function resultOf(found: Target, judgement: Judgement, sent: AnswerResult["sent"], then: Following): AnswerResult {
  const { newTask } = judgement;
  const closing = judgement.task?.closed ?? null;
  return {
    ...unsettled(found, sent),
    outcome: judgement.outcome,
    settled: judgement.settled,
    closedAt: closing?.at ?? null,
    ...then,
    newTaskId: newTask === null ? null : taskId(found.executionArn, newTask.eventId),
    newEventId: newTask?.eventId ?? null,
    closing,
    expiredBy: judgement.expiredBy,
  };
}

/** Whether there is nothing more to see soon. The state after the last one of a part may show a moment later than its end. */
export function isSettled({ next, heldUpBy }: Following, { newTask }: Judgement, delayMilliseconds: number): boolean {
  return next !== null || newTask !== null || (heldUpBy !== null && delayMilliseconds > 0);
}
