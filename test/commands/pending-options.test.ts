import { setTimeout as delay } from "node:timers/promises";
import { CreateStateMachineCommand, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { denied, type Fault, type FaultOf, faultProxy, rewritingProxy, throttled } from "../fault-proxy.ts";
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
    [["--state-machine", "arn:aws:states:us-east-1:123456789012:stateMachine:refunds"], ["refunds/run-1"]],
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

  it("go by the service's clock, not by one that is wrong", async () => {
    const clock = { now: () => new Date(bench.now - 30 * hour), sleep };
    for (const [args, found] of [
      [["--older", "6h"], "1"],
      [["--newer", "2h"], "3"],
      [["--expiring", "25h"], "2"],
    ] as const)
      expect((await pending([...args, "--count"], { clock })).stdout, args.join(" ")).toBe(`${found}\n`);
  });

  it("cost no call that they can save", async () => {
    const calls = async (...args: string[]) => JSON.parse((await pending([...args, "--json"])).stdout).calls as Record<string, number>;
    expect(await calls("--state-machine", "refunds")).toMatchObject({ DescribeStateMachine: 1, ListExecutions: 1, GetExecutionHistory: 1 });
    expect(await calls("--state", "Weigh")).toMatchObject({ GetExecutionHistory: 1 });
    expect(await calls("--older", "6h")).toMatchObject({ GetExecutionHistory: 1 });
    expect(await calls("--execution", "old")).toMatchObject({ GetExecutionHistory: 1 });
    expect(await calls("--kind", "activity")).not.toHaveProperty("GetExecutionHistory");
  });

  it("refuse a machine that is not there, and name those that are", async () => {
    const { code, stdout, stderr } = await pending(["--state-machine", "orders", "--state-machine", "oders"]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("there is no STANDARD state machine named oders here");
    expect(stderr).toContain("there are: bare, orders, refunds");
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

  it("give the first in the order that is asked for, of all that wait", async () => {
    const { stdout } = await pending(["--sort", "deadline", "--limit", "2", "--json"]);
    const { tasks, complete } = JSON.parse(stdout) as { tasks: { stateMachineName: string }[]; complete: boolean };
    expect(tasks.map(({ stateMachineName }) => stateMachineName)).toEqual(["bare", "orders"]);
    expect(complete).toBe(false);
    const lines = await pending(["--sort", "deadline", "--limit", "2", "--jsonl", "--query", "stateMachineName", "--raw"]);
    expect(lines.stdout).toBe("bare\norders\n");
  });

  it("say since when whom was handed what", async () => {
    const { tasks } = JSON.parse((await pending(["--execution", "old", "--json"])).stdout);
    expect(tasks[0].handedTo).toEqual({ service: "sqs", id: expect.any(String) as unknown, since: tasks[0].waitingSince });
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

  it("tell once what bars many", async () => {
    await using proxy = await faultProxy(bench.local.url, ({ body, operation }) =>
      operation === "GetExecutionHistory" && String(body["executionArn"]).includes(":orders:") ? denied : null,
    );
    const { code, stdout, stderr } = await pending(["--state-machine", "orders", "--columns", "state,execution"], { tty: true }, proxy.url);
    expect(code).toBe(5);
    expect(stdout.match(/not readable/g)).toHaveLength(2);
    expect(stderr.match(/not seen/g)).toHaveLength(1);
    expect(stderr).toMatch(/not seen: GetExecutionHistory arn:\S*:orders:\S+ and 1 more: could not read/);
  });

  it("apply --query to each object under --jsonl", async () => {
    const { stdout } = await pending(["--jsonl", "--query", "executionName", "--raw"]);
    expect(stdout.trimEnd().split("\n").toSorted()).toEqual(["new", "old", "run-1", "run-1"]);
  });

  it("show on a terminal a line per machine and state, then as many tasks as the screen holds", async () => {
    const screen = async (...args: string[]) => (await pending([...args, "--no-color"], { tty: true })).stdout.trimEnd().split("\n");
    const few = await screen();
    expect(few.slice(0, 2)).toEqual([
      expect.stringMatching(/^MACHINE +STATE +WAITING +ANSWERABLE +OLDEST +NEXT DEADLINE$/),
      expect.stringMatching(/^orders +Ask the owner +2 +2 +2d +in 1d$/),
    ]);
    expect(few.slice(4, 6)).toEqual(["", expect.stringMatching(/^ID +MACHINE +STATE +AGE +DEADLINE +EXECUTION$/)]);
    expect(few.at(-1)).toBe("1 cannot be answered here: --unanswerable says why");
    for (let index = 0; index < 30; index += 1) await started("refunds", `many-${index}`);
    const many = await screen("--state-machine", "refunds");
    expect(many).toHaveLength(22);
    expect(many[1]).toMatch(/^refunds +Weigh +31 +31 +1h +none$/);
    expect(many.at(-1)).toBe("14 more: --limit 31 shows all; --state-machine, --state narrow it down");
    expect(await screen("--state-machine", "refunds", "--limit", "31")).toHaveLength(35);
    expect(await screen("--state-machine", "refunds", "--wide")).toHaveLength(35);
    // One machine and one task: nothing to sum up.
    expect(await screen("--execution", "old")).toHaveLength(2);
  });

  it("find all there is in an account where every call is throttled, fails and breaks off, and name the one machine that is barred", async () => {
    const faults: readonly Fault[] = [
      throttled,
      { kind: "status", when: "before", status: 503 },
      { kind: "reset", when: "after" },
      throttled,
      { kind: "cut" },
      { kind: "status", when: "after", status: 500 },
    ];
    // Reads are repeated for each fault at most four times where they fail, and more often where they are throttled.
    await using proxy = await faultProxy(bench.local.url, ({ operation, body, repeated, index }) => {
      const isBare = JSON.stringify(body).includes(":bare");
      if (isBare && operation !== "ListStateMachines") return denied;
      return repeated < 3 ? (faults[(index + repeated) % faults.length] ?? null) : null;
    });
    const { code, stdout } = await pending(["--json"], {}, proxy.url);
    const { tasks, notSeen, complete, throttles } = JSON.parse(stdout);
    expect(code).toBe(5);
    expect(tasks.length).toBe((await rows()).length - 1);
    expect(tasks.map(({ stateMachineName }: { stateMachineName: string }) => stateMachineName)).not.toContain("bare");
    expect(notSeen).toMatchObject([{ arn: expect.stringMatching(/:bare$/) as unknown, operation: "ListExecutions" }]);
    expect(complete).toBe(false);
    expect(throttles["GetExecutionHistory"]).toBeGreaterThan(0);
  });

  it("show on a terminal, while they look, what is found and where; at Ctrl-C they keep it, and end with 130", async () => {
    const abort = new AbortController();
    let progress = "";
    await using proxy = await faultProxy(bench.local.url, hangingAt(":orders:old"));
    const onOutput = async (stream: string, text: string) => {
      if (stream === "stderr") progress += text;
      if (/1 waiting, 1 execution read\s+1 {2}orders {2}Ask the owner/.test(progress)) abort.abort();
    };
    const { code, stdout, stderr } = await pending(
      ["--state-machine", "orders", "--no-color"],
      { tty: true, interrupt: abort.signal, onOutput },
      proxy.url,
    );
    expect(code).toBe(130);
    expect(stdout).toMatch(/^ID +MACHINE.*\n\S+ +orders +Ask the owner .* new\n$/);
    expect(stderr).toContain("interrupted: this is what was found so far");
  });

  it("tell all that was found at Ctrl-C, however slowly it is read", async () => {
    const abort = new AbortController();
    const blob = "x".repeat(10_000);
    for (const run of ["big-1", "big-2", "big-3"]) await started("refunds", run, { blob });
    await using proxy = await faultProxy(bench.local.url, hangingAt(":refunds:big-3"));
    let progress = "";
    let isRead = false;
    const onOutput = async (stream: string, text: string) => {
      progress += stream === "stderr" ? text : "";
      if (progress.includes("2 waiting")) abort.abort();
      // The first piece takes longer than a command has to end by itself.
      if (stream === "stdout" && !isRead) await delay(600);
      isRead ||= stream === "stdout";
    };
    const args = ["--execution", "big-*", "--columns", "execution,input.blob"];
    const { code, stdout } = await pending(args, { tty: "stderr", interrupt: abort.signal, onOutput }, proxy.url);
    expect({ code, stdout }).toEqual({ code: 130, stdout: `big-1\t${blob}\nbig-2\t${blob}\n` });
  });

  it("end where nobody reads any more what they find", async () => {
    await using proxy = await faultProxy(bench.local.url, hangingAt(":orders:old"));
    const onOutput = async (stream: string) => {
      if (stream === "stdout") throw new Error("gone");
    };
    expect((await pending(["--state-machine", "orders", "--jsonl"], { onOutput }, proxy.url)).code).toBe(0);
  });
});

/** Never answers where the history of the execution is asked for. */
function hangingAt(execution: string): FaultOf {
  return ({ body }) => (String(body["executionArn"]).endsWith(execution) ? { kind: "hang", when: "before" } : null);
}

describe("pending in several Regions", () => {
  /** The bench, as it would be in any Region. */
  const everywhere = () =>
    rewritingProxy(bench.local.url, {
      request: (text, here) => text.replaceAll(here, region),
      reply: (text, here) => text.replaceAll(region, here),
    });
  const regions = ["--region", "eu-west-1", "--region", "us-west-2", "--state-machine", "orders"];

  it("lists what waits in each, with the Region beside it", async () => {
    await using proxy = await everywhere();
    const { code, stdout } = await pending([...regions, "--columns", "region,execution"], {}, proxy.url);
    expect(code).toBe(0);
    expect(stdout).toBe("eu-west-1\told\nus-west-2\told\neu-west-1\tnew\nus-west-2\tnew\n");
    expect((await pending([...regions, "--limit", "3", "--count"], {}, proxy.url)).stdout).toBe("3\n");
    const { calls } = JSON.parse((await pending([...regions, "--json"], {}, proxy.url)).stdout);
    expect(calls).toEqual({ ListStateMachines: 2, DescribeStateMachine: 2, ListExecutions: 2, GetExecutionHistory: 4 });
    const screen = (await pending([...regions, "--no-color"], { tty: true }, proxy.url)).stdout;
    expect(screen).toMatch(/^REGION +MACHINE +STATE[\s\S]*\nID +REGION/);
    const groups = (await pending([...regions, "--by", "state"], {}, proxy.url)).stdout.split("\n");
    expect(groups.slice(0, 2).map((line) => line.split("\t").slice(0, 4))).toEqual(
      ["eu-west-1", "us-west-2"].map((name) => [name, "orders", "Ask the owner", "2"]),
    );
  });

  it("names a Region that cannot be looked at, and ends with 5; where none can, it fails", async () => {
    await using proxy = await everywhere();
    await using faulty = await faultProxy(proxy.url, (request) => (request.region === "us-west-2" ? denied : null));
    const { code, stdout, stderr } = await pending([...regions, "--count"], {}, faulty.url);
    expect({ code, stdout }).toEqual({ code: 5, stdout: "2\n" });
    expect(stderr).toContain("not seen: ListStateMachines arn:*:states:us-west-2:*:stateMachine:*");
    await using closed = await faultProxy(proxy.url, () => denied);
    expect(await pending(regions, {}, closed.url)).toMatchObject({ code: 4, stdout: "" });
  });

  it("takes a machine that only one of them has", async () => {
    await using proxy = await everywhere();
    await using without = await rewritingProxy(proxy.url, {
      request: (text) => text,
      reply: (text, here) => (here === "us-west-2" && text.includes('"stateMachines"') ? '{"stateMachines":[]}' : text),
    });
    expect(await pending([...regions, "--count"], {}, without.url)).toMatchObject({ code: 0, stdout: "2\n" });
  });

  it("is for pending only, and not for --local", async () => {
    expect(await pending(regions.slice(0, 4), {}, bench.local.url)).toMatchObject({ code: 0 });
    for (const args of [
      ["stop", "x", ...regions.slice(0, 4)],
      ["pending", "--local", ...regions],
    ])
      expect(await cli(args, { localFile: null })).toMatchObject({ code: 2, stdout: "" });
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
