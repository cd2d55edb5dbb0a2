import { describe, expect, it } from "vitest";
import type { AccountSize } from "../../bench/account.ts";
import { floorSeconds, sweepPaced, updatedMachines } from "../../bench/sweep.ts";

const none = {
  waitingMachines: 1,
  waitingEach: 1,
  idleMachines: 1,
  idleEach: 1,
  updatedEvery: 1_000_000,
  longestHistory: 8,
  keepsQuotas: true,
};

// They take a second each, and a loaded machine may make that many.
describe("a sweep within half of AWS's quotas, which the account keeps", { timeout: 60_000 }, () => {
  it.each<[string, Partial<AccountSize>]>([
    ["of many machines", { waitingMachines: 10, idleMachines: 150, idleEach: 3 }],
    ["of many waiting executions, some with long histories", { waitingMachines: 4, waitingEach: 100, longestHistory: 3000 }],
    ["of machines that were updated", { waitingMachines: 4, waitingEach: 100, idleMachines: 90, idleEach: 10, updatedEvery: 1 }],
  ])("%s takes no longer than 1.1 times the floor, is never refused, and reads each history once", async (_, more) => {
    const size = { ...none, ...more };
    const waiting = size.waitingMachines * size.waitingEach;
    const { found, seconds, calls } = await sweepPaced(size);
    expect(found).toBe(waiting);
    expect(Object.values(calls).map(({ refused }) => refused)).toEqual(Object.keys(calls).map(() => 0));
    expect(calls["GetExecutionHistory"]?.answered).toBe(waiting);
    expect(calls["DescribeStateMachine"]?.answered).toBe(size.waitingMachines + size.idleMachines);
    expect(calls["DescribeStateMachineForExecution"]?.answered ?? 0).toBeLessThanOrEqual(updatedMachines(size));
    expect(seconds).toBeLessThanOrEqual(1.1 * floorSeconds(size) + 1);
    expect(seconds).toBeGreaterThanOrEqual(0.99 * floorSeconds(size));
  });

  it("reads rather than asks where hundreds of updated machines would have to be asked about", async () => {
    const size = { ...none, waitingMachines: 1, idleMachines: 200, idleEach: 1, updatedEvery: 1 };
    const { found, seconds } = await sweepPaced(size);
    expect(found).toBe(1);
    expect(seconds).toBeLessThanOrEqual(1.1 * floorSeconds(size) + 1);
  });
});
