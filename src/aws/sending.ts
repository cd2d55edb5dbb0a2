import { SendTaskFailureCommand, SendTaskHeartbeatCommand, SendTaskSuccessCommand, type SFNClient } from "@aws-sdk/client-sfn";
import { CliError } from "../errors.ts";
import { connectionNeverMade, factsOf, isCertificateError, isThrottling, toCliError } from "./errors.ts";
import type { Message, SendReply } from "./step-functions.ts";

export const sendOperations = { success: "SendTaskSuccess", failure: "SendTaskFailure", heartbeat: "SendTaskHeartbeat" } as const;

/** Sends an answer or a heartbeat; rejects with what the SDK throws. */
export function sendMessage(client: SFNClient, taskToken: string, message: Message): Promise<unknown> {
  switch (message.kind) {
    case "success":
      return client.send(new SendTaskSuccessCommand({ taskToken, output: message.output }));
    case "failure":
      return client.send(new SendTaskFailureCommand({ taskToken, error: message.error, cause: message.cause }));
    case "heartbeat":
      return client.send(new SendTaskHeartbeatCommand({ taskToken }));
  }
}

/** What a failed send tells of the task, or null where it is an error to be told: AWS refused the call, or never saw it. */
export function replyOf(error: unknown): SendReply | null {
  const { name, message, status, fromService } = factsOf(error);
  if (error instanceof CliError || connectionNeverMade(error) || isCertificateError(error) || isThrottling(error)) {
    return null;
  }
  if (name === "TaskTimedOut") {
    return { kind: "gone" };
  }
  if (name === "InvalidToken" || name === "TaskDoesNotExist") {
    return { kind: "notAToken", code: name, message };
  }
  // A refusal by AWS, the plain-text 413 for a body that is too long among them (facts page 1): not applied.
  if (status === 413 || (fromService && status !== undefined && status >= 400 && status < 500)) {
    return null;
  }
  return { kind: "lost", reason: message === "" ? name : `${name}: ${message}` };
}

/** The error to tell for a send of which AWS surely took nothing. */
export function sendFailed(error: unknown, message: Message, endpoint: string | null): CliError {
  const action = `states:${sendOperations[message.kind]}`;
  const told = toCliError(error, `send the ${message.kind}`, endpoint, { action, resource: null });
  const takesKey = message.kind === "failure" && (message.error !== undefined || message.cause !== undefined);
  if (told.kind !== "access" || !told.code.startsWith("Kms") || !takesKey) return told;
  const hint = `${told.hint ?? ""}; a failure without --error and --cause needs no key`;
  return new CliError(told.kind, told.message, { code: told.code, hint, cause: error });
}
