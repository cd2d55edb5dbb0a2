import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { ApiError } from "./api-error.ts";

/** AWS closes the connection on a longer body (facts page 1, recorded). */
export const maxBodyBytes = 1_049_600;
/** More than any request of the API has, and little enough for every recursion over one. */
const maxDepth = 100;
/** That of the protocol, and those of its next of kin, which mean the same here. */
const contentTypes = new Set(["application/x-amz-json-1.0", "application/x-amz-json-1.1", "application/json"]);

/** The body as text; null where it is longer than may be. Rejects where the client goes away, and for what is no text. */
export async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  // What is left unread goes with the connection, after the reply.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBodyBytes) return null;
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  if (!isUtf8(body)) throw fault("the body is not UTF-8");
  return body.toString("utf8");
}

/** The members of the JSON object in a body. AWS has no recorded words for any of these faults. */
export function readMembers(contentType: string | undefined, body: string): Readonly<Record<string, unknown>> {
  const type = (contentType ?? "application/x-amz-json-1.0").split(";")[0]?.trim().toLowerCase() ?? "";
  if (!contentTypes.has(type))
    throw fault(`the content type is ${JSON.stringify(type.slice(0, 100))} instead of application/x-amz-json-1.0`);
  let members: unknown;
  try {
    members = JSON.parse(body === "" ? "{}" : body);
  } catch (error) {
    throw fault(`the body is not JSON${/ at position \d+/.exec(String(error))?.[0] ?? ""}`);
  }
  if (typeof members !== "object" || members === null || Array.isArray(members)) throw fault("the body is not a JSON object");
  if (isTooDeep(members)) throw fault(`the body is nested more than ${maxDepth} levels deep`);
  return members as Record<string, unknown>;
}

function isTooDeep(members: object): boolean {
  const open: [object, number][] = [[members, 1]];
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    const [value, depth] = item;
    if (depth > maxDepth) return true;
    for (const part of Object.values(value)) if (typeof part === "object" && part !== null) open.push([part, depth + 1]);
  }
  return false;
}

function fault(message: string): ApiError {
  return new ApiError("SerializationException", message, "com.amazon.coral.service");
}
