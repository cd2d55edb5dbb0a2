import { describe, expect, it } from "vitest";
import { QuotaBuckets } from "../../src/local/quotas.ts";
import { type Clock, createLazyPacer, createPacer, type Pacer } from "../../src/sweep/pacing.ts";

/** A clock that goes on only when everybody sleeps, to when the first of them wakes. */
function injectedClock(): Clock & { readonly seconds: number } {
  let now = 0;
  const sleepers: { readonly at: number; readonly wake: () => void }[] = [];
  let isScheduled = false;
  const wakeNext = () => {
    isScheduled = false;
    sleepers.sort((one, other) => one.at - other.at);
    const next = sleepers.shift();
    if (next === undefined) return;
    now = Math.max(now, next.at);
    next.wake();
    schedule();
  };
  const schedule = () => {
    if (!isScheduled && sleepers.length > 0) setImmediate(wakeNext);
    isScheduled ||= sleepers.length > 0;
  };
  return {
    now: () => new Date(now),
    get seconds() {
      return now / 1000;
    },
    sleep: (milliseconds) =>
      new Promise((wake) => {
        sleepers.push({ at: now + milliseconds, wake });
        schedule();
      }),
  };
}

/** Makes so many calls, 16 side by side, against AWS's own buckets; tells how often AWS refused. */
async function callAll(operation: string, count: number, pacer: Pacer, refuses: () => boolean): Promise<number> {
  let left = count;
  let throttles = 0;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      for (;;) {
        await pacer.take(operation);
        if (!refuses()) break;
        throttles += 1;
        pacer.throttled(operation);
        await pacer.pause(1);
      }
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  return throttles;
}

describe("a pacer", () => {
  it.each([
    ["GetExecutionHistory", "eu-central-1", 5000, 0.5, 400, 20],
    ["GetExecutionHistory", "us-east-1", 5000, 1, 400, 20],
    ["ListExecutions", "eu-central-1", 500, 0.5, 100, 2],
    ["ListExecutions", "eu-west-1", 500, 0.1, 200, 5],
    ["DescribeStateMachineForExecution", "eu-central-1", 300, 0.5, 200, 1],
  ])(
    "takes no longer for %s in %s than 1.1 times the floor, and is never refused",
    async (operation, region, count, share, bucket, refill) => {
      const clock = injectedClock();
      const big = bucket === 200 && refill === 5;
      const quotas = new QuotaBuckets(big || region === "us-east-1" ? "aws:big" : "aws", () => clock.now().getTime());
      const throttles = await callAll(operation, count, createPacer(region, share, clock), () => !quotas.take(operation));
      const floor = (count - bucket * share) / (refill * share);
      expect(throttles).toBe(0);
      expect(clock.seconds).toBeLessThanOrEqual(1.1 * floor);
      expect(clock.seconds).toBeGreaterThanOrEqual(0.99 * floor);
    },
  );

  it("gives way to others who use the quota up, and takes its share again when they are gone", async () => {
    const clock = injectedClock();
    const operation = "GetExecutionHistory";
    const quotas = new QuotaBuckets("aws", () => clock.now().getTime());
    const pacer = createPacer("eu-central-1", 0.5, clock);
    const untilSeconds = 120;
    // For two minutes others take whatever there is, but for one call a second.
    let ours = 0;
    const refuses = () => {
      if (clock.seconds >= untilSeconds) return !quotas.take(operation);
      const may = ours < clock.seconds;
      if (may) ours += 1;
      return !may;
    };
    const throttles = await callAll(operation, 100, pacer, refuses);
    expect(clock.seconds).toBeLessThan(130);
    expect(throttles).toBeLessThan(250);
    const from = clock.seconds;
    await callAll(operation, 2000, pacer, () => false);
    expect(clock.seconds - from).toBeLessThan(1.3 * (2000 / 10));
  });

  it("tells how long calls will take, the slowest operation of them", () => {
    const clock = injectedClock();
    const pacer = createPacer("eu-central-1", 0.5, clock);
    expect(pacer.timeFor({ ListExecutions: 50, GetExecutionHistory: 200 })).toBe(0);
    expect(pacer.timeFor({ ListExecutions: 260, GetExecutionHistory: 300 })).toBe(210_000);
    expect(pacer.timeFor({ CreateActivity: 10_000 })).toBe(0);
  });

  it("that need not hold back does so once it was throttled", async () => {
    const clock = injectedClock();
    const pacer = createLazyPacer("eu-central-1", clock);
    for (let call = 0; call < 1000; call += 1) await pacer.take("ListExecutions");
    expect(clock.seconds).toBe(0);
    pacer.throttled("ListExecutions");
    for (let call = 0; call < 20; call += 1) await pacer.take("ListExecutions");
    expect(clock.seconds).toBeCloseTo(10, 1);
    expect(pacer.timeFor({ GetExecutionHistory: 10_000 })).toBe(0);
  });

  it("lets nobody wait whose signal was aborted", async () => {
    const pacer = createPacer("eu-central-1", 0.5, injectedClock());
    const reason = new Error("Ctrl-C");
    await expect(pacer.take("ListExecutions", AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
