import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exampleMachines } from "../../src/example/definitions.ts";
import { createLocal } from "../../src/local/local.ts";
import { denied, type Fault, faultProxy, type PassingRequest, throttled } from "../fault-proxy.ts";
import { createUser, temporaryFolder } from "../harness.ts";
import { call } from "../processes/command.ts";

const credentials = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", AWS_REGION: "us-east-1" };
const cli = createUser({
  localFile: null,
  environment: credentials,
  timeouts: { connectionMilliseconds: 1000, requestMilliseconds: 400 },
});

let local: Awaited<ReturnType<typeof createLocal>>;
let stateMachineArn = "";
beforeAll(async () => {
  local = await createLocal({ file: `${temporaryFolder()}/f.db`, port: 0 });
  const { name, definition } = exampleMachines[1] ?? { name: "", definition: {} };
  const roleArn = "arn:aws:iam::123456789012:role/local";
  ({ stateMachineArn } = await call(local.url, "CreateStateMachine", { name, definition: JSON.stringify(definition), roleArn }));
});
afterAll(() => local[Symbol.asyncDispose]());

const commands = {
  succeed: { argv: ["--output", '{"approved":true}'], operation: "SendTaskSuccess" },
  fail: { argv: ["--error", "No", "--cause", "why"], operation: "SendTaskFailure" },
  heartbeat: { argv: [], operation: "SendTaskHeartbeat" },
  stop: { argv: ["--error", "No"], operation: "StopExecution" },
} as const;
type Name = keyof typeof commands;

/** Runs a command against a new waiting task, through a proxy that meddles with the requests, and reads what the endpoint's history says. */
async function run(name: Name, faultOf: (request: PassingRequest) => Fault | null) {
  const { executionArn } = await call(local.url, "StartExecution", { stateMachineArn, name: randomUUID(), input: "{}" });
  await using proxy = await faultProxy(local.url, faultOf);
  const word = `${executionArn}#3`;
  const { code, stdout, stderr } = await cli([name, word, ...commands[name].argv, "--json", "--endpoint-url", proxy.url]);
  const { events } = await call(local.url, "GetExecutionHistory", { executionArn });
  const endings = events.filter((event: { type: string }) => /^(TaskSucceeded|TaskFailed|ExecutionAborted)$/.test(event.type));
  const sent = proxy.requests.filter(({ operation }) => operation === commands[name].operation);
  return { code, stderr, outcome: stdout === "" ? null : JSON.parse(stdout), endings: endings.length, sent };
}

const once = (operation: string, fault: Fault) => (request: PassingRequest) =>
  request.operation === operation && request.repeated === 0 ? fault : null;
const always = (operation: string, fault: Fault) => (request: PassingRequest) => (request.operation === operation ? fault : null);

const lossy: readonly Fault[] = [
  { kind: "reset", when: "before" },
  { kind: "reset", when: "after" },
  { kind: "hang", when: "before" },
  { kind: "hang", when: "after" },
  { kind: "status", when: "before", status: 500 },
  { kind: "status", when: "after", status: 500 },
  { kind: "status", when: "before", status: 503 },
  { kind: "status", when: "after", status: 503 },
  { kind: "cut" },
];
const names = Object.keys(commands) as Name[];
const cases = names.flatMap((name) => lossy.map((fault) => [name, fault] as const));

describe("a reply that is lost", { timeout: 60_000 }, () => {
  it.each(cases)("once, %s after %o: what is printed is what the history says", async (name, fault) => {
    const { code, outcome, endings } = await run(name, once(commands[name].operation, fault));
    expect({ code, outcome: outcome.outcome }).toEqual({ code: 0, outcome: "applied" });
    expect(endings).toBe(name === "heartbeat" ? 0 : 1);
  });

  it.each(
    names.flatMap((name) => [
      [name, { kind: "reset", when: "before" }, "unknown", 0] as const,
      [name, { kind: "reset", when: "after" }, name === "heartbeat" ? "unknown" : "applied", name === "heartbeat" ? 0 : 1] as const,
    ]),
  )("again and again, %s after %o: is %s", async (name, fault, expected, expectedEndings) => {
    const { code, outcome, endings, sent } = await run(name, always(commands[name].operation, fault));
    expect({ outcome: outcome.outcome, endings, code }).toEqual({
      outcome: expected,
      endings: expectedEndings,
      code: expected === "unknown" ? 6 : 0,
    });
    expect(sent.length).toBeLessThanOrEqual(name === "stop" ? 4 : 2);
  });
});

describe("a call that AWS refused", { timeout: 60_000 }, () => {
  it.each(names)("for its rate is made again: %s", async (name) => {
    const { code, outcome, endings } = await run(name, once(commands[name].operation, throttled));
    expect({ code, outcome: outcome.outcome, endings }).toEqual({ code: 0, outcome: "applied", endings: name === "heartbeat" ? 0 : 1 });
  });

  it.each(names)("for want of permission ends %s with 4, and changes nothing", async (name) => {
    expect(await run(name, always(commands[name].operation, denied))).toMatchObject({ code: 4, outcome: null, endings: 0 });
  });

  it.each(["succeed", "fail", "heartbeat"] as const)("for its length ends %s with 2, and changes nothing", async (name) => {
    expect(await run(name, always(commands[name].operation, { kind: "tooLong" }))).toMatchObject({ code: 2, outcome: null, endings: 0 });
  });
});

it("is told of as applied where the history may no longer be read after sending", async () => {
  let isSent = false;
  const { code, outcome, stderr } = await run("succeed", ({ operation }) => {
    if (operation === "SendTaskSuccess") isSent = true;
    return isSent && operation === "GetExecutionHistory" ? denied : null;
  });
  expect({ code, outcome: outcome.outcome, settled: outcome.settled }).toEqual({ code: 0, outcome: "applied", settled: "reply" });
  expect(stderr).toContain("the history could not be read");
});

const fault = fc.option(fc.constantFrom<Fault>(...lossy.filter(({ kind }) => kind !== "hang"), throttled), { freq: 1 });

it("never answers twice nor claims what is not so, whatever is lost", { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...names), fc.array(fault, { maxLength: 6 }), async (name, faults) => {
      const left = [...faults];
      const { code, outcome, endings } = await run(name, () => left.shift() ?? null);
      expect(endings).toBeLessThanOrEqual(1);
      if (outcome === null) expect([1, 4]).toContain(code);
      if (name !== "heartbeat" && outcome?.outcome === "applied") expect(endings).toBe(1);
      if (endings === 1) expect(outcome?.outcome).toBe("applied");
    }),
    { numRuns: 25 },
  );
});

it("a bulk tells of each task what its history says, whatever is lost, and a second run brings the rest to its end", {
  timeout: 60_000,
}, async () => {
  const arns: string[] = [];
  for (let index = 0; index < 30; index++)
    arns.push((await call(local.url, "StartExecution", { stateMachineArn, name: randomUUID(), input: "{}" })).executionArn);
  const journal = `${temporaryFolder()}/journal.jsonl`;
  const stdin = arns.map((arn) => `${arn}#3`).join("\n");
  const argv = ["succeed", "--from", "-", "--output", '{"approved":true}', "--yes", "--expect", "30", "--journal", journal, "--json"];
  let meddled = 0;
  await using proxy = await faultProxy(local.url, ({ operation }) =>
    operation === "SendTaskSuccess" && meddled < 40 ? (lossy[meddled++ % lossy.length] ?? null) : null,
  );
  const first = await cli([...argv, "--endpoint-url", proxy.url], { stdin });
  for (const { executionArn, outcome } of JSON.parse(first.stdout).results) {
    const { status } = await call(local.url, "DescribeExecution", { executionArn });
    expect(status).toBe(outcome === "applied" ? "SUCCEEDED" : "RUNNING");
    expect(["applied", "unknown"]).toContain(outcome);
  }
  expect(first.code).toBe(JSON.parse(first.stdout).counts.applied === 30 ? 0 : 5);
  const second = await cli([...argv, "--endpoint-url", local.url]);
  expect(second.code).toBe(0);
  expect(JSON.parse(second.stdout).counts).toEqual({ applied: 30 });
});
