import { isJsonObject, type Json, type JsonObject, jsonEquals } from "../../../src/local/asl/json.ts";
import type { Played } from "./play.ts";
import { detailsKey, detailsOf, type RecordedEvent, type Recording } from "./recording.ts";
import { parsed } from "./script.ts";

const statuses: ReadonlyMap<string, string> = new Map([
  ["ExecutionSucceeded", "SUCCEEDED"],
  ["ExecutionFailed", "FAILED"],
  ["ExecutionTimedOut", "TIMED_OUT"],
  ["ExecutionAborted", "ABORTED"],
]);

/** What the recorder put in the place of ids, ARNs, names, tokens and times. */
const placeholders =
  /arn:[^\s"'\\,)}\]]+|<+[\w.:-]+>(?::\d+>)?|\b(?:snf_role_arn|activity_arn|map_run_arn|lambda_function_name|bucket-name|111111111111)\b/g;

/** Where the recorded end and the played one differ, or null. */
export function outcomeDifference({ history, output }: Recording, { execution }: Played): string | null {
  const { status, error, cause } = execution;
  if (history === undefined)
    return difference("SUCCEEDED", status ?? null, "status") ?? fieldDifference(output, execution.output, "output");
  const last = history.at(-1);
  const recordedStatus = statuses.get(last?.type ?? "");
  if (last === undefined || recordedStatus === undefined) return "the recording has no end";
  const details = detailsOf(last);
  return (
    difference(recordedStatus, status ?? null, "status") ??
    fieldDifference(details["output"], execution.output, "output") ??
    fieldDifference(details["error"], error, "error") ??
    fieldDifference(details["cause"], cause, "cause")
  );
}

/** Where the recorded history and the played one first differ, or null. Where the order was not kept, only the types count. */
export function historyDifference(recorded: readonly RecordedEvent[], played: readonly RecordedEvent[]): string | null {
  if (recorded.some(({ id }) => typeof id !== "number")) {
    return difference(sortedTypes(recorded), sortedTypes(played), "sorted types");
  }
  for (const [index, event] of recorded.entries()) {
    const other = played[index];
    if (other === undefined) return `event ${index + 1}: recorded ${event.type}, played nothing`;
    const found = eventDifference(event, other);
    if (found !== null) return `event ${index + 1} ${event.type} ${found}`;
  }
  const more = played[recorded.length];
  return more === undefined ? null : `event ${recorded.length + 1}: recorded nothing, played ${more.type}`;
}

/** The recorder left ParallelStateSucceeded out when it sorted; the ids around it show that it had been there. */
function sortedTypes(events: readonly RecordedEvent[]): string[] {
  return events
    .map(({ type }) => type)
    .filter((type) => type !== "ParallelStateSucceeded")
    .sort();
}

function eventDifference(recorded: RecordedEvent, played: RecordedEvent): string | null {
  for (const key of ["type", "id", "previousEventId"]) {
    const found = difference(recorded[key] ?? null, played[key] ?? null, key);
    if (found !== null) return found;
  }
  const key = detailsKey(recorded.type);
  if (key in recorded !== key in played) return `details: recorded ${text(recorded[key])}, played ${text(played[key])}`;
  const [theirs, ours] = [detailsOf(recorded), detailsOf(played)];
  // The headers of a service's reply are its own; ours has but the members that tell the task's story.
  const isReply = recorded.type === "TaskSubmitted" && "output" in theirs && "output" in ours;
  return membersDifference(isReply ? { ...theirs, output: ours["output"] ?? null } : theirs, ours, "", fieldDifference);
}

/** Of members that are texts of JSON on the wire, and were parsed by the recorder or not. */
function fieldDifference(recorded: Json | undefined, played: Json | undefined, at: string): string | null {
  if (recorded === undefined || played === undefined) return recorded === played ? null : tell(at, recorded, played);
  const [theirs, ours] = [recorded, played].map((value) => (typeof value === "string" ? parsed(value) : value));
  if (/assignedVariables$/.test(at) && isJsonObject(theirs) && isJsonObject(ours))
    return membersDifference(theirs, ours, at, fieldDifference);
  return difference(theirs ?? null, ours ?? null, at);
}

function difference(recorded: Json, played: Json, at: string): string | null {
  if (isJsonObject(recorded) && isJsonObject(played)) {
    return membersDifference(recorded, played, at, (theirs, ours, inner) =>
      theirs === undefined || ours === undefined ? tell(inner, theirs, ours) : difference(theirs, ours, inner),
    );
  }
  if (Array.isArray(recorded) && Array.isArray(played) && recorded.length === played.length) {
    for (const [index, item] of recorded.entries()) {
      const found = difference(item, played[index] ?? null, `${at}[${index}]`);
      if (found !== null) return found;
    }
    return null;
  }
  if (typeof recorded === "string") return textDifference(recorded, played, at);
  return jsonEquals(recorded, played) ? null : tell(at, recorded, played);
}

function textDifference(recorded: string, played: Json, at: string): string | null {
  // A hole may have stood for a value of any type.
  if (recorded.replaceAll(placeholders, "") === "" || /^(timestamp|date)$/.test(recorded)) return null;
  if (typeof played !== "string") return tell(at, recorded, played);
  const pattern = recorded
    .split(placeholders)
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join("[\\s\\S]*");
  if (new RegExp(`^${pattern}$`).test(played)) return null;
  const [theirs, ours] = [parsed(recorded), parsed(played)];
  if (typeof theirs === "object" && typeof ours === "object") return difference(theirs, ours, at);
  return tell(at, recorded, played);
}

function membersDifference(recorded: JsonObject, played: JsonObject, at: string, compare: typeof fieldDifference): string | null {
  for (const key of new Set([...Object.keys(recorded), ...Object.keys(played)])) {
    const found = compare(recorded[key], played[key], at === "" ? key : `${at}.${key}`);
    if (found !== null) return found;
  }
  return null;
}

function tell(at: string, recorded: Json | undefined, played: Json | undefined): string {
  return `${at}: recorded ${text(recorded)}, played ${text(played)}`;
}

function text(value: Json | undefined): string {
  return value === undefined ? "nothing" : JSON.stringify(value).slice(0, 600);
}
