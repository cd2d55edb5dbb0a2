import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLocal } from "../../src/local/local.ts";
import { denied, type Fault, faultProxy } from "../fault-proxy.ts";
import { type CliOptions, createUser, temporaryFolder } from "../harness.ts";
import { call, tokenOfMessage } from "../processes/command.ts";

const roleArn = "arn:aws:iam::123456789012:role/local";
const environment = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", AWS_REGION: "us-east-1" };
// The tool's own pauses pass at once.
const clock = { now: () => new Date(), sleep: () => new Promise<void>((resolve) => setImmediate(resolve)) };
const cli = createUser({ localFile: null, environment, clock });

const ask = {
  Type: "Task",
  Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
  Parameters: { QueueUrl: "https://queue", MessageBody: { "TaskToken.$": "$$.Task.Token" } },
  End: true,
};
const machines = {
  plain: { StartAt: "Ask", States: { Ask: ask } },
  retrying: { StartAt: "Ask", States: { Ask: { ...ask, Retry: [{ ErrorEquals: ["States.ALL"], IntervalSeconds: 1 }] } } },
  // All of it is started again where one part fails.
  retryingAround: {
    StartAt: "Each",
    States: {
      Each: {
        Type: "Map",
        ItemProcessor: { StartAt: "Ask", States: { Ask: ask } },
        Retry: [{ ErrorEquals: ["States.ALL"], IntervalSeconds: 1 }],
        End: true,
      },
    },
  },
  timeout: { StartAt: "Ask", States: { Ask: { ...ask, TimeoutSeconds: 60 } } },
  heartbeat: { StartAt: "Ask", States: { Ask: { ...ask, TimeoutSeconds: 600, HeartbeatSeconds: 60 } } },
  wholeTimeout: { StartAt: "Ask", TimeoutSeconds: 60, States: { Ask: ask } },
} as const;
type Machine = keyof typeof machines;

let local: Awaited<ReturnType<typeof createLocal>>;
beforeAll(async () => {
  local = await createLocal({ file: `${temporaryFolder()}/f.db`, port: 0 });
  for (const [name, definition] of Object.entries(machines))
    await call(local.url, "CreateStateMachine", { name, definition: JSON.stringify(definition), roleArn });
});
afterAll(() => local[Symbol.asyncDispose]());

/** A task that waits in a new execution, and what somebody else did about it. */
class Asked {
  readonly executionArn: string;
  readonly token: string;
  readonly address: string;

  constructor(executionArn: string, token: string, eventId: number) {
    this.executionArn = executionArn;
    this.token = token;
    this.address = `${executionArn}#${eventId}`;
  }

  static async in(machine: Machine, input = "{}"): Promise<Asked> {
    const stateMachineArn = `arn:aws:states:us-east-1:123456789012:stateMachine:${machine}`;
    const { executionArn } = await call(local.url, "StartExecution", { stateMachineArn, name: randomUUID(), input });
    const { events } = await call(local.url, "GetExecutionHistory", { executionArn });
    const scheduled = events.find(({ type }: { type: string }) => type === "TaskScheduled");
    return new Asked(executionArn, tokenOfMessage(scheduled.taskScheduledEventDetails.parameters), scheduled.id);
  }

  succeeded = (output: string) => call(local.url, "SendTaskSuccess", { taskToken: this.token, output });
  failed = (error: string) => call(local.url, "SendTaskFailure", { taskToken: this.token, error });
  stopped = (error: string) => call(local.url, "StopExecution", { executionArn: this.executionArn, error });
}

const commands = {
  succeed: { argv: ["--output", '{"a":1}'], operation: "SendTaskSuccess" },
  fail: { argv: ["--error", "No"], operation: "SendTaskFailure" },
  heartbeat: { argv: [], operation: "SendTaskHeartbeat" },
  stop: { argv: ["--error", "No"], operation: "StopExecution" },
} as const;
type Command = keyof typeof commands;

async function run(command: Command, words: readonly string[], options: CliOptions & { url?: string } = {}) {
  const { url = local.url, ...others } = options;
  const argv = [command, ...words, ...commands[command].argv, "--json", "--endpoint-url", url];
  const { code, stdout, stderr } = await cli(argv, { ...others, environment: { ...environment, ...others.environment } });
  return { code, stderr, result: stdout === "" ? null : JSON.parse(stdout) };
}

/** Runs it while every request of its own operation meets the fault. */
async function runUnder(fault: Fault, command: Command, words: readonly string[], options: CliOptions = {}) {
  await using proxy = await faultProxy(local.url, ({ operation }) => (operation === commands[command].operation ? fault : null));
  return await run(command, words, { ...options, url: proxy.url });
}

const answering = ["succeed", "fail", "heartbeat"] as const;
const lost: Fault = { kind: "reset", when: "before" };

describe("every outcome of every command that sends:", () => {
  it.each([...answering, "stop"] as const)("%s is applied", async (command) => {
    const { address } = await Asked.in("plain");
    expect(await run(command, [address])).toMatchObject({ code: 0, result: { outcome: "applied", settled: "reply" } });
  });

  it("succeed, fail and stop are the same as before", async () => {
    const answered = { succeed: await Asked.in("plain"), fail: await Asked.in("plain"), stop: await Asked.in("plain") };
    await answered.succeed.succeeded('{ "a": 1.0 }');
    await answered.fail.failed("No");
    await answered.stop.stopped("No");
    for (const command of ["succeed", "fail", "stop"] as const)
      expect(await run(command, [answered[command].address])).toMatchObject({ code: 0, result: { outcome: "same", sent: null } });
  });

  it.each([...answering, "stop"] as const)("%s is retried, names the new attempt and leaves it alone", async (command) => {
    const asked = await Asked.in("retrying");
    await asked.failed("Other");
    await local.advance(2000);
    const { code, result } = await run(command, [asked.address]);
    expect({ code, result }).toMatchObject({ code: 3, result: { outcome: "retried", sent: null } });
    const { events } = await call(local.url, "GetExecutionHistory", { executionArn: asked.executionArn });
    expect(events.filter(({ type }: { type: string }) => /^(Task(Succeeded|Failed)|Execution[AFT])/.test(type))).toHaveLength(1);
    expect(await run("succeed", [result.newTaskId])).toMatchObject({ code: 0, result: { taskId: result.newTaskId, outcome: "applied" } });
  });

  it("a bulk names the new attempt of a retried task, by an id that serves at once", async () => {
    const asked = await Asked.in("retrying");
    await asked.failed("Other");
    await local.advance(2000);
    const bulk = ["--from", "-", "--yes", "--expect", "1"];
    const { code, result } = await run("succeed", bulk, { stdin: asked.address });
    expect({ code, result }).toMatchObject({ code: 5, result: { counts: { retried: 1 } } });
    const [{ newTaskId }] = result.results;
    expect(await run("succeed", [newTaskId])).toMatchObject({ code: 0, result: { taskId: newTaskId, outcome: "applied" } });
  });

  it.each(answering)("%s is retried where the Map around it was started again", async (command) => {
    const [first, second] = await twoIn("retryingAround");
    await second.failed("Other");
    await local.advance(2000);
    const { code, result } = await run(command, [first.address]);
    expect({ code, result }).toMatchObject({ code: 3, result: { outcome: "retried", sent: null } });
    expect(await run("heartbeat", [result.newTaskId])).toMatchObject({ code: 0 });
    expect(await run("heartbeat", [first.executionArn, "--index", "0"])).toMatchObject({ code: 0, result: { taskId: result.newTaskId } });
  });

  it.each(answering)("%s is different from what was answered", async (command) => {
    const asked = await Asked.in("plain");
    await asked.succeeded('{"a":2}');
    expect(await run(command, [asked.address])).toMatchObject({ code: 3, result: { outcome: "different", sent: null } });
  });

  it("a stop is different from how the execution ended or was stopped", async () => {
    const [ended, stopped] = [await Asked.in("plain"), await Asked.in("plain")];
    await ended.succeeded("1");
    await stopped.stopped("Other");
    expect(await run("stop", [ended.executionArn])).toMatchObject({
      code: 3,
      result: { outcome: "different", next: { status: "SUCCEEDED" } },
    });
    expect(await run("stop", [stopped.executionArn])).toMatchObject({
      code: 3,
      result: { outcome: "different", next: { status: "ABORTED" } },
    });
  });

  it.each([
    ["timeout", /expired at \S+Z; this/],
    ["heartbeat", /as no heartbeat came/],
  ] as const)("an answer is expired by its %s", async (machine, said) => {
    const { address } = await Asked.in(machine);
    await local.advance(120_000);
    for (const command of answering)
      expect(await run(command, [address])).toMatchObject({ code: 3, result: { outcome: "expired", sent: null } });
    expect((await cli(["heartbeat", address, "--endpoint-url", local.url])).stdout).toMatch(said);
  });

  it("a stop is expired where the execution's own time was up, and an answer stopped", async () => {
    const { address } = await Asked.in("wholeTimeout");
    await local.advance(120_000);
    expect(await run("stop", [address])).toMatchObject({ code: 3, result: { outcome: "expired", next: { status: "TIMED_OUT" } } });
    expect(await run("succeed", [address])).toMatchObject({ code: 3, result: { outcome: "stopped", next: { status: "TIMED_OUT" } } });
  });

  it.each(answering)("%s is stopped with the execution", async (command) => {
    const asked = await Asked.in("plain");
    await asked.stopped("Other");
    expect(await run(command, [asked.address])).toMatchObject({ code: 3, result: { outcome: "stopped", sent: null } });
  });

  it.each(answering)("%s is accepted with the token alone, and later an error without an outcome", async (command) => {
    const { token } = await Asked.in("plain");
    const options = { environment: { SFN_CALLBACK_TOKEN: token } };
    expect(await run(command, [], options)).toMatchObject({ code: 0, result: { outcome: "accepted", taskId: null, executionArn: null } });
    if (command === "heartbeat") return;
    expect(await run(command, [], options)).toMatchObject({ code: 3, result: null, stderr: expect.stringContaining("--execution <arn>") });
  });

  it.each([...answering, "stop"] as const)("%s is unknown where no reply comes and nothing shows", async (command) => {
    const { address } = await Asked.in("plain");
    expect(await runUnder(lost, command, [address])).toMatchObject({ code: 6, result: { outcome: "unknown" } });
  });

  it.each(answering)("%s is unknown with the token alone where no reply comes: it is sent but once", async (command) => {
    const { token } = await Asked.in("plain");
    const told = await runUnder({ kind: "reset", when: "after" }, command, [], { environment: { SFN_CALLBACK_TOKEN: token } });
    expect(told).toMatchObject({ code: 6, result: { outcome: "unknown", executionArn: null } });
  });
});

describe("a token with --execution", () => {
  it("is proven: applied, then the same, then different", async () => {
    const { token, executionArn } = await Asked.in("plain");
    const words = ["--execution", executionArn];
    const options = { environment: { SFN_CALLBACK_TOKEN: token } };
    expect(await run("succeed", words, options)).toMatchObject({ code: 0, result: { outcome: "applied", executionArn } });
    expect(await run("succeed", words, options)).toMatchObject({ code: 0, result: { outcome: "same" } });
    expect(await run("fail", words, options)).toMatchObject({ code: 3, result: { outcome: "different" } });
  });

  it("answers with a note where the history may not be read", async () => {
    const { token, executionArn } = await Asked.in("plain");
    await using proxy = await faultProxy(local.url, ({ operation }) => (operation === "GetExecutionHistory" ? denied : null));
    const told = await run("succeed", ["--execution", executionArn], { url: proxy.url, environment: { SFN_CALLBACK_TOKEN: token } });
    expect(told).toMatchObject({ code: 0, result: { outcome: "accepted" }, stderr: expect.stringMatching(/cannot be proven: .*history/) });
  });

  it("of another execution is refused, and nothing is sent", async () => {
    const [one, other] = [await Asked.in("plain"), await Asked.in("plain")];
    const options = { environment: { SFN_CALLBACK_TOKEN: one.token } };
    expect(await run("succeed", ["--execution", other.executionArn], options)).toMatchObject({ code: 3, result: null });
    expect(await run("heartbeat", [one.address])).toMatchObject({ code: 0 });
  });
});

describe("stop where the key of an encrypted execution may not be used", () => {
  const barred: Fault = { kind: "refuse", name: "KmsAccessDeniedException", message: "kms:Decrypt" };
  const isOpen = ({ operation, body }: { operation: string; body: Readonly<Record<string, unknown>> }) =>
    operation === "DescribeExecution"
      ? body["includedData"] === "METADATA_ONLY"
      : body["error"] === undefined && operation !== "GetExecutionHistory";

  it("stops it without error and cause, and says so", async () => {
    const { address, executionArn } = await Asked.in("plain");
    await using proxy = await faultProxy(local.url, (request) => (isOpen(request) ? null : barred));
    const first = await run("stop", [address], { url: proxy.url });
    expect(first).toMatchObject({ code: 0, result: { outcome: "applied" }, stderr: expect.stringContaining("without error and cause") });
    expect(await call(local.url, "DescribeExecution", { executionArn })).toMatchObject({ status: "ABORTED" });
    const many = [await Asked.in("plain"), await Asked.in("plain")].map((asked) => asked.executionArn);
    const bulk = await run("stop", ["--from", "-", "--yes", "--expect", "2"], { url: proxy.url, stdin: many.join("\n") });
    expect(bulk).toMatchObject({ code: 0, result: { counts: { applied: 2 } } });
    expect(bulk.stderr.match(/without error and cause/g)).toHaveLength(1);
    // With which reason it was stopped cannot be read.
    expect(await run("stop", [address], { url: proxy.url })).toMatchObject({ code: 3, result: { outcome: "stopped" } });
  });
});

describe("every exit code:", () => {
  const json = async (argv: readonly string[], options: CliOptions = {}) =>
    (await cli([...argv, "--endpoint-url", local.url, "--json"], options)).code;

  it.each<[number, string, () => Promise<number>]>([
    [0, "done", async () => json(["heartbeat", (await Asked.in("plain")).address])],
    [1, "a network that fails before anything is sent", async () => (await cli(["pending", "--endpoint-url", "http://127.0.0.1:9"])).code],
    [2, "usage", async () => json(["succeed", (await Asked.in("plain")).address, "--output", "yes"])],
    [3, "an unknown execution", () => json(["heartbeat", "plain/nobody"])],
    [4, "access", async () => (await runUnder(denied, "fail", [(await Asked.in("plain")).address])).code],
    [
      5,
      "a part of a bulk",
      async () => {
        const [one, other] = [await Asked.in("plain"), await Asked.in("plain")];
        await other.succeeded("1");
        return json(["fail", "--from", "-", "--yes", "--expect", "2"], { stdin: `${one.address}\n${other.address}\n` });
      },
    ],
    [6, "unknown", async () => (await runUnder(lost, "fail", [(await Asked.in("plain")).address])).code],
    [
      7,
      "an execution that did not succeed",
      async () => {
        const asked = await Asked.in("plain");
        await asked.failed("No");
        return json(["wait", asked.executionArn]);
      },
    ],
    [7, "one that was followed", async () => json(["fail", (await Asked.in("plain")).address, "--follow"])],
    [8, "something that waits", () => json(["pending", "--fail-if-any"])],
    [9, "--timeout", async () => json(["wait", (await Asked.in("plain")).executionArn, "--timeout", "0s"])],
    [
      130,
      "Ctrl-C",
      async () => json(["wait", (await Asked.in("plain")).executionArn], { clock: realClock, interrupt: AbortSignal.timeout(50) }),
    ],
    [
      143,
      "SIGTERM",
      async () => json(["wait", (await Asked.in("plain")).executionArn], { clock: realClock, terminate: AbortSignal.timeout(50) }),
    ],
  ])("%i for %s", async (code, _, act) => {
    expect(await act()).toBe(code);
  });
});

const realClock = {
  now: () => new Date(),
  sleep: (milliseconds: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const timer = setTimeout(resolve, milliseconds);
      signal?.addEventListener("abort", () => {
        clearTimeout(timer);
        reject(signal.reason);
      });
    }),
};

/** The tasks of a Map of two. */
async function twoIn(machine: Machine): Promise<[Asked, Asked]> {
  const { executionArn } = await Asked.in(machine, "[1,2]");
  const { events } = await call(local.url, "GetExecutionHistory", { executionArn });
  const [one, two] = events
    .filter(({ type }: { type: string }) => type === "TaskScheduled")
    .map(
      (event: { id: number; taskScheduledEventDetails: { parameters: string } }) =>
        new Asked(executionArn, tokenOfMessage(event.taskScheduledEventDetails.parameters), event.id),
    );
  return [one, two];
}
