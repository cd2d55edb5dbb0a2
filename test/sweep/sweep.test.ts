import {
  CreateActivityCommand,
  CreateStateMachineCommand,
  GetActivityTaskCommand,
  RedriveExecutionCommand,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Bench, callbackResource, callbackState, machine, roleArn } from "../local/peer.ts";
import { arnOf, branch, pass, placesOf, type Swept, settled, sweepExactly, sweepOf } from "./account.ts";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(() => bench.close());

const caught = { Catch: [{ ErrorEquals: ["States.ALL"], Next: "After" }] };
const retried = { Retry: [{ ErrorEquals: ["States.ALL"], IntervalSeconds: 1, MaxAttempts: 1 }] };
const mapOf = (processor: object, more: object = { End: true }) => ({ Type: "Map", ItemProcessor: processor, ...more });
const distributed = (processor: object, more: object = {}) =>
  mapOf({ ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" }, ...processor }, { Label: "Each", End: true, ...more });

const statesOf = ({ tasks }: Swept) => tasks.map(({ task }) => task?.state).toSorted();

/** Answers the task of that state; in the iteration, where one is given. */
async function answer(state: string, how: "succeed" | "fail", index?: number): Promise<void> {
  const { tasks } = await sweepOf(bench);
  const found = tasks.find(
    ({ task }) => task?.state === state && (index === undefined || task.path.some((step) => "map" in step && step.index === index)),
  );
  const taskToken = await bench.token(found?.executionArn ?? "", found?.task?.eventId);
  if (how === "succeed") await bench.client.send(new SendTaskSuccessCommand({ taskToken, output: "{}" }));
  else await bench.client.send(new SendTaskFailureCommand({ taskToken, error: "No" }));
}

const oneRead = { ListStateMachines: 1, DescribeStateMachine: 1, ListExecutions: 1, GetExecutionHistory: 1 };

describe("a sweep finds", () => {
  it("a lone callback with one call for its history, however long it is", async () => {
    const loop = {
      Count: pass({ Parameters: { "n.$": "States.MathAdd($.n, 1)" }, Next: "Enough" }),
      Enough: { Type: "Choice", Choices: [{ Variable: "$.n", NumericGreaterThan: 2000, Next: "Ask" }], Default: "Count" },
      Ask: callbackState(),
    };
    const arn = await bench.start(machine(loop), { n: 0 });
    expect((await bench.history(arn)).length).toBeGreaterThan(8000);
    const swept = await sweepExactly(bench);
    expect(swept.calls).toEqual(oneRead);
    expect(swept).toMatchObject({ complete: true, tasks: [{ executionArn: arn, task: { state: "Ask", attempt: 1, hasToken: true } }] });
  });

  it("only the newest attempt of a retried task, none during the backoff, and none once it was caught", async () => {
    await bench.start(machine({ Ask: callbackState({ End: true, ...retried, ...caught }), After: pass() }));
    await answer("Ask", "fail");
    expect((await sweepExactly(bench)).tasks).toEqual([]);
    bench.now += 2000;
    expect(await sweepExactly(bench)).toMatchObject({ tasks: [{ task: { state: "Ask", attempt: 2 } }] });
    await answer("Ask", "fail");
    expect((await sweepExactly(bench)).tasks).toEqual([]);
  });

  it("the branches of a Parallel, and after its failure only what came instead", async () => {
    const states = {
      Before: callbackState({ Next: "Both" }),
      Both: { Type: "Parallel", Branches: [branch("Left"), branch("Right")], ...retried, ...caught, End: true },
      After: callbackState(),
    };
    await bench.start(machine(states));
    await answer("Before", "succeed");
    const swept = await sweepExactly(bench);
    expect(placesOf(swept).toSorted()).toEqual([
      ["Left", { parallel: "Both", branch: 0 }],
      ["Right", { parallel: "Both", branch: 1 }],
    ]);
    expect(swept.calls).toEqual(oneRead);
    await answer("Right", "fail");
    expect((await sweepExactly(bench)).tasks).toEqual([]);
    bench.now += 2000;
    expect(statesOf(await sweepExactly(bench))).toEqual(["Left", "Right"]);
    await answer("Left", "succeed");
    expect(statesOf(await sweepExactly(bench))).toEqual(["Right"]);
    await answer("Right", "fail");
    expect(statesOf(await sweepExactly(bench))).toEqual(["After"]);
  });

  it("the iterations of an inline Map with limited concurrency, as they come", async () => {
    const each = mapOf(branch("Ask"), { ItemsPath: "$.items", MaxConcurrency: 2, ...retried, End: true });
    await bench.start(machine({ Each: each }), { items: [1, 2, 3, 4] });
    const indexes = async () =>
      placesOf(await sweepExactly(bench))
        .map(([, step]) => (step as { index: number }).index)
        .toSorted();
    expect(await indexes()).toEqual([0, 1]);
    await answer("Ask", "succeed", 0);
    expect(await indexes()).toEqual([1, 2]);
    await answer("Ask", "succeed", 2);
    expect(await indexes()).toEqual([1, 3]);
    await answer("Ask", "fail", 1);
    expect(await indexes()).toEqual([]);
    bench.now += 2000;
    expect(await indexes()).toEqual([0, 1]);
  });

  it("a Map in a Map, and a Map in a Parallel", async () => {
    const inner = mapOf(branch("Ask"), { ItemsPath: "$", End: true });
    await bench.start(machine({ Outer: mapOf(machine({ Inner: inner }), { ItemsPath: "$", End: true }) }), [[1], [2, 3]]);
    const within = mapOf(branch("Weigh"), { ItemsPath: "$", End: true });
    await bench.start(machine({ Both: { Type: "Parallel", Branches: [machine({ Within: within }), branch("Alone")], End: true } }), [7]);
    expect(
      placesOf(await sweepExactly(bench))
        .map((place) => JSON.stringify(place))
        .toSorted(),
    ).toEqual(
      [
        ["Alone", { parallel: "Both", branch: 1 }],
        ["Ask", { map: "Outer", index: 0 }, { map: "Inner", index: 0 }],
        ["Ask", { map: "Outer", index: 1 }, { map: "Inner", index: 0 }],
        ["Ask", { map: "Outer", index: 1 }, { map: "Inner", index: 1 }],
        ["Weigh", { parallel: "Both", branch: 0 }, { map: "Within", index: 0 }],
      ].map((place) => JSON.stringify(place)),
    );
  });

  it("the children of a distributed Map, of one within one, and of a redriven one", async () => {
    const inner = distributed(branch("Ask"), { Label: "Inner", ItemsPath: "$" });
    const arn = await bench.start(machine({ Outer: distributed(machine({ Inner: inner }), { Label: "Outer", ItemsPath: "$" }) }), [[1, 2]]);
    await bench.local.advance(0);
    const path = [
      { child: "Outer", mapRunArn: expect.stringContaining("/Outer:") as unknown },
      { child: "Inner", mapRunArn: expect.stringContaining("/Inner:") as unknown },
    ];
    const swept = await sweepExactly(bench);
    expect(placesOf(swept)).toEqual([
      ["Ask", ...path],
      ["Ask", ...path],
    ]);
    expect(swept.calls).toMatchObject({ ListExecutions: 3, GetExecutionHistory: 4, DescribeStateMachine: 1 });
    expect(swept.tasks[0]?.ancestorExecutionArns).toEqual([arn, expect.stringContaining("/Outer:")]);
    await answer("Ask", "fail");
    await bench.local.advance(0);
    expect((await sweepExactly(bench)).tasks).toEqual([]);
    await bench.client.send(new RedriveExecutionCommand({ executionArn: arn }));
    await bench.local.advance(0);
    expect(statesOf(await sweepExactly(bench))).toEqual(["Ask", "Ask"]);
  });

  it("what a redriven execution waits for anew, and nothing of before", async () => {
    const arn = await bench.start(machine({ Both: { Type: "Parallel", Branches: [branch("Left"), branch("Right")], End: true } }));
    await answer("Left", "succeed");
    await bench.client.send(new StopExecutionCommand({ executionArn: arn }));
    expect((await sweepExactly(bench)).tasks).toEqual([]);
    bench.now += 60_000;
    await bench.client.send(new RedriveExecutionCommand({ executionArn: arn }));
    expect(await sweepExactly(bench)).toMatchObject({ tasks: [{ task: { state: "Right", attempt: 2 } }] });
  });

  it("activities, queued and held, which nobody can answer here", async () => {
    const { activityArn = "" } = await bench.client.send(new CreateActivityCommand({ name: "weigh" }));
    await bench.start(machine({ Weigh: { Type: "Task", Resource: activityArn, End: true } }));
    const row = async () => (await sweepExactly(bench)).tasks[0]?.task;
    expect(await row()).toMatchObject({ kind: "activity", integration: activityArn, handedTo: null, hasToken: false });
    await bench.client.send(new GetActivityTaskCommand({ activityArn, workerName: "w1" }));
    // Its token is not in the history: it is alive, and nobody but the worker has it.
    expect(await row()).toMatchObject({ kind: "activity", handedTo: { service: "activity", id: "w1", since: new Date(bench.now) } });
  });

  it("states of any name", async () => {
    const names = ["Ask the owner", 'with "quotes"', "a/b", "✅ 承認 🙂", "<>|`'$", "x".repeat(80)];
    for (const name of names) await bench.start(machine({ [name]: callbackState() }));
    expect(statesOf(await sweepExactly(bench))).toEqual(names.toSorted());
  });

  it("the one iteration that waits in a history near its limit of 25,000 events, read once", { timeout: 60_000 }, async () => {
    const states = {
      Which: { Type: "Choice", Choices: [{ Variable: "$", NumericEquals: 700, Next: "Ask" }], Default: "A" },
      ...{ A: pass({ Next: "B" }), B: pass({ Next: "C" }), C: pass({ Next: "D" }), D: pass() },
      Ask: callbackState(),
    };
    const items = Array.from({ length: 2000 }, (_, index) => index);
    const arn = await bench.start(machine({ Each: mapOf(machine(states), { ItemsPath: "$", MaxConcurrency: 1000, End: true }) }), items);
    const events = (await bench.history(arn)).length;
    expect(events).toBeGreaterThan(23_000);
    const swept = await sweepExactly(bench);
    expect(placesOf(swept)).toEqual([["Ask", { map: "Each", index: 700 }]]);
    expect(swept.calls["GetExecutionHistory"]).toBe(1 + Math.ceil((events - 200) / 1000));
  });
});

describe("the token of a task", () => {
  const sends: readonly (readonly [string, object])[] = [
    ["a member", { Parameters: { QueueUrl: "q", MessageBody: { "t.$": "$$.Task.Token" } } }],
    ["a string", { Parameters: { QueueUrl: "q", "MessageBody.$": "States.Format('see https://x.test/?t={}&a=1', $$.Task.Token)" } }],
    ["a JSON string", { Parameters: { QueueUrl: "q", "MessageBody.$": "States.JsonToString($$.Task)" } }],
    ["an array", { Parameters: { QueueUrl: "q", "MessageBody.$": "States.Array('a', $$.Task.Token)" } }],
    [
      "a header",
      {
        Resource: "arn:aws:states:::apigateway:invoke.waitForTaskToken",
        Parameters: { ApiEndpoint: "x", Method: "POST", Headers: { "TaskToken.$": "States.Array($$.Task.Token)" } },
      },
    ],
    [
      "an environment list",
      {
        Resource: "arn:aws:states:::ecs:runTask.waitForTaskToken",
        Parameters: {
          TaskDefinition: "t",
          Overrides: { ContainerOverrides: [{ Name: "c", Environment: [{ Name: "TASK_TOKEN", "Value.$": "$$.Task.Token" }] }] },
        },
      },
    ],
  ];

  it.each(sends)("is found in %s", async (_, fields) => {
    await bench.start(machine({ Ask: callbackState({ End: true, ...fields }) }));
    expect(await sweepExactly(bench)).toMatchObject({ tasks: [{ task: { hasToken: true } }] });
  });

  it("is found in the arguments of a JSONata state", async () => {
    const Arguments = { QueueUrl: "q", MessageBody: "{% 'token: ' & $states.context.Task.Token %}" };
    const Ask = { Type: "Task", QueryLanguage: "JSONata", Resource: callbackResource, Arguments, End: true };
    await bench.start(machine({ Ask }));
    await settled(bench);
    expect(await sweepExactly(bench)).toMatchObject({ tasks: [{ task: { hasToken: true } }] });
  });

  it("is missed where it was not sent, and told apart from a parent's", async () => {
    const parent = {
      Type: "Task",
      Resource: "arn:aws:states:::states:startExecution.waitForTaskToken",
      Parameters: { StateMachineArn: arnOf("child"), Name: "nested", Input: { "parentToken.$": "$$.Task.Token" } },
      End: true,
    };
    const bare = { QueueUrl: "q", MessageBody: { "theirs.$": "$$.Execution.Input.parentToken" } };
    const both = { QueueUrl: "q", MessageBody: { "theirs.$": "$$.Execution.Input.parentToken", "own.$": "$$.Task.Token" } };
    // The input is out of sight of a short page: forty states after it, and replaced in the first.
    const steps = Array.from({ length: 40 }, (_, index) => [
      `Step${index}`,
      pass({ Result: {}, Next: index === 39 ? "Ask" : `Step${index + 1}` }),
    ]);
    for (const [name, Parameters, hasToken, calls] of [
      ["bare", bare, false, 2],
      ["both", both, true, 2],
    ] as const) {
      await using own = await Bench.open();
      const child = machine({ ...(Object.fromEntries(steps) as Record<string, object>), Ask: callbackState({ Parameters, End: true }) });
      await own.client.send(new CreateStateMachineCommand({ name: "child", roleArn, definition: JSON.stringify(child) }));
      const parentArn = await own.start(machine({ Call: parent }), {}, { name: "parent" });
      await own.local.advance(0);
      const swept = await sweepExactly(own);
      expect(swept.tasks.map(({ stateMachineName, task }) => [stateMachineName, task?.hasToken]).toSorted(), name).toEqual([
        ["child", hasToken],
        ["parent", true],
      ]);
      expect(swept.calls["GetExecutionHistory"]).toBe(1 + calls);
      expect(swept.tasks.find(({ stateMachineName }) => stateMachineName === "child")?.ancestorExecutionArns).toEqual([parentArn]);
    }
  });
});
