import { describe, expect, it } from "vitest";
import { CliError } from "../../src/errors.ts";
import { awsPeer, type Canned, connectTo, refusal } from "./aws-peer.ts";

const machineArn = "arn:aws:states:eu-central-1:123456789012:stateMachine:orders";
const executionArn = "arn:aws:states:eu-central-1:123456789012:execution:orders:one";

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) {
    list.push(item);
  }
  return list;
}

async function failureOf(promise: Promise<unknown>): Promise<CliError> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof CliError)) {
    throw new Error(`expected a CliError, got ${String(error)}`);
  }
  return error;
}

describe("listing", () => {
  it("reads all pages, an empty one among them, and counts the calls", async () => {
    const machine = (name: string, type: string) => ({ stateMachineArn: `${machineArn}-${name}`, name, type, creationDate: 1 });
    await using peer = await awsPeer(
      { body: { stateMachines: [machine("a", "STANDARD")], nextToken: "two" } },
      { body: { stateMachines: [], nextToken: "three" } },
      { body: { stateMachines: [machine("b", "EXPRESS")] } },
    );
    await using connection = connectTo(peer.url);
    const machines = await all(connection.stepFunctions.stateMachines());
    expect(machines.map(({ name, type }) => `${name} ${type}`)).toEqual(["a STANDARD", "b EXPRESS"]);
    expect(peer.requests.map(({ body }) => body)).toEqual([
      { maxResults: 1000 },
      { maxResults: 1000, nextToken: "two" },
      { maxResults: 1000, nextToken: "three" },
    ]);
    expect(connection.stepFunctions.calls).toEqual({ ListStateMachines: 3 });
  });

  it("says in the user agent who asks", async () => {
    await using peer = await awsPeer({ body: { stateMachines: [] } });
    await using connection = connectTo(peer.url);
    await all(connection.stepFunctions.stateMachines());
    expect(peer.requests[0]?.userAgent).toContain("sfn-callback/0.0.1");
  });

  it("is asked for again where KMS throttles", async () => {
    await using peer = await awsPeer(refusal("KmsThrottlingException"), { body: { stateMachines: [] } });
    await using connection = connectTo(peer.url);
    expect(await all(connection.stepFunctions.stateMachines())).toEqual([]);
    expect(peer.requests).toHaveLength(2);
  });

  it("asks for the executions of one status", async () => {
    await using peer = await awsPeer({
      body: { executions: [{ executionArn, stateMachineArn: machineArn, name: "one", status: "RUNNING", startDate: 1710119487.983 }] },
    });
    await using connection = connectTo(peer.url);
    expect(await all(connection.stepFunctions.executions({ stateMachineArn: machineArn }, "RUNNING"))).toEqual([
      {
        arn: executionArn,
        stateMachineArn: machineArn,
        name: "one",
        status: "RUNNING",
        startedAt: new Date(1710119487983),
        stateMachineVersionArn: null,
      },
    ]);
    expect(peer.requests[0]?.body).toEqual({ stateMachineArn: machineArn, statusFilter: "RUNNING", maxResults: 1000 });
  });

  it("gives a history page by page in the order asked for", async () => {
    const event = (id: number) => ({ id, timestamp: id, type: "PassStateEntered" });
    await using peer = await awsPeer({ body: { events: [event(3), event(2)], nextToken: "n" } }, { body: { events: [event(1)] } });
    await using connection = connectTo(peer.url);
    const pages = await all(connection.stepFunctions.history(executionArn, "newestFirst"));
    expect(pages.map((page) => page.map(({ id }) => id))).toEqual([[3, 2], [1]]);
    expect(peer.requests[0]?.body).toEqual({ executionArn, maxResults: 1000, reverseOrder: true });
  });

  it("does not ask for a page that nobody reads", async () => {
    await using peer = await awsPeer({ body: { events: [], nextToken: "more" } });
    await using connection = connectTo(peer.url);
    for await (const page of connection.stepFunctions.history(executionArn, "oldestFirst")) {
      expect(page).toEqual([]);
      break;
    }
    expect(peer.requests).toHaveLength(1);
  });
});

describe("one execution", () => {
  it("gives null for what AWS leaves out", async () => {
    await using peer = await awsPeer({ body: { executionArn, stateMachineArn: machineArn, status: "RUNNING", startDate: 1 } });
    await using connection = connectTo(peer.url);
    expect(await connection.stepFunctions.execution(executionArn)).toEqual({
      arn: executionArn,
      stateMachineArn: machineArn,
      name: "one",
      status: "RUNNING",
      startedAt: new Date(1000),
      stateMachineVersionArn: null,
      mapRunArn: null,
      stoppedAt: null,
      isReadable: true,
      input: null,
      output: null,
      error: null,
      cause: null,
    });
  });
});

describe("an error of AWS", () => {
  const table: [string, number, string][] = [
    ["AccessDeniedException", 400, "access"],
    ["UnrecognizedClientException", 403, "access"],
    ["ExpiredTokenException", 400, "access"],
    ["InvalidClientTokenId", 403, "access"],
    ["KmsAccessDeniedException", 400, "access"],
    ["KmsThrottlingException", 400, "failure"],
    ["ExecutionDoesNotExist", 400, "closed"],
    ["StateMachineDoesNotExist", 400, "usage"],
    ["InvalidName", 400, "usage"],
    ["InvalidExecutionInput", 400, "usage"],
    ["InvalidArn", 400, "usage"],
    ["ValidationException", 400, "usage"],
    ["ExecutionAlreadyExists", 400, "failure"],
  ];
  it.each(table)("%s (%i) ends as %s", async (name, status, kind) => {
    await using peer = await awsPeer(refusal(name, status));
    await using connection = connectTo(peer.url);
    const error = await failureOf(connection.stepFunctions.execution(executionArn));
    expect(error).toMatchObject({ kind, code: name, awsRequestId: "request-1" });
    expect(error.message).toBe(`could not read the execution ${executionArn}: ${name}: what AWS says`);
  });

  it("names the endpoint that refuses the connection", async () => {
    const peer = await awsPeer("hang");
    await peer[Symbol.asyncDispose]();
    await using connection = connectTo(peer.url);
    const error = await failureOf(all(connection.stepFunctions.stateMachines()));
    expect(error).toMatchObject({ kind: "failure", code: "ECONNREFUSED" });
    expect(error.message).toBe(`could not list the state machines: ${peer.url} refused the connection (ECONNREFUSED)`);
  });

  it("names the endpoint that hangs", async () => {
    await using peer = await awsPeer("hang");
    await using connection = connectTo(peer.url, 50);
    const error = await failureOf(all(connection.stepFunctions.stateMachines()));
    expect(error).toMatchObject({ kind: "failure", code: "TimeoutError" });
    expect(error.message).toContain(`${peer.url} did not answer in time`);
  });

  it("tells an endpoint that is something else", async () => {
    await using peer = await awsPeer({ body: "<html>hello</html>" });
    await using connection = connectTo(peer.url);
    expect(await failureOf(all(connection.stepFunctions.stateMachines()))).toMatchObject({ kind: "failure", code: "UnreadableReply" });
  });
});

/** What AWS says where the request was signed an hour ago, by its own time. */
const tooLate = {
  status: 403,
  body: { __type: "com.amazon.coral.service#InvalidSignatureException", message: "Signature expired" },
  headers: { date: new Date(Date.now() + 3_600_000).toUTCString() },
};

it("a paced call is signed and made again where this computer's clock is wrong", async () => {
  await using peer = await awsPeer(tooLate, { body: { stateMachines: [] } });
  await using connection = connectTo(peer.url);
  const pace = { take: async () => {}, throttled: () => {}, pause: async () => {} };
  expect(await all(connection.stepFunctions.paced(pace).stateMachines())).toEqual([]);
  expect(peer.requests).toHaveLength(2);
});

describe("an answer to a task", () => {
  const sent = async (replies: readonly Canned[], requestMilliseconds?: number) => {
    await using peer = await awsPeer(...replies);
    await using connection = connectTo(peer.url, requestMilliseconds);
    const reply = await connection.stepFunctions.send("the-token", { kind: "success", output: "{}" });
    return { reply, requests: peer.requests };
  };

  it("is taken with a 200", async () => {
    const { reply, requests } = await sent([{ body: {} }]);
    expect(reply).toEqual({ kind: "taken" });
    expect(requests).toMatchObject([{ operation: "SendTaskSuccess", body: { taskToken: "the-token", output: "{}" } }]);
  });

  it("is gone with TaskTimedOut", async () => {
    expect((await sent([refusal("TaskTimedOut")])).reply).toEqual({ kind: "gone" });
  });

  it.each(["InvalidToken", "TaskDoesNotExist"])("is for no task with %s", async (code) => {
    expect((await sent([refusal(code)])).reply).toEqual({ kind: "notAToken", code, message: "what AWS says" });
  });

  it.each(["ThrottlingException", "TooManyRequestsException", "KmsThrottlingException"])("is sent again after %s", async (name) => {
    const { reply, requests } = await sent([refusal(name), { body: {} }]);
    expect(reply).toEqual({ kind: "taken" });
    expect(requests).toHaveLength(2);
  });

  it("is signed and sent again where this computer's clock is wrong", async () => {
    const { reply, requests } = await sent([tooLate, { body: {} }]);
    expect(reply).toEqual({ kind: "taken" });
    expect(requests).toHaveLength(2);
  });

  it("is lost, and not sent again, with a 500 of a server with another time", async () => {
    const { reply, requests } = await sent([{ ...tooLate, status: 500, body: { __type: "InternalFailure" } }, { body: {} }]);
    expect(reply).toMatchObject({ kind: "lost" });
    expect(requests).toHaveLength(1);
  });

  const lost: [string, Canned][] = [
    ["a 500", refusal("InternalFailure", 500)],
    ["a 503 without a JSON body", { status: 503, body: "Service Unavailable" }],
    ["a reset", "reset"],
    ["an unreadable 200", { body: "<html>" }],
  ];
  it.each(lost)("is lost after %s and not sent a second time", async (_name, canned) => {
    const { reply, requests } = await sent([canned, { body: {} }]);
    expect(reply.kind).toBe("lost");
    expect(requests).toHaveLength(1);
  });

  it("is lost where no reply comes, and not sent a second time", async () => {
    const { reply, requests } = await sent(["hang", { body: {} }], 50);
    expect(reply.kind).toBe("lost");
    expect(requests).toHaveLength(1);
  });

  it("fails where the connection is refused to the end", async () => {
    const peer = await awsPeer("hang");
    await peer[Symbol.asyncDispose]();
    await using connection = connectTo(peer.url);
    const error = await failureOf(connection.stepFunctions.send("the-token", { kind: "heartbeat" }));
    expect(error).toMatchObject({ kind: "failure", code: "ECONNREFUSED" });
  });

  it.each([
    ["AccessDeniedException", 400, "access"],
    ["InvalidOutput", 400, "usage"],
  ] as const)("fails with %s", async (name, status, kind) => {
    await using peer = await awsPeer(refusal(name, status));
    await using connection = connectTo(peer.url);
    const error = await failureOf(connection.stepFunctions.send("the-token", { kind: "failure", error: "No" }));
    expect(error).toMatchObject({ kind, code: name });
    expect(error.message).toContain("could not send the failure");
  });

  it("fails where the body is too long for AWS", async () => {
    await using peer = await awsPeer({ status: 413, body: "HTTP content length exceeded 1049600 bytes." });
    await using connection = connectTo(peer.url);
    const error = await failureOf(connection.stepFunctions.send("the-token", { kind: "success", output: "1" }));
    expect(error).toMatchObject({ kind: "usage", code: "RequestTooLong" });
  });
});

describe("the service's time", () => {
  it.each([
    ["Fri, 02 Jan 2026 04:04:05 GMT", "2026-01-02T04:04:05.000Z"],
    ["Fri, 02 Jan 2026 03:04:06 GMT", "2026-01-02T03:04:05.000Z"],
    ["Fri, 02 Jan 2026 03:03:05 GMT", "2026-01-02T03:03:05.000Z"],
  ])("with a reply of %s is %s", async (date, now) => {
    await using peer = await awsPeer({ body: { stateMachines: [] }, headers: { date } });
    await using connection = connectTo(peer.url);
    await all(connection.stepFunctions.stateMachines());
    expect(connection.stepFunctions.now().toISOString()).toBe(now);
  });

  it("is seen in a refusal too", async () => {
    await using peer = await awsPeer({
      status: 400,
      body: { __type: "InvalidToken", message: "no" },
      headers: { date: "Fri, 02 Jan 2026 05:04:05 GMT" },
    });
    await using connection = connectTo(peer.url);
    await connection.stepFunctions.send("t", { kind: "heartbeat" });
    expect(connection.stepFunctions.now().toISOString()).toBe("2026-01-02T05:04:05.000Z");
  });
});
