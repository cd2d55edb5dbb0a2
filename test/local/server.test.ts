import { existsSync } from "node:fs";
import { request } from "node:http";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { ListStateMachinesCommand, SFNClient, TestStateCommand } from "@aws-sdk/client-sfn";
import { describe, expect, it } from "vitest";
import { createLocal, type LocalOptions, type ServedRequest } from "../../src/local/local.ts";
import { call, callbackState, machine, roleArn } from "./peer.ts";

const waiting = JSON.stringify(machine({ Ask: callbackState() }));

/** Makes a call many times, eight at once. */
async function callMany(url: string, operation: string, count: number) {
  const replies: Awaited<ReturnType<typeof call>>[] = [];
  let left = count;
  const lane = async () => {
    while (left-- > 0) replies.push(await call(url, operation, {}));
  };
  await Promise.all(Array.from({ length: 8 }, lane));
  return replies;
}

/** The status of a ListStateMachines with these headers, which fetch would not send. */
function statusOf(url: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const target = { "x-amz-target": "AWSStepFunctions.ListStateMachines", "content-type": "application/x-amz-json-1.0" };
    const sent = request(url, { method: "POST", headers: { ...target, ...headers } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on("error", reject).end("{}");
  });
}

describe("createLocal", () => {
  it("needs nothing to be told, and leaves nothing behind", async () => {
    const local = await createLocal();
    expect(local.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(local).toMatchObject({ region: "us-east-1", accountId: "123456789012", imported: [] });
    expect(existsSync(local.file)).toBe(true);
    await local.close();
    await local[Symbol.asyncDispose]();
    expect(existsSync(dirname(local.file))).toBe(false);
    await expect(fetch(local.url)).rejects.toThrow();
  });

  it("gives a client of the SDK what it needs, for the operations with a host prefix too", async () => {
    await using local = await createLocal({ region: "eu-west-1" });
    const client = new SFNClient(local.clientConfig);
    expect(await client.send(new ListStateMachinesCommand({}))).toMatchObject({ stateMachines: [] });
    // Whatever it answers, it comes from here.
    const tested = client.send(new TestStateCommand({ definition: '{"Type":"Pass","End":true}', roleArn, input: "{}" }));
    await expect(
      tested.then(
        () => "reached",
        ({ $metadata }) => ($metadata?.httpStatusCode ? "reached" : "lost"),
      ),
    ).resolves.toBe("reached");
    client.destroy();
  });

  it("takes the clock that it is given", async () => {
    let now = Date.parse("2030-01-01T00:00:00Z");
    await using local = await createLocal({ clock: () => new Date(now) });
    expect(local.now().toISOString()).toBe("2030-01-01T00:00:00.000Z");
    await local.advance(3_600_000);
    now += 1000;
    expect(local.now().toISOString()).toBe("2030-01-01T01:00:01.000Z");
  });

  it("takes what is in a mock configuration as well as its text", async () => {
    const mockConfig = {
      StateMachines: { m: { TestCases: { good: { Call: "answer" } } } },
      MockedResponses: { answer: { "0": { Return: 42 } } },
    };
    const definition = JSON.stringify(machine({ Call: { Type: "Task", Resource: "arn:aws:states:::dynamodb:getItem", End: true } }));
    await using local = await createLocal({ mockConfig });
    const { stateMachineArn } = JSON.parse((await call(local.url, "CreateStateMachine", { name: "m", roleArn, definition })).body);
    const started = await call(local.url, "StartExecution", { stateMachineArn: `${stateMachineArn}#good`, name: "run" });
    const described = await call(local.url, "DescribeExecution", { executionArn: JSON.parse(started.body).executionArn });
    expect(JSON.parse(described.body)).toMatchObject({ status: "SUCCEEDED", output: "42" });
  });

  it("tells of each request, and of nothing in it", async () => {
    const told: ServedRequest[] = [];
    await using local = await createLocal({ onRequest: (request) => told.push(request) });
    await call(local.url, "CreateStateMachine", { name: "m", roleArn, definition: waiting });
    await call(local.url, "SendTaskSuccess", { taskToken: "a secret", output: "1" });
    await call(local.url, "Nothing", {});
    await fetch(local.url);
    const unknown = { code: "UnknownOperationException", message: expect.any(String) };
    await expect
      .poll(() => told)
      .toEqual([
        { operation: "CreateStateMachine", status: 200, error: null, milliseconds: expect.any(Number) },
        {
          operation: "SendTaskSuccess",
          status: 400,
          error: { code: "InvalidToken", message: "Invalid Token: 'Invalid token'" },
          milliseconds: expect.any(Number),
        },
        { operation: "Nothing", status: 400, error: unknown, milliseconds: expect.any(Number) },
        { operation: null, status: 400, error: unknown, milliseconds: expect.any(Number) },
      ]);
  });

  it("lets a reply that is held back go when it closes", async () => {
    await using other = await createLocal();
    const slow = await createLocal({ file: other.file, latencyMilliseconds: 600_000 });
    const reply = call(slow.url, "CreateStateMachine", { name: "m", roleArn, definition: waiting });
    const machines = async () => (await call(other.url, "ListStateMachines", {})).body;
    await expect.poll(machines).toContain('"m"');
    await slow.close();
    expect((await reply).status).toBe(200);
  });

  it("ends the polls of activities when it closes", async () => {
    await using other = await createLocal();
    const local = await createLocal({ file: other.file });
    const { activityArn } = JSON.parse((await call(local.url, "CreateActivity", { name: "a" })).body);
    const poll = call(local.url, "GetActivityTask", { activityArn });
    // Answered on the same thread after the poll has begun.
    await call(local.url, "ListActivities", {});
    await local.close();
    expect((await poll).status).toBe(200);
  });

  it("holds each reply back, after what was asked for is done", async () => {
    await using local = await createLocal({ latencyMilliseconds: 50 });
    const startedAt = performance.now();
    expect((await call(local.url, "ListStateMachines", {})).status).toBe(200);
    expect((await call(local.url, "Nothing", {})).status).toBe(400);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(95);
  });
});

describe("whom a local answers", () => {
  const cases: [string, LocalOptions, Record<string, string>, number][] = [
    ["its own address", {}, {}, 200],
    ["localhost", {}, { host: "localhost:1" }, 200],
    ["localhost over IPv6", {}, { host: "[::1]:8083" }, 200],
    ["the host that the SDK makes for TestState", {}, { host: "sync-localhost:8083" }, 200],
    ["a page of this machine", {}, { origin: "http://localhost:3000" }, 200],
    ["a foreign name (rebinding)", {}, { host: "evil.example" }, 403],
    ["a name that begins as ours", {}, { host: "localhost.evil.example" }, 403],
    ["an address that is not listened on", {}, { host: "10.0.0.7" }, 403],
    ["this machine's name, where it listens on 127.0.0.1", {}, { host: hostname() }, hostname() === "localhost" ? 200 : 403],
    ["a foreign page", {}, { origin: "https://evil.example" }, 403],
    ["a page in a sandbox", {}, { origin: "null" }, 403],
    ["an allowed name", { allowedHosts: ["stepfunctions"] }, { host: "StepFunctions:8083" }, 200],
    ["a page of an allowed name", { allowedHosts: ["app.test"] }, { origin: "https://app.test" }, 200],
    ["any address, where it listens on all", { host: "0.0.0.0" }, { host: "10.0.0.7:8083" }, 200],
    ["this machine's name, where it listens on all", { host: "0.0.0.0" }, { host: hostname() }, 200],
    ["a foreign name, where it listens on all", { host: "0.0.0.0" }, { host: "evil.example" }, 403],
    ["a foreign page, where it listens on all", { host: "0.0.0.0" }, { origin: "https://evil.example" }, 403],
  ];

  it.each(cases)("%s", async (_, options, headers, status) => {
    await using local = await createLocal(options);
    expect(await statusOf(local.url, headers)).toBe(status);
  });

  it("says which host it cannot listen on", async () => {
    const refused = createLocal({ host: "203.0.113.1" });
    await expect(refused).rejects.toMatchObject({ name: "ListenError", message: expect.stringContaining("203.0.113.1") });
  });
});

describe("the quotas of AWS", () => {
  const throttled = { status: 400, body: '{"__type":"com.amazon.coral.availability#ThrottlingException","message":"Rate exceeded"}' };

  it.each([
    ["aws", "ListExecutions", 100, 2],
    ["aws:big", "ListExecutions", 200, 5],
    ["aws", "DescribeMapRun", 200, 1],
    ["aws:big", "DescribeExecution", 300, 15],
    ["aws", "UpdateStateMachine", 100, 1],
  ] as const)("of %s let %s be called %i times at once and %i times a second", async (quotas, operation, size, refill) => {
    let now = Date.parse("2026-03-01T09:00:00Z");
    await using local = await createLocal({ quotas, clock: () => new Date(now) });
    const areThrottled = async (count: number) => {
      const replies = await callMany(local.url, operation, count);
      return replies.filter(({ body }) => body.includes("ThrottlingException")).length;
    };
    expect(await areThrottled(size)).toBe(0);
    expect(await call(local.url, operation, {})).toMatchObject(throttled);
    now += 1000;
    expect(await areThrottled(refill + 3)).toBe(3);
    // To move the file's clock gives no calls, and no more than the bucket holds comes back.
    await local.advance(3_600_000);
    expect(await call(local.url, operation, {})).toMatchObject(throttled);
    now += 24 * 3_600_000;
    expect(await areThrottled(size + 5)).toBe(5);
  });

  it("give each operation a bucket of its own", async () => {
    await using local = await createLocal({ quotas: "aws", clock: () => new Date(0) });
    await callMany(local.url, "ListMapRuns", 100);
    expect(await call(local.url, "ListMapRuns", {})).toMatchObject(throttled);
    expect((await call(local.url, "ListStateMachines", {})).status).toBe(200);
  });

  it("are not kept where nobody asks for them", async () => {
    await using local = await createLocal({ clock: () => new Date(0) });
    const replies = await callMany(local.url, "ListStateMachines", 300);
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
  });
});
