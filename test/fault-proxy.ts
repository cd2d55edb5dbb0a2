import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * What happens to one request. `before`: the endpoint never sees it. `after`: the endpoint has applied it, and its reply is lost.
 * `hang` never answers; `cut` sends half of the reply and breaks off.
 */
export type Fault =
  | { readonly kind: "reset" | "hang"; readonly when: "before" | "after" }
  | { readonly kind: "status"; readonly when: "before" | "after"; readonly status: 500 | 503 }
  | { readonly kind: "cut" }
  | { readonly kind: "refuse"; readonly name: string; readonly message?: string }
  | { readonly kind: "tooLong" };

/** A request on its way to the endpoint. */
export interface PassingRequest {
  readonly operation: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** How often this very operation with this very body came before. */
  readonly repeated: number;
  /** How many requests came before it. */
  readonly index: number;
  /** The Region that it was signed for. */
  readonly region: string;
}

/** What AWS says where a call comes too soon. */
export const throttled: Fault = { kind: "refuse", name: "ThrottlingException", message: "Rate exceeded" };
export const denied: Fault = { kind: "refuse", name: "AccessDeniedException", message: "is not authorized to perform" };

export interface FaultProxy extends AsyncDisposable {
  readonly url: string;
  /** All requests that came, oldest first, with what happened to them. */
  readonly requests: readonly (PassingRequest & { readonly fault: Fault | null })[];
}

/** Says what happens to a request, maybe after something of its own was done at the endpoint; null lets it through. */
export type FaultOf = (request: PassingRequest) => Fault | null | Promise<Fault | null>;

/** Stands between a client and an endpoint. */
export async function faultProxy(endpoint: string, faultOf: FaultOf): Promise<FaultProxy> {
  const requests: (PassingRequest & { readonly fault: Fault | null })[] = [];
  const times = new Map<string, number>();
  const server = createServer((request, response) => {
    void pass(request, response).catch(() => response.socket?.destroy());
  });

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await textOf(request);
    const operation = String(request.headers["x-amz-target"]).replace("AWSStepFunctions.", "");
    const key = `${operation} ${text}`;
    const repeated = times.get(key) ?? 0;
    times.set(key, repeated + 1);
    const passing = {
      operation,
      body: JSON.parse(text) as Record<string, unknown>,
      repeated,
      index: requests.length,
      region: regionOf(request.headers),
    };
    const at = requests.push({ ...passing, fault: null }) - 1;
    const fault = await faultOf(passing);
    requests[at] = { ...passing, fault };
    const forwarded = () => forward(endpoint, request.headers, text);
    if (fault === null) return answer(response, await forwarded());
    if (fault.kind === "refuse") return answer(response, refusal(fault.name, fault.message ?? "what AWS says"));
    if (fault.kind === "tooLong") return answer(response, tooLong);
    if (fault.kind === "cut") return cut(response, await forwarded());
    if (fault.when === "after") await forwarded();
    if (fault.kind === "reset") response.socket?.resetAndDestroy();
    else if (fault.kind === "status") answer(response, { status: fault.status, type: "text/html", body: "<html>failed</html>" });
  }

  return { ...(await listening(server)), requests };
}

/** Stands between a client and an endpoint, and rewrites the bodies of requests and replies, knowing for which Region a request was signed. */
export async function rewritingProxy(
  endpoint: string,
  rewrite: { request(text: string, region: string): string; reply?(text: string, region: string): string },
): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer(async (request, response) => {
    const region = regionOf(request.headers);
    const { status, type, body } = await forward(endpoint, request.headers, rewrite.request(await textOf(request), region));
    answer(response, { status, type, body: rewrite.reply?.(body, region) ?? body });
  });
  return listening(server);
}

function regionOf({ authorization = "" }: IncomingHttpHeaders): string {
  return /Credential=[^/]*\/[^/]*\/([^/]*)\//.exec(authorization)?.[1] ?? "";
}

async function listening(server: Server): Promise<AsyncDisposable & { readonly url: string }> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The fault at the first of every `times` + 1 equal requests, so that repeating helps. */
export function firstTimes(times: number, fault: Fault): (request: PassingRequest) => Fault | null {
  return ({ repeated }) => (repeated % (times + 1) < times ? fault : null);
}

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** As AWS puts it (facts page section 1, recorded). */
const tooLong: Reply = { status: 413, type: "text; charset=utf-8", body: "HTTP content length exceeded 1049600 bytes." };

function refusal(name: string, message: string): Reply {
  const body = JSON.stringify({ __type: `com.amazonaws.swf.service.v2.model#${name}`, message });
  return { status: 400, type: "application/x-amz-json-1.0", body };
}

async function forward(endpoint: string, headers: IncomingHttpHeaders, body: string): Promise<Reply> {
  const kept = ["content-type", "x-amz-target", "authorization", "x-amz-date"].flatMap((name) => {
    const value = headers[name];
    return typeof value === "string" ? [[name, value] as const] : [];
  });
  const response = await fetch(endpoint, { method: "POST", headers: Object.fromEntries(kept), body });
  return { status: response.status, type: response.headers.get("content-type") ?? "", body: await response.text() };
}

function answer(response: ServerResponse, { status, type, body }: Reply): void {
  response.writeHead(status, { "content-type": type, "x-amzn-requestid": "request-1" }).end(body);
}

function cut(response: ServerResponse, { status, type, body }: Reply): void {
  const bytes = Buffer.from(body);
  response.writeHead(status, { "content-type": type, "content-length": bytes.length });
  response.write(bytes.subarray(0, bytes.length / 2), () => response.socket?.destroy());
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}
