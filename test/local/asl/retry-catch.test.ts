import { describe, expect, it } from "vitest";
import { isBeyondTolerance } from "../../../src/local/asl/map-tolerance.ts";
import { covers, nextRetry } from "../../../src/local/asl/retry-catch.ts";

describe("an ErrorEquals list", () => {
  it.each<[string, readonly string[], boolean]>([
    ["States.ALL", ["Mine"], true],
    ["States.ALL", [], true],
    ["States.ALL", ["States.Timeout"], true],
    ["States.ALL", ["States.QueryEvaluationError"], true],
    ["States.ALL", ["States.DataLimitExceeded"], true],
    ["States.ALL", ["States.Runtime"], false],
    ["States.Runtime", ["States.Runtime"], false],
    ["States.TaskFailed", ["Mine"], true],
    ["States.TaskFailed", [], true],
    ["States.TaskFailed", ["States.DataLimitExceeded"], true],
    ["States.TaskFailed", ["States.Timeout"], false],
    ["States.TaskFailed", ["States.HeartbeatTimeout", "States.Timeout"], false],
    ["States.TaskFailed", ["States.QueryEvaluationError"], false],
    ["States.HeartbeatTimeout", ["States.HeartbeatTimeout", "States.Timeout"], true],
    ["States.Timeout", ["States.HeartbeatTimeout", "States.Timeout"], true],
    ["States.BranchFailed", ["Mine"], false],
    ["mine", ["Mine"], false],
  ])("of %s covers %j: %s", (name, names, isCovered) => {
    const failure = { names, error: names[0] ?? null, cause: null };
    expect(covers([name], failure)).toBe(isCovered);
    expect(covers([name], { ...failure, isFinal: true })).toBe(false);
  });
});

describe("a retrier", () => {
  it.each<[object, number, number | null]>([
    [{}, 0, 1000],
    [{}, 2, 4000],
    [{}, 3, null],
    [{ IntervalSeconds: 3, BackoffRate: 1.5 }, 1, 4500],
    [{ IntervalSeconds: 3, MaxDelaySeconds: 5 }, 2, 5000],
    [{ IntervalSeconds: 0, BackoffRate: 1e308 }, 2, 0],
    [{ IntervalSeconds: 1, BackoffRate: 1e308 }, 2, 99_999_999_000],
    [{ IntervalSeconds: 4, JitterStrategy: "FULL" }, 0, 1000],
    [{ MaxAttempts: 0 }, 0, null],
  ])("of %j, used %i times, waits for %j ms", (more, used, delay) => {
    const retry = nextRetry([{ ErrorEquals: ["E"], ...more }], [used], { names: ["E"], error: "E", cause: null }, () => 0.25);
    expect(retry?.delayMilliseconds ?? null).toBe(delay);
  });
});

describe("a distributed Map", () => {
  it.each<[number, number, number | null, number | null, boolean]>([
    [0, 3, null, null, false],
    [1, 3, null, null, true],
    [1, 3, 0, 0, true],
    [1, 3, 1, null, false],
    [3, 3, 1, 100, true],
    [1, 3, 0, 100, false],
    [1, 3, null, 34, false],
    [1, 3, null, 33, true],
    [1, 4, null, 25, false],
    [3, 3, 0, 50, true],
    [3, 3, 5, 0, false],
    [2, 3, 1, 90, true],
    [2, 5, 100_000, 39, true],
    [2, 5, 100_000, 40, false],
  ])("%i of whose %i items failed, and which tolerates %j or %j per cent, fails: %s", (failed, items, count, share, fails) => {
    expect(isBeyondTolerance({ toleratedFailureCount: count, toleratedFailurePercentage: share }, failed, items)).toBe(fails);
  });
});
