import type { HistoryEvent } from "@aws-sdk/client-sfn";
import { describe, expect, it } from "vitest";
import { trailTo } from "../../src/callback/history/trail.ts";
import { entered, event, exited, failed, iteration, scheduled, timedOut, waiting } from "./history.ts";

const started = event(1, 0, "ExecutionStarted", { executionStartedEventDetails: { input: "{}" } });

function trail(events: readonly HistoryEvent[], eventId: number) {
  const { steps, ...rest } = trailTo(events, eventId);
  return { steps: steps.map(({ state, iteration, exitedAt }) => [state, iteration, exitedAt !== null]), ...rest };
}

describe("the way to a task", () => {
  it("is the states passed, with their times, and the task's own", () => {
    const events = [started, entered(2, 0, "Pass", "First"), exited(3, 2, "Pass", "First"), entered(4, 3, "Task", "Ask"), ...waiting(5, 4)];
    expect(trail(events, 5)).toEqual({
      steps: [
        ["First", null, true],
        ["Ask", null, false],
      ],
      variables: {},
      isWhole: true,
    });
    expect(trailTo(events, 5).steps[0]?.enteredAt).toEqual(events[1]?.timestamp);
    expect(trailTo(events, 5).steps[0]?.exitedAt).toEqual(events[2]?.timestamp);
  });

  it("leads past what earlier iterations did, over whose last event a later one is linked", () => {
    const events = [
      started,
      entered(2, 0, "Map", "Each"),
      event(3, 2, "MapStateStarted", { mapStateStartedEventDetails: { length: 2 } }),
      iteration(4, 3, "Started", "Each", 0),
      entered(5, 4, "Task", "Ask"),
      scheduled(6, 5),
      exited(7, 6, "Task", "Ask"),
      iteration(8, 7, "Started", "Each", 1),
      entered(9, 8, "Task", "Ask"),
      ...waiting(10, 9),
    ];
    expect(trail(events, 10).steps).toEqual([
      ["Each", 1, false],
      ["Ask", null, false],
    ]);
    expect(trail(events, 6).steps).toEqual([
      ["Each", 0, false],
      ["Ask", null, false],
    ]);
  });

  it("counts a Parallel that was passed as one step, and one around the task without its other branches", () => {
    const events = [
      started,
      entered(2, 0, "Parallel", "Done"),
      event(3, 2, "ParallelStateStarted"),
      entered(4, 3, "Pass", "Inside"),
      exited(5, 4, "Pass", "Inside"),
      exited(6, 5, "Parallel", "Done"),
      entered(7, 6, "Parallel", "Both"),
      event(8, 7, "ParallelStateStarted"),
      entered(9, 8, "Pass", "Other"),
      entered(10, 8, "Task", "Ask"),
      ...waiting(11, 10),
    ];
    expect(trail(events, 11).steps).toEqual([
      ["Done", null, true],
      ["Both", null, false],
      ["Ask", null, false],
    ]);
  });

  it("tells how earlier attempts of the task failed, and not how a caught state before it did", () => {
    const events = [
      started,
      entered(2, 0, "Task", "Caught"),
      scheduled(3, 2),
      failed(4, 3, "Old"),
      exited(5, 4, "Task", "Caught"),
      entered(6, 5, "Task", "Ask"),
      scheduled(7, 6),
      failed(8, 7, "A"),
      scheduled(9, 8),
      timedOut(10, 9),
      ...waiting(11, 10),
    ];
    const { steps } = trailTo(events, 11);
    expect(steps.map(({ state, failedAttempts }) => [state, failedAttempts.map(({ error }) => error)])).toEqual([
      ["Caught", []],
      ["Ask", ["A", "States.Timeout"]],
    ]);
  });

  it("gathers the variables, the latest assignment of each", () => {
    const assigned = (id: number, previous: number, name: string, assignedVariables: Record<string, string>) =>
      event(id, previous, "PassStateExited", { stateExitedEventDetails: { name, output: "{}", assignedVariables } });
    const events = [
      started,
      entered(2, 0, "Pass", "A"),
      assigned(3, 2, "A", { x: "1", y: '"old"' }),
      entered(4, 3, "Pass", "B"),
      assigned(5, 4, "B", { y: '"new"' }),
      entered(6, 5, "Task", "Ask"),
      ...waiting(7, 6),
    ];
    expect(trailTo(events, 7).variables).toEqual({ x: "1", y: '"new"' });
  });

  it("says so where the events do not reach back, and ends for links that lead nowhere or round", () => {
    expect(trail([entered(20, 19, "Task", "Ask"), ...waiting(21, 20)], 21)).toMatchObject({
      steps: [["Ask", null, false]],
      isWhole: false,
    });
    expect(trail([entered(20, 21, "Task", "Ask"), scheduled(21, 20)], 21)).toMatchObject({ isWhole: false });
    expect(trail([], 5)).toMatchObject({ steps: [], isWhole: false });
  });
});
