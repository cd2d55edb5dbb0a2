import type { ExecutionSummary, StateMachineSummary } from "../aws/step-functions.ts";
import type { CallbackTask } from "../callback/history/waiting-tasks.ts";
import { taskId } from "../callback/task-id.ts";

/** A waiting task and where it is. Its payload and token are not in it: rows are kept, and shown. */
export interface SweptTask {
  readonly id: string;
  readonly executionArn: string;
  readonly executionName: string;
  readonly stateMachineArn: string;
  readonly stateMachineName: string;
  /** The executions that began this one, or the one with its distributed Map, and wait for it, outermost first, as far as they were seen. */
  readonly ancestorExecutionArns: readonly string[];
  /** False where one more may wait for the outermost of them: in an execution that was not read, or not yet. */
  readonly ancestorsComplete: boolean;
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
    ancestorsComplete: false,
    task: found === null ? null : waitingTask(found, withInput),
    waitingSince: found?.waitingSince ?? execution.startedAt,
  };
}

function waitingTask({ payload, taskToken, isTokenCertain, closed, ...found }: CallbackTask, withInput: boolean): WaitingTask {
  return { ...found, input: withInput ? found.input : null, hasToken: taskToken !== null };
}
