import type { HistoryEvent } from "@aws-sdk/client-sfn";
import { machineOf } from "../execution-arn.ts";
import type { CallbackTask } from "../history/waiting-tasks.ts";
import type { JsonObject } from "./defined-states.ts";

interface TriedTask {
  readonly executionArn: string;
  readonly task: Pick<CallbackTask, "state" | "path">;
  readonly events: readonly HistoryEvent[];
}

/** A state as TestState can run it by itself. */
export interface TrialState {
  /** Amazon States Language. */
  readonly state: string;
  /** The workflow variables, a JSON object as text. */
  readonly variables: string;
  /** Whether everything that it reads of the context object is known here. */
  readonly isCertain: boolean;
  /** Takes what was added to the variables out of those that TestState tells. */
  without(variables: string | null): string | null;
}

/** TestState takes no context object for a state that calls nothing, and never a Map's item: so the context goes as a variable. */
const contextVariable = "sfnCallbackContext";

/** Fields that were evaluated when the task was scheduled; and its retries, which are judged from the history. */
const done = ["Parameters", "Arguments", "InputPath", "Resource", "Credentials", "Retry", "Comment"];
const doneTimes = ["TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds", "HeartbeatSecondsPath"];

/** Any call that can be answered will do, as none is made. */
const anyCall = { resource: "arn:aws:states:::lambda:invoke.waitForTaskToken", parameters: { FunctionName: "any" } };

/** Makes a state ready to be run by itself: a Task with its call behind it, everything that it reads of the context object given by a variable. */
export function trialState(
  name: string,
  state: JsonObject,
  language: "JSONPath" | "JSONata",
  task: TriedTask,
  variables: string,
): TrialState {
  const isTask = state["Type"] === "Task";
  const kept = Object.entries(state).filter(([field]) => field !== "Comment" && !(isTask && [...done, ...doneTimes].includes(field)));
  const call = isTask ? { Resource: anyCall.resource, [language === "JSONata" ? "Arguments" : "Parameters"]: anyCall.parameters } : {};
  const text = JSON.stringify({ ...Object.fromEntries(kept), ...call, QueryLanguage: language });
  const replaced = text.split("$$.").join(`$${contextVariable}.`).split("$states.context").join(`$${contextVariable}`);
  if (replaced === text) return { state: text, variables, isCertain: true, without: (after) => after };
  const context = JSON.stringify(contextObject(name, task));
  const others = variables.slice(1, -1);
  return {
    state: replaced,
    isCertain: !unknownContext.test(text) && isKnownInput(task, text),
    variables: `{${others}${others === "" ? "" : ","}${JSON.stringify(contextVariable)}:${context}}`,
    without: withoutContext,
  };
}

/** Any member of the context object but those that contextObject has. */
const unknownContext =
  /(?:\$\$|\$states\.context)(?!\.(?:Execution\.(?:Id|Input|Name|StartTime)|StateMachine\.(?:Id|Name)|State\.Name|Map\.Item\.Index)\b)/;

function isKnownInput({ events }: TriedTask, text: string): boolean {
  return (
    !text.includes("Execution.Input") ||
    events.some(({ executionStartedEventDetails }) => executionStartedEventDetails?.input !== undefined)
  );
}

function withoutContext(variables: string | null): string | null {
  if (variables === null) return null;
  const { [contextVariable]: _context, ...others } = JSON.parse(variables) as Record<string, unknown>;
  return JSON.stringify(others);
}

/** What of the context object can be told from the history. */
function contextObject(stateName: string, { executionArn, task, events }: TriedTask) {
  const machine = machineOf(executionArn);
  const started = events.find(({ type }) => type === "ExecutionStarted");
  const input = started?.executionStartedEventDetails?.input;
  const item = task.path.findLast((step) => "map" in step);
  return {
    Execution: {
      Id: executionArn,
      Name: executionArn.split(":")[7] ?? "",
      ...(input === undefined ? {} : { Input: JSON.parse(input) as unknown }),
      ...(started?.timestamp === undefined ? {} : { StartTime: started.timestamp.toISOString() }),
    },
    StateMachine: { Id: machine.arn, Name: machine.name },
    State: { Name: stateName },
    ...(item === undefined ? {} : { Map: { Item: { Index: item.index } } }),
  };
}
