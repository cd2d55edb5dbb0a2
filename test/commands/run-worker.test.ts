import { EventEmitter } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLocal } from "../../src/local/local.ts";
import { denied, type Fault, faultProxy, type PassingRequest, throttled } from "../fault-proxy.ts";
import { type CliOptions, createUser, temporaryFolder } from "../harness.ts";
import { call } from "../processes/command.ts";
import { fastClock } from "../virtual-clock.ts";

const credentials = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", AWS_REGION: "us-east-1" };
const cli = createUser({ localFile: null, environment: credentials });
const folder = temporaryFolder();

let local: Awaited<ReturnType<typeof createLocal>>;
beforeAll(async () => {
  local = await createLocal({ pollMilliseconds: 1500 });
});
afterAll(() => local.close());

let activities = 0;

/** A new activity, and a state machine that waits for its worker. */
async function newActivity(url = local.url) {
  const name = `work-${activities++}`;
  const { activityArn } = await call(url, "CreateActivity", { name });
  const definition = JSON.stringify({
    StartAt: "Work",
    States: { Work: { Type: "Task", Resource: activityArn, HeartbeatSeconds: 60, End: true } },
  });
  const { stateMachineArn } = await call(url, "CreateStateMachine", {
    name,
    definition,
    roleArn: "arn:aws:iam::123456789012:role/local",
  });
  return {
    name,
    arn: activityArn as string,
    path: (file: string) => `${folder}/${name}-${file}`,
    async start(input: unknown = {}): Promise<string> {
      return (await call(url, "StartExecution", { stateMachineArn, input: JSON.stringify(input) })).executionArn;
    },
  };
}

async function described(executionArn: string, url = local.url) {
  const { status, output, error, cause } = await call(url, "DescribeExecution", { executionArn });
  return { status, output, error, cause };
}

function work(activity: string, script: string, argv: readonly string[] = [], options: CliOptions & { url?: string } = {}) {
  return cli(["run", "--activity", activity, "--endpoint-url", options.url ?? local.url, ...argv, "--", "sh", "-c", script], options);
}

async function appears(file: string): Promise<void> {
  while (!existsSync(file)) await new Promise((done) => setImmediate(done));
}

describe("a worker", () => {
  it("answers its activity's tasks with what its command prints for their input", async () => {
    const { name, start } = await newActivity();
    const arns = [await start({ n: 1 }), await start({ n: 2 }), await start({ n: 3 })];
    const { code, stdout, stderr } = await work(name, "cat", ["--max-tasks", "3", "--worker-name", "me"]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '{"n":1}{"n":2}{"n":3}' });
    for (const [index, arn] of arns.entries())
      expect(await described(arn)).toMatchObject({ status: "SUCCEEDED", output: `{"n":${index + 1}}` });
    expect(stderr).toContain("waiting for tasks of arn:aws:states:us-east-1:123456789012:activity:work-");
    const { events } = await call(local.url, "GetExecutionHistory", { executionArn: arns[0] });
    expect(events.find(({ type }: { type: string }) => type === "ActivityStarted").activityStartedEventDetails).toEqual({
      workerName: "me",
    });
  });

  it("fails a task whose command fails, goes on, and ends with 0", async () => {
    const { arn, start } = await newActivity();
    const arns = [await start({ n: 1 }), await start({ n: 2 })];
    const { code, stdout } = await work(arn, "grep -q 2 || { echo no >&2; exit 4; }", ["--max-tasks", "2", "--json"]);
    expect({ code, json: JSON.parse(stdout) }).toEqual({ code: 0, json: { activityArn: arn, taken: 2, counts: { accepted: 2 } } });
    expect(await described(arns[0] ?? "")).toMatchObject({ status: "FAILED", error: "ExitCode.4", cause: "no" });
    expect(await described(arns[1] ?? "")).toMatchObject({ status: "SUCCEEDED", output: "{}" });
  });

  it("works on several at once, and never has more polls than tasks it may still take", async () => {
    const { arn, start, path } = await newActivity();
    for (let n = 0; n < 7; n++) await start({ n });
    let [polling, most, polls] = [0, 0, 0];
    await using proxy = await faultProxy(local.url, ({ operation }) => {
      if (operation === "GetActivityTask") {
        polls += 1;
        polling += 1;
        most = Math.max(most, polling);
      }
      // The first request of a task that is worked on: its poll is over.
      if (operation === "SendTaskHeartbeat") polling -= 1;
      return null;
    });
    // Each of the first three waits for the two others.
    const together = `echo >> ${path("here")}; while [ $(wc -l < ${path("here")}) -lt 3 ]; do sleep 0.02; done`;
    const { code } = await work(arn, together, ["--concurrency", "3", "--max-tasks", "5"], { url: proxy.url });
    expect({ code, most, polls, lines: readFileSync(path("here"), "utf8").length }).toEqual({ code: 0, most: 3, polls: 5, lines: 5 });
  });

  it("asks again after a poll that failed or brought nothing", async () => {
    const { arn, start } = await newActivity();
    let polls = 0;
    const faults: readonly (Fault | null)[] = [
      { kind: "reset", when: "before" },
      throttled,
      { kind: "status", when: "before", status: 503 },
    ];
    await using proxy = await faultProxy(local.url, ({ operation }) =>
      operation === "GetActivityTask" ? (faults[polls++] ?? null) : null,
    );
    const executionArn = await start();
    const { code, stderr } = await work(arn, "echo 1", ["--max-tasks", "1"], { url: proxy.url, clock: fastClock(50) });
    expect({ code, polls, warnings: stderr.match(/could be asked for/g)?.length }).toEqual({ code: 0, polls: 4, warnings: 1 });
    expect(await described(executionArn)).toMatchObject({ status: "SUCCEEDED" });
  });

  it("works on a task that it was handed though no first heartbeat can be sent", async () => {
    const { arn, start } = await newActivity();
    const executionArn = await start();
    const refused: Fault = { kind: "refuse", name: "ServiceUnavailable" };
    await using proxy = await faultProxy(local.url, ({ operation }) => (operation === "SendTaskHeartbeat" ? refused : null));
    const { code, stderr } = await work(arn, "echo 1", ["--max-tasks", "1"], { url: proxy.url });
    expect({ code, ...(await described(executionArn)) }).toMatchObject({ code: 0, status: "SUCCEEDED", output: "1" });
    expect(stderr).toContain("a heartbeat did not come through");
  });

  it("sends an answer again whose reply was lost, and never takes it for another's", async () => {
    const { arn, start } = await newActivity();
    const arns = [await start(), await start()];
    const lossy =
      (when: "before" | "after") =>
      ({ operation, repeated }: PassingRequest): Fault | null =>
        operation === "SendTaskSuccess" && repeated === 0 ? { kind: "reset", when } : null;
    for (const [when, outcome] of [
      ["before", "accepted"],
      ["after", "unknown"],
    ] as const) {
      await using proxy = await faultProxy(local.url, lossy(when));
      const { stdout } = await work(arn, "echo 1", ["--max-tasks", "1", "--json"], { url: proxy.url, clock: fastClock(50) });
      expect(JSON.parse(stdout).counts).toEqual({ [outcome]: 1 });
    }
    for (const each of arns) expect(await described(each)).toMatchObject({ status: "SUCCEEDED" });
  });

  it("finds its activity by name where it may list none", async () => {
    const { name, arn, start } = await newActivity();
    await using proxy = await faultProxy(local.url, ({ operation }) => (operation === "ListActivities" ? denied : null));
    await start();
    const environment = { ...credentials, AWS_ENDPOINT_URL_STS: local.url };
    const working = work(name, "echo 1", ["--max-tasks", "1", "--json"], { url: proxy.url, environment });
    expect(await working).toMatchObject({ code: 0, stdout: expect.stringContaining(arn) });
  });

  it.each([
    ["unknown by name", "no-such-activity", 125, "there is no activity named no-such-activity here"],
    ["unknown by ARN", "arn:aws:states:us-east-1:123456789012:activity:none", 125, "ActivityDoesNotExist"],
  ])("of an activity that is %s ends with 125", async (_, activity, code, message) => {
    expect(await work(activity, ":")).toMatchObject({ code, stdout: "", stderr: expect.stringContaining(message) });
  });

  it("that may not poll ends with 125, once what it works on is done", async () => {
    const { arn, start, path } = await newActivity();
    const executionArn = await start();
    let polls = 0;
    await using proxy = await faultProxy(local.url, ({ operation }) => {
      if (operation !== "GetActivityTask") return null;
      polls += 1;
      if (polls < 3) return null;
      writeFileSync(path("go"), "");
      return denied;
    });
    const script = `while ! [ -e ${path("go")} ]; do sleep 0.02; done; echo 1`;
    const { code, stderr } = await work(arn, script, ["--concurrency", "2"], { url: proxy.url });
    expect({ code, ...(await described(executionArn)) }).toMatchObject({ code: 125, status: "SUCCEEDED" });
    expect(stderr).toContain("AccessDeniedException");
  });

  it("whose command cannot start takes no task", async () => {
    const { arn, start } = await newActivity();
    const executionArn = await start();
    const { code } = await cli(["run", "--activity", arn, "--endpoint-url", local.url, "--", "no-such-program"]);
    const { events } = await call(local.url, "GetExecutionHistory", { executionArn });
    expect({ code, last: events.at(-1).type }).toEqual({ code: 127, last: "ActivityScheduled" });
  });
});

describe("a worker that is told to end", () => {
  it("finishes what runs, waits for the poll that is open and works on its task, asks for no more, and ends with 0", async () => {
    // A poll is held as long as on AWS, so that none ends without a task.
    await using patient = await createLocal();
    const { arn, start, path } = await newActivity(patient.url);
    const running = await start({ n: 1 });
    const signals = new EventEmitter();
    let polls = 0;
    await using proxy = await faultProxy(patient.url, ({ operation }) => {
      if (operation === "GetActivityTask") polls += 1;
      return null;
    });
    const script = `n=$(cat); echo > ${path("ready")}; [ "$n" = '{"n":2}' ] || while ! [ -e ${path("go")} ]; do sleep 0.02; done; echo "$n"`;
    const worker = work(arn, script, ["--concurrency", "2"], { signals, url: proxy.url });
    await appears(path("ready"));
    while (polls < 2) await new Promise((done) => setImmediate(done));
    signals.emit("SIGTERM");
    const polled = await start({ n: 2 });
    while ((await described(polled, patient.url)).status === "RUNNING");
    const left = await start({ n: 3 });
    writeFileSync(path("go"), "");
    const { code, stderr } = await worker;
    expect({ code, polls }).toEqual({ code: 0, polls: 2 });
    expect(stderr).toContain("SIGTERM: no more tasks are asked for");
    expect([(await described(running, patient.url)).output, (await described(polled, patient.url)).output]).toEqual(['{"n":1}', '{"n":2}']);
    expect((await described(left, patient.url)).status).toBe("RUNNING");
  });

  it("twice passes the signal on to what runs, and answers that it was interrupted", async () => {
    const { arn, start, path } = await newActivity();
    const executionArn = await start();
    const signals = new EventEmitter();
    const worker = work(arn, `echo > ${path("ready")}; exec sleep 60`, [], { signals });
    await appears(path("ready"));
    signals.emit("SIGINT");
    signals.emit("SIGINT");
    expect((await worker).code).toBe(130);
    expect(await described(executionArn)).toMatchObject({ status: "FAILED", error: "Interrupted" });
  });

  it("three times ends at once", async () => {
    const { arn } = await newActivity();
    const signals = new EventEmitter();
    await using proxy = await faultProxy(local.url, ({ operation }) =>
      operation === "GetActivityTask" ? { kind: "hang", when: "before" } : null,
    );
    const worker = work(arn, ":", [], { signals, url: proxy.url });
    while (proxy.requests.length === 0) await new Promise((done) => setImmediate(done));
    for (let times = 0; times < 3; times++) signals.emit("SIGTERM");
    expect((await worker).code).toBe(143);
  });
});
