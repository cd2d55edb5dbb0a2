import { describe, expect, it } from "vitest";
import { consequenceOf } from "../../src/callback/definition/consequence.ts";
import { asking, entered, event, failed, waiting } from "./history.ts";

const task = { Type: "Task", Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken" };
const yes = { kind: "success", output: "{}" } as const;
const no = { kind: "failure", error: "No" } as const;

function machine(states: object, more: object = {}): object {
  return { StartAt: "Ask", States: states, ...more };
}

function of(definition: object, answer: Parameters<typeof consequenceOf>[2], events = asking(), state = "Ask", eventId = 3) {
  return consequenceOf(JSON.stringify(definition), { state, eventId }, answer, events);
}

const parallel = (fields: object, ask: object = { ...task, End: true }) =>
  machine({ Both: { Type: "Parallel", Branches: [machine({ Ask: ask }), machine({ Other: { ...task, End: true } })], ...fields } });
const map = (fields: object, mode: object = {}) =>
  machine({ Each: { Type: "Map", ItemProcessor: machine({ Ask: { ...task, End: true } }, mode), ...fields } });
const distributed = { ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" } };

describe("the consequence of a success", () => {
  it.each([
    ["the state after it", machine({ Ask: { ...task, Next: "Deploy" } }), { kind: "next", state: "Deploy", through: [] }],
    ["the end", machine({ Ask: { ...task, End: true } }), { kind: "succeeds", through: [], childOf: null }],
    ["what follows the Parallel", parallel({ Next: "Deploy" }), { kind: "next", state: "Deploy", through: ["Both"] }],
    ["the state after it within a branch", parallel({ Next: "Z" }, { ...task, Next: "Y" }), { kind: "next", state: "Y", through: [] }],
    ["the end after a Map", map({ End: true }), { kind: "succeeds", through: ["Each"], childOf: null }],
    ["the end of a child execution", map({ Next: "Sum up" }, distributed), { kind: "succeeds", through: [], childOf: "Each" }],
  ])("is %s", (_, definition, expected) => {
    expect(of(definition, yes)).toEqual(expected);
  });
});

describe("the consequence of a failure", () => {
  const retry = (more: object = {}) => ({ Retry: [{ ErrorEquals: ["Other"] }, { ErrorEquals: ["States.ALL"], ...more }] });
  const catching = {
    Catch: [
      { ErrorEquals: ["Other"], Next: "Never" },
      { ErrorEquals: ["No"], Next: "Refund" },
    ],
  };

  it.each([
    ["a Retry", machine({ Ask: { ...task, ...retry() } }), { kind: "retry", of: "Ask", errorEquals: ["States.ALL"], attemptsLeft: 3 }],
    ["a Catch", machine({ Ask: { ...task, ...catching } }), { kind: "catch", of: "Ask", errorEquals: ["No"], state: "Refund" }],
    [
      "a Catch after a Retry of no attempts",
      machine({ Ask: { ...task, ...retry({ MaxAttempts: 0 }), ...catching } }),
      { kind: "catch", of: "Ask", errorEquals: ["No"], state: "Refund" },
    ],
    ["the Catch of the Parallel around it", parallel(catching), { kind: "catch", of: "Both", errorEquals: ["No"], state: "Refund" }],
    [
      "the Retry of the Map around it",
      map(retry({ MaxAttempts: 1 })),
      { kind: "retry", of: "Each", errorEquals: ["States.ALL"], attemptsLeft: 1 },
    ],
    ["the execution's failure", machine({ Ask: task }), { kind: "fails", through: [], childOf: null }],
    ["the failure of all around it", parallel({}), { kind: "fails", through: ["Both"], childOf: null }],
    ["the child's failure", map(catching, distributed), { kind: "fails", through: [], childOf: "Each" }],
  ])("is %s", (_, definition, expected) => {
    expect(of(definition, no)).toEqual(expected);
  });

  it("counts the attempts that the history shows used up, each against the Retry that took it", () => {
    const again = [...asking(), failed(6, 5, "No"), ...waiting(7, 6), failed(10, 9, "Other"), ...waiting(11, 10)];
    expect(of(machine({ Ask: { ...task, ...retry() } }), no, again, "Ask", 11)).toMatchObject({ kind: "retry", attemptsLeft: 2 });
    expect(of(machine({ Ask: { ...task, ...retry({ MaxAttempts: 1 }) } }), no, again, "Ask", 11)).toMatchObject({ kind: "fails" });
  });

  it("counts the starts of the container around it", () => {
    const [begun] = asking();
    const restarted = [
      ...(begun === undefined ? [] : [begun]),
      entered(2, 0, "Parallel", "Both"),
      event(3, 2, "ParallelStateStarted"),
      entered(4, 3, "Task", "Ask"),
      ...waiting(5, 4),
      failed(8, 7, "No"),
      event(9, 8, "ParallelStateStarted"),
      entered(10, 9, "Task", "Ask"),
      ...waiting(11, 10),
    ];
    expect(of(parallel(retry()), no, restarted, "Ask", 11)).toMatchObject({ kind: "retry", of: "Both", attemptsLeft: 2 });
  });

  it.each([
    ["States.Timeout", "States.TaskFailed", false],
    ["No", "States.TaskFailed", true],
    [undefined, "States.TaskFailed", true],
    [undefined, "States.ALL", true],
    ["States.Runtime", "States.ALL", false],
  ])("of %s is taken by %s: %s", (error, name, isTaken) => {
    const definition = machine({ Ask: { ...task, Catch: [{ ErrorEquals: [name], Next: "Refund" }] } });
    const answer = { kind: "failure", ...(error === undefined ? {} : { error }) } as const;
    expect(of(definition, answer)?.kind).toBe(isTaken ? "catch" : "fails");
  });
});

it("is not told of a state that is not in the definition, nor of a heartbeat", () => {
  expect(of(machine({ Other: task }), yes)).toBeNull();
  expect(consequenceOf("{}", { state: "Ask", eventId: 3 }, yes)).toBeNull();
  expect(of(machine({ Ask: { ...task, End: true } }), { kind: "heartbeat" })).toBeNull();
});
