import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { createLocal } from "../../src/local/local.ts";
import { denied, faultProxy } from "../fault-proxy.ts";
import { createUser, temporaryFolder } from "../harness.ts";
import { call } from "../local/peer.ts";
import { throughApi } from "../local-file.ts";

const file = join(temporaryFolder(), "m.db");
const cli = createUser({ localFile: file });

const ask = {
  Type: "Task",
  Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
  Parameters: { QueueUrl: "https://queue", MessageBody: { "TaskToken.$": "$$.Task.Token" } },
  End: true,
};
const mapOver = (states: object, StartAt: string) => ({
  Type: "Map",
  ItemProcessor: { ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" }, StartAt, States: states },
  End: true,
});
const each = mapOver({ Ask: ask }, "Ask");
const starting = (resource: string, machine: string, input: object) => ({
  Type: "Task",
  Resource: `arn:aws:states:::states:startExecution.${resource}`,
  Parameters: { StateMachineArn: `arn:aws:states:us-east-1:123456789012:stateMachine:${machine}`, Input: input },
  End: true,
});
const machines = {
  asks: { StartAt: "Ask", States: { Ask: ask } },
  outer: { StartAt: "Run", States: { Run: { ...starting("sync:2", "asks", {}), OutputPath: "$.Output" } } },
  outermost: { StartAt: "Run", States: { Run: { ...starting("sync", "outer", {}), ResultPath: null } } },
  handing: { StartAt: "Hand over", States: { "Hand over": starting("waitForTaskToken", "asks", { "token.$": "$$.Task.Token" }) } },
  rows: { StartAt: "Rows", States: { Rows: mapOver({ Run: { ...starting("sync:2", "asks", {}), OutputPath: "$.Output" } }, "Run") } },
  each: { StartAt: "Each", States: { Each: each } },
  nested: { StartAt: "Rows", States: { Rows: mapOver({ Each: each }, "Each") } },
};

beforeAll(() =>
  throughApi(file, async (stepFunctions) => {
    for (const [name, definition] of Object.entries(machines)) {
      const roleArn = "arn:aws:iam::123456789012:role/local";
      await stepFunctions.createStateMachine({ name, definition: JSON.stringify(definition), roleArn });
    }
  }),
);

async function started(machine: keyof typeof machines, input: unknown) {
  const argv = ["start", machine, "--input", JSON.stringify(input), "--until", "waiting", "--timeout", "20s", "--json"];
  const { code, stdout } = await cli(argv);
  expect(code).toBe(0);
  const { executionArn, waiting } = JSON.parse(stdout) as { executionArn: string; waiting: string[] };
  return { executionArn, waiting };
}

async function waitingIn(executionArn: string): Promise<string[]> {
  const { stdout } = await cli(["wait", executionArn, "--until", "waiting", "--timeout", "20s", "--json"]);
  return JSON.parse(stdout).waiting;
}

describe("an execution whose distributed Map waits in its children", () => {
  it("has begun to wait for `start` and `wait`, by ids that serve at once", async () => {
    const { executionArn, waiting } = await started("each", [1]);
    expect(waiting).toHaveLength(1);
    expect(await waitingIn(executionArn)).toEqual(waiting);
    const [id = ""] = waiting;
    expect(await cli(["succeed", id, "--output", "1"])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^applied/) });
    expect((await cli(["wait", executionArn, "--timeout", "20s"])).stdout).toMatch(/^SUCCEEDED\t.*\t\[1]$/m);
  });

  it("does so where the Map is in another's children", async () => {
    const { executionArn, waiting } = await started("nested", [["a"]]);
    const [id = ""] = waiting;
    expect((await cli(["succeed", id, "--output", '"A"', "--follow", "--json"])).code).toBe(0);
    expect((await cli(["wait", executionArn, "--timeout", "20s"])).stdout).toMatch(/^SUCCEEDED\t.*\t\[\["A"]]$/m);
  });

  it("is answered once no child waits any more", async () => {
    const { executionArn } = await started("each", [1, 2]);
    const answered = cli(["wait", executionArn, "--until", "answered", "--timeout", "20s", "--json"]);
    await expect.poll(() => waitingIn(executionArn), { timeout: 20_000 }).toHaveLength(2);
    for (const id of await waitingIn(executionArn)) await cli(["succeed", id, "--output", "1"]);
    expect(await answered).toMatchObject({ code: 0, stdout: expect.stringContaining('"waiting": []') });
    expect((await cli(["wait", executionArn, "--until", "answered", "--timeout", "0s"])).code).toBe(0);
  });

  it("names them where an answer could mean several, and is answered by its own name where one is left", async () => {
    const { executionArn } = await started("each", [1, 2]);
    await expect.poll(() => waitingIn(executionArn), { timeout: 20_000 }).toHaveLength(2);
    const [id = "", other] = await waitingIn(executionArn);
    const unclear = await cli(["succeed", executionArn, "--output", "1"]);
    expect(unclear).toMatchObject({ code: 2, stderr: expect.stringContaining(`  ${id}  Ask`) });
    await cli(["succeed", id, "--output", "1"]);
    const { stdout } = await cli(["succeed", executionArn, "--state", "Ask", "--output", "2", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: "applied", taskId: other });
  });
});

describe("an execution whose nested execution waits", () => {
  it.each([
    ["outer", "7"],
    ["outermost", "{}"],
    ["rows", "[7]"],
  ] as const)("has begun to wait for `start` and `wait`, and is answered by its own name: %s", async (machine, output) => {
    const { executionArn, waiting } = await started(machine, machine === "rows" ? [1] : {});
    expect(waiting).toHaveLength(1);
    expect(await waitingIn(executionArn)).toEqual(waiting);
    const { code, stdout } = await cli(["succeed", executionArn, "--output", "7", "--json"]);
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, outcome: "applied", taskId: waiting[0] });
    expect((await cli(["wait", executionArn, "--timeout", "20s"])).stdout.split("\t").at(-1)).toBe(`${output}\n`);
  });

  it("is answered once the nested one is", async () => {
    const { executionArn, waiting } = await started("outer", {});
    const answered = cli(["wait", executionArn, "--until", "answered", "--timeout", "20s", "--json"]);
    expect((await cli(["succeed", waiting[0] ?? "", "--output", "1"])).code).toBe(0);
    expect(await answered).toMatchObject({ code: 0, stdout: expect.stringContaining('"waiting": []') });
  });

  it("waits itself where the nested one was handed its token, which is what its name means then", async () => {
    const { executionArn } = await started("handing", {});
    await expect.poll(() => waitingIn(executionArn), { timeout: 20_000 }).toHaveLength(2);
    const [own = ""] = await waitingIn(executionArn);
    const { stdout } = await cli(["succeed", executionArn, "--output", "1", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: "applied", taskId: own });
    // The nested execution goes on by itself, as on AWS, and nobody waits for it any more.
    expect((await cli(["wait", executionArn, "--until", "answered", "--timeout", "20s"])).code).toBe(0);
  });

  it("is forgotten where the outer one was stopped and redriven, and has begun another", async () => {
    const { executionArn } = await started("handing", {});
    await expect.poll(() => waitingIn(executionArn), { timeout: 20_000 }).toHaveLength(2);
    const before = await waitingIn(executionArn);
    await using local = await createLocal({ file });
    for (const operation of ["StopExecution", "RedriveExecution"]) {
      expect((await call(local.url, operation, { executionArn })).status).toBe(200);
    }
    await expect.poll(() => waitingIn(executionArn), { timeout: 20_000 }).toHaveLength(2);
    expect((await waitingIn(executionArn)).filter((id) => before.includes(id))).toEqual([]);
  });

  it("is waited for in vain, but not refused, where the nested one may not be looked at", async () => {
    const { executionArn } = await started("outer", {});
    await using local = await createLocal({ file });
    await using proxy = await faultProxy(local.url, ({ body }) => (String(body["executionArn"]).includes(":asks:") ? denied : null));
    const environment = { AWS_ACCESS_KEY_ID: "k", AWS_SECRET_ACCESS_KEY: "s", AWS_REGION: "us-east-1" };
    const argv = ["wait", executionArn, "--until", "waiting", "--timeout", "0s", "--endpoint-url", proxy.url];
    expect(await cli(argv, { localFile: null, environment })).toMatchObject({ code: 9, stdout: expect.stringMatching(/^RUNNING/) });
    expect(proxy.requests.some(({ fault }) => fault === denied)).toBe(true);
  });
});
