import { createHash } from "node:crypto";
import type { ApiError } from "./api-error.ts";
import type { TaskCall } from "./asl/execution-state.ts";
import { isJsonObject, type Json, type JsonObject, jsonText } from "./asl/json.ts";
import { actionOf } from "./asl/task-call.ts";

/** What a call's task fails with. */
export interface CallFailure {
  readonly error: string;
  readonly cause: string;
}

type ServiceCall = TaskCall & { readonly family: "Task" };

/** Members of requests whose text is JSON: an object there is meant as its text (documented for both ways of calling). */
const jsonMembers = new Set(["input", "output", "definition"]);

/** The API operation that a call is to. */
export function operationOf(call: ServiceCall): string {
  return upperFirst(actionOf(call));
}

/** The members of the API request that a task's parameters are: named in PascalCase there, and null is absent (recorded for Input). */
export function requestMembers(parameters: Json): Record<string, unknown> {
  if (!isJsonObject(parameters)) return {};
  const members = Object.entries(parameters).map(([name, value]) => [lowerFirst(name), value] as const);
  return Object.fromEntries(
    members
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [name, jsonMembers.has(name) && typeof value !== "string" ? jsonText(value) : value]),
  );
}

/**
 * A reply of the API as a task gets it, as JSON text. `states:startExecution` has the HTTP reply's metadata (recorded) and dates in epoch
 * milliseconds (seen in published causes); `aws-sdk:sfn` has neither metadata (facts page 5.3) nor numbers for dates, but ISO 8601 texts (documented).
 */
export function replyText(call: ServiceCall, reply: object, at: number, seed: string): string {
  if (call.resourceType !== "states") return jsonText(renamed(reply as Json, instantOf));
  const requestId = uuidFrom(seed);
  const { ExecutionArn, StartDate } = renamed(reply as Json, epochMilliseconds) as { ExecutionArn: string; StartDate: Json };
  const headers = {
    connection: "keep-alive",
    "Content-Length": String(Buffer.byteLength(JSON.stringify(reply))),
    "Content-Type": "application/x-amz-json-1.0",
    Date: new Date(at).toUTCString(),
    "x-amzn-RequestId": requestId,
  };
  const allHeaders = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
  return jsonText({
    ExecutionArn,
    SdkHttpMetadata: { AllHttpHeaders: allHeaders, HttpHeaders: headers, HttpStatusCode: 200 },
    SdkResponseMetadata: { RequestId: requestId },
    StartDate,
  });
}

/** An error reply of the API as the task's failure, in the words of the SDK that AWS makes the call with (both recorded). */
export function callFailure(call: ServiceCall, { type, message }: ApiError, seed: string): CallFailure {
  const name = type.endsWith("Exception") ? type : `${type}Exception`;
  const requestId = uuidFrom(seed);
  if (call.resourceType !== "states") {
    return { error: `Sfn.${name}`, cause: `${message} (Service: Sfn, Status Code: 400, Request ID: ${requestId}) (SDK Attempt Count: 1)` };
  }
  const told = `Service: AWSStepFunctions; Status Code: 400; Error Code: ${type}; Request ID: ${requestId}; Proxy: null`;
  return { error: `StepFunctions.${name}`, cause: `${message} (${told})` };
}

/**
 * What a `.sync` task comes to when its execution has ended, from DescribeExecution's reply: its members in the order of their names, and for
 * `.sync:2` the input and the output as JSON instead of texts of it (recorded). One that did not succeed fails the task (recorded).
 */
export function childEnd(call: ServiceCall, described: object): { readonly output: string } | CallFailure {
  const members = orderedMembers(described, epochMilliseconds);
  if (members["Status"] !== "SUCCEEDED") return { error: "States.TaskFailed", cause: jsonText(members) };
  const isParsed = (name: string) => call.resource.endsWith(":2") && (name === "Input" || name === "Output");
  const read = Object.entries(members).map(
    ([name, value]) => [name, isParsed(name) ? (JSON.parse(String(value)) as Json) : value] as const,
  );
  return { output: jsonText(Object.fromEntries(read)) };
}

/** What a distributed Map's result tells of a child execution, from DescribeExecution's reply: all but its map run (documented). */
export function childRecord({ mapRunArn: _, ...described }: { readonly mapRunArn?: unknown }): JsonObject {
  return orderedMembers(described, instantOf);
}

function orderedMembers(described: object, date: (epochSeconds: number) => Json): JsonObject {
  const members = Object.entries(renamed(described as Json, date) as JsonObject);
  return Object.fromEntries(members.sort(([left], [right]) => (left < right ? -1 : 1)));
}

function renamed(value: Json, date: (epochSeconds: number) => Json): Json {
  if (Array.isArray(value)) return value.map((item) => renamed(item, date));
  if (!isJsonObject(value)) return value;
  const rename = ([name, member]: [string, Json]): [string, Json] => [
    upperFirst(name),
    typeof member === "number" && /(^timestamp|Date)$/.test(name) ? date(member) : renamed(member, date),
  ];
  return Object.fromEntries(Object.entries(value).map(rename));
}

function epochMilliseconds(seconds: number): number {
  return Math.round(seconds * 1000);
}

/** As Java writes an instant: without a fraction where there is none. */
function instantOf(seconds: number): string {
  return new Date(epochMilliseconds(seconds)).toISOString().replace(".000Z", "Z");
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** The same call always gets the same id, so that a step that is taken again writes the same event. */
function uuidFrom(seed: string): string {
  const hex = createHash("sha256").update(seed).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
