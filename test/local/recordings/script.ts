import { isJsonObject, type Json, type JsonObject } from "../../../src/local/asl/json.ts";
import { type Attempt, attemptsOf, detailsOf, type RecordedEvent, type Recording } from "./recording.ts";

/** What the outside does in a recording: the results of its service calls, and the answers from elsewhere. */
export interface Script {
  /** With an activity's ARN as Resource where there was one: the recorder has put a function's in its place. */
  readonly definition: JsonObject;
  readonly input: Json;
  /** State name → attempts, as the test case of a mock configuration has them. */
  readonly mocked: Readonly<Record<string, Readonly<Record<string, object>>>>;
  /** What waits for an answer, in the order in which it was scheduled. */
  readonly answers: readonly Attempt[];
  /** State name → the name of the activity it calls. */
  readonly activities: ReadonlyMap<string, string>;
}

/** What the recorder has put in the place of values in inputs, of ARNs mostly. */
const standIn = "arn:aws:lambda:us-east-1:111111111111:function:mock";
/** For calls in the child executions of a distributed Map, whose results are in no history: no recording depends on them. */
const anything = { "0-9999": { Return: { StatusCode: 200, Payload: null } } };

/** `prefix` makes the names of the activities, which must be its own. */
export function scriptOf({ definition, input, history = [] }: Recording, prefix: string): Script {
  const attempts = attemptsOf(history);
  const mocked: Record<string, Record<string, object>> = Object.fromEntries(childTasks(definition, false).map((name) => [name, anything]));
  for (const attempt of attempts.filter(({ isAnswered }) => !isAnswered)) {
    const results = mocked[attempt.stateName] ?? {};
    mocked[attempt.stateName] = { ...results, [Object.keys(results).length]: mockedResult(attempt) };
  }
  for (const [name, state] of readersIn(definition)) mocked[name] = { "0": readerResult(state, history) };
  const answers = attempts.filter(({ isAnswered }) => isAnswered);
  const callers = new Set(answers.filter(({ family }) => family === "Activity").map(({ stateName }) => stateName));
  const activities = new Map([...callers].map((stateName, index) => [stateName, `${prefix}-${index}`]));
  const arns = new Map([...missingActivity(history), ...activities].map(([stateName, name]) => [stateName, activityArn(name)]));
  const [started] = history;
  return {
    definition: withResources(definition, arns),
    input: started === undefined ? input : withoutStandIns(input, parsed(wireText(detailsOf(started)["input"]))),
    mocked,
    answers,
    activities,
  };
}

export function activityArn(name: string): string {
  return `arn:aws:states:us-east-1:123456789012:activity:${name}`;
}

/** The text that was on the wire: the recorder parsed most texts of JSON. */
export function wireText(value: Json | undefined): string {
  const isAsSent = typeof value === "string" && parsed(value) !== value;
  return isAsSent ? value : JSON.stringify(value ?? null);
}

/** A text that may but need not have been JSON, such as a cause. */
export function plainText(value: Json | undefined): string | undefined {
  return value === undefined || typeof value === "string" ? value : JSON.stringify(value);
}

/** The value of a text of JSON, or the text itself. */
export function parsed(text: string): Json {
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    return text;
  }
}

function mockedResult({ family, ending }: Attempt): object {
  if (ending?.kind === "TimedOut") return { Throw: { Error: "States.Timeout" } };
  if (ending?.kind === "Failed") {
    return { Throw: { Error: plainText(ending.details["error"]), Cause: plainText(ending.details["cause"]) } };
  }
  const output = parsed(wireText(ending?.details["output"]));
  return { Return: family === "LambdaFunction" ? { StatusCode: 200, Payload: output } : output };
}

/** The machine's own Maps that read their items from S3. */
function readersIn({ States: states }: JsonObject): [name: string, state: JsonObject][] {
  const maps = isJsonObject(states) ? Object.entries(states) : [];
  return maps.flatMap(([name, state]): [string, JsonObject][] => (isJsonObject(state) && "ItemReader" in state ? [[name, state]] : []));
}

/** What was read is in no history: it is the Map's output, in all recordings whose Map ended well. */
function readerResult({ ItemBatcher: batcher }: JsonObject, history: readonly RecordedEvent[]): object {
  const failed = history.find(({ type }) => type === "MapRunFailed");
  if (failed !== undefined) return { Throw: { Error: detailsOf(failed)["error"], Cause: plainText(detailsOf(failed)["cause"]) } };
  const exited = history.find(({ type }) => type === "MapStateExited");
  const output = parsed(wireText(exited && detailsOf(exited)["output"]));
  const items = Array.isArray(output) ? output : [];
  return { Return: batcher === undefined ? items : items.flatMap((batch) => (isJsonObject(batch) ? (batch["Items"] ?? []) : [])) };
}

/** The names of the Tasks within distributed Maps. */
function childTasks(value: Json, isWithin: boolean): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => childTasks(item, isWithin));
  if (!isJsonObject(value)) return [];
  const { ProcessorConfig: config, States: states } = value;
  const isDistributed = isWithin || (isJsonObject(config) && config["Mode"] === "DISTRIBUTED");
  const named = isDistributed && isJsonObject(states) ? Object.entries(states) : [];
  const tasks = named.filter(([, state]) => isTask(state)).map(([name]) => name);
  return [...tasks, ...Object.values(value).flatMap((member) => childTasks(member, isDistributed))];
}

/** An activity that was deleted before it was called shows in the failure only. */
function missingActivity(history: readonly RecordedEvent[]): [stateName: string, name: string][] {
  const failed = history.find(({ type }) => type === "ExecutionFailed");
  const cause = failed && detailsOf(failed)["cause"];
  const stateName = /executing the state '(.+)' \(.*The activity .* does not exist\.$/.exec(String(cause))?.[1];
  return stateName === undefined ? [] : [[stateName, "deleted"]];
}

function withResources(definition: JsonObject, resources: ReadonlyMap<string, string>): JsonObject {
  const replaced: JsonObject = JSON.parse(JSON.stringify(definition), (key, value: Json) =>
    resources.has(key) && isTask(value) ? { ...value, Resource: resources.get(key) } : value,
  );
  return replaced;
}

/** The history's own input still has most of the values. */
function withoutStandIns(input: Json, recorded: Json | undefined): Json {
  if (input === standIn) return typeof recorded === "string" && !/[<>]|111111111111/.test(recorded) ? recorded : input;
  if (!isJsonObject(input) || !isJsonObject(recorded)) return input;
  return Object.fromEntries(Object.entries(input).map(([key, value]) => [key, withoutStandIns(value, recorded[key])]));
}

function isTask(state: Json): state is JsonObject {
  return isJsonObject(state) && state["Type"] === "Task";
}
