import { describe, expect, it } from "vitest";
import { judge, next } from "../../src/callback/history/outcome.ts";
import { asking, entered, event, exited, failed, succeeded, timedOut, waiting } from "./history.ts";

const yes = { kind: "success", output: '{"a":1,"b":2}' } as const;
const answered = [...asking(), succeeded(6, 5, '{"b":2, "a":1}')];

describe("judge", () => {
  it("takes a 200 as applied, and names the new attempt if the machine retried", () => {
    expect(judge(asking(), 3, yes, "taken")).toMatchObject({ outcome: "applied", settled: "reply" });
    const retried = [...asking(), failed(6, 5, "No"), ...waiting(7, 6)];
    expect(judge(retried, 3, { kind: "failure", error: "No" }, "taken")).toMatchObject({ outcome: "applied", newTask: { eventId: 7 } });
  });

  it("says nothing while the task still waits", () => {
    expect(judge(asking(), 3, yes, "lost")).toBeNull();
    expect(judge(asking(), 3, yes, "gone")).toBeNull();
  });

  it.each([
    ["gone", "same"],
    ["notSent", "same"],
    ["lost", "applied"],
  ] as const)("compares JSON values after %s: %s", (sending, outcome) => {
    expect(judge(answered, 3, yes, sending)).toMatchObject({ outcome, settled: "history" });
    expect(judge(answered, 3, { kind: "success", output: "1" }, sending)).toMatchObject({ outcome: "different" });
  });

  it("compares a failure by error and cause", () => {
    const events = [...asking(), failed(6, 5, "No")];
    expect(judge(events, 3, { kind: "failure", error: "No" }, "gone")?.outcome).toBe("same");
    expect(judge(events, 3, { kind: "failure", error: "No", cause: "x" }, "gone")?.outcome).toBe("different");
  });

  it("prefers the attempt that waits now over what ended this one", () => {
    expect(judge([...asking(), timedOut(6, 5), ...waiting(7, 6)], 3, { kind: "heartbeat" }, "gone")).toMatchObject({
      outcome: "retried",
      newTask: { eventId: 7, attempt: 2 },
    });
  });

  it.each([
    [{ timeoutInSeconds: 2, heartbeatInSeconds: 1 }, "timeout"],
    [{ timeoutInSeconds: 60, heartbeatInSeconds: 1 }, "heartbeat"],
    [{ heartbeatInSeconds: 1 }, "heartbeat"],
    [{ timeoutInSeconds: 2 }, "timeout"],
  ] as const)("tells by the time that passed what %o expired by", (times, expiredBy) => {
    expect(judge([...asking(times), timedOut(6, 5)], 3, yes, "gone")).toMatchObject({ outcome: "expired", expiredBy });
  });

  it("calls a task stopped with its execution", () => {
    expect(judge([...asking(), event(6, 0, "ExecutionAborted")], 3, yes, "gone")?.outcome).toBe("stopped");
  });
});

describe("next", () => {
  it("gives the state entered from it, or else how the execution ended", () => {
    const left = [...answered, exited(7, 6, "Task", "Ask")];
    expect(next(left, 3)).toBeNull();
    expect(next([...left, entered(8, 7, "Pass", "Thank")], 3)).toEqual({ state: "Thank" });
    expect(next([...left, event(8, 7, "ExecutionSucceeded")], 3)).toEqual({ status: "SUCCEEDED" });
  });
});
