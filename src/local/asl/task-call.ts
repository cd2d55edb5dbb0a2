import type { TaskCall } from "./execution-state.ts";
import { isJsonObject, type Json } from "./json.ts";
import { type Details, untruncated } from "./run.ts";

export type Pattern = "request" | "sync" | "callback";

/** What a Task's Resource says: a Lambda function's or an activity's ARN, or `arn:aws:states:::<service>:<action>[.<pattern>]`. */
export function taskCall(resource: string): TaskCall | null {
  if (/^arn:[\w-]+:lambda:/.test(resource)) return { family: "LambdaFunction", arn: resource };
  if (/^arn:[\w-]+:states:[^:]*:[^:]*:activity:/.test(resource)) return { family: "Activity", arn: resource };
  const integration = /^arn:[\w-]+:states:[^:]*:[^:]*:(.+?):([^:]+(?::2)?)$/.exec(resource);
  if (integration === null || integration[1] === "stateMachine") return null;
  return { family: "Task", resourceType: integration[1] ?? "", resource: integration[2] ?? "" };
}

/** How a call waits for its end. */
export function patternOf(call: TaskCall): Pattern {
  if (call.family !== "Task") return "request";
  if (call.resource.endsWith(".waitForTaskToken")) return "callback";
  return /\.sync(:2)?$/.test(call.resource) ? "sync" : "request";
}

/** The API operations that an execution can call through `aws-sdk:sfn`, as the actions that they are named in a Resource. */
const ownActions = new Set([
  ...["startExecution", "stopExecution", "redriveExecution", "describeExecution", "listExecutions", "getExecutionHistory"],
  ...["sendTaskSuccess", "sendTaskFailure", "sendTaskHeartbeat", "describeStateMachine", "describeStateMachineForExecution"],
  ...["listStateMachines", "listMapRuns", "describeMapRun", "updateMapRun", "listActivities", "describeActivity"],
]);

/** Whether a call is to Step Functions itself, and can be made here: `states:startExecution`, or an API operation. */
export function isOwnCall(call: TaskCall): boolean {
  if (call.family !== "Task") return false;
  const action = actionOf(call);
  return call.resourceType === "states" ? action === "startExecution" : call.resourceType === "aws-sdk:sfn" && ownActions.has(action);
}

/** A call's action without the pattern in which it waits. */
export function actionOf({ resource }: TaskCall & { family: "Task" }): string {
  return resource.split(".")[0] ?? "";
}

/** What a call is made with: to some services Step Functions says that it was it who started the job (recorded for ECS, documented for Batch). */
export function sentInput(call: TaskCall, input: Json): Json {
  if (call.family !== "Task" || patternOf(call) !== "sync" || !isJsonObject(input)) return input;
  switch (`${call.resourceType}:${actionOf(call)}`) {
    case "ecs:runTask":
      return { ...input, StartedBy: "AWS Step Functions" };
    case "batch:submitJob": {
      const overrides = isJsonObject(input["ContainerOverrides"]) ? input["ContainerOverrides"] : {};
      const given = Array.isArray(overrides["Environment"]) ? overrides["Environment"] : [];
      const Environment = [...given, { Name: "MANAGED_BY_AWS", Value: "STARTED_BY_STEP_FUNCTIONS" }];
      return { ...input, ContainerOverrides: { ...overrides, Environment } };
    }
    default:
      return input;
  }
}

interface Scheduled {
  readonly region: string;
  /** JSON text of the parameters or the input. */
  readonly input: string;
  readonly timeoutSeconds: number | null;
  readonly heartbeatSeconds: number | null;
  readonly roleArn: string | null;
}

export function scheduledDetails(call: TaskCall, { region, input, timeoutSeconds, heartbeatSeconds, roleArn }: Scheduled): Details {
  const limits = {
    ...(timeoutSeconds === null ? {} : { timeoutInSeconds: timeoutSeconds }),
    ...(heartbeatSeconds === null ? {} : { heartbeatInSeconds: heartbeatSeconds }),
    ...(roleArn === null ? {} : { taskCredentials: { roleArn } }),
  };
  if (call.family !== "Task") return { resource: call.arn, input, inputDetails: untruncated, ...limits };
  return { resourceType: call.resourceType, resource: call.resource, region, parameters: input, ...limits };
}

/** Null where AWS writes the event without details: a Lambda function's start. */
export function startedDetails(call: TaskCall, workerName: string | undefined): Details | null {
  if (call.family === "Task") return names(call);
  return call.family === "LambdaFunction" || workerName === undefined ? null : { workerName };
}

/** Of TaskSubmitted and of every family's Succeeded. */
export function outputDetails(call: TaskCall, output: string): Details {
  return { ...names(call), output, outputDetails: untruncated };
}

/** Of every family's Failed and TimedOut; what was not given is left out. */
export function failureDetails(call: TaskCall, error: string | undefined, cause: string | undefined): Details {
  return { ...names(call), ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) };
}

function names(call: TaskCall): Details {
  return call.family === "Task" ? { resourceType: call.resourceType, resource: call.resource } : {};
}

/** A call that is not mocked, turned into one that a person answers: the token is added to what it is called with. */
export function manualCall(call: TaskCall, input: Json, taskToken: string): { readonly call: TaskCall; readonly input: Json } {
  if (call.family !== "Task") {
    const lambda = { family: "Task", resourceType: "lambda", resource: "invoke.waitForTaskToken" } as const;
    return { call: lambda, input: { FunctionName: call.arn, Payload: input, TaskToken: taskToken } };
  }
  const action = call.resource.replace(/\.sync(:2)?$/, "");
  const parameters = typeof input === "object" && input !== null && !Array.isArray(input) ? input : { Parameters: input };
  return { call: { ...call, resource: `${action}.waitForTaskToken` }, input: { ...parameters, TaskToken: taskToken } };
}
