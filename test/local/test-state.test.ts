import { SFNClient, TestStateCommand, type TestStateCommandInput } from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Bench, callbackState, machine, roleArn, startOfTime } from "./peer.ts";

let bench: Bench;
let client: SFNClient;
beforeAll(async () => {
  bench = await Bench.open();
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  client = new SFNClient({ endpoint: bench.local.url, region: "us-east-1", credentials, maxAttempts: 1, disableHostPrefix: true });
});
afterAll(async () => {
  client.destroy();
  await bench.close();
});

type Json = unknown;
interface Asked extends Omit<TestStateCommandInput, "definition" | "input" | "mock" | "context" | "variables"> {
  readonly state: object;
  readonly input?: Json;
  readonly result?: Json;
  readonly failure?: { readonly error?: string; readonly cause?: string };
  readonly context?: Json;
  readonly variables?: Json;
}

/** The reply without its metadata, texts of JSON read. */
async function tested({ state, input = {}, result, failure, context, variables, ...more }: Asked) {
  const mock = failure !== undefined ? { errorOutput: failure } : result !== undefined ? { result: JSON.stringify(result) } : undefined;
  const reply = await client.send(
    new TestStateCommand({
      definition: JSON.stringify(state),
      input: JSON.stringify(input),
      inspectionLevel: "DEBUG",
      mock,
      ...(context === undefined ? {} : { context: JSON.stringify(context) }),
      ...(variables === undefined ? {} : { variables: JSON.stringify(variables) }),
      ...more,
    }),
  );
  const { $metadata: _, output, inspectionData, ...rest } = reply;
  const read = Object.entries(inspectionData ?? {}).map(([key, value]) => [key, typeof value === "string" ? JSON.parse(value) : value]);
  return {
    ...rest,
    ...(output === undefined ? {} : { output: JSON.parse(output) as Json }),
    ...(inspectionData === undefined ? {} : { inspectionData: Object.fromEntries(read) as Record<string, Json> }),
  };
}

const jsonata = (state: object) => ({ QueryLanguage: "JSONata", ...state });
const lambda = "arn:aws:states:::lambda:invoke";
const inner = { StartAt: "Inner", States: { Inner: { Type: "Task", Resource: lambda, End: true } } };
const distributed = { ...inner, ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" } };
const values = { Values: ["first", "second", "third"] };
const call = { FunctionName: "foo", Payload: "bar" };
const mapOf = (more: object) =>
  jsonata({ Type: "Map", Items: "{% $states.input.Values %}", ItemProcessor: distributed, End: true, ...more });
const twoBranches = [1, 2].map((n) => ({ StartAt: `B${n}`, States: { [`B${n}`]: { Type: "Pass", End: true } } }));
const thrown = { error: "MockException", cause: "Mock the cause of the error." };

/** Each with the reply that AWS was recorded to give. */
const recorded: readonly [what: string, asked: Asked, reply: object][] = [
  [
    "a Pass",
    { state: { Type: "Pass", End: true }, input: { Value: 1 } },
    {
      status: "SUCCEEDED",
      output: { Value: 1 },
      inspectionData: {
        input: { Value: 1 },
        afterInputPath: { Value: 1 },
        afterParameters: { Value: 1 },
        afterResultSelector: { Value: 1 },
        afterResultPath: { Value: 1 },
      },
    },
  ],
  [
    "a Pass with a Result, which evaluates neither InputPath nor Parameters",
    {
      state: { Type: "Pass", InputPath: "$.a", Parameters: { "x.$": "$.b" }, Result: { r: 1 }, ResultPath: "$.m", End: true },
      input: { a: { b: 2 } },
    },
    {
      status: "SUCCEEDED",
      output: { a: { b: 2 }, m: { r: 1 } },
      inspectionData: {
        input: { a: { b: 2 } },
        result: { r: 1 },
        afterResultSelector: { r: 1 },
        afterResultPath: { a: { b: 2 }, m: { r: 1 } },
      },
    },
  ],
  [
    "a Pass in JSONata",
    { state: jsonata({ Type: "Pass", Next: "State1" }), input: { Value: 1 } },
    { status: "SUCCEEDED", output: { Value: 1 }, nextState: "State1", inspectionData: { input: { Value: 1 } } },
  ],
  [
    "a Fail",
    { state: { Type: "Fail", Error: "SomeFailure", Cause: "because" }, input: { Value: 1 } },
    { status: "FAILED", error: "SomeFailure", cause: "because", inspectionData: { input: { Value: 1 }, afterInputPath: { Value: 1 } } },
  ],
  [
    "a Succeed",
    { state: { Type: "Succeed" }, input: { Value: 1 } },
    { status: "SUCCEEDED", output: { Value: 1 }, inspectionData: { input: { Value: 1 }, afterInputPath: { Value: 1 } } },
  ],
  [
    "a Choice",
    {
      state: { Type: "Choice", Choices: [{ Variable: "$.value", NumericEquals: 22, Next: "Two" }], Default: "Other" },
      input: { value: 22 },
    },
    {
      status: "SUCCEEDED",
      output: { value: 22 },
      nextState: "Two",
      inspectionData: { input: { value: 22 }, afterInputPath: { value: 22 } },
    },
  ],
  [
    "a callback, with the token of the given context in place",
    {
      state: {
        Type: "Task",
        Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        Parameters: { QueueUrl: "q", MessageBody: { "TaskToken.$": "$$.Task.Token" } },
        ResultPath: "$.SQS",
        Next: "NEXT_STATE",
      },
      result: { pokemon: ["pikachu"] },
      context: { Task: { Token: "abcd123" } },
    },
    {
      status: "SUCCEEDED",
      output: { SQS: { pokemon: ["pikachu"] } },
      nextState: "NEXT_STATE",
      inspectionData: {
        input: {},
        afterInputPath: {},
        afterParameters: { QueueUrl: "q", MessageBody: { TaskToken: "abcd123" } },
        result: { pokemon: ["pikachu"] },
        afterResultSelector: { pokemon: ["pikachu"] },
        afterResultPath: { SQS: { pokemon: ["pikachu"] } },
      },
    },
  ],
  [
    "a task in JSONata that is to be retried",
    {
      state: jsonata({
        ...{ Type: "Task", Resource: lambda, Arguments: call, End: true },
        Retry: [{ ErrorEquals: ["MockException"], IntervalSeconds: 1, MaxAttempts: 5, BackoffRate: 2 }],
      }),
      failure: thrown,
      stateConfiguration: { retrierRetryCount: 4 },
    },
    {
      status: "RETRIABLE",
      ...thrown,
      inspectionData: { input: {}, afterArguments: call, errorDetails: { retryBackoffIntervalSeconds: 16, retryIndex: 0 } },
    },
  ],
  [
    "a task whose retries are used up",
    {
      state: jsonata({
        ...{ Type: "Task", Resource: lambda, Arguments: call, End: true },
        Retry: [{ ErrorEquals: ["MockException"], IntervalSeconds: 1, MaxAttempts: 5, BackoffRate: 2 }],
      }),
      failure: thrown,
      stateConfiguration: { retrierRetryCount: 5 },
    },
    { status: "FAILED", ...thrown, inspectionData: { input: {}, afterArguments: call, errorDetails: { retryIndex: 0 } } },
  ],
  [
    "a task whose failure is caught",
    {
      state: jsonata({
        ...{ Type: "Task", Resource: lambda, Arguments: call, End: true },
        Catch: [{ ErrorEquals: ["MockException"], Output: "{% $states.errorOutput %}", Next: "Handle" }],
      }),
      failure: thrown,
    },
    {
      status: "CAUGHT_ERROR",
      ...thrown,
      nextState: "Handle",
      output: { Error: thrown.error, Cause: thrown.cause },
      inspectionData: { input: {}, afterArguments: call, errorDetails: { catchIndex: 0 } },
    },
  ],
  [
    "a Parallel",
    {
      state: { Type: "Parallel", InputPath: "$.in", ResultPath: "$.out", Branches: twoBranches, End: true },
      input: { in: 1 },
      result: ["a", "b"],
    },
    {
      status: "SUCCEEDED",
      output: { in: 1, out: ["a", "b"] },
      inspectionData: { input: { in: 1 }, afterResultSelector: ["a", "b"], afterResultPath: { in: 1, out: ["a", "b"] } },
    },
  ],
  [
    "a Parallel in JSONata",
    {
      state: jsonata({
        Type: "Parallel",
        Arguments: "{% $states.input.in %}",
        Output: "{% $states.result %}",
        Branches: twoBranches,
        End: true,
      }),
      input: { in: 1 },
      result: ["a", "b"],
    },
    { status: "SUCCEEDED", output: ["a", "b"], inspectionData: { input: { in: 1 } } },
  ],
  [
    "a Map whose items come from the context",
    {
      state: { Type: "Map", ItemsPath: "$$.Execution.Input.values", MaxConcurrency: 1, ItemProcessor: inner, End: true },
      input: ["fire"],
      context: { Execution: { Input: { values: ["a", "b"] } } },
      result: ["A", "B"],
    },
    {
      status: "SUCCEEDED",
      output: ["A", "B"],
      inspectionData: {
        input: ["fire"],
        afterInputPath: ["fire"],
        afterItemsPath: ["a", "b"],
        afterResultSelector: ["A", "B"],
        afterResultPath: ["A", "B"],
        maxConcurrency: 1,
      },
    },
  ],
  [
    "a Map that tolerates the items that failed",
    { state: mapOf({ ToleratedFailureCount: 1 }), input: values, result: [1, 1, 1], stateConfiguration: { mapIterationFailureCount: 0 } },
    { status: "SUCCEEDED", output: [1, 1, 1], inspectionData: { input: values, maxConcurrency: 0, toleratedFailureCount: 1 } },
  ],
  [
    "a Map in which too many items failed",
    {
      state: mapOf({
        ToleratedFailureCount: 1,
        Retry: [
          { ErrorEquals: ["MockException"], MaxAttempts: 3 },
          { ErrorEquals: ["States.ExceedToleratedFailureThreshold"], MaxAttempts: 2 },
        ],
      }),
      input: values,
      result: [0, 0, 1],
      stateConfiguration: { mapIterationFailureCount: 2 },
    },
    {
      status: "RETRIABLE",
      error: "States.ExceedToleratedFailureThreshold",
      cause: "The specified tolerated failure threshold was exceeded",
      inspectionData: {
        input: values,
        maxConcurrency: 0,
        toleratedFailureCount: 1,
        errorDetails: { retryBackoffIntervalSeconds: 1, retryIndex: 1 },
      },
    },
  ],
  [
    "a Map without a limit, whatever failed in it",
    { state: mapOf({}), input: values, result: [0, 0, 1], stateConfiguration: { mapIterationFailureCount: 2 } },
    { status: "SUCCEEDED", output: [0, 0, 1], inspectionData: { input: values, maxConcurrency: 0 } },
  ],
  [
    "a Map that fails by a state within",
    {
      state: mapOf({ ToleratedFailurePercentage: 1 }),
      input: values,
      failure: thrown,
      stateConfiguration: { mapIterationFailureCount: 2, errorCausedByState: "Inner" },
    },
    { status: "FAILED", ...thrown, inspectionData: { input: values, maxConcurrency: 0, toleratedFailurePercentage: 1 } },
  ],
  [
    "a Map with an ItemReader, its data given",
    {
      state: jsonata({
        ...{ Type: "Map", MaxConcurrency: 1, ItemProcessor: distributed, End: true },
        ItemReader: {
          Resource: "arn:aws:states:::s3:getObject",
          ReaderConfig: { InputType: "JSON" },
          Arguments: { Bucket: "b", Key: "k" },
        },
      }),
      input: { Bucket: "b" },
      result: [1, 4, 9],
      stateConfiguration: { mapItemReaderData: "[1,2,3]" },
    },
    { status: "SUCCEEDED", output: [1, 4, 9], inspectionData: { input: { Bucket: "b" }, maxConcurrency: 1 } },
  ],
];

describe("TestState", () => {
  it.each(recorded)("replies as AWS does to %s", async (_, asked, reply) => {
    expect(await tested(asked)).toEqual(reply);
  });

  it("tells at INFO no more than the outcome, and at TRACE what it tells at DEBUG", async () => {
    const [, asked, reply] = recorded[0] ?? [];
    if (asked === undefined) throw new Error("no example");
    const { inspectionData: _, ...outcome } = reply as { inspectionData: object };
    expect(await tested({ ...asked, inspectionLevel: "INFO" })).toEqual(outcome);
    expect(await tested({ ...asked, inspectionLevel: "TRACE" })).toEqual(reply);
    const info = await client.send(new TestStateCommand({ definition: JSON.stringify(asked.state) }));
    expect(info).toMatchObject({ status: "SUCCEEDED", output: "{}" });
    expect(info).not.toHaveProperty("inspectionData");
  });

  it("shows a Map's items as they are selected and put together, each with its own context", async () => {
    const state = {
      ...{ Type: "Map", ItemsPath: "$.Values", ItemProcessor: distributed, MaxConcurrencyPath: "$.limit", End: true },
      ItemSelector: { "i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value" },
      ItemBatcher: { MaxItemsPerBatch: 2 },
    };
    const selected = values.Values.map((v, i) => ({ i, v }));
    const inJsonPath = await tested({ state, input: { ...values, limit: 7 }, result: [1, 2] });
    expect(inJsonPath.inspectionData).toMatchObject({
      afterItemsPath: values.Values,
      afterItemSelector: selected,
      afterItemBatcher: [{ Items: selected.slice(0, 2) }, { Items: selected.slice(2) }],
      maxConcurrency: 7,
    });
    const batched = await tested({
      state: { ...state, ItemBatcher: { MaxItemsPerBatch: 3, BatchInput: { b: 1 } } },
      input: { ...values, limit: 7 },
      result: [1],
    });
    // BatchInput comes first (recorded).
    expect(JSON.stringify(batched.inspectionData?.["afterItemBatcher"])).toBe(JSON.stringify([{ BatchInput: { b: 1 }, Items: selected }]));
    const ItemSelector = { i: "{% $states.context.Map.Item.Index %}", v: "{% $states.context.Map.Item.Value %}" };
    const inJsonata = await tested({ state: mapOf({ ItemSelector }), input: values, result: [1, 2, 3] });
    expect(inJsonata.inspectionData).toMatchObject({ afterItemSelector: selected });
  });

  it("reads a Map's items from lines of JSON, or from where a pointer leads", async () => {
    const state = (ReaderConfig: object) =>
      mapOf({
        Items: undefined,
        ItemSelector: { v: "{% $states.context.Map.Item.Value %}" },
        ItemReader: { Resource: "arn:aws:states:::s3:getObject", ReaderConfig },
      });
    for (const [config, mapItemReaderData] of [
      [{ InputType: "JSONL" }, '1\n{"a":2}\n'],
      [{ InputType: "JSON", ItemsPointer: "/x~1y/0" }, '{"x/y":[[1,{"a":2}]]}'],
      [{ InputType: "JSON", MaxItems: 2 }, '[1,{"a":2},3]'],
    ] as const) {
      const reply = await tested({ state: state(config), result: [], stateConfiguration: { mapItemReaderData } });
      expect(reply.inspectionData?.["afterItemSelector"]).toEqual([{ v: 1 }, { v: { a: 2 } }]);
    }
  });

  it("reads nothing from S3 and writes nothing there: the mock is what comes of the Map", async () => {
    const place = { Bucket: "b", Key: "k" };
    const s3 = (action: string) => ({ Resource: `arn:aws:states:::s3:${action}`, Arguments: place });
    const written = { MapRunArn: "arn", ResultWriterDetails: { Bucket: "b", Key: "p/id/manifest.json" } };
    const both = mapOf({ Items: undefined, ItemReader: s3("getObject"), ResultWriter: s3("putObject") });
    expect(await tested({ state: both, result: written })).toMatchObject({ status: "SUCCEEDED", output: written });
    const unread = { error: "States.ItemReaderFailed", cause: "No such key" };
    const Catch = [{ ErrorEquals: ["States.ItemReaderFailed"], Next: "Unread" }];
    const caught = await tested({ state: { ...both, Catch }, failure: unread });
    expect(caught).toMatchObject({ status: "CAUGHT_ERROR", nextState: "Unread", output: { Error: unread.error, Cause: unread.cause } });
    const WriterConfig = { Transformation: "COMPACT", OutputType: "JSON" };
    const formatted = await tested({ state: mapOf({ ResultWriter: { WriterConfig } }), input: values, result: [1] });
    expect(formatted).toMatchObject({ status: "SUCCEEDED", output: [1] });
  });

  it("assigns variables to those that it is given, and shows both", async () => {
    for (const state of [
      { Type: "Pass", Assign: { "y.$": "$x", z: 3 }, Parameters: { "sum.$": "States.MathAdd($x, 1)" }, End: true },
      jsonata({ Type: "Pass", Assign: { y: "{% $x %}", z: 3 }, Output: { sum: "{% $x + 1 %}" }, End: true }),
    ]) {
      const reply = await tested({ state, variables: { x: 1 } });
      expect(reply).toMatchObject({ output: { sum: 2 }, inspectionData: { variables: { x: 1, y: 1, z: 3 } } });
    }
  });

  it("makes a context of its own where it is given none, a token in it that answers nothing", async () => {
    const Output = "{% $states.context %}";
    const state = jsonata(
      callbackState({ Parameters: undefined, Arguments: { t: "{% $states.context.Task.Token %}" }, Output, End: true }),
    );
    const reply = await tested({ state, input: { n: 1 }, result: 1, roleArn });
    const output = JSON.parse(JSON.stringify(reply.output)) as { Execution: { Id: string }; Task: unknown };
    expect(output).toMatchObject({
      Execution: { Input: { n: 1 }, RoleArn: roleArn, StartTime: new Date(startOfTime).toISOString() },
      State: { Name: "StateName", RetryCount: 0 },
    });
    expect(output.Execution.Id).toMatch(/^arn:aws:states:us-east-1:123456789012:express:[^:]+:[^:]+$/);
    expect(reply.inspectionData?.["afterArguments"]).toEqual({ t: (output.Task as { Token: string }).Token });
    const exact = await tested({ state: { ...state, Arguments: {} }, result: 1, context: { State: { Name: "Mine" } } });
    expect(exact.output).toEqual({ State: { Name: "Mine" } });
  });

  it("waits for nothing, and fails a Wait of more than five minutes as AWS does", async () => {
    const wait = (more: object) => tested({ state: { Type: "Wait", Next: "Then", ...more }, input: { n: 300 } });
    expect(await wait({ SecondsPath: "$.n" })).toMatchObject({ status: "SUCCEEDED", output: { n: 300 }, nextState: "Then" });
    expect(await wait({ Seconds: 301 })).toMatchObject({ status: "FAILED", error: "States.Timeout" });
  });

  it("finds a state by its name at any depth, with the first item's context within a Map", async () => {
    const Inner = { Type: "Task", Resource: lambda, Parameters: { "v.$": "$$.Map.Item.Value", "i.$": "$$.Map.Item.Index" }, End: true };
    const Each = { Type: "Map", ItemProcessor: { StartAt: "Inner", States: { Inner } }, Next: "Done" };
    const state = machine({ Each, Done: { Type: "Succeed" } });
    const reply = await tested({ state, stateName: "Inner", input: 5, result: 1 });
    expect(reply.inspectionData).toMatchObject({ afterParameters: { v: 5, i: 0 } });
    expect(await tested({ state, stateName: "Each", input: [5], result: [1] })).toMatchObject({ status: "SUCCEEDED", nextState: "Done" });
  });

  it("goes on to itself without running twice", async () => {
    const state = machine({
      Again: { Type: "Choice", Choices: [{ Variable: "$.n", IsPresent: true, Next: "Again" }], Default: "End" },
      End: { Type: "Succeed" },
    });
    expect(await tested({ state, stateName: "Again", input: { n: 1 } })).toMatchObject({ status: "SUCCEEDED", nextState: "Again" });
  });

  it("fails a task that has no mock as an execution here does, for nothing is called", async () => {
    const state = { Type: "Task", Resource: lambda, Parameters: call, End: true };
    const Catch = [{ ErrorEquals: ["States.TaskFailed"], Next: "Handle" }];
    for (const Resource of [lambda, "arn:aws:states:::states:startExecution", "arn:aws:lambda:us-east-1:123456789012:function:f"]) {
      expect(await tested({ state: { ...state, Resource, Parameters: {} }, roleArn })).toMatchObject({
        status: "FAILED",
        error: "Local.NotMocked",
      });
    }
    expect(await tested({ state: { ...state, Catch }, roleArn })).toMatchObject({ status: "CAUGHT_ERROR", nextState: "Handle" });
  });

  it("takes a function's mocked result as it is, an activity's and a .sync task's too", async () => {
    const resources = [
      "lambda:us-east-1:123456789012:function:f",
      "states:us-east-1:123456789012:activity:a",
      "states:::batch:submitJob.sync",
    ];
    for (const resource of resources) {
      const state = { Type: "Task", Resource: `arn:aws:${resource}`, Parameters: {}, End: true };
      expect(await tested({ state, result: { Payload: 1 } })).toMatchObject({ status: "SUCCEEDED", output: { Payload: 1 } });
    }
  });
});

const task = (more: object = {}) => ({ Type: "Task", Resource: lambda, Parameters: call, End: true, ...more });
const unsupportedMap =
  "TestState API does not support Map or Parallel states. Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]";
const badContext = "Invalid Context object provided: ";
const unit = "arn:aws:states:us-east-1:123456789012:activity:a";

/** Those whose words are AWS's are recorded; of the others only what they begin with is looked at. */
const refusals: readonly [what: string, asked: Asked, name: string, message: string][] = [
  ...["Pass", "Succeed", "Wait"].map((Type): [string, Asked, string, string] => [
    `a mock for a ${Type}`,
    { state: { Type, ...(Type === "Wait" ? { Seconds: 1 } : {}), ...(Type === "Succeed" ? {} : { End: true }) }, result: 1 },
    "ValidationException",
    `State type '${Type}' is not supported when a mock is specified`,
  ]),
  ["a Map without a mock", { state: mapOf({}) }, "InvalidDefinition", unsupportedMap],
  ["a Parallel without a mock", { state: { Type: "Parallel", Branches: twoBranches, End: true } }, "InvalidDefinition", unsupportedMap],
  ["a callback without a mock", { state: callbackState(), roleArn }, "ValidationException", "TestState does not support "],
  ["an activity without a mock", { state: task({ Resource: unit }), roleArn }, "ValidationException", "TestState does not support "],
  ["a task without a mock and a role", { state: task() }, "ValidationException", "RoleArn must be specified when testing a Task state"],
  [
    "secrets with a mock",
    { state: task(), result: {}, revealSecrets: true },
    "ValidationException",
    "TestState does not support RevealSecrets when a mock is specified.",
  ],
  [
    "failed items without a mock",
    { state: mapOf({}), stateConfiguration: { mapIterationFailureCount: 0 } },
    "ValidationException",
    "TestState does not support MapIterationFailureCount when a mock is not specified.",
  ],
  [
    "more failed items than there are",
    { state: mapOf({}), input: values, result: [1, 1, 1], stateConfiguration: { mapIterationFailureCount: 4 } },
    "ValidationException",
    "Map iteration failure count must be less than or equal to the number of Map iterations",
  ],
  [
    "a context without a mock",
    { state: { Type: "Pass", End: true }, context: {} },
    "ValidationException",
    "TestState does not support Context when a mock is not specified.",
  ],
  ["a Map's result that is no array", { state: mapOf({}), result: {} }, "ValidationException", "Mocked result must be an array."],
  [
    "the result of a Map with a ResultWriter that is no object",
    { state: mapOf({ ResultWriter: { Resource: "arn:aws:states:::s3:putObject", Arguments: {} } }), result: [] },
    "ValidationException",
    "Mocked result must be a JSON object.",
  ],
  [
    "too few branches' results",
    { state: { Type: "Parallel", Branches: twoBranches, End: true }, result: [1] },
    "ValidationException",
    "Mocked result must contain the same number of items as number of Parallel branches.",
  ],
  [
    "no branches",
    { state: { Type: "Parallel", Branches: [], End: true }, result: [] },
    "InvalidDefinition",
    "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Value cannot be empty at /States/StateName/Branches'",
  ],
  [
    "a state that is not there",
    { state: machine({ A: { Type: "Pass", End: true } }), stateName: "B" },
    "ValidationException",
    "State not found in definition",
  ],
  [
    "a machine without a state's name",
    { state: machine({ A: { Type: "Pass", End: true } }) },
    "InvalidDefinition",
    "Invalid State Machine Definition: ",
  ],
  [
    "a machine that leads nowhere",
    { state: machine({ A: { Type: "Pass", Next: "B" } }), stateName: "A" },
    "InvalidDefinition",
    "Invalid State Machine Definition: ",
  ],
  [
    "a Map's context",
    { state: task(), result: {}, context: { Map: {} } },
    "ValidationException",
    `${badContext}'Map' field is not supported when mocking a Context object`,
  ],
  [
    "an unknown field of the context",
    { state: task(), result: {}, context: { Pokedex: {} } },
    "ValidationException",
    `${badContext}Field 'Pokedex' is not allowed`,
  ],
  [
    "an unknown member in it",
    { state: task(), result: {}, context: { Execution: { pokemon: 1 } } },
    "ValidationException",
    `${badContext}Field 'pokemon' is not allowed`,
  ],
  [
    "a member of another type",
    { state: task(), result: {}, context: { Execution: { Id: 1 } } },
    "ValidationException",
    `${badContext}Execution.Id must be a string`,
  ],
  [
    "a token for a task that has none",
    { state: task(), result: {}, context: { Task: { Token: "t" } } },
    "ValidationException",
    `${badContext}Context object contains 'Task' when state is not a Task state with a '.sync' or '.waitForTaskToken' service integration pattern`,
  ],
  [
    "an error from elsewhere",
    { state: mapOf({}), failure: thrown, stateConfiguration: { errorCausedByState: "Nobody" } },
    "ValidationException",
    "The state 'Nobody'",
  ],
  ["variables that are no object", { state: { Type: "Pass", End: true }, variables: [] }, "ValidationException", "Variables must be"],
  [
    "data of a reader that is not there",
    { state: mapOf({}), result: [], stateConfiguration: { mapItemReaderData: "[]" } },
    "ValidationException",
    "MapItemReaderData is only",
  ],
];

describe("TestState refuses", () => {
  it.each(refusals)("%s", async (_, asked, name, message) => {
    const refused: unknown = await tested(asked).catch((error: unknown) => error);
    expect(refused).toMatchObject({ name, $metadata: { httpStatusCode: 400 } });
    expect((refused as Error).message.startsWith(message), (refused as Error).message).toBe(true);
  });

  it("a mock with both ends or none, and one that is not JSON", async () => {
    const send = (mock: object) => client.send(new TestStateCommand({ definition: JSON.stringify(task()), mock }));
    const onlyOne = "A test mock should have only one of the following fields: [result, errorOutput].";
    await expect(send({ result: "1", errorOutput: thrown })).rejects.toMatchObject({ name: "ValidationException", message: onlyOne });
    await expect(send({})).rejects.toMatchObject({ name: "ValidationException", message: onlyOne });
    await expect(send({ result: "x", fieldValidationMode: "NONE" })).rejects.toMatchObject({ message: "Mocked result must be valid JSON" });
    await expect(send({ result: "1", fieldValidationMode: "LAX" })).rejects.toMatchObject({
      message: expect.stringContaining("'mock.fieldValidationMode'"),
    });
    const unreadable = client.send(new TestStateCommand({ definition: '{"Type":"Succeed"}', input: "{" }));
    await expect(unreadable).rejects.toMatchObject({ name: "InvalidExecutionInput" });
    const injected = client.send(new TestStateCommand({ definition: '{"Type":"Succeed"},"B":{"Type":"Succeed"}' }));
    await expect(injected).rejects.toMatchObject({ name: "InvalidDefinition" });
  });
});
