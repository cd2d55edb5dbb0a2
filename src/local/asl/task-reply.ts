import { createHash } from "node:crypto";
import type { TaskCall } from "./execution-state.ts";
import { isJsonObject, type Json } from "./json.ts";
import { actionOf } from "./task-call.ts";

/**
 * The service's reply that TaskSubmitted carries, in the shape that AWS records for the integration (facts page 5.3). The ids in it are
 * made from the token, so that the same step always writes the same event.
 */
export function deliveredReply(call: TaskCall, parameters: Json, taskToken: string, at: number): Json {
  if (call.family !== "Task") return {};
  const requestId = uuidFrom(`${taskToken} request`);
  const messageId = uuidFrom(`${taskToken} message`);
  const metadata = { SdkHttpMetadata: { HttpStatusCode: 200 }, SdkResponseMetadata: { RequestId: requestId } };
  switch (`${call.resourceType}:${actionOf(call)}`) {
    case "sqs:sendMessage":
      return { MD5OfMessageBody: md5(messageBody(parameters)), MessageId: messageId, ...metadata };
    case "sns:publish":
      return { MessageId: messageId, ...metadata };
    case "lambda:invoke":
      return { ExecutedVersion: "$LATEST", Payload: {}, ...metadata, StatusCode: 200 };
    case "events:putEvents":
      return { Entries: [{ EventId: messageId }], FailedEntryCount: 0, ...metadata };
    case "states:startExecution":
      return { ExecutionArn: executionArn(parameters, messageId), ...metadata, StartDate: at };
    default:
      return call.resourceType.startsWith("aws-sdk:") ? {} : metadata;
  }
}

function executionArn(parameters: Json, otherwise: string): string {
  const { StateMachineArn: machineArn, Name: name } = isJsonObject(parameters) ? parameters : {};
  return `${String(machineArn).replace(":stateMachine:", ":execution:")}:${typeof name === "string" ? name : otherwise}`;
}

function messageBody(parameters: Json): string {
  const body = isJsonObject(parameters) ? parameters["MessageBody"] : undefined;
  return typeof body === "string" ? body : JSON.stringify(body ?? null);
}

function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}

function uuidFrom(seed: string): string {
  const hex = createHash("sha256").update(seed).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
