import { existsSync, readFileSync } from "node:fs";
import { isJsonObject, type Json, type JsonObject } from "../../../src/local/asl/json.ts";

const file = new URL("../../../../shared/recordings/executions.jsonl", import.meta.url);

/** An event as GetExecutionHistory answered it; an id that is no number stands for an order that was not kept. */
export interface RecordedEvent {
  readonly id: Json;
  readonly type: string;
  readonly previousEventId: number;
  readonly [member: string]: Json;
}

/** An execution recorded on AWS: either its history or, where only that was kept, its output. */
export interface Recording {
  readonly name: string;
  readonly definition: JsonObject;
  readonly input: Json;
  readonly history?: readonly RecordedEvent[];
  readonly output?: Json;
}

/** One call of a Task: of a service, a Lambda function or an activity, with what came of it, or null where that is not told. */
export interface Attempt {
  readonly stateName: string;
  readonly family: "Task" | "LambdaFunction" | "Activity";
  readonly scheduledEventId: Json;
  /** Whether it is answered from outside: by an activity's worker, or with the token that a service was given. */
  readonly isAnswered: boolean;
  readonly isStarted: boolean;
  readonly workerName: string | undefined;
  readonly ending: { readonly kind: string; readonly details: JsonObject } | null;
}

/** Null where the recordings are not beside the project. */
export function readRecordings(): readonly Recording[] | null {
  if (!existsSync(file)) return null;
  const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Recording);
}

/** The name of the member that holds an event's details; the states of all types share theirs. */
export function detailsKey(type: string): string {
  const kind = type.replace(/^.*(?=State(?:Entered|Exited)$)/, "");
  return `${kind.charAt(0).toLowerCase()}${kind.slice(1)}EventDetails`;
}

export function detailsOf(event: RecordedEvent): JsonObject {
  const details = event[detailsKey(event.type)];
  return isJsonObject(details) ? details : {};
}

/** Every call of a Task, in the order in which they were scheduled. */
export function attemptsOf(history: readonly RecordedEvent[]): readonly Attempt[] {
  return history.filter(({ type }) => /^(Task|LambdaFunction|Activity)Scheduled$/.test(type)).map((event) => attemptOf(event, history));
}

function attemptOf(scheduled: RecordedEvent, history: readonly RecordedEvent[]): Attempt {
  const family = scheduled.type.replace("Scheduled", "") as Attempt["family"];
  const followers = new RegExp(`^${family}(Started|Submitted|Succeeded|Failed|TimedOut)$`);
  const after = (id: Json): RecordedEvent | undefined =>
    history.find(({ type, previousEventId }) => previousEventId === id && followers.test(type));
  const chain = new Map<string, RecordedEvent>();
  for (let event = after(scheduled.id); event !== undefined; event = after(event.id)) chain.set(event.type.slice(family.length), event);
  const started = chain.get("Started");
  const workerName = started && detailsOf(started)["workerName"];
  const [kind] = ["Succeeded", "Failed", "TimedOut"].filter((end) => chain.has(end));
  const isCallback = String(detailsOf(scheduled)["resource"]).endsWith(".waitForTaskToken");
  return {
    stateName: stateNameOf(scheduled, history),
    family,
    scheduledEventId: scheduled.id,
    isAnswered: family === "Activity" || (isCallback && chain.has("Submitted")),
    isStarted: started !== undefined,
    workerName: typeof workerName === "string" ? workerName : undefined,
    ending: kind === undefined ? null : { kind, details: detailsOf(chain.get(kind) ?? scheduled) },
  };
}

/** Task events carry no name: it is found at the TaskStateEntered that their links lead back to. */
function stateNameOf(event: RecordedEvent, history: readonly RecordedEvent[]): string {
  let at: RecordedEvent | undefined = event;
  while (at !== undefined && at.type !== "TaskStateEntered") {
    const { previousEventId }: RecordedEvent = at;
    at = history.find(({ id }) => id === previousEventId);
  }
  return at === undefined ? "" : String(detailsOf(at)["name"]);
}
