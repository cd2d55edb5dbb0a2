import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLocal } from "../../src/local/local.ts";
import { faultProxy } from "../fault-proxy.ts";
import { createUser } from "../harness.ts";
import { call, tokenOf } from "../processes/command.ts";
import { VirtualClock } from "../virtual-clock.ts";

const environment = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", AWS_REGION: "us-east-1" };
const cli = createUser({ localFile: null, environment });

let local: Awaited<ReturnType<typeof createLocal>>;
beforeAll(async () => {
  local = await createLocal();
});
afterAll(() => local.close());

async function waitingTask(): Promise<string> {
  const Parameters = { FunctionName: "f", Payload: { "taskToken.$": "$$.Task.Token" } };
  const Work = { Type: "Task", Resource: "arn:aws:states:::lambda:invoke.waitForTaskToken", Parameters, HeartbeatSeconds: 60, End: true };
  const definition = JSON.stringify({ StartAt: "Work", States: { Work } });
  const roleArn = "arn:aws:iam::123456789012:role/local";
  const { stateMachineArn } = await call(local.url, "CreateStateMachine", { name: "work", definition, roleArn });
  return (await call(local.url, "StartExecution", { stateMachineArn })).executionArn;
}

describe("heartbeat --every", () => {
  // A beat that is under way waits for its reply for all of an interval; between beats it is a little less.
  const isBetweenBeats = (milliseconds: number) => milliseconds < 5000;

  it("beats until the task is gone, through failures, and says how it ended", async () => {
    const arn = await waitingTask();
    const clock = new VirtualClock();
    let beats = 0;
    await using proxy = await faultProxy(local.url, ({ operation }) => {
      if (operation !== "SendTaskHeartbeat") return null;
      beats += 1;
      return beats === 3 || beats === 4 ? { kind: "reset", when: "before" } : null;
    });
    let isOver = false;
    const beating = cli(["heartbeat", arn, "--every", "5s", "--jsonl", "--endpoint-url", proxy.url], { clock }).finally(() => {
      isOver = true;
    });
    for (let times = 0; times < 6; times++) await clock.goOn(isBetweenBeats);
    await call(local.url, "SendTaskSuccess", { taskToken: await tokenOf(local.url, arn), output: "1" });
    while (!isOver) await clock.goOn(isBetweenBeats, () => isOver);
    const { code, stdout, stderr } = await beating;
    const outcomes = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).outcome);
    const others = new Set(outcomes.slice(0, -1));
    expect({ code, last: outcomes.at(-1), others: [...others] }).toEqual({ code: 3, last: "different", others: ["applied"] });
    expect(stderr.match(/did not come through/g)).toHaveLength(1);
  });

  it("ends with 0 once --for has passed", async () => {
    const arn = await waitingTask();
    const clock = new VirtualClock();
    let isOver = false;
    const argv = ["heartbeat", arn, "--every", "5s", "--for", "4s", "--json", "--endpoint-url", local.url];
    const beating = cli(argv, { clock }).finally(() => {
      isOver = true;
    });
    await clock.goOn(
      (milliseconds) => milliseconds === 4000,
      () => isOver,
    );
    const { code, stdout } = await beating;
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, sent: "heartbeat", outcome: "applied", executionArn: arn });
  });

  it("tells of a bare token only that its task is gone", async () => {
    const arn = await waitingTask();
    const token = await tokenOf(local.url, arn);
    await call(local.url, "StopExecution", { executionArn: arn });
    const ended = await cli(["heartbeat", "--every", "5s", "--endpoint-url", local.url], {
      environment: { ...environment, SFN_CALLBACK_TOKEN: token },
    });
    expect(ended).toMatchObject({ code: 3, stdout: "", stderr: expect.stringContaining("give --execution <arn>") });
  });

  it.each([
    [["--every", "1m"], "the HeartbeatSeconds of Work is 60, so --every must be shorter"],
    [["--every", "0.5s"], "a second or more"],
    [["--for", "1h"], "--for says how long to go on, so it needs --every"],
  ])("with %o is a usage error", async (argv, message) => {
    const ended = await cli(["heartbeat", await waitingTask(), "--endpoint-url", local.url, ...argv]);
    expect(ended).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(message) });
  });

  it("ends with 130 at Ctrl-C", async () => {
    const interrupt = new AbortController();
    let beats = 0;
    await using proxy = await faultProxy(local.url, ({ operation }) => {
      if (operation === "SendTaskHeartbeat") beats += 1;
      return null;
    });
    const beating = cli(["heartbeat", await waitingTask(), "--every", "5s", "--endpoint-url", proxy.url], { interrupt: interrupt.signal });
    while (beats === 0) await new Promise((done) => setImmediate(done));
    interrupt.abort();
    expect((await beating).code).toBe(130);
  });
});
