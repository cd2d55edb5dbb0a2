import { DataLimitError, maxPayloadBytes, runtimeError } from "./asl-error.ts";
import type { TaskState } from "./definition.ts";
import type { Phase, TaskCall, TaskWait, Waiting } from "./execution-state.ts";
import { isJsonObject, type Json, jsonText } from "./json.ts";
import { Payload } from "./payload.ts";
import type { Failure } from "./retry-catch.ts";
import type { Line, MockedResult, Run } from "./run.ts";
import type { StateData } from "./state-data.ts";
import {
  failureDetails,
  isOwnCall,
  manualCall,
  outputDetails,
  patternOf,
  scheduledDetails,
  sentInput,
  startedDetails,
  taskCall,
} from "./task-call.ts";
import { deliveredReply } from "./task-reply.ts";

/** What came of a state's beginning or of a task's end. */
export type Done =
  | { readonly kind: "waits"; readonly waiting: Waiting }
  | { readonly kind: "result"; readonly result?: Payload; readonly previous: number }
  | { readonly kind: "failed"; readonly failure: Failure; readonly previous: number }
  /** All that follows has been done. */
  | { readonly kind: "none" };

/** What is to become of an attempt's call: it is made here, as it is to Step Functions itself, or its result comes from elsewhere. */
type Handling = "activity" | "mocked" | "own" | "byHand" | "callback" | "none";

/** Makes an attempt of a task: resolves what it is called with, a token of its own in it, and hands it over. */
export function beginTask(run: Run, line: Line, state: TaskState, data: StateData, phase: Phase & { kind: "begin" }): Done {
  const { visit } = line.strand;
  const given = taskCall(state.Resource);
  if (given === null) throw runtimeError(`The resource ${state.Resource} is not supported.`);
  const input = sentInput(given, data.callInput(state).value);
  const timeoutSeconds = data.taskSeconds(state, "TimeoutSeconds");
  const heartbeatSeconds = data.taskSeconds(state, "HeartbeatSeconds");
  const roleArn = data.credentialsRoleArn(state);
  if (given.family === "Activity" && !run.surroundings.activityExists(given.arn)) {
    throw runtimeError(`The activity ${given.arn} does not exist.`);
  }
  const mocked = given.family === "Activity" ? undefined : nextMockedResult(run, visit.name);
  if (mocked !== undefined) countMockedCall(run, visit.name);
  const handling = mocked === undefined ? handlingOf(run, given) : "mocked";
  const taskToken = run.surroundings.mintToken(phase.attempt);
  const { call, input: sent } = handling === "byHand" ? manualCall(given, input, taskToken) : { call: given, input };
  const text = jsonText(sent);
  if (Buffer.byteLength(text) > maxPayloadBytes) throw new DataLimitError(visit.name, "provided parameters");
  const scheduled = { region: run.facts.region, input: text, timeoutSeconds, heartbeatSeconds, roleArn };
  const scheduledEventId = run.append(`${call.family}Scheduled`, phase.previous, scheduledDetails(call, scheduled));
  const limits = { timeoutSeconds, heartbeatSeconds };
  const waits = (lastEventId: number): Done => waiting(run, { attempt: phase.attempt, scheduledEventId, lastEventId, call, ...limits });
  if (handling === "activity") return waits(scheduledEventId);
  const startedEventId = run.append(`${call.family}Started`, scheduledEventId, startedDetails(call, undefined));
  const reply = () => jsonText(deliveredReply(call, sent, taskToken, run.at));
  if (mocked !== undefined) return mockedEnd(run, call, startedEventId, mocked, reply);
  if (handling === "own") return waits(startedEventId);
  if (handling === "none") return taskFailed(run, call, startedEventId, notMocked(visit.name, state.Resource));
  return waits(run.append("TaskSubmitted", startedEventId, outputDetails(call, reply())));
}

function handlingOf(run: Run, call: TaskCall): Handling {
  if (call.family === "Activity") return "activity";
  if (isOwnCall(call)) return "own";
  if (patternOf(call) === "callback") return "callback";
  return run.facts.services.isManual ? "byHand" : "none";
}

function waiting(
  run: Run,
  attempt: Pick<TaskWait, "attempt" | "scheduledEventId" | "lastEventId" | "call" | "timeoutSeconds" | "heartbeatSeconds">,
): Done {
  const { call, timeoutSeconds, heartbeatSeconds } = attempt;
  const isQueued = call.family === "Activity";
  const wait: TaskWait = {
    kind: "task",
    ...attempt,
    activity: isQueued ? "queued" : null,
    timeoutAt: timeoutSeconds === null ? null : run.at + timeoutSeconds * 1000,
    // A worker's heart can only beat from when it has the task.
    heartbeatAt: heartbeatSeconds === null || isQueued ? null : run.at + heartbeatSeconds * 1000,
  };
  return { kind: "waits", waiting: wait };
}

/**
 * A service call that fails is never submitted (recorded for callbacks, facts page 5.2). A job that fails once it was submitted fails by
 * a name of the language; what refuses to begin it, by one of the service (`ECS.ClusterNotFoundException`).
 */
function mockedEnd(run: Run, call: TaskCall, startedEventId: number, mocked: MockedResult, reply: () => string): Done {
  const pattern = patternOf(call);
  const isSubmitted = "return" in mocked ? pattern !== "request" : pattern === "sync" && !/^(?!States\.)\w+\./.test(mocked.error);
  const lastEventId = isSubmitted ? run.append("TaskSubmitted", startedEventId, outputDetails(call, reply())) : startedEventId;
  return "error" in mocked
    ? mockedFailure(run, call, lastEventId, mocked)
    : taskSucceeded(run, call, lastEventId, jsonText(result(call, mocked.return)));
}

/** Step Functions itself has answered the task's call, and the task waits for what comes of it; `reply` is the answer's JSON text. */
export function submitted(run: Run, waiting: TaskWait, reply: string): void {
  waiting.lastEventId = run.append("TaskSubmitted", waiting.lastEventId, outputDetails(waiting.call, reply));
}

/** A result beyond the limit is the task's failure (reported by many, as are the names in its cause). */
export function taskSucceeded(run: Run, call: TaskCall, lastEventId: number, output: string): Done {
  if (Buffer.byteLength(output) > maxPayloadBytes) {
    const { errorName, causeText } = new DataLimitError(call.family === "Task" ? call.resourceType : call.arn);
    return taskFailed(run, call, lastEventId, { error: errorName, cause: causeText });
  }
  const previous = run.append(`${call.family}Succeeded`, lastEventId, outputDetails(call, output));
  return { kind: "result", result: Payload.of(JSON.parse(output) as Json), previous };
}

export function taskFailed(
  run: Run,
  call: TaskCall,
  lastEventId: number,
  { error, cause }: { readonly error?: string; readonly cause?: string },
): Done {
  const previous = run.append(`${call.family}Failed`, lastEventId, failureDetails(call, error, cause));
  return { kind: "failed", failure: { names: error === undefined ? [] : [error], error: error ?? null, cause: cause ?? null }, previous };
}

/** A mocked failure; a timeout is told as AWS tells its own, without a cause (recorded). */
function mockedFailure(
  run: Run,
  call: TaskCall,
  lastEventId: number,
  { error, cause }: { readonly error: string; readonly cause?: string },
): Done {
  if (error !== "States.Timeout") return taskFailed(run, call, lastEventId, { error, ...(cause === undefined ? {} : { cause }) });
  const previous = run.append(`${call.family}TimedOut`, lastEventId, failureDetails(call, error, undefined));
  return { kind: "failed", failure: { names: [error], error, cause: cause ?? "" }, previous };
}

/** A missed heartbeat is told as States.Timeout (facts page 5.2, recorded) and matched by either name (documented). */
export function taskTimedOut(run: Run, { call, lastEventId, timeoutAt }: TaskWait): Done {
  const isHeartbeat = timeoutAt === null || timeoutAt > run.at;
  const previous = run.append(`${call.family}TimedOut`, lastEventId, failureDetails(call, "States.Timeout", undefined));
  const names = isHeartbeat ? ["States.HeartbeatTimeout", "States.Timeout"] : ["States.Timeout"];
  return { kind: "failed", failure: { names, error: "States.Timeout", cause: "" }, previous };
}

/** A worker has taken an activity's task; its timeout and heartbeat count from here (facts page 5.9, documented). */
export function activityStarted(run: Run, waiting: TaskWait, workerName: string | undefined): void {
  waiting.lastEventId = run.append("ActivityStarted", waiting.lastEventId, startedDetails(waiting.call, workerName));
  waiting.activity = "held";
  if (waiting.timeoutSeconds !== null) waiting.timeoutAt = run.at + waiting.timeoutSeconds * 1000;
  if (waiting.heartbeatSeconds !== null) waiting.heartbeatAt = run.at + waiting.heartbeatSeconds * 1000;
}

/** The mocked response to a state's next call; undefined where the state is not mocked. */
export function nextMockedResult(run: Run, stateName: string): MockedResult | undefined {
  return run.facts.services.mockedResult(stateName, run.state.calls[stateName] ?? 0);
}

/** A mocked call has been made. */
export function countMockedCall(run: Run, stateName: string): void {
  run.state.calls[stateName] = (run.state.calls[stateName] ?? 0) + 1;
}

/** For a Lambda function's ARN as Resource the Return is the reply of lambda:invoke, and the state's result its Payload. */
function result(call: TaskCall, returned: Json): Json {
  const isReply = call.family === "LambdaFunction" && isJsonObject(returned) && "Payload" in returned;
  return isReply ? (returned["Payload"] ?? null) : returned;
}

function notMocked(stateName: string, resource: string): { readonly error: string; readonly cause: string } {
  return {
    error: "Local.NotMocked",
    cause:
      `The embedded Step Functions calls no services, and the state '${stateName}' (${resource}) has no mocked response. ` +
      "Give it one with `sfn-callback local --mock-config <file>` and start the execution with <state machine ARN>#<test case>, " +
      "or answer such tasks by hand with `sfn-callback local --manual`.",
  };
}
