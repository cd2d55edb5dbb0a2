import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Engine } from "../../src/local/engine.ts";
import { createLocal, type Local } from "../../src/local/local.ts";
import { operations } from "../../src/local/operations/operations.ts";
import { RequestReader } from "../../src/local/request-reader.ts";
import { Store } from "../../src/local/store/store.ts";
import { temporaryFolder } from "../harness.ts";
import { durationsOf, longestWait, sevenTimeouts, startToTimeOut, waitForMap, waitForParallel } from "./others.ts";
import { callbackState, machine, roleArn, startOfTime } from "./peer.ts";

/** What the server may take to answer others, whatever goes on. With great counts: test/long/others.long.ts. */
const patienceMilliseconds = 1000;

let local: Local;
beforeAll(async () => {
  local = await createLocal({ clock: () => new Date(startOfTime) });
});
afterAll(() => local.close());

describe("others are answered within a second", { timeout: 60_000 }, () => {
  it("while the branches of a Parallel, each with a large input, begin and are answered all at once", async () => {
    expect(await waitForParallel(local.url, 20)).toBeLessThan(patienceMilliseconds);
  });

  it("while a Map goes through many items with large inputs", async () => {
    expect(await waitForMap(local.url, 300)).toBeLessThan(patienceMilliseconds);
  });

  it("while many deadlines fall due at once, each applied at its own time when the clock has been moved", async () => {
    const arns = await startToTimeOut(local.url, 60);
    expect(await longestWait(local.url, local.advance(63_000))).toBeLessThan(patienceMilliseconds);
    for (const [index, seconds] of sevenTimeouts.entries()) {
      const durations = await durationsOf(local.url, arns[index] ?? "");
      expect(durations).toEqual(Array(60).fill(seconds > 63 ? undefined : seconds));
    }
  });
});

it("a stop comes after the deadlines that had come before it, also where they are not made up for yet", async () => {
  const store = new Store(join(temporaryFolder(), "states.db"), "us-east-1");
  let now = startOfTime;
  const evaluator = { evaluate: () => Promise.reject(new Error("not asked")), [Symbol.asyncDispose]: () => Promise.resolve() };
  const engine = new Engine(store, evaluator, { clock: () => new Date(now), pollMilliseconds: 0 });
  const perform = (name: string, members: object) =>
    operations[name]?.(engine, new RequestReader(name, { ...members }, engine.pageSeal), new AbortController().signal);
  const definition = JSON.stringify(machine({ Ask: callbackState({ TimeoutSeconds: 60, End: true }) }));
  const { stateMachineArn } = (await perform("CreateStateMachine", { name: "m", roleArn, definition })) as { stateMachineArn: string };
  const { executionArn } = perform("StartExecution", { stateMachineArn }) as { executionArn: string };
  now += 90_000;
  expect(perform("StopExecution", { executionArn })).toEqual({ stopDate: startOfTime / 1000 + 60 });
  expect(perform("DescribeExecution", { executionArn })).toMatchObject({ status: "FAILED", error: "States.Timeout" });
  engine.isClosed = true;
  store.close();
});
