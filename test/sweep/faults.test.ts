import { CreateStateMachineCommand, DeleteStateMachineCommand, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { denied, type Fault, faultProxy, firstTimes, rewritingProxy, throttled } from "../fault-proxy.ts";
import { Bench, callbackState, machine, roleArn } from "../local/peer.ts";
import { sweepExactly, sweepOf } from "./account.ts";

const machines = ["one", "two", "three"];
const arnOf = (name: string) => `arn:aws:states:us-east-1:123456789012:stateMachine:${name}`;

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
  for (const name of machines) {
    const definition = JSON.stringify(machine({ Ask: callbackState() }));
    await bench.client.send(new CreateStateMachineCommand({ name, roleArn, definition }));
    for (const run of ["a", "b"]) await bench.client.send(new StartExecutionCommand({ stateMachineArn: arnOf(name), name: run }));
  }
});
afterEach(() => bench.close());

/** Sweeps through a proxy; names each row by its machine and execution. */
async function sweepThrough(faultOf: Parameters<typeof faultProxy>[1]) {
  await using proxy = await faultProxy(bench.local.url, faultOf);
  const swept = await sweepOf(bench, {}, proxy.url);
  const rows = swept.tasks.map(({ stateMachineName, executionName }) => `${stateMachineName}/${executionName}`).toSorted();
  return { ...swept, rows, requests: proxy.requests };
}

const all = machines.flatMap((name) => [`${name}/a`, `${name}/b`]).toSorted();

describe("a sweep", () => {
  it.each<[string, Fault, number]>([
    ["throttling", throttled, 5],
    ["a 500", { kind: "status", when: "before", status: 500 }, 2],
    ["a 503 after the work was done", { kind: "status", when: "after", status: 503 }, 2],
    ["a reset before", { kind: "reset", when: "before" }, 2],
    ["a reset after", { kind: "reset", when: "after" }, 2],
    ["a reply cut in half", { kind: "cut" }, 2],
  ])("finds all with %s at every call", async (_, fault, times) => {
    const { rows, notSeen, complete } = await sweepThrough(firstTimes(times, fault));
    expect({ rows, notSeen, complete }).toEqual({ rows: all, notSeen: [], complete: true });
  });

  it("goes on past a machine that may not be listed, and names it", async () => {
    const { rows, notSeen, complete } = await sweepThrough((request) => {
      const isOurs = request.body["stateMachineArn"] === arnOf("two") && request.operation !== "ListStateMachines";
      return isOurs ? denied : firstTimes(1, throttled)(request);
    });
    expect(rows).toEqual(all.filter((row) => !row.startsWith("two/")));
    expect(complete).toBe(false);
    expect(notSeen).toEqual([
      { arn: arnOf("two"), operation: "ListExecutions", reason: expect.stringContaining("AccessDenied") as unknown },
    ]);
  });

  it("reads the executions of a machine whose definition is barred", async () => {
    const { rows, complete } = await sweepThrough(({ operation }) => (operation === "DescribeStateMachine" ? denied : null));
    expect({ rows, complete }).toEqual({ rows: all, complete: true });
  });

  it.each(["AccessDeniedException", "KmsAccessDeniedException", "KmsInvalidStateException"])(
    "lists executions whose history is barred by %s, and what cannot be known of them",
    async (name) => {
      const isBarred = (arn: unknown) => String(arn).includes(":execution:two:");
      const { tasks, notSeen, rows } = await sweepThrough(({ body }) => (isBarred(body["executionArn"]) ? { kind: "refuse", name } : null));
      expect(rows).toEqual(all);
      expect(tasks.filter(({ task }) => task === null).map(({ executionName, waitingSince }) => [executionName, waitingSince])).toEqual([
        ["a", new Date(bench.now)],
        ["b", new Date(bench.now)],
      ]);
      expect(notSeen.map(({ operation, reason }) => [operation, reason.includes(name)])).toEqual([
        ["GetExecutionHistory", true],
        ["GetExecutionHistory", true],
      ]);
    },
  );

  it("names an execution whose history never comes", async () => {
    const { rows, notSeen } = await sweepThrough(({ body }) =>
      String(body["executionArn"]).endsWith("two:a") ? { kind: "status", when: "before", status: 503 } : null,
    );
    expect(rows).toEqual(all.filter((row) => row !== "two/a"));
    expect(notSeen.map(({ arn }) => arn)).toEqual(["arn:aws:states:us-east-1:123456789012:execution:two:a"]);
  });

  it.each(["ListExecutions", "GetExecutionHistory", "DescribeStateMachine"])(
    "misses nothing of a machine that is deleted before %s, and calls it no gap",
    async (operation) => {
      const gone = operation === "GetExecutionHistory" ? "ExecutionDoesNotExist" : "StateMachineDoesNotExist";
      await bench.client.send(new DeleteStateMachineCommand({ stateMachineArn: arnOf("two") }));
      const isOf = (body: object) => JSON.stringify(body).includes(":two");
      const { rows, notSeen, complete } = await sweepThrough((request) => {
        const isGone = isOf(request.body) && request.operation !== "ListStateMachines" && request.operation >= operation.slice(0, 1);
        return isGone ? { kind: "refuse", name: request.operation === "GetExecutionHistory" ? "ExecutionDoesNotExist" : gone } : null;
      });
      expect({ rows, notSeen, complete }).toEqual({ rows: all.filter((row) => !row.startsWith("two/")), notSeen: [], complete: true });
    },
  );

  it("gives what was found, and names what was not, when the credentials expire in the middle", async () => {
    let reads = 0;
    const { rows, notSeen, complete, requests } = await sweepThrough(({ operation }) => {
      reads += operation === "GetExecutionHistory" ? 1 : 0;
      return reads > 2
        ? { kind: "refuse", name: "ExpiredTokenException", message: "The security token included in the request is expired" }
        : null;
    });
    // By its own ARN, or by that of its machine.
    const isNamed = (row: string) => notSeen.some(({ arn }) => `${row}/`.startsWith(`${arn.split(":").slice(6).join("/")}/`));
    expect(all.filter((row) => !rows.includes(row) && !isNamed(row))).toEqual([]);
    expect(rows).toHaveLength(2);
    expect(complete).toBe(false);
    expect(notSeen.every(({ reason }) => reason.includes("ExpiredToken"))).toBe(true);
    expect(requests.length).toBeLessThan(14);
  });

  it("does not try a hundred executions against an endpoint that has died", async () => {
    for (let index = 0; index < 100; index += 1)
      await bench.client.send(new StartExecutionCommand({ stateMachineArn: arnOf("one"), name: `run-${index}` }));
    const { count, notSeen, requests } = await sweepThrough(({ operation, index }) =>
      operation === "GetExecutionHistory" && index > 12 ? { kind: "reset", when: "before" } : null,
    );
    expect(count + new Set(notSeen.map(({ arn }) => arn)).size).toBe(106);
    expect(notSeen.filter(({ reason }) => reason.startsWith("not tried: 32 calls failed in a row")).length).toBeGreaterThan(40);
    expect(requests.length).toBeLessThan(4 * (32 + 16) + 20);
  });

  it("names what it could not list where the machines come in pages and a later one is denied", async () => {
    await using pages = await faultProxy(bench.local.url, ({ operation, body }) =>
      operation === "ListStateMachines" && body["nextToken"] !== undefined ? denied : null,
    );
    await using small = await rewritingProxy(pages.url, { request: (text) => text.replace('"maxResults":1000', '"maxResults":2') });
    const { count, notSeen } = await sweepOf(bench, {}, small.url);
    expect(count).toBe(4);
    expect(notSeen).toMatchObject([{ arn: arnOf("*"), operation: "ListStateMachines" }]);
    // Whether there is one of that name is not known then.
    const named = await sweepOf(bench, { stateMachines: ["one", "four"] }, small.url);
    expect(named).toMatchObject({ count: 2, notSeen: [{ arn: arnOf("*"), operation: "ListStateMachines" }] });
  });

  it("reads nothing where a machine is named that is not there", async () => {
    const told: unknown[] = [];
    const onTask = async (task: unknown) => void told.push(task);
    await expect(sweepOf(bench, { stateMachines: ["one", "four"], onTask })).rejects.toMatchObject({ kind: "usage" });
    expect(told).toEqual([]);
  });

  it("fails where the machines cannot be listed at all", async () => {
    await expect(sweepThrough(({ operation }) => (operation === "ListStateMachines" ? denied : null))).rejects.toMatchObject({
      kind: "access",
      code: "AccessDeniedException",
    });
  });

  it("gives what was found when it is interrupted in the middle of a call that hangs", async () => {
    const abort = new AbortController();
    await using proxy = await faultProxy(bench.local.url, ({ body }) =>
      String(body["executionArn"]).endsWith("two:a") ? { kind: "hang", when: "before" } : null,
    );
    const found: string[] = [];
    const onTask = async ({ executionArn }: { readonly executionArn: string }) => {
      found.push(executionArn);
      if (found.length === all.length - 1) abort.abort(new Error("Ctrl-C"));
    };
    const swept = await sweepOf(bench, { signal: abort.signal, onTask }, proxy.url);
    expect(swept).toMatchObject({ interrupted: true, complete: false, count: all.length - 1 });
    expect(swept.tasks.map(({ executionArn }) => executionArn).toSorted()).toEqual(found.toSorted());
  });

  it("stops at the limit without reading what is left", async () => {
    const swept = await sweepOf(bench, { limit: 1 });
    expect(swept).toMatchObject({ count: 1, complete: false });
    expect((await sweepExactly(bench)).count).toBe(6);
  });
});
