import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { createUser, temporaryFolder } from "../harness.ts";

let cli = createUser();

let folder = "";
let localFile = "";

beforeEach(async () => {
  folder = temporaryFolder();
  cli = createUser();
  localFile = join(folder, "f.db");
  expect(await cli(["deploy-example", "--template", "approval", "--yes"], { localFile })).toMatchObject({ code: 0 });
});

const start = (name: string) => cli(["start", "approval", "--name", name, "--input", '{"order":17}', "--until", "waiting"], { localFile });

describe("pending", () => {
  it("says nothing and ends with 0 where nothing is waiting", async () => {
    expect(await cli(["pending"], { localFile })).toMatchObject({ code: 0, stdout: "" });
  });

  it("gives every field of a waiting task, and no token", async () => {
    await start("one");
    const { code, stdout } = await cli(["pending", "--json", "--with-input"], { localFile });
    expect(code).toBe(0);
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({
      notSeen: [],
      complete: true,
      calls: { ListStateMachines: 1, ListExecutions: 1, GetExecutionHistory: 1 },
    });
    expect(document.tasks).toHaveLength(1);
    const [task] = document.tasks;
    expect(task).toMatchObject({
      kind: "callback",
      stateMachineName: "approval",
      executionName: "one",
      path: [],
      attempt: 1,
      integration: "sqs:sendMessage",
      answerable: true,
      unanswerableReason: null,
      region: "us-east-1",
      account: "123456789012",
      heartbeatSeconds: 86_400,
      input: { order: 17 },
    });
    expect(task.address).toBe(`${task.executionArn}#${task.address.split("#")[1]}`);
    expect(Date.parse(task.timeoutAt) - Date.parse(task.waitingSince)).toBe(7 * 86_400_000);
    expect(stdout).not.toContain("AAAAKgAAAA");
  });

  it("gives tab-separated rows with ISO times and no header in a pipe", async () => {
    await start("one");
    const { stdout } = await cli(["pending"], { localFile });
    const cells = stdout.trimEnd().split("\t");
    expect(cells).toHaveLength(6);
    expect(cells[1]).toBe("approval");
    expect(cells[3]).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
    expect(cells[5]).toBe("one");
  });

  it("gives one object a line under --jsonl", async () => {
    await start("one");
    await start("two");
    const { stdout } = await cli(["pending", "--jsonl"], { localFile });
    const names = stdout
      .trimEnd()
      .split("\n")
      .map((line: string) => JSON.parse(line).executionName);
    expect(names.toSorted()).toEqual(["one", "two"]);
  });

  it("is cut off by --limit and says so in its JSON, with exit 0", async () => {
    await start("one");
    await start("two");
    const { code, stdout } = await cli(["pending", "--json", "--limit", "1"], { localFile });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ tasks: [{ stateMachineName: "approval" }], complete: false, notSeen: [] });
  });

  it("refuses a state machine that is not there", async () => {
    const { code, stderr } = await cli(["pending", "--state-machine", "aproval"], { localFile });
    expect(code).toBe(2);
    expect(stderr).toContain("aproval");
  });
});
