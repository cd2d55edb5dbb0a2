import { ApiError } from "../api-error.ts";
import { waitingTask } from "../asl/execution-state.ts";
import type { Happening } from "../asl/happening.ts";
import type { Engine } from "../engine.ts";
import { given, isJson, maxPayloadBytes, type Operations } from "./operation.ts";

/** What answers a task, whoever holds its token: a callback's receiver or an activity's worker. */
export const taskOperations: Operations = {
  SendTaskSuccess(engine, request) {
    const taskToken = request.taskToken();
    const output = request.text("output", { maxBytes: maxPayloadBytes, isSensitive: true });
    request.done();
    return answer(engine, taskToken, () => {
      if (!isJson(output)) throw new ApiError("InvalidOutput", "Invalid Output: 'Output is not valid JSON'");
      return (attempt) => ({ kind: "taskSucceeded", attempt, output });
    });
  },

  SendTaskFailure(engine, request) {
    const taskToken = request.taskToken();
    const error = request.optionalText("error", { max: 256, isSensitive: true });
    const cause = request.optionalText("cause", { max: 32_768, isSensitive: true });
    request.done();
    return answer(engine, taskToken, () => (attempt) => ({ kind: "taskFailed", attempt, ...given({ error, cause }) }));
  },

  SendTaskHeartbeat(engine, request) {
    const taskToken = request.taskToken();
    request.done();
    return answer(engine, taskToken, () => (attempt) => ({ kind: "heartbeat", attempt }));
  },
};

/** A token that was never any task's: TestState's own. When AWS says so, and in what words, is not recorded. */
const noTask = new ApiError("TaskDoesNotExist", "Task Does Not Exist: 'Provided task does not exist'");

/** Sends to the task a token stands for, if that very attempt still waits; else TaskTimedOut, whatever ended it (recorded). */
function answer(engine: Engine, taskToken: string, check: () => (attempt: number) => Happening): object {
  const target = engine.readToken(taskToken);
  if (target === null) throw new ApiError("InvalidToken", "Invalid Token: 'Invalid token'");
  const sent = check();
  if (target.executionId === 0) throw noTask;
  return engine.store.transaction(() => {
    const execution = engine.store.executions.get({ id: target.executionId });
    const now = engine.now();
    const isWaiting = execution !== null && waitingTask(execution.state, target.attempt) !== null;
    // Another process may have held the file until after the deadline; whoever looks next applies it.
    if (!isWaiting || engine.isOverdue(execution, now))
      throw new ApiError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'");
    engine.happen(execution, sent(target.attempt), now);
    return {};
  });
}
