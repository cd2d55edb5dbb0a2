import { SendTaskFailureCommand, StopExecutionCommand } from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Bench, callbackState, machine } from "./peer.ts";

const jsonata = { QueryLanguage: "JSONata" };
const task = (more: object) => ({ Type: "Task", Resource: "arn:aws:states:::aws-sdk:sts:getCallerIdentity", End: true, ...more });
const pass = (more: object) => ({ Type: "Pass", End: true, ...more });
const child = { StartAt: "Child", States: { Child: pass({}) } };
const inline = (more: object) => ({ Type: "Map", End: true, ItemProcessor: child, ...more });
const config = { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" };
const distributed = (more: object) => inline({ ItemProcessor: { ...child, ProcessorConfig: config }, ...more });
const fault = (why: string) => `An error occurred while executing the state 'Only' (entered at the event id #2). ${why}`;
const pairs = [
  { Key: "b", Value: 1 },
  { Key: "a", Value: { x: 2 } },
];

/** A thread for JSONata may take its time to start. */
const soon = { timeout: 20_000 };

describe("the language", () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await Bench.open();
  });
  afterAll(() => bench.close());

  it.each<[string, object, unknown, unknown]>([
    ["a state's name in its context", pass({ Parameters: { "s.$": "$$.State.Name" } }), {}, { s: "Only" }],
    ["the members of an object in a distributed Map", distributed({ ItemsPath: "$.o" }), { o: { b: 1, a: { x: 2 } } }, pairs],
    ["its whole input", distributed({}), { b: 1, a: { x: 2 } }, pairs],
    [
      "their names, values and places",
      distributed({ ItemSelector: { "k.$": "$$.Map.Item.Key", "v.$": "$$.Map.Item.Value", "i.$": "$$.Map.Item.Index" } }),
      { b: 1, a: 2 },
      [
        { k: "b", v: 1, i: 0 },
        { k: "a", v: 2, i: 1 },
      ],
    ],
    ["them in JSONata", { ...jsonata, ...distributed({ Items: "{% $states.input %}" }) }, { b: 1, a: { x: 2 } }, pairs],
    ["what it does without a limit for one too large", distributed({ MaxConcurrency: 1e16, ToleratedFailureCount: 1e300 }), [1], [1]],
    [
      "them in JSONata, selected",
      { ...jsonata, ...distributed({ Items: { b: "{% 1 %}", a: 2 }, ItemSelector: "{% $states.context.Map.Item.Key %}" }) },
      {},
      ["b", "a"],
    ],
  ])("gives %s", async (_, state, input, output) => {
    const arn = await bench.start(machine({ Only: state }), input);
    await expect.poll(async () => (await bench.describe(arn)).status, soon).toBe("SUCCEEDED");
    expect(JSON.parse((await bench.describe(arn)).output ?? "")).toEqual(output);
  });

  it.each<[string, object, unknown, string, string]>([
    [
      "a path over nothing in a template",
      pass({ Parameters: { "x.$": "$" } }),
      null,
      "States.Runtime",
      "Unable to apply Path transformation to null or empty input.",
    ],
    [
      "a path over nothing",
      pass({ InputPath: "$.x" }),
      null,
      "States.Runtime",
      "Unable to apply Path transformation to null or empty input.",
    ],
    [
      "a fraction of a second in JSONata",
      { ...jsonata, ...task({ TimeoutSeconds: "{% 1.6 %}" }) },
      {},
      "States.QueryEvaluationError",
      "The TimeoutSeconds field cannot be parsed as an integer: 1.6",
    ],
    [
      "less than no time in JSONata",
      { ...jsonata, ...task({ TimeoutSeconds: "{% -1 %}" }) },
      {},
      "States.QueryEvaluationError",
      "TimeoutSeconds must be between 0 and 99999999 but was: -1",
    ],
    [
      "a path that ends nowhere",
      pass({ InputPath: "$.a.b" }),
      { a: {} },
      "States.Runtime",
      "Invalid path '$.a.b' : No results for path: $['a']['b']",
    ],
    [
      "a path lost on the way",
      pass({ OutputPath: "$.a.b.c" }),
      { a: {} },
      "States.Runtime",
      "Invalid path '$.a.b.c' : Missing property in path $['a']['b']",
    ],
    ["an object in an inline Map", inline({ ItemsPath: "$.o" }), { o: {} }, "States.Runtime", 'Reference path "$.o" must point to array.'],
    [
      "an object in an inline Map in JSONata",
      { ...jsonata, ...inline({ Items: "{% $states.input %}" }) },
      { o: 1 },
      "States.QueryEvaluationError",
      `The JSONata expression '$states.input' specified for the field 'Items' returned an unexpected result type. Expected 'array', but was 'object' for value: {"o":1}`,
    ],
    [
      "an object as a distributed Map's own input in JSONata",
      { ...jsonata, ...distributed({}) },
      { o: 1 },
      "States.QueryEvaluationError",
      `The JSONata expression '$states.input' specified for the field 'Items' returned an unexpected result type. Expected 'array', but was 'object' for value: {"o":1}`,
    ],
    [
      "a count of retries where there are none",
      { ...jsonata, ...pass({ Output: "{% $states.context.State.RetryCount %}" }) },
      {},
      "States.QueryEvaluationError",
      "The JSONata expression '$states.context.State.RetryCount' specified for the field 'Output' returned nothing (undefined).",
    ],
  ])("fails for %s", async (_, state, input, name, why) => {
    const arn = await bench.start(machine({ Only: state }), input);
    await expect.poll(async () => (await bench.describe(arn)).status, soon).toBe("FAILED");
    const { error, cause } = await bench.describe(arn);
    expect({ error, cause }).toEqual({ error: name, cause: fault(why) });
  });

  it.each<[string, object, unknown, string]>([
    ["a ResultPath into a text", pass({ Result: 1, ResultPath: "$.x" }), "text", 'Unable to apply ReferencePath $.x to input "text"'],
    ["a ResultPath into a list", pass({ Result: 1, ResultPath: "$.x" }), [1], 'Unable to apply step "x" to input [1]'],
    ["an ItemsPath that leads nowhere", inline({ ItemsPath: "$.a.l" }), { a: { b: 1 } }, 'Unable to apply step "l" to input {"a":{"b":1}}'],
    ["one in the context object", inline({ ItemsPath: "$$.Nope" }), [1], 'Unable to apply step "Nope" to input {"Execution"'],
  ])("fails for %s in the words of a reference path", async (_, state, input, why) => {
    const { error, cause = "" } = await bench.describe(await bench.start(machine({ Only: state }), input));
    expect({ error, cause: cause.slice(0, why.length) }).toEqual({ error: "States.ReferencePathConflict", cause: why });
  });

  it("catches what a reference path does not fit by its documented name, too", async () => {
    const Catch = [{ ErrorEquals: ["States.ResultPathMatchFailure"], Next: "Note" }];
    const states = { Only: inline({ ItemsPath: "$.l", Catch }), Note: pass({}) };
    const { output } = await bench.describe(await bench.start(machine(states), {}));
    expect(JSON.parse(output ?? "")).toEqual({ Error: "States.ReferencePathConflict", Cause: 'Unable to apply step "l" to input {}' });
  });

  it("knows a task's token where the task ends, and not where it is caught", async () => {
    const Arguments = { QueueUrl: "q", MessageBody: "{% $states.context.Task.Token %}" };
    const Output = "{% $exists($states.context.Task.Token) %}";
    const Ask = {
      ...callbackState({ Parameters: undefined, Arguments, Output, Next: "Wait" }),
      Catch: [{ ErrorEquals: ["E"], Output, Next: "Wait" }],
    };
    const states = { Ask, Wait: { Type: "Pass", End: true } };
    const [ended, caught] = [await bench.start(machine(states, jsonata)), await bench.start(machine(states, jsonata))];
    await expect.poll(async () => bench.token(ended), soon).not.toBe("");
    await bench.succeed(ended, 1);
    await expect.poll(async () => bench.token(caught), soon).not.toBe("");
    await bench.client.send(new SendTaskFailureCommand({ taskToken: await bench.token(caught), error: "E" }));
    await expect
      .poll(async () => [(await bench.describe(ended)).output, (await bench.describe(caught)).output], soon)
      .toEqual(["true", "false"]);
  });

  it("fails in States.DataLimitExceeded for variables of more than a state may hold", async () => {
    const Only = pass({ Parameters: { n: 1 }, Assign: { "a.$": "$$.Execution.Input", "b.$": "$$.Execution.Input" } });
    const arn = await bench.start(machine({ Only }), "x".repeat(140_000));
    const { error, cause } = await bench.describe(arn);
    const why = "The state/task 'Only' assigned variables with a size exceeding the maximum number of bytes service limit.";
    expect({ error, cause }).toEqual({ error: "States.DataLimitExceeded", cause: why });
  });

  it("waits for longer than time lasts, and holds nothing else up", async () => {
    const Only = { ...jsonata, Type: "Wait", Seconds: "{% 9007199254740991 %}", End: true };
    const executionArn = await bench.start(machine({ Only }, { TimeoutSeconds: 9_007_199_254_740_991 }));
    await expect.poll(async () => (await bench.history(executionArn)).length, soon).toBe(2);
    const other = await bench.start(machine({ Only: pass({}) }));
    expect((await bench.describe(other)).status).toBe("SUCCEEDED");
    await bench.client.send(new StopExecutionCommand({ executionArn }));
    expect((await bench.describe(executionArn)).status).toBe("ABORTED");
  });
});
