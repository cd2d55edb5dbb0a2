import { CreateStateMachineCommand, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { denied, faultProxy } from "../fault-proxy.ts";
import { cli, createUser } from "../harness.ts";
import { Bench, callbackState, machine, roleArn } from "../local/peer.ts";

const hour = 3_600_000;
const region = "us-east-1";

let bench: Bench;
const user = createUser();

/** Three machines: `orders` has waited for two days and one hour, `refunds` without a deadline, `bare` sends no token. */
beforeAll(async () => {
  bench = await Bench.open();
  const definitions = {
    orders: machine({ "Ask the owner": callbackState({ End: true, TimeoutSeconds: 3 * 86_400 }) }),
    refunds: machine({ Weigh: callbackState() }),
    bare: machine({ Wait: callbackState({ End: true, TimeoutSeconds: 86_400, Parameters: { QueueUrl: "q", MessageBody: "no token" } }) }),
  };
  for (const [name, definition] of Object.entries(definitions)) {
    await bench.client.send(new CreateStateMachineCommand({ name, roleArn, definition: JSON.stringify(definition) }));
  }
  await started("orders", "old", { orderId: 17, customer: { name: "Ann" } });
  bench.now += 47 * hour;
  await started("orders", "new", { orderId: 18 });
  await started("refunds", "run-1", { orderId: 19 });
  await started("bare", "run-1");
  bench.now += hour;
});
afterAll(() => bench.close());

async function started(name: string, run: string, input: unknown = {}): Promise<void> {
  const stateMachineArn = `arn:aws:states:us-east-1:123456789012:stateMachine:${name}`;
  await bench.client.send(new StartExecutionCommand({ stateMachineArn, name: run, input: JSON.stringify(input) }));
}

const environment = { AWS_ACCESS_KEY_ID: "k", AWS_SECRET_ACCESS_KEY: "s", AWS_REGION: region };
const sleep = async () => {};
const options = () => ({ localFile: null, environment, clock: { now: () => new Date(bench.now), sleep } });
const pending = (args: readonly string[], more: object = {}, url = bench.local.url) =>
  user(["pending", "--endpoint-url", url, ...args], { ...options(), ...more });

async function rows(...args: string[]): Promise<string[]> {
  const { stdout } = await pending([...args, "--json"]);
  const { tasks } = JSON.parse(stdout) as { tasks: { stateMachineName: string; executionName: string }[] };
  return tasks.map(({ stateMachineName, executionName }) => `${stateMachineName}/${executionName}`).toSorted();
}

const all = ["bare/run-1", "orders/new", "orders/old", "refunds/run-1"];

describe("pending filters", () => {
  it.each<[string[], string[]]>([
    [[], all],
    [
      ["--state-machine", "orders"],
      ["orders/new", "orders/old"],
    ],
    [
      ["--state-machine", "o*", "--state-machine", "b?re"],
      ["bare/run-1", "orders/new", "orders/old"],
    ],
    [
      ["--execution", "run-*"],
      ["bare/run-1", "refunds/run-1"],
    ],
    [
      ["--state", "Ask the owner"],
      ["orders/new", "orders/old"],
    ],
    [
      ["--state", "W*"],
      ["bare/run-1", "refunds/run-1"],
    ],
    [["--kind", "activity"], []],
    [["--older", "6h"], ["orders/old"]],
    [
      ["--newer", "2h"],
      ["bare/run-1", "orders/new", "refunds/run-1"],
    ],
    [
      ["--expiring", "25h"],
      ["bare/run-1", "orders/old"],
    ],
    [["--without-deadline"], ["refunds/run-1"]],
    [["--unanswerable"], ["bare/run-1"]],
  ])("%j find %j", async (args, found) => {
    expect(await rows(...args)).toEqual(found);
  });

  it("cost no call that they can save", async () => {
    const calls = async (...args: string[]) => JSON.parse((await pending([...args, "--json"])).stdout).calls as Record<string, number>;
    expect(await calls("--state-machine", "refunds")).toMatchObject({ DescribeStateMachine: 1, ListExecutions: 1, GetExecutionHistory: 1 });
    expect(await calls("--state", "Weigh")).toMatchObject({ GetExecutionHistory: 1 });
    expect(await calls("--older", "6h")).toMatchObject({ GetExecutionHistory: 1 });
    expect(await calls("--execution", "old")).toMatchObject({ GetExecutionHistory: 1 });
    expect(await calls("--kind", "activity")).not.toHaveProperty("GetExecutionHistory");
  });
});

describe("pending forms", () => {
  it("sort by age, by deadline with those that have none last, and by machine", async () => {
    const names = async (sort: string) => {
      const { stdout } = await pending(["--sort", sort, "--columns", "machine,execution"]);
      return stdout
        .trimEnd()
        .split("\n")
        .map((line) => line.replace("\t", "/"));
    };
    expect((await names("age"))[0]).toBe("orders/old");
    expect(await names("deadline")).toEqual(["bare/run-1", "orders/old", "orders/new", "refunds/run-1"]);
    expect((await names("machine")).map((name) => name.split("/")[0])).toEqual(["bare", "orders", "orders", "refunds"]);
  });

  it("show a line per machine and state, the most first", async () => {
    const { stdout } = await pending(["--by", "state"]);
    expect(stdout.split("\n")[0]?.split("\t").slice(0, 4)).toEqual(["orders", "Ask the owner", "2", "2"]);
    const { groups } = JSON.parse((await pending(["--by", "state", "--json"])).stdout);
    expect(groups.find(({ state }: { state: string }) => state === "Wait")).toMatchObject({ count: 1, answerable: 0 });
  });

  it("show members of the state's input as columns", async () => {
    const { stdout } = await pending(["--state-machine", "orders", "--columns", "execution,input.orderId,input.customer.name,input.none"]);
    expect(stdout).toBe("old\t17\tAnn\t\nnew\t18\t\t\n");
  });

  it("count, and end with 8 where something waits, though not everything could be looked at", async () => {
    expect(await pending(["--count"])).toMatchObject({ code: 0, stdout: "4\n" });
    await using proxy = await faultProxy(bench.local.url, ({ operation, body }) =>
      operation === "ListExecutions" && String(body["stateMachineArn"]).endsWith(":bare") ? denied : null,
    );
    expect(await pending(["--count"], {}, proxy.url)).toMatchObject({ code: 5, stdout: "3\n" });
    const failing = await pending(["--count", "--fail-if-any"], {}, proxy.url);
    expect(failing).toMatchObject({ code: 8, stdout: "3\n" });
    expect(failing.stderr).toMatch(/not seen: ListExecutions arn:.*:bare: .*AccessDenied/);
    expect(await pending(["--kind", "activity", "--fail-if-any"])).toMatchObject({ code: 0 });
  });

  it("give a row without a state for what may not be read", async () => {
    await using proxy = await faultProxy(bench.local.url, ({ body }) =>
      String(body["executionArn"]).endsWith(":refunds:run-1") ? { kind: "refuse", name: "KmsAccessDeniedException" } : null,
    );
    const { code, stdout } = await pending(["--json", "--state-machine", "refunds"], {}, proxy.url);
    expect(code).toBe(5);
    expect(JSON.parse(stdout)).toMatchObject({
      tasks: [{ executionName: "run-1", state: null, kind: null, answerable: false, unanswerableReason: "historyNotReadable" }],
      notSeen: [{ operation: "GetExecutionHistory" }],
      complete: false,
    });
  });

  it("apply --query to each object under --jsonl", async () => {
    const { stdout } = await pending(["--jsonl", "--query", "executionName", "--raw"]);
    expect(stdout.trimEnd().split("\n").toSorted()).toEqual(["new", "old", "run-1", "run-1"]);
  });

  it("group what is more than the screen holds, on a terminal", async () => {
    for (let index = 0; index < 30; index += 1) await started("refunds", `many-${index}`);
    const { stdout } = await pending(["--state-machine", "refunds"], { tty: true });
    expect(stdout).toContain("31 tasks wait");
    expect(stdout.trimEnd().split("\n")).toHaveLength(3);
    const wide = await pending(["--state-machine", "refunds", "--wide"], { tty: true });
    expect(wide.stdout.trimEnd().split("\n")).toHaveLength(32);
  });

  it("keep what was found at Ctrl-C, and end with 130", async () => {
    const abort = new AbortController();
    await using proxy = await faultProxy(bench.local.url, ({ body }) => {
      if (!String(body["executionArn"]).endsWith(":orders:old")) return null;
      setTimeout(() => abort.abort(), 200);
      return { kind: "hang", when: "before" };
    });
    const { code, stdout } = await pending(["--state-machine", "orders"], { interrupt: abort.signal }, proxy.url);
    expect(code).toBe(130);
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => line.split("\t").at(-1)),
    ).toEqual(["new"]);
  });
});

describe("pending refuses", () => {
  it.each([
    [["--by", "machine"], "--by takes state"],
    [["--sort", "size"], "--sort takes age, deadline or machine"],
    [["--kind", "lambda"], "--kind takes callback or activity"],
    [["--older", "soon"], "--older"],
    [["--limit", "0"], "--limit takes"],
    [["--rate-share", "2"], "--rate-share takes"],
    [["--columns", "id,colour"], 'no column "colour"'],
    [["--count", "--wide"], "only one of"],
  ])("%j", async (args, message) => {
    const { code, stderr } = await cli(["pending", ...args], { localFile: null });
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});
