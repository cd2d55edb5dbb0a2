import type { ExecutionSummary, StateMachineSummary } from "../aws/step-functions.ts";
import type { CallbackTask } from "../callback/history/waiting-tasks.ts";
import { taskId } from "../callback/task-id.ts";

/** A waiting task and where it is. Its payload and token are not kept: a sweep may find a hundred thousand. */
export interface SweptTask {
  readonly id: string;
  readonly executionArn: string;
  readonly executionName: string;
  readonly stateMachineArn: string;
  readonly stateMachineName: string;
  /** The executions that began this one, or the one with its distributed Map, and wait for it, outermost first, as far as they were seen. */
  readonly ancestorExecutionArns: readonly string[];
  /** Null where the history may not be read: then it is not known whether and on what the execution waits. */
  readonly task: WaitingTask | null;
  /** When the task was scheduled; of an unread execution, when it started. */
  readonly waitingSince: Date;
}

/** As much of a waiting task as a row shows. */
export interface WaitingTask extends Omit<CallbackTask, "payload" | "taskToken" | "isTokenCertain" | "closed"> {
  readonly hasToken: boolean;
}

/** The row of a task, or of an execution whose history may not be read: nobody shall take that for one that does not wait. */
export function sweptTask(
  machine: StateMachineSummary,
  execution: ExecutionSummary,
  found: CallbackTask | null,
  ancestorExecutionArns: readonly string[],
  withInput: boolean,
): SweptTask {
  return {
    id: taskId(execution.arn, found?.eventId ?? 0),
    executionArn: execution.arn,
    executionName: execution.name,
    stateMachineArn: machine.arn,
    stateMachineName: machine.name,
    ancestorExecutionArns,
    task: found === null ? null : waitingTask(found, withInput),
    waitingSince: found?.waitingSince ?? execution.startedAt,
  };
}

function waitingTask(found: CallbackTask, withInput: boolean): WaitingTask {
  const { handedTo } = found;
  // Each field by name, and texts that many rows share once: a hundred thousand rows are kept.
  return {
    kind: found.kind,
    eventId: found.eventId,
    state: shared(found.state),
    path: found.path.length === 0 ? nowhere : found.path,
    attempt: found.attempt,
    integration: shared(found.integration),
    input: withInput ? found.input : null,
    waitingSince: found.waitingSince,
    timeoutSeconds: found.timeoutSeconds,
    heartbeatSeconds: found.heartbeatSeconds,
    timeoutAt: found.timeoutAt,
    handedTo: handedTo === null ? null : { service: shared(handedTo.service), id: handedTo.id, since: handedTo.since },
    hasToken: found.taskToken !== null,
  };
}

const nowhere: CallbackTask["path"] = [];
const mostShared = 10_000;
const texts = new Map<string, string>();

/** The first text that was equal to it. */
function shared(text: string): string {
  const known = texts.get(text);
  if (known !== undefined) return known;
  if (texts.size < mostShared) texts.set(text, text);
  return text;
}

/** The order of rows; equals in one of their own, so that it is the same whichever was found first. */
export function longestWaitingFirst(one: SweptTask, other: SweptTask): number {
  const difference = one.waitingSince.getTime() - other.waitingSince.getTime();
  if (difference !== 0) return difference;
  if (one.executionArn !== other.executionArn) return one.executionArn < other.executionArn ? -1 : 1;
  return (one.task?.eventId ?? 0) - (other.task?.eventId ?? 0);
}
