import { randomUUID } from "node:crypto";
import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { ApiError, errorBody } from "./api-error.ts";
import { AslError } from "./asl/asl-error.ts";
import { callerIdentity } from "./caller-identity.ts";
import { closeSilentConnections, refuseFaultyRequests } from "./client-errors.ts";
import type { Engine } from "./engine.ts";
import { HostGuard, reachableHost } from "./host-guard.ts";
import type { ServedRequest } from "./local.ts";
import { operations } from "./operations/operations.ts";
import type { QuotaBuckets } from "./quotas.ts";
import { maxBodyBytes, readBody, readMembers } from "./request-body.ts";
import { RequestReader } from "./request-reader.ts";

const targetPrefix = "AWSStepFunctions.";
/** Of a target, as far as it is told back. */
const maxNameLength = 200;
const json = "application/x-amz-json-1.0";
/** Connections that may wait to be accepted: more than Node's 511, beyond which a client waits a second to try again. */
const backlog = 4096;
/** How long requests that are being answered may take to end when the server closes. */
const closingMilliseconds = 300;

export interface ServeOptions {
  readonly port: number;
  /** A name or an address of this machine. */
  readonly host: string;
  /** Names that clients may use besides. */
  readonly allowedHosts: readonly string[];
  /** How long a request may take to arrive. */
  readonly requestMilliseconds: number;
  /** How long each reply is held back. */
  readonly latencyMilliseconds: number;
  readonly quotas: QuotaBuckets | null;
  onRequest(request: ServedRequest): void;
  /** Called once each reply is written. */
  afterRequest(): void;
}

export interface Server {
  readonly url: string;
  /** Lets what is being answered come to its end, shortly, and closes. */
  close(): Promise<void>;
}

/** The port or the host cannot be listened on. */
export class ListenError extends Error {
  override readonly name = "ListenError";
}

/** Listens. Rejects with ListenError, or with EADDRINUSE where the port is in use. */
export async function serve(engine: Engine, options: ServeOptions): Promise<Server> {
  const serving: Serving = { engine, options, guard: new HostGuard(options.host, options.allowedHosts), open: new Set() };
  const server = createServer({ connectionsCheckingInterval: Math.min(1000, options.requestMilliseconds) }, (request, response) => {
    void handle(serving, request, response).finally(options.afterRequest);
  });
  server.keepAliveTimeout = 65_000;
  server.headersTimeout = options.requestMilliseconds;
  server.requestTimeout = options.requestMilliseconds;
  // Who shuts its own side after a request still gets the reply. Node has it as a property only, and untyped.
  Object.assign(server, { httpAllowHalfOpen: true });
  refuseFaultyRequests(server);
  closeSilentConnections(server, options.requestMilliseconds);
  await listen(server, options);
  const { port } = server.address() as AddressInfo;
  return { url: `http://${reachableHost(options.host)}:${port}`, close: () => close(server, serving) };
}

interface Serving {
  readonly engine: Engine;
  readonly options: ServeOptions;
  readonly guard: HostGuard;
  /** One for each request that is being answered; aborted when nobody waits for the reply any more. */
  readonly open: Set<AbortController>;
}

interface Reply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly error: ServedRequest["error"];
}

/** It is no JSON (facts page 1, recorded). */
const tooLong: Reply = {
  status: 413,
  contentType: "text; charset=utf-8",
  body: `HTTP content length exceeded ${maxBodyBytes} bytes.`,
  error: { code: "RequestTooLong", message: `the body is longer than ${maxBodyBytes} bytes` },
};

async function listen(server: HttpServer, { port, host }: ServeOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host, backlog }, resolve);
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EADDRINUSE") throw error;
    const why = { EADDRNOTAVAIL: "it is no address of this machine", ENOTFOUND: "nobody knows this name", EACCES: "permission denied" };
    throw new ListenError(`cannot listen on ${host}, port ${port}: ${why[error.code as keyof typeof why] ?? error.message}`, {
      cause: error,
    });
  });
}

async function close(server: HttpServer, { open }: Serving): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeIdleConnections();
  // A poll for an activity's task ends by this at once.
  for (const request of open) request.abort();
  await Promise.race([closed, delay(closingMilliseconds, undefined, { ref: false })]);
  server.closeAllConnections();
  await closed;
}

async function handle(serving: Serving, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { engine, options, open } = serving;
  const { socket } = request;
  const startedAt = performance.now();
  const gone = new AbortController();
  open.add(gone);
  const stop = () => {
    if (!response.writableEnded) gone.abort();
  };
  // Who has shut its side may still read the reply, but gives up what it would have to answer, such as an activity's task.
  socket.once("end", stop);
  response.once("close", stop);
  const reply = await answer(serving, request, gone.signal);
  if (reply !== null && options.latencyMilliseconds > 0) {
    await delay(options.latencyMilliseconds, undefined, { signal: gone.signal }).catch(() => {});
  }
  open.delete(gone);
  socket.off("end", stop);
  if (reply === null || response.destroyed) return;
  if (!request.complete || gone.signal.aborted) response.setHeader("connection", "close");
  write(engine, response, reply);
  const milliseconds = performance.now() - startedAt;
  options.onRequest({ operation: operationName(request), status: reply.status, error: reply.error, milliseconds });
}

/** Null where the client went away before its request was whole. */
async function answer(serving: Serving, request: IncomingMessage, signal: AbortSignal): Promise<Reply | null> {
  const { guard } = serving;
  if (!guard.allowsHost(request.headers.host) || !guard.allowsOrigin(request.headers.origin)) {
    const message = "only requests from this machine are answered, and from hosts that were allowed (--listen, --allow-host)";
    return refused(403, new ApiError("AccessDeniedException", message, "com.amazon.coral.service"));
  }
  try {
    const body = await readBody(request);
    if (body === null) return tooLong;
    const identity = callerIdentity(request.headers, body, serving.engine.accountId);
    if (identity !== null) return { status: 200, contentType: "text/xml", body: identity, error: null };
    return { status: 200, contentType: json, body: JSON.stringify(await perform(serving, request, body, signal)), error: null };
  } catch (error) {
    if (error instanceof ApiError) return refused(400, error);
    if (request.destroyed && !request.complete) return null;
    // A value that no history can hold, such as ten thousand arrays in each other; nothing of it was written.
    if (error instanceof AslError) return refused(400, new ApiError("ValidationException", error.causeText, "com.amazon.coral.validate"));
    const message = error instanceof Error ? error.message : String(error);
    return refused(500, new ApiError("InternalFailure", `the embedded Step Functions failed: ${message}`));
  }
}

async function perform({ engine, options }: Serving, request: IncomingMessage, body: string, signal: AbortSignal): Promise<object> {
  const name = operationName(request);
  const operation = name !== null && Object.hasOwn(operations, name) ? operations[name] : undefined;
  if (request.method !== "POST" || name === null || operation === undefined) {
    throw new ApiError("UnknownOperationException", unknown(request, name), "com.amazon.coral.service");
  }
  if (options.quotas?.take(name) === false) throw new ApiError("ThrottlingException", "Rate exceeded", "com.amazon.coral.availability");
  try {
    // Deadlines are data: whatever has fallen due happens before the request is looked at.
    await engine.catchUp();
    const members = readMembers(request.headers["content-type"], body);
    return await operation(engine, new RequestReader(name, members, engine.pageSeal), signal);
  } finally {
    // Not even a refusal is told that rests on what might still be lost.
    await engine.store.written;
  }
}

/** A request that is meant for another service names its operation, too. */
function unknown({ headers, method }: IncomingMessage, operation: string | null): string {
  const target = String(headers["x-amz-target"] ?? "").slice(0, maxNameLength);
  if (target === "") return "the request names no operation: X-Amz-Target is AWSStepFunctions.<Operation>";
  if (method !== "POST") return `an operation is a POST, not a ${method}`;
  return `the embedded Step Functions does not know the operation ${operation ?? target}`;
}

function operationName({ headers }: IncomingMessage): string | null {
  const target = String(headers["x-amz-target"] ?? "");
  return target.startsWith(targetPrefix) && target !== targetPrefix ? target.slice(targetPrefix.length, maxNameLength) : null;
}

function refused(status: number, error: ApiError): Reply {
  return { status, contentType: json, body: errorBody(error), error: { code: error.type, message: error.message } };
}

function write(engine: Engine, response: ServerResponse, { status, contentType, body }: Reply): void {
  response.sendDate = false;
  response.writeHead(status, {
    "content-type": contentType,
    "content-length": Buffer.byteLength(body),
    "x-amzn-requestid": randomUUID(),
    // The file's own time, so that a client can tell how old things are after the clock was moved.
    date: new Date(engine.now()).toUTCString(),
  });
  response.end(body);
}
