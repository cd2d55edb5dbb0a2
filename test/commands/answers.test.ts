import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { createUser, temporaryFolder } from "../harness.ts";

let cli = createUser();

let folder = "";
let localFile = "";
let id = "";
let executionArn = "";

beforeEach(async () => {
  folder = temporaryFolder();
  cli = createUser();
  localFile = join(folder, "f.db");
  await cli(["deploy-example", "--template", "approval", "--yes"], { localFile });
  await cli(["start", "approval", "--name", "order-17", "--input", '{"order":17}', "--until", "waiting"], { localFile });
  const [task] = JSON.parse((await cli(["pending", "--json"], { localFile })).stdout).tasks;
  id = task.id;
  executionArn = task.executionArn;
});

async function json(...argv: string[]) {
  const { code, stdout, stderr } = await cli([...argv, "--json"], { localFile });
  return { code, stderr, result: stdout === "" ? null : JSON.parse(stdout) };
}

describe("an answer", () => {
  it("is applied, then the same, then different for another, and the execution succeeds", async () => {
    const first = await json("succeed", id, "--output", '{"approved":true}');
    expect(first).toMatchObject({
      code: 0,
      result: { taskId: id, executionArn, sent: "success", outcome: "applied", settled: "reply", newTaskId: null },
    });
    expect(first.result.next).toEqual({ status: "SUCCEEDED" });
    expect(await json("wait", id)).toMatchObject({ code: 0, result: { status: "SUCCEEDED" } });
    const again = await json("succeed", id, "--output", '{ "approved": true }');
    expect(again).toMatchObject({ code: 0, result: { outcome: "same", sent: null, settled: "history" } });
    const other = await cli(["fail", id, "--error", "Rejected"], { localFile });
    expect(other.code).toBe(3);
    expect(other.stdout).toContain("different");
    expect(other.stdout).toContain('{"approved":true}');
    expect(other.stdout).toContain(again.result.closedAt);
  });

  it("reaches a task by prefix, by address, by execution ARN and by machine/name", async () => {
    for (const word of [id.slice(0, 4), executionArn, "approval/order-17"]) {
      expect(await json("heartbeat", word)).toMatchObject({ code: 0, result: { taskId: id, outcome: "applied", sent: "heartbeat" } });
    }
    const [task] = JSON.parse((await cli(["pending", "--json"], { localFile })).stdout).tasks;
    expect(await json("heartbeat", task.address)).toMatchObject({ code: 0, result: { taskId: id } });
    expect(await json("succeed", "approval/order-17", "--state", task.state, "--set", "approved=false")).toMatchObject({ code: 0 });
  });

  it("is a failure with neither error nor cause where none is given", async () => {
    expect(await json("fail", id)).toMatchObject({ code: 0, result: { sent: "failure", outcome: "applied" } });
    expect(await json("fail", id)).toMatchObject({ code: 0, result: { outcome: "same" } });
  });

  it("is refused with exit 2 through another connection, with the option to use", async () => {
    const { code, stderr } = await cli(["succeed", id, "--output", "{}"], { localFile: join(folder, "other.db") });
    expect(code).toBe(2);
    expect(stderr).toContain(`--local-file ${localFile}`);
  });
});

describe("stop", () => {
  it("is applied, then the same, then different, and the task is stopped for an answer", async () => {
    expect(await json("stop", id, "--error", "Why", "--cause", "not")).toMatchObject({
      code: 0,
      result: { taskId: id, sent: "stop", outcome: "applied" },
    });
    expect(await json("stop", executionArn, "--error", "Why", "--cause", "not")).toMatchObject({
      code: 0,
      result: { sent: null, outcome: "same" },
    });
    expect(await json("stop", executionArn)).toMatchObject({ code: 3, result: { outcome: "different" } });
    expect(await json("succeed", id, "--output", "{}")).toMatchObject({ code: 3, result: { sent: null, outcome: "stopped" } });
    expect(await json("wait", id)).toMatchObject({ code: 7, result: { status: "ABORTED" } });
  });

  it("ends with 3 where there is no such execution", async () => {
    expect(await json("stop", "approval/nobody")).toMatchObject({ code: 3, result: null });
  });
});

describe("wait", () => {
  it("ends at once where a task is waiting, and with 9 where the time passes", async () => {
    expect(await json("wait", "approval/order-17", "--until", "waiting")).toMatchObject({ code: 0, result: { waiting: [id] } });
    expect(await json("wait", id, "--timeout", "0s")).toMatchObject({ code: 9, result: { status: "RUNNING" } });
  });
});
