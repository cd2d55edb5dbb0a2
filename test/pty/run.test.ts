import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createLocal } from "../../src/local/local.ts";
import { temporaryFolder } from "../harness.ts";
import { call } from "../processes/command.ts";
import { keys, screen } from "./screen.ts";

let beats = 0;
let local: Awaited<ReturnType<typeof createLocal>>;
beforeAll(async () => {
  local = await createLocal({
    onRequest({ operation }) {
      if (operation === "SendTaskHeartbeat") beats += 1;
    },
  });
});
afterAll(() => local.close());

/** A command on a terminal, at work on a task, with a heartbeat every second. */
async function running(script: string) {
  const Parameters = { FunctionName: "f", Payload: { "taskToken.$": "$$.Task.Token" } };
  const Work = { Type: "Task", Resource: "arn:aws:states:::lambda:invoke.waitForTaskToken", Parameters, HeartbeatSeconds: 60, End: true };
  const definition = JSON.stringify({ StartAt: "Work", States: { Work } });
  const roleArn = "arn:aws:iam::123456789012:role/local";
  const { stateMachineArn } = await call(local.url, "CreateStateMachine", { name: "work", definition, roleArn });
  const { executionArn } = await call(local.url, "StartExecution", { stateMachineArn });
  const environment = { AWS_ENDPOINT_URL_SFN: local.url, AWS_REGION: "us-east-1", AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" };
  const terminal = screen(["run", executionArn, "--every", "1s", "--", "sh", "-c", script], { home: temporaryFolder(), environment });
  const described = () => call(local.url, "DescribeExecution", { executionArn });
  return { ...terminal, described };
}

const stateOf = (pid: string): string =>
  readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .charAt(0);

it("a terminal that stands still (Ctrl-S) holds up what is printed, and no heartbeat", async () => {
  const { shows, type, ended, described } = await running("echo up; while :; do seq 1 2000; done");
  await shows("up");
  type("\u0013");
  const before = beats;
  while (beats < before + 2) await pause(10);
  expect((await described()).status).toBe("RUNNING");
  type("\u0011");
  type(keys.controlC);
  expect((await ended).code).toBe(130);
  expect(await described()).toMatchObject({ status: "FAILED", error: "Interrupted" });
});

// What a process does is read from /proc.
it.skipIf(process.platform !== "linux")("Ctrl-Z stops the command along with us, and what continues us continues it", async () => {
  const told = `${temporaryFolder()}/pids`;
  const { shows, type, ended } = await running(`echo $$ $PPID > ${told}; echo up; exec sleep 60`);
  await shows("up");
  const pids = readFileSync(told, "utf8").trim().split(" ");
  type("\u001a");
  while (!pids.every((pid) => stateOf(pid) === "T")) await pause(10);
  process.kill(Number(pids[1]), "SIGCONT");
  while (pids.some((pid) => stateOf(pid) === "T")) await pause(10);
  type(keys.controlC);
  expect((await ended).code).toBe(130);
});
