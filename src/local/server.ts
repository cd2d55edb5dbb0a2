import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ApiError } from "./api-error.ts";
import type { Engine } from "./engine.ts";
import { operations } from "./operations/operations.ts";
import { RequestReader } from "./request-reader.ts";

/** AWS closes the connection on a longer body, with a reply that is no JSON (facts page 1, recorded). */
const maxBodyBytes = 1_049_600;
const targetPrefix = "AWSStepFunctions.";

export interface Server {
  readonly url: string;
  close(): Promise<void>;
}

/** Listens on 127.0.0.1. `afterRequest` is called once each reply is written. Rejects where the port is in use. */
export async function serve(engine: Engine, port: number, afterRequest: () => void): Promise<Server> {
  const server = createServer((request, response) => {
    void handle(engine, request, response).finally(afterRequest);
  });
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function handle(engine: Engine, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    if (!isLocal(request.headers.host) || !isLocalOrigin(request.headers.origin)) {
      return reply(
        engine,
        response,
        403,
        errorBody(new ApiError("AccessDeniedException", "only requests from this machine are answered", "com.amazon.coral.service")),
      );
    }
    const body = await readBody(request);
    if (body === null) {
      response.setHeader("connection", "close");
      response.writeHead(413, { "content-type": "text; charset=utf-8" }).end(`HTTP content length exceeded ${maxBodyBytes} bytes.`);
      return;
    }
    reply(engine, response, 200, JSON.stringify(await perform(engine, request, body, goneSignal(response))));
  } catch (error) {
    if (error instanceof ApiError) return reply(engine, response, 400, errorBody(error));
    if (request.destroyed && !request.complete) return;
    const message = error instanceof Error ? error.message : String(error);
    reply(engine, response, 500, errorBody(new ApiError("InternalFailure", `the embedded Step Functions failed: ${message}`)));
  }
}

async function perform(engine: Engine, request: IncomingMessage, body: string, signal: AbortSignal): Promise<object> {
  const target = String(request.headers["x-amz-target"] ?? "");
  const name = target.startsWith(targetPrefix) ? target.slice(targetPrefix.length) : "";
  const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
  if (request.method !== "POST" || operation === undefined) {
    const what = name === "" ? "a request without an operation" : `the operation ${name}`;
    throw new ApiError("UnknownOperationException", `the embedded Step Functions does not know ${what}`, "com.amazon.coral.service");
  }
  // Deadlines are data: whatever has fallen due happens before the request is looked at.
  await engine.catchUp();
  return await operation(engine, new RequestReader(name, parseMembers(body)), signal);
}

/** Aborted when the client is gone before its reply is written. */
function goneSignal(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  return gone.signal;
}

function parseMembers(body: string): Record<string, unknown> {
  let members: unknown;
  try {
    members = JSON.parse(body === "" ? "{}" : body);
  } catch {
    members = null;
  }
  if (typeof members !== "object" || members === null || Array.isArray(members)) {
    throw new ApiError("SerializationException", "the body is not a JSON object", "com.amazon.coral.service");
  }
  return members as Record<string, unknown>;
}

async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBodyBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function reply(engine: Engine, response: ServerResponse, status: number, body: string): void {
  response.sendDate = false;
  response.writeHead(status, {
    "content-type": "application/x-amz-json-1.0",
    "content-length": Buffer.byteLength(body),
    "x-amzn-requestid": randomUUID(),
    // The file's own time, so that a client can tell how old things are after the clock was moved.
    date: new Date(engine.now()).toUTCString(),
  });
  response.end(body);
}

function errorBody(error: ApiError): string {
  return JSON.stringify({ __type: `${error.namespace}#${error.type}`, message: error.message });
}

/** A page in a browser must not reach it, by rebinding a name or from a foreign origin. */
function isLocal(host: string | undefined): boolean {
  return /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i.test(host ?? "");
}

function isLocalOrigin(origin: string | undefined): boolean {
  return origin === undefined || isLocal(origin.replace(/^https?:\/\//i, ""));
}
