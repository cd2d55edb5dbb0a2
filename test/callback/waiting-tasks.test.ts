import { describe, expect, it } from "vitest";
import { parseDefinition } from "../../src/callback/definition/definition.ts";
import { callbackTasks, waitingTasks } from "../../src/callback/history/waiting-tasks.ts";
import { asking, entered, event, exited, failed, iteration, succeeded, timedOut, tokenOf, waiting } from "./history.ts";

const started = event(1, 0, "ExecutionStarted");
const twoBranches = [
  started,
  entered(2, 0, "Parallel", "Both"),
  event(3, 2, "ParallelStateStarted"),
  entered(4, 3, "Task", "Left"),
  ...waiting(5, 4),
  entered(8, 3, "Task", "Right"),
  ...waiting(9, 8),
];
const limitedMap = [
  started,
  entered(2, 0, "Map", "Each"),
  event(3, 2, "MapStateStarted", { mapStateStartedEventDetails: { length: 3 } }),
  iteration(4, 3, "Started", "Each", 0),
  entered(5, 4, "Task", "Ask"),
  ...waiting(6, 5),
  succeeded(9, 8, "1"),
  exited(10, 9, "Task", "Ask"),
  iteration(11, 10, "Succeeded", "Each", 0),
  iteration(12, 10, "Started", "Each", 1),
  entered(13, 12, "Task", "Ask"),
  ...waiting(14, 13),
];

describe("waitingTasks", () => {
  it("finds a lone task with all that is known of it, whichever order the events come in", () => {
    const events = asking({ timeoutInSeconds: 60, heartbeatInSeconds: 5 });
    const [task] = waitingTasks(events);
    expect(task).toMatchObject({
      kind: "callback",
      eventId: 3,
      state: "Ask",
      path: [],
      attempt: 1,
      integration: "sqs:sendMessage",
      input: "{}",
    });
    expect(task).toMatchObject({
      handedTo: { service: "sqs", id: "message-3" },
      taskToken: tokenOf(3),
      timeoutSeconds: 60,
      heartbeatSeconds: 5,
    });
    expect(task?.timeoutAt).toEqual(new Date("2026-01-05T10:01:04Z"));
    expect(waitingTasks(events.toReversed())).toEqual([task]);
  });

  it("has nothing during a backoff, and the second attempt after it", () => {
    const backoff = [...asking(), timedOut(6, 5)];
    expect(waitingTasks(backoff)).toEqual([]);
    expect(waitingTasks([...backoff, ...waiting(7, 6)])).toMatchObject([{ eventId: 7, state: "Ask", attempt: 2 }]);
  });

  it("has nothing once a failure was caught", () => {
    expect(waitingTasks([...asking(), failed(6, 5, "No"), exited(7, 6, "Task", "Ask"), entered(8, 7, "Pass", "Sorry")])).toEqual([]);
  });

  it("finds both branches, and neither once one of them has failed", () => {
    expect(waitingTasks(twoBranches).map(({ state }) => state)).toEqual(["Left", "Right"]);
    const ended = [...twoBranches, failed(12, 7, "No"), event(13, 12, "ParallelStateFailed"), exited(14, 13, "Parallel", "Both")];
    expect(callbackTasks(ended).map(({ closed }) => closed)).toMatchObject([{ kind: "failed" }, { kind: "containerEnded", eventId: 13 }]);
  });

  it("has only the new tasks of a Parallel that started again", () => {
    const again = [failed(12, 7, "No"), event(13, 12, "ParallelStateStarted"), entered(14, 13, "Task", "Left"), ...waiting(15, 14)];
    expect(waitingTasks([...twoBranches, ...again])).toMatchObject([{ eventId: 15, state: "Left", attempt: 1 }]);
  });

  it("keeps the sibling of an inner Parallel that failed and was caught, whose aborted states link to the failing event too", () => {
    const events = [
      started,
      entered(2, 0, "Parallel", "Outer"),
      event(3, 2, "ParallelStateStarted"),
      entered(4, 3, "Parallel", "Inner"),
      event(5, 4, "ParallelStateStarted"),
      entered(6, 3, "Task", "Ask"),
      ...waiting(7, 6),
      entered(10, 5, "Task", "Break"),
      ...waiting(11, 10),
      failed(14, 13, "No"),
      event(15, 14, "TaskStateAborted"),
      event(16, 14, "ParallelStateFailed"),
      exited(17, 16, "Parallel", "Inner"),
    ];
    expect(waitingTasks(events)).toMatchObject([{ eventId: 7, state: "Ask" }]);
    expect(waitingTasks([...events.slice(0, -1), event(17, 14, "ParallelStateFailed")])).toEqual([]);
  });

  it("names branches where the definition is given", () => {
    const ask = (name: string) => ({
      StartAt: name,
      States: { [name]: { Type: "Task", Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken" } },
    });
    const text = JSON.stringify({ StartAt: "Both", States: { Both: { Type: "Parallel", Branches: [ask("Left"), ask("Right")] } } });
    const definition = parseDefinition(text) ?? undefined;
    expect(waitingTasks(twoBranches, definition).map(({ path }) => path)).toEqual([
      [{ parallel: "Both", branch: 0 }],
      [{ parallel: "Both", branch: 1 }],
    ]);
  });

  it("counts iterations right where one starts from the end of another", () => {
    expect(waitingTasks(limitedMap)).toMatchObject([{ eventId: 14, path: [{ map: "Each", index: 1 }] }]);
  });

  it("ends the other iterations with the failing one", () => {
    const more = [iteration(17, 3, "Started", "Each", 2), entered(18, 17, "Task", "Ask"), ...waiting(19, 18), failed(22, 16, "No")];
    expect(waitingTasks([...limitedMap, ...more])).toMatchObject([{ eventId: 19, path: [{ map: "Each", index: 2 }] }]);
    const ended = [iteration(23, 22, "Aborted", "Each", 2), iteration(24, 22, "Failed", "Each", 1), event(25, 22, "MapStateFailed")];
    expect(waitingTasks([...limitedMap, ...more, ...ended])).toEqual([]);
  });

  it("gives nested Maps outermost first", () => {
    const nested = [
      entered(2, 0, "Map", "Outer"),
      event(3, 2, "MapStateStarted"),
      iteration(4, 3, "Started", "Outer", 1),
      entered(5, 4, "Map", "Inner"),
      event(6, 5, "MapStateStarted"),
      iteration(7, 6, "Started", "Inner", 0),
      entered(8, 7, "Task", "Ask"),
      ...waiting(9, 8),
    ];
    expect(waitingTasks([started, ...nested])[0]?.path).toEqual([
      { map: "Outer", index: 1 },
      { map: "Inner", index: 0 },
    ]);
  });

  it.each(["ExecutionAborted", "ExecutionTimedOut"])("has nothing after %s, and after a redrive only what it scheduled", (type) => {
    const stopped = [...asking(), event(6, 0, type)];
    expect(callbackTasks(stopped)).toMatchObject([{ closed: { kind: "containerEnded", eventId: 6 } }]);
    const redriven = [...stopped, event(7, 6, "ExecutionRedriven"), ...waiting(8, 7)];
    expect(waitingTasks(redriven)).toMatchObject([{ eventId: 8, state: "Ask" }]);
  });

  it("tells a queued activity from one that a worker holds", () => {
    const resource = "arn:aws:states:us-east-1:111111111111:activity:weigh";
    const queued = [
      started,
      entered(2, 0, "Task", "Weigh"),
      event(3, 2, "ActivityScheduled", { activityScheduledEventDetails: { resource } }),
    ];
    expect(waitingTasks(queued)).toMatchObject([{ kind: "activity", eventId: 3, integration: resource, handedTo: null, taskToken: null }]);
    const held = [...queued, event(4, 3, "ActivityStarted", { activityStartedEventDetails: { workerName: "w1" } })];
    expect(waitingTasks(held)[0]?.handedTo).toEqual({ service: "activity", id: "w1", since: held.at(-1)?.timestamp });
    const unnamed = [...queued, event(4, 3, "ActivityStarted", { activityStartedEventDetails: {} })];
    expect(waitingTasks(unnamed)[0]?.handedTo).toMatchObject({ service: "activity", id: null });
    expect(waitingTasks([...held, event(5, 4, "ActivityTimedOut")])).toEqual([]);
  });

  it("takes for its own, of two tokens in the payload, the one that no earlier event holds", () => {
    const [theirs, own] = [tokenOf(900), tokenOf(901)];
    const assignedVariables = { parent: JSON.stringify(theirs) };
    const details = { resourceType: "sqs", resource: "sendMessage.waitForTaskToken", region: "us-east-1" };
    const events = [
      started,
      entered(2, 0, "Pass", "Remember"),
      event(3, 2, "PassStateExited", { stateExitedEventDetails: { name: "Remember", output: "{}", assignedVariables } }),
      entered(4, 3, "Task", "Ask"),
      event(5, 4, "TaskScheduled", { taskScheduledEventDetails: { ...details, parameters: JSON.stringify({ theirs, own }) } }),
    ];
    expect(waitingTasks(events)).toMatchObject([{ eventId: 5, taskToken: own }]);
  });

  it("takes time in proportion to 25,000 events chained through 5,000 iterations", () => {
    const events = [started, entered(2, 0, "Map", "Each"), event(3, 2, "MapStateStarted")];
    for (let index = 0, id = 4; index < 5000; index += 1, id += 5) {
      events.push(iteration(id, id - 1, "Started", "Each", index), entered(id + 1, id, "Task", "Ask"), ...waiting(id + 2, id + 1));
    }
    const before = performance.now();
    expect(waitingTasks(events)).toHaveLength(5000);
    expect(performance.now() - before).toBeLessThan(5000);
  });
});
