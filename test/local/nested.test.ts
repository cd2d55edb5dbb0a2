import {
  CreateStateMachineCommand,
  type DescribeExecutionCommandOutput,
  ListExecutionsCommand,
  SendTaskSuccessCommand,
  StartExecutionCommand,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import { describe, expect, it } from "vitest";
import { Engine } from "../../src/local/engine.ts";
import type { Evaluator } from "../../src/local/evaluations.ts";
import { startOperations } from "../../src/local/operations/start-execution.ts";
import { RequestReader } from "../../src/local/request-reader.ts";
import { Store } from "../../src/local/store/store.ts";
import { Bench, callbackState, lines, machine, roleArn, startOfTime } from "./peer.ts";

const arnOf = (name: string) => `arn:aws:states:us-east-1:123456789012:stateMachine:${name}`;
const executionArnOf = (machineName: string, name: string) => `arn:aws:states:us-east-1:123456789012:execution:${machineName}:${name}`;

/** A Task that starts the machine `child`. */
function startChild(pattern: "" | ".sync" | ".sync:2" | ".waitForTaskToken", more: object = {}, parameters: object = {}): object {
  const Parameters = { StateMachineArn: arnOf("child"), Name: "nested", "Input.$": "$", ...parameters };
  return { Type: "Task", Resource: `arn:aws:states:::states:startExecution${pattern}`, Parameters, End: true, ...more };
}

function sdkCall(action: string, Parameters: object, more: object = {}): object {
  return { Type: "Task", Resource: `arn:aws:states:::aws-sdk:sfn:${action}`, Parameters, End: true, ...more };
}

async function create(bench: Bench, name: string, definition: object): Promise<void> {
  await bench.client.send(new CreateStateMachineCommand({ name, roleArn, definition: JSON.stringify(definition) }));
}

/** Opens an endpoint that has the machine `child`, and starts a machine that nests it. */
async function nesting(child: object, parent: object, input: unknown = {}): Promise<{ bench: Bench; parentArn: string; childArn: string }> {
  const bench = await Bench.open();
  await create(bench, "child", child);
  return { bench, parentArn: await bench.start(parent, input, { name: "parent" }), childArn: executionArnOf("child", "nested") };
}

function outputOf({ output }: DescribeExecutionCommandOutput): Record<string, unknown> {
  return JSON.parse(output ?? "null") as Record<string, unknown>;
}

const answer = machine({ Answer: { Type: "Pass", Result: { answer: 42 }, End: true } });
const failing = machine({ Fail: { Type: "Fail", Error: "SomeFailure", Cause: "for a reason" } });
const waiting = machine({ Ask: callbackState() });

/** Starts the machine `parent` as a process does that is gone before anything else happens in it. */
function startAndDie(file: string): void {
  const store = new Store(file, "us-east-1");
  const evaluator: Evaluator = { evaluate: () => Promise.reject(new Error("gone")), [Symbol.asyncDispose]: () => Promise.resolve() };
  const clock = () => new Date(startOfTime);
  const engine = new Engine(store, evaluator, { clock, pollMilliseconds: 0 });
  const members = { stateMachineArn: arnOf("parent"), name: "run" };
  startOperations["StartExecution"]?.(engine, new RequestReader("StartExecution", members, engine.pageSeal), new AbortController().signal);
  engine.isClosed = true;
  store.close();
}

describe("an execution that starts another", () => {
  it("goes on at once where it does not wait for it", async () => {
    const { bench, parentArn, childArn } = await nesting(waiting, machine({ Start: startChild("") }), { a: 1 });
    await using _ = bench;
    const { status, ...rest } = await bench.describe(parentArn);
    expect(status).toBe("SUCCEEDED");
    expect(outputOf({ ...rest, status })).toEqual({
      ExecutionArn: childArn,
      SdkHttpMetadata: expect.objectContaining({ HttpStatusCode: 200 }) as unknown,
      SdkResponseMetadata: { RequestId: expect.any(String) as unknown },
      StartDate: bench.now,
    });
    expect(await bench.describe(childArn)).toMatchObject({ status: "RUNNING", input: '{"a":1}' });
    expect(lines(await bench.history(parentArn))).toEqual([
      "1 ExecutionStarted<-0 +0",
      "2 TaskStateEntered<-0 +0",
      "3 TaskScheduled<-2 +0",
      "4 TaskStarted<-3 +0",
      "5 TaskSucceeded<-4 +0",
      "6 TaskStateExited<-5 +0",
      "7 ExecutionSucceeded<-6 +0",
    ]);
  });

  it.each([
    { pattern: ".sync", input: '{"a":1}', output: '{"answer":42}' },
    { pattern: ".sync:2", input: { a: 1 }, output: { answer: 42 } },
  ] as const)("waits for its end with $pattern, and gets what DescribeExecution tells of it", async ({ pattern, input, output }) => {
    const { bench, parentArn, childArn } = await nesting(answer, machine({ Start: startChild(pattern) }), { a: 1 });
    await using _ = bench;
    const execution = await bench.describe(parentArn);
    const members = {
      ExecutionArn: childArn,
      Input: input,
      InputDetails: { Included: true },
      Name: "nested",
      Output: output,
      OutputDetails: { Included: true },
      RedriveCount: 0,
      RedriveStatus: "NOT_REDRIVABLE",
      RedriveStatusReason: "Execution is SUCCEEDED and cannot be redriven",
      StartDate: bench.now,
      StateMachineArn: arnOf("child"),
      Status: "SUCCEEDED",
      StopDate: bench.now,
    };
    expect(execution.output).toBe(JSON.stringify(members));
    const events = await bench.history(parentArn);
    expect(lines(events).slice(3, 6)).toEqual(["4 TaskStarted<-3 +0", "5 TaskSubmitted<-4 +0", "6 TaskSucceeded<-5 +0"]);
    expect(events[4]?.taskSubmittedEventDetails).toMatchObject({ resourceType: "states", resource: `startExecution${pattern}` });
    expect(Object.keys(JSON.parse(events[4]?.taskSubmittedEventDetails?.output ?? "") as object)).toEqual([
      "ExecutionArn",
      "SdkHttpMetadata",
      "SdkResponseMetadata",
      "StartDate",
    ]);
  });

  it("fails with all that DescribeExecution tells where the nested one fails", async () => {
    const catching = { Catch: [{ ErrorEquals: ["States.TaskFailed"], Next: "Caught" }] };
    const { bench, parentArn, childArn } = await nesting(
      failing,
      machine({ Start: startChild(".sync", catching), Caught: { Type: "Succeed" } }),
    );
    await using _ = bench;
    const caught = outputOf(await bench.describe(parentArn));
    expect(caught["Error"]).toBe("States.TaskFailed");
    expect(JSON.parse(String(caught["Cause"]))).toMatchObject({
      Cause: "for a reason",
      Error: "SomeFailure",
      ExecutionArn: childArn,
      Input: "{}",
      Status: "FAILED",
    });
  });

  it("gives it an empty input where Input is null", async () => {
    const { bench, childArn } = await nesting(answer, machine({ Start: startChild(".sync", {}, { "Input.$": undefined, Input: null }) }));
    await using _ = bench;
    expect((await bench.describe(childArn)).input).toBe("{}");
  });

  it.each([
    {
      why: "an unknown machine",
      parameters: { StateMachineArn: arnOf("nobody") },
      error: "StepFunctions.StateMachineDoesNotExistException",
      cause: `State Machine Does Not Exist: '${arnOf("nobody")}' (Service: AWSStepFunctions; Status Code: 400; Error Code: StateMachineDoesNotExist; Request ID: `,
    },
    {
      why: "a name that is taken",
      parameters: { Name: "taken" },
      error: "StepFunctions.ExecutionAlreadyExistsException",
      cause: `Execution Already Exists: '${executionArnOf("child", "taken")}' (Service: AWSStepFunctions;`,
    },
    {
      why: "an input that is no JSON",
      parameters: { "Input.$": "$.text" },
      error: "StepFunctions.InvalidExecutionInputException",
      cause: "Invalid State Machine Execution Input: '",
    },
  ])("fails with AWS's error for $why", async ({ parameters, error, cause }) => {
    await using bench = await Bench.open();
    await create(bench, "child", answer);
    await bench.client.send(new StartExecutionCommand({ stateMachineArn: arnOf("child"), name: "taken" }));
    const parentArn = await bench.start(machine({ Start: startChild(".sync", {}, parameters) }), { text: "no JSON" });
    const execution = await bench.describe(parentArn);
    expect(execution).toMatchObject({ status: "FAILED", error, cause: expect.stringContaining(cause) as unknown });
    expect((await bench.history(parentArn)).map(({ type }) => type)).not.toContain("TaskSubmitted");
  });

  it.each(["states", "aws-sdk:sfn"])("is answered by it with the token that it was given (%s)", async (service) => {
    const child = machine({ Answer: sdkCall("sendTaskSuccess", { "TaskToken.$": "$.token", Output: { approved: true } }) });
    const parameters = { Input: { "token.$": "$$.Task.Token" }, "Input.$": undefined };
    const { bench, parentArn, childArn } = await nesting(
      child,
      machine({
        Start: startChild(".waitForTaskToken", { Resource: `arn:aws:states:::${service}:startExecution.waitForTaskToken` }, parameters),
      }),
    );
    await using _ = bench;
    expect(await bench.describe(parentArn)).toMatchObject({ status: "SUCCEEDED", output: '{"approved":true}' });
    expect(await bench.describe(childArn)).toMatchObject({ status: "SUCCEEDED", output: "{}" });
    expect((await bench.history(parentArn)).map(({ type }) => type).slice(3, 6)).toEqual(["TaskStarted", "TaskSubmitted", "TaskSucceeded"]);
  });

  it("can be answered before the nested one ends, which goes on", async () => {
    const parameters = { Input: { "token.$": "$$.Task.Token" }, "Input.$": undefined };
    const { bench, parentArn, childArn } = await nesting(waiting, machine({ Start: startChild(".sync", {}, parameters) }));
    await using _ = bench;
    const taskToken = await bench.token(parentArn);
    await bench.client.send(new SendTaskSuccessCommand({ taskToken, output: '"early"' }));
    expect(await bench.describe(parentArn)).toMatchObject({ status: "SUCCEEDED", output: '"early"' });
    expect(await bench.describe(childArn)).toMatchObject({ status: "RUNNING" });
  });

  it("takes a mocked response instead of starting it", async () => {
    const mockConfig = JSON.stringify({
      StateMachines: { parent: { TestCases: { mocked: { Start: "Reply" } } } },
      MockedResponses: { Reply: { "0": { Return: { Output: "mocked" } } } },
    });
    await using bench = await Bench.open(undefined, { mockConfig });
    await create(bench, "child", answer);
    const parentArn = await bench.start(machine({ Start: startChild(".sync") }), {}, { name: "parent", testCase: "mocked" });
    expect((await bench.describe(parentArn)).output).toBe('{"Output":"mocked"}');
    const submitted = (await bench.history(parentArn)).find(({ type }) => type === "TaskSubmitted");
    expect(JSON.parse(submitted?.taskSubmittedEventDetails?.output ?? "")).toMatchObject({
      ExecutionArn: executionArnOf("child", "nested"),
    });
    expect((await bench.client.send(new ListExecutionsCommand({ stateMachineArn: arnOf("child") }))).executions).toEqual([]);
  });

  it.each([
    { error: "StepFunctions.StateMachineDoesNotExistException", isSubmitted: false },
    { error: "States.TaskFailed", isSubmitted: true },
    { error: "MyError", isSubmitted: true },
  ])("was begun before a mocked $error: $isSubmitted", async ({ error, isSubmitted }) => {
    const mockConfig = JSON.stringify({
      StateMachines: { parent: { TestCases: { mocked: { Start: "Reply" } } } },
      MockedResponses: { Reply: { "0": { Throw: { Error: error, Cause: "" } } } },
    });
    await using bench = await Bench.open(undefined, { mockConfig });
    const parentArn = await bench.start(machine({ Start: startChild(".sync") }), {}, { name: "parent", testCase: "mocked" });
    const types = (await bench.history(parentArn)).map(({ type }) => type).slice(3, -1);
    expect(types).toEqual(["TaskStarted", ...(isSubmitted ? ["TaskSubmitted"] : []), "TaskFailed"]);
  });

  it("starts it for real where other calls are left to be answered by hand", async () => {
    await using bench = await Bench.open(undefined, { manual: true });
    await create(bench, "child", answer);
    const parentArn = await bench.start(machine({ Start: startChild(".sync:2") }));
    expect(outputOf(await bench.describe(parentArn))["Output"]).toEqual({ answer: 42 });
  });
});

describe("nested executions whose parent goes", () => {
  const stopped = {
    stop: async (bench: Bench, arn: string) => void (await bench.client.send(new StopExecutionCommand({ executionArn: arn }))),
  };
  const passed = {
    stop: async (bench: Bench) => {
      bench.now += 60_000;
    },
  };
  const failingBranch = {
    StartAt: "Later",
    States: { Later: { Type: "Wait", Seconds: 30, Next: "No" }, No: { Type: "Fail", Error: "No" } },
  };
  const branches = [{ StartAt: "Start", States: { Start: startChild(".sync") } }, failingBranch];
  it.each([
    { why: "is stopped", parent: machine({ Start: startChild(".sync") }), ...stopped, child: "ABORTED" },
    { why: "runs out of time", parent: machine({ Start: startChild(".sync") }, { TimeoutSeconds: 30 }), ...passed, child: "ABORTED" },
    { why: "fails elsewhere", parent: machine({ Both: { Type: "Parallel", Branches: branches, End: true } }), ...passed, child: "ABORTED" },
    { why: "gives the task up", parent: machine({ Start: startChild(".sync", { TimeoutSeconds: 30 }) }), ...passed, child: "RUNNING" },
    {
      why: "did not wait for them",
      parent: machine({ Start: startChild("", { Next: "Stay", End: undefined }), Stay: callbackState() }),
      ...stopped,
      child: "RUNNING",
    },
  ])("are $child when it $why", async ({ parent, stop, child }) => {
    const { bench, parentArn, childArn } = await nesting(waiting, parent);
    await using _ = bench;
    expect((await bench.describe(childArn)).status).toBe("RUNNING");
    await stop(bench, parentArn);
    expect((await bench.describe(parentArn)).status).not.toBe("RUNNING");
    expect((await bench.describe(childArn)).status).toBe(child);
  });

  it("take along those that they nest themselves", async () => {
    await using bench = await Bench.open();
    await create(bench, "level-0", waiting);
    const nest = (level: number) => startChild(".sync", {}, { StateMachineArn: arnOf(`level-${level}`), Name: "run" });
    for (let level = 1; level < 30; level += 1) await create(bench, `level-${level}`, machine({ Start: nest(level - 1) }));
    const top = await bench.start(machine({ Start: nest(29) }));
    const deepest = executionArnOf("level-0", "run");
    expect((await bench.describe(deepest)).status).toBe("RUNNING");
    await bench.client.send(new StopExecutionCommand({ executionArn: top }));
    expect((await bench.describe(deepest)).status).toBe("ABORTED");
  });
});

describe("calls of an execution to Step Functions", () => {
  it.each([
    {
      action: "sendTaskSuccess",
      parameters: { TaskToken: "none", Output: "no JSON" },
      error: "Sfn.InvalidTokenException",
      cause: "Invalid Token: 'Invalid token'",
    },
    {
      action: "sendTaskFailure",
      parameters: { TaskToken: "none" },
      error: "Sfn.InvalidTokenException",
      cause: "Invalid Token: 'Invalid token'",
    },
    {
      action: "sendTaskHeartbeat",
      parameters: { TaskToken: "none" },
      error: "Sfn.InvalidTokenException",
      cause: "Invalid Token: 'Invalid token'",
    },
    {
      action: "stopExecution",
      parameters: { ExecutionArn: executionArnOf("a", "b") },
      error: "Sfn.ExecutionDoesNotExistException",
      cause: `Execution Does Not Exist: '${executionArnOf("a", "b")}'`,
    },
  ])("fail as the SDK's: $action", async ({ action, parameters, error, cause }) => {
    await using bench = await Bench.open();
    const execution = await bench.describe(await bench.start(machine({ Call: sdkCall(action, parameters) })));
    const told = ` (Service: Sfn, Status Code: 400, Request ID: `;
    expect(execution).toMatchObject({ status: "FAILED", error, cause: expect.stringContaining(cause + told) as unknown });
    expect(execution.cause).toMatch(/\) \(SDK Attempt Count: 1\)$/);
  });

  it("answer with the API's members in PascalCase and dates as texts", async () => {
    await using bench = await Bench.open();
    const call = sdkCall("describeExecution", { "ExecutionArn.$": "$$.Execution.Id" });
    const arn = await bench.start(machine({ Call: call }));
    const output = outputOf(await bench.describe(arn));
    expect(output).toMatchObject({
      ExecutionArn: arn,
      Status: "RUNNING",
      StartDate: "2026-03-01T09:00:00Z",
      InputDetails: { Included: true },
    });
  });

  it("start an execution with an input that is written as JSON", async () => {
    const call = sdkCall("startExecution", { StateMachineArn: arnOf("child"), Name: "nested", Input: { a: 1 } });
    const { bench, parentArn, childArn } = await nesting(answer, machine({ Call: call }));
    await using _ = bench;
    expect(outputOf(await bench.describe(parentArn))).toEqual({ ExecutionArn: childArn, StartDate: "2026-03-01T09:00:00Z" });
    expect(await bench.describe(childArn)).toMatchObject({ status: "SUCCEEDED", input: '{"a":1}' });
  });

  it("can end the very execution that makes them", async () => {
    await using bench = await Bench.open();
    const call = sdkCall("stopExecution", { "ExecutionArn.$": "$$.Execution.Id", Error: "Enough" });
    const arn = await bench.start(machine({ Call: call }));
    expect(await bench.describe(arn)).toMatchObject({ status: "ABORTED", error: "Enough" });
  });
});

describe("calls that are made late", () => {
  it("happen at the time at which they were due", async () => {
    const child = machine({ Pause: { Type: "Wait", Seconds: 10, End: true } });
    const parent = machine({ Pause: { Type: "Wait", Seconds: 60, Next: "Start" }, Start: startChild(".sync", { TimeoutSeconds: 20 }) });
    const { bench, parentArn, childArn } = await nesting(child, parent);
    await using _ = bench;
    const startedAt = bench.now;
    bench.now += 3_600_000;
    expect((await bench.describe(childArn)).startDate?.getTime()).toBe(startedAt + 60_000);
    const execution = await bench.describe(parentArn);
    expect(execution).toMatchObject({ status: "SUCCEEDED", stopDate: new Date(startedAt + 70_000) });
  });

  it("are made by the next process where one was killed right after it had taken them on", async () => {
    await using bench = await Bench.open();
    await create(bench, "child", answer);
    await create(bench, "parent", machine({ Start: startChild(".sync:2") }));
    await bench.close();
    startAndDie(bench.file);
    await bench.reopen();
    expect(outputOf(await bench.describe(executionArnOf("parent", "run")))["Output"]).toEqual({ answer: 42 });
  });

  it("are waited for across processes", async () => {
    const { bench, parentArn, childArn } = await nesting(waiting, machine({ Start: startChild(".sync:2") }));
    await using _ = bench;
    expect((await bench.describe(childArn)).status).toBe("RUNNING");
    await bench.reopen();
    await bench.succeed(childArn, { approved: true });
    expect(outputOf(await bench.describe(parentArn))["Output"]).toEqual({ approved: true });
  });

  it("hold nobody up who asks for something else, however many there are", async () => {
    await using bench = await Bench.open();
    const own = { StateMachineArn: arnOf("endless"), "Input.$": "$" };
    const endless = machine({
      Again: { Type: "Task", Resource: "arn:aws:states:::states:startExecution.sync", Parameters: own, End: true },
    });
    await create(bench, "endless", endless);
    await bench.client.send(new StartExecutionCommand({ stateMachineArn: arnOf("endless"), name: "first" }));
    const other = await bench.start(answer);
    expect((await bench.describe(other)).status).toBe("SUCCEEDED");
    await bench.client.send(new StopExecutionCommand({ executionArn: executionArnOf("endless", "first") }));
    const all = { stateMachineArn: arnOf("endless"), maxResults: 1000 };
    const { executions = [] } = await bench.client.send(new ListExecutionsCommand(all));
    expect(executions.length).toBeGreaterThan(50);
    const running = new ListExecutionsCommand({ ...all, statusFilter: "RUNNING" });
    await expect.poll(async () => (await bench.client.send(running)).executions?.length, { timeout: 50_000 }).toBe(0);
  }, 60_000);
});
