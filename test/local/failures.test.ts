import { GetExecutionHistoryCommand, RedriveExecutionCommand } from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { Bench, machine } from "./peer.ts";

const inner = { StartAt: "Item", States: { Item: { Type: "Pass", End: true } } };
const distributed = { ...inner, ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" } };
const itemsOf = (more: object) => ({ Type: "Map", ItemsPath: "$.items", ItemProcessor: inner, End: true, ...more });
const alone = (name: string, state: object) => ({ StartAt: name, States: { [name]: { End: true, ...state } } });
const rest = (more: object) => ({ Type: "Wait", End: true, ...more });
const large = "x".repeat(140_000);
const tooLarge = (what: string) =>
  `The state/task '${what}' returned a result with a size exceeding the maximum number of bytes service limit.`;

/** Mocks that return more than AWS takes. */
const mockConfig = JSON.stringify({
  StateMachines: { Legacy: { TestCases: { all: { Legacy: "Invoked" } } }, Service: { TestCases: { all: { Service: "Returned" } } } },
  MockedResponses: {
    Invoked: { "0": { Return: { StatusCode: 200, Payload: [large, large] } } },
    Returned: { "0": { Return: { Payload: [large, large] } } },
  },
});

describe("an execution fails as on AWS", () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await Bench.open(undefined, { mockConfig });
  });
  afterAll(() => bench.close());

  it.each<[string, object, unknown, string, string?]>([
    [
      "a path of seconds that leads nowhere",
      rest({ SecondsPath: "$.s" }),
      {},
      "The SecondsPath parameter does not reference an input value: $.s",
    ],
    [
      "seconds that are none",
      rest({ SecondsPath: "$.s" }),
      { s: { raw: "3" } },
      'The SecondsPath parameter cannot be parsed as a long value: $.s == {"raw":"3"}',
    ],
    [
      "seconds that are a fraction",
      rest({ SecondsPath: "$.s" }),
      { s: 1.5 },
      "The SecondsPath parameter cannot be parsed as a long value: $.s == 1.5",
    ],
    [
      "a path of time that leads nowhere",
      rest({ TimestampPath: "$.t" }),
      {},
      "The TimestampPath parameter does not reference an input value: $.t",
    ],
    [
      "a time that is a number",
      rest({ TimestampPath: "$.t" }),
      { t: 1735689600000 },
      "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: $.t == 1735689600000",
    ],
    [
      "a Choice that nothing fits",
      { Type: "Choice", Choices: [{ Variable: "$.n", NumericEquals: 1, Next: "Other" }] },
      { n: 2 },
      "Failed to transition out of the state. The state does not point to a next state.",
    ],
    [
      "a Choice of what is not there",
      { Type: "Choice", Choices: [{ Variable: "$.n", IsNull: true, Next: "Other" }] },
      {},
      "Invalid path '$.n': The choice state's condition path references an invalid value.",
    ],
    ["a Map over no array", itemsOf({}), { items: 1 }, 'Reference path "$.items" must point to array.'],
    [
      "a concurrency below 0",
      itemsOf({ MaxConcurrencyPath: "$.n" }),
      { items: [], n: -1 },
      "Expected non-negative integer for MaxConcurrency, got '-1' instead.",
    ],
    [
      "a concurrency that is none",
      itemsOf({ MaxConcurrencyPath: "$.n" }),
      { items: [], n: {} },
      'The MaxConcurrencyPath field refers to value "{}" which is not a valid integer: $.n',
    ],
    [
      "a tolerance that is none, once the Map has started",
      itemsOf({ ItemProcessor: distributed, ToleratedFailureCountPath: "$.n" }),
      { items: [1], n: "NoNumber" },
      'The ToleratedFailureCountPath field refers to value "NoNumber" which is not a valid integer: $.n',
      "MapStateStarted<-2",
    ],
    [
      "a tolerance below 0",
      itemsOf({ ItemProcessor: distributed, ToleratedFailureCountPath: "$.n" }),
      { items: [1], n: -1 },
      "ToleratedFailureCount cannot be negative.",
      "MapStateStarted<-2",
    ],
    [
      "a tolerance of more than all",
      itemsOf({ ItemProcessor: distributed, ToleratedFailurePercentagePath: "$.n" }),
      { items: [1], n: 100.1 },
      "ToleratedFailurePercentage must be between 0 and 100.",
      "MapStateStarted<-2",
    ],
  ])("in States.Runtime for %s", async (_, state, input, why, started) => {
    const arn = await bench.start(machine({ Only: state, ...("Choices" in state ? { Other: { Type: "Succeed" } } : {}) }), input);
    const { status, error, cause } = await bench.describe(arn);
    expect([status, error]).toEqual(["FAILED", "States.Runtime"]);
    expect(cause).toBe(`An error occurred while executing the state 'Only' (entered at the event id #2). ${why}`);
    const events = (await bench.history(arn)).slice(2).map(({ type, previousEventId }) => `${type}<-${previousEventId}`);
    expect(events).toEqual([...(started === undefined ? [] : [started]), "ExecutionFailed<-2"]);
  });

  it.each([
    ["Legacy", "arn:aws:lambda:us-east-1:123456789012:function:f", "arn:aws:lambda:us-east-1:123456789012:function:f", "LambdaFunction"],
    ["Service", "arn:aws:states:::lambda:invoke", "lambda", "Task"],
  ])("in States.DataLimitExceeded, which can be caught, for too large a result: %s", async (name, Resource, what, family) => {
    const Catch = ["Other", "States.TaskFailed"].map((error) => ({ ErrorEquals: [error], Next: "Note" }));
    const states = { [name]: { Type: "Task", Resource, Catch, End: true }, Note: { Type: "Pass", End: true } };
    const arn = await bench.start(machine(states), {}, { name, testCase: "all" });
    expect(JSON.parse((await bench.describe(arn)).output ?? "")).toEqual({ Error: "States.DataLimitExceeded", Cause: tooLarge(what) });
    expect((await bench.history(arn)).map(({ type }) => type).slice(4, 6)).toEqual([`${family}Failed`, "TaskStateExited"]);
  });

  it("in States.DataLimitExceeded, which nothing catches, for too large parameters", async () => {
    const Catch = ["States.DataLimitExceeded", "States.ALL"].map((error) => ({ ErrorEquals: [error], Next: "Note" }));
    const Parameters = { "once.$": "$.text", "twice.$": "$.text" };
    const Big = { Type: "Task", Resource: "arn:aws:states:::lambda:invoke", Parameters, Catch, End: true };
    const arn = await bench.start(machine({ Big, Note: { Type: "Pass", End: true } }), { text: large });
    const { error, cause } = await bench.describe(arn);
    const why = "The state/task 'Big' provided parameters with a size exceeding the maximum number of bytes service limit.";
    expect({ error, cause }).toEqual({ error: "States.DataLimitExceeded", cause: why });
    expect((await bench.history(arn)).map(({ type }) => type).at(-2)).toBe("TaskStateEntered");
  });

  it("in States.DataLimitExceeded for too large an output", async () => {
    const Parameters = { "once.$": "$.text", "twice.$": "$.text" };
    const arn = await bench.start(machine({ Grow: { Type: "Pass", Parameters, End: true } }), { text: large });
    const { error, cause } = await bench.describe(arn);
    expect({ error, cause }).toEqual({ error: "States.DataLimitExceeded", cause: tooLarge("Grow") });
  });

  it.each<[string, object, string[]]>([
    [
      "a Parallel",
      {
        Type: "Parallel",
        End: true,
        Branches: [alone("Bad", { Type: "Pass", Parameters: { "x.$": "$.q" } }), alone("Rest", { Type: "Wait", Seconds: 9 })],
      },
      ["ParallelStateStarted<-2", "PassStateEntered<-3", "ExecutionFailed<-4"],
    ],
    [
      "a Map",
      { Type: "Map", End: true, MaxConcurrency: 1, ItemProcessor: alone("Bad", { Type: "Wait", SecondsPath: "$.q" }) },
      ["MapStateStarted<-2", "MapIterationStarted<-3", "WaitStateEntered<-4", "ExecutionFailed<-5"],
    ],
    [
      "what a Map selects",
      { Type: "Map", End: true, MaxConcurrency: 1, ItemSelector: { "x.$": "$.q" }, ItemProcessor: inner },
      ["MapStateStarted<-2", "MapIterationStarted<-3", "ExecutionFailed<-4"],
    ],
  ])("at once in States.Runtime within %s, which is told of nothing, and is redriven from there", async (_, state, events) => {
    const Catch = [{ ErrorEquals: ["States.ALL"], Next: "Note" }];
    const executionArn = await bench.start(machine({ Only: { ...state, Catch }, Note: { Type: "Succeed" } }), [1]);
    const seen = async () => (await bench.history(executionArn)).map(({ type, previousEventId }) => `${type}<-${previousEventId}`).slice(2);
    expect(await seen()).toEqual(events);
    await bench.client.send(new RedriveExecutionCommand({ executionArn }));
    expect((await seen()).slice(events.length).at(-1)).toBe(events.at(-1));
    expect((await bench.describe(executionArn)).error).toBe("States.Runtime");
  });

  it("at its 25,000th event", async () => {
    const Choices = [{ Variable: "$.n", IsPresent: false, Next: "Never" }];
    const states = {
      Turn: { Type: "Choice", Choices, Default: "Again" },
      Again: { Type: "Pass", Next: "Turn" },
      Never: { Type: "Succeed" },
    };
    const executionArn = await bench.start(machine(states), { n: 1 });
    const cause = "The execution reached the maximum number of history events (25000).";
    const ended = async () =>
      expect(await bench.describe(executionArn)).toMatchObject({ status: "FAILED", error: "States.Runtime", cause });
    await vi.waitFor(ended, { timeout: 60_000, interval: 100 });
    const { events } = await bench.client.send(new GetExecutionHistoryCommand({ executionArn, reverseOrder: true, maxResults: 2 }));
    expect(events?.map(({ id, type }) => [id, type])).toEqual([
      [25_000, "ExecutionFailed"],
      [24_999, "ChoiceStateExited"],
    ]);
  }, 90_000);
});
