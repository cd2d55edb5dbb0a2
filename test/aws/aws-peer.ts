import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { connectEndpoint } from "../../src/aws/connection.ts";
import type { Connection } from "../../src/context.ts";

/** What the peer does with one request: answers, breaks the connection off, or leaves it hanging. */
export type Canned =
  | { readonly status?: number; readonly body: unknown; readonly headers?: Readonly<Record<string, string>> }
  | "reset"
  | "hang";

export interface Peer extends AsyncDisposable {
  readonly url: string;
  /** The requests that came, oldest first. */
  readonly requests: { readonly operation: string; readonly body: Record<string, unknown>; readonly userAgent: string }[];
}

/** A stand-in for AWS's end: gives the canned replies in order, the last one for ever. */
export async function awsPeer(...replies: readonly Canned[]): Promise<Peer> {
  const requests: Peer["requests"] = [];
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    const reply = replies[Math.min(requests.length, replies.length - 1)];
    requests.push({
      operation: String(request.headers["x-amz-target"]).replace("AWSStepFunctions.", ""),
      // STS is asked in another form.
      body: body.startsWith("{") ? (JSON.parse(body) as Record<string, unknown>) : {},
      userAgent: String(request.headers["user-agent"]),
    });
    answer(response, reply ?? "reset");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(response: ServerResponse, reply: Canned): void {
  if (reply === "reset") {
    response.socket?.resetAndDestroy();
  } else if (reply !== "hang") {
    const body = typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body);
    response.writeHead(reply.status ?? 200, { "content-type": "application/x-amz-json-1.0", ...reply.headers }).end(body);
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) {
    text += String(chunk);
  }
  return text;
}

/** AWS's way of refusing. */
export function refusal(name: string, status = 400, message = "what AWS says"): Canned {
  return { status, body: { __type: `com.amazonaws.swf.service.v2.model#${name}`, message }, headers: { "x-amzn-requestid": "request-1" } };
}

export const clock = { now: () => new Date("2026-01-02T03:04:05Z") };

/** The embedded endpoint's kind of connection to a peer. */
export function connectTo(url: string, requestMilliseconds = 5000): Connection {
  return connectEndpoint({
    url,
    region: "eu-central-1",
    place: { kind: "endpoint", region: "eu-central-1", endpointUrl: url, profile: null },
    clock,
    version: "0.0.1",
    timeouts: { connectionMilliseconds: 1000, requestMilliseconds },
  });
}
