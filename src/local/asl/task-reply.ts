import { createHash } from "node:crypto";
import type { Json } from "./json.ts";

/** What a Task's Resource says: `arn:aws:states:::sqs:sendMessage.waitForTaskToken` is service sqs, action sendMessage.waitForTaskToken. */
export interface Integration {
  readonly resourceType: string;
  readonly resource: string;
  readonly isCallback: boolean;
}

/** Null for a Resource that is no service integration (an activity's or a Lambda function's ARN). */
export function parseIntegration(resource: string): Integration | null {
  const match = /^arn:[\w-]+:states:[^:]*:[^:]*:(.+):([^:]+)$/.exec(resource);
  if (match === null || /^(activity|stateMachine)(:|$)/.test(match[1] ?? "")) return null;
  const [, resourceType = "", action = ""] = match;
  return { resourceType, resource: action, isCallback: action.endsWith(".waitForTaskToken") };
}

/**
 * The service's reply that TaskSubmitted carries, in the shape that AWS records for the integration (facts page 5.3). The ids in it are
 * made from the token, so that the same step always writes the same event.
 */
export function deliveredReply(
  integration: { readonly resourceType: string; readonly resource: string },
  parameters: Json,
  taskToken: string,
): Json {
  const requestId = uuidFrom(`${taskToken} request`);
  const messageId = uuidFrom(`${taskToken} message`);
  const metadata = { SdkHttpMetadata: { HttpStatusCode: 200 }, SdkResponseMetadata: { RequestId: requestId } };
  const call = `${integration.resourceType}:${integration.resource.split(".")[0]}`;
  switch (call) {
    case "sqs:sendMessage":
      return { MD5OfMessageBody: md5(messageBody(parameters)), MessageId: messageId, ...metadata };
    case "sns:publish":
      return { MessageId: messageId, ...metadata };
    case "lambda:invoke":
      return { ExecutedVersion: "$LATEST", Payload: {}, ...metadata, StatusCode: 200 };
    case "events:putEvents":
      return { Entries: [{ EventId: messageId }], FailedEntryCount: 0, ...metadata };
    default:
      return integration.resourceType.startsWith("aws-sdk:") ? {} : metadata;
  }
}

function messageBody(parameters: Json): string {
  const body = typeof parameters === "object" && parameters !== null && !Array.isArray(parameters) ? parameters["MessageBody"] : undefined;
  return typeof body === "string" ? body : JSON.stringify(body ?? null);
}

function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}

function uuidFrom(seed: string): string {
  const hex = createHash("sha256").update(seed).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
