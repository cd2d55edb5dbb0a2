import { isJsonObject, type Json, type JsonObject } from "./json.ts";
import { type ExecutionFacts, isoTime } from "./run.ts";

export interface ContextNeeds {
  readonly roleArn: string | null;
  /** Null for a state that is never retried. */
  readonly retries: number | null;
  /** Where the state has one. */
  readonly taskToken: string | null;
  /** Where the state is within a Map: undefined where it is not. */
  readonly mapItem: Json | undefined;
}

/** The context object of a tested state that is given none, with the members that AWS's has (recorded, documented). */
export function defaultContext(
  { arn, name, input, machineArn, machineName, startedAt }: Omit<ExecutionFacts, "definition" | "services">,
  stateName: string,
  { roleArn, retries, taskToken, mapItem }: ContextNeeds,
): JsonObject {
  const at = isoTime(startedAt);
  return {
    Execution: { Id: arn, Input: JSON.parse(input) as Json, Name: name, RoleArn: roleArn, StartTime: at },
    StateMachine: { Id: machineArn, Name: machineName },
    State: { Name: stateName, EnteredTime: at, ...(retries === null ? {} : { RetryCount: retries }) },
    ...(mapItem === undefined ? {} : { Map: { Item: { Index: 0, Value: mapItem } } }),
    ...(taskToken === null ? {} : { Task: { Token: taskToken } }),
  };
}

type Kind = "string" | "number" | "anything";

const members: Readonly<Record<string, Readonly<Record<string, Kind>>>> = {
  Execution: {
    ...{ Id: "string", Input: "anything", Name: "string", RoleArn: "string" },
    ...{ StartTime: "string", RedriveCount: "number", RedriveTime: "string" },
  },
  State: { EnteredTime: "string", Name: "string", RetryCount: "number" },
  StateMachine: { Id: "string", Name: "string" },
  Task: { Token: "string" },
};

/** What is wrong with a context object that a test is given, in AWS's words (recorded); null where nothing is. */
export function contextFault(context: Json, hasToken: boolean): string | null {
  if (!isJsonObject(context)) return "Context object must be a JSON object";
  for (const [name, object] of Object.entries(context)) {
    if (name === "Map") return "'Map' field is not supported when mocking a Context object";
    const allowed = Object.hasOwn(members, name) ? members[name] : undefined;
    if (allowed === undefined) return `Field '${name}' is not allowed`;
    if (name === "Task" && !hasToken) {
      return "Context object contains 'Task' when state is not a Task state with a '.sync' or '.waitForTaskToken' service integration pattern";
    }
    if (!isJsonObject(object)) return `${name} must be a JSON object`;
    for (const [member, value] of Object.entries(object)) {
      const kind = Object.hasOwn(allowed, member) ? allowed[member] : undefined;
      if (kind === undefined) return `Field '${member}' is not allowed`;
      if (kind !== "anything" && typeof value !== kind) return `${name}.${member} must be a ${kind}`;
    }
  }
  return null;
}
