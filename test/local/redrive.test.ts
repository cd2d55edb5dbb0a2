import {
  DescribeMapRunCommand,
  type ExecutionListItem,
  ListExecutionsCommand,
  ListMapRunsCommand,
  RedriveExecutionCommand,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  StopExecutionCommand,
  UpdateMapRunCommand,
} from "@aws-sdk/client-sfn";
import { describe, expect, it } from "vitest";
import { waitingTasks } from "../../src/callback/history/waiting-tasks.ts";
import { Bench, callbackState, lines, machine } from "./peer.ts";

const dayMilliseconds = 86_400_000;

async function redrive(bench: Bench, executionArn: string, clientToken?: string): Promise<Date | undefined> {
  return (await bench.client.send(new RedriveExecutionCommand({ executionArn, clientToken }))).redriveDate;
}

async function stop(bench: Bench, executionArn: string): Promise<void> {
  await bench.client.send(new StopExecutionCommand({ executionArn }));
}

async function fail(bench: Bench, taskToken: string): Promise<void> {
  await bench.client.send(new SendTaskFailureCommand({ taskToken, error: "No", cause: "not now" }));
}

/** The tasks that wait in an execution, as the core finds them in its history. */
async function waiting(bench: Bench, executionArn: string) {
  return waitingTasks(await bench.history(executionArn));
}

async function answer(bench: Bench, executionArn: string, state: string, output: unknown, index?: number): Promise<void> {
  const tasks = await waiting(bench, executionArn);
  const task = tasks.find(
    (task) => task.state === state && (index === undefined || task.path.some((step) => "map" in step && step.index === index)),
  );
  await bench.client.send(new SendTaskSuccessCommand({ taskToken: task?.taskToken ?? "none", output: JSON.stringify(output) }));
}

async function refuse(bench: Bench, executionArn: string, state: string): Promise<void> {
  const task = (await waiting(bench, executionArn)).find((task) => task.state === state);
  await fail(bench, task?.taskToken ?? "none");
}

/** A mock configuration in which the state `Flaky` of the machine `flaky` fails once. */
const failsOnce = {
  mockConfig: JSON.stringify({
    StateMachines: { flaky: { TestCases: { once: { Flaky: "Once" } } } },
    MockedResponses: { Once: { "0": { Throw: { Error: "Flaked", Cause: "once" } }, "1-9": { Return: "fine" } } },
  }),
};
const flaky = { Type: "Task", Resource: "arn:aws:states:::sqs:sendMessage", Parameters: { QueueUrl: "q", MessageBody: "b" }, End: true };

describe("redriving an execution", () => {
  it("schedules the failed task again, with a new token", async () => {
    await using bench = await Bench.open();
    const arn = await bench.start(machine({ Before: { Type: "Pass", Next: "Ask" }, Ask: callbackState() }));
    const oldToken = await bench.token(arn);
    await fail(bench, oldToken);
    bench.now += 60_000;
    expect(await redrive(bench, arn)).toEqual(new Date(bench.now));
    expect(await bench.describe(arn)).toMatchObject({ status: "RUNNING", redriveCount: 1, redriveDate: new Date(bench.now) });
    expect(lines(await bench.history(arn)).slice(6)).toEqual([
      "7 TaskSubmitted<-6 +0",
      "8 TaskFailed<-7 +0",
      "9 ExecutionFailed<-8 +0",
      "10 ExecutionRedriven<-0 +60",
      "11 TaskScheduled<-8 +60",
      "12 TaskStarted<-11 +60",
      "13 TaskSubmitted<-12 +60",
    ]);
    await expect(fail(bench, oldToken)).rejects.toMatchObject({ name: "TaskTimedOut" });
    expect(await waiting(bench, arn)).toMatchObject([{ state: "Ask", attempt: 2, eventId: 11 }]);
    await bench.succeed(arn, "yes");
    expect(await bench.describe(arn)).toMatchObject({ status: "SUCCEEDED", output: '"yes"', redriveStatus: "NOT_REDRIVABLE" });
  });

  it("schedules a task again that waited when the execution was stopped", async () => {
    await using bench = await Bench.open();
    const arn = await bench.start(machine({ Ask: callbackState() }));
    await stop(bench, arn);
    await redrive(bench, arn);
    expect(lines(await bench.history(arn)).slice(4, 8)).toEqual([
      "5 TaskSubmitted<-4 +0",
      "6 ExecutionAborted<-0 +0",
      "7 ExecutionRedriven<-0 +0",
      "8 TaskScheduled<-5 +0",
    ]);
    expect(await bench.describe(arn)).not.toHaveProperty("stopDate");
    expect(await waiting(bench, arn)).toHaveLength(1);
  });

  it("gives the execution its time and the state its timeout and its retries anew", async () => {
    await using bench = await Bench.open();
    const Retry = [{ ErrorEquals: ["No"], MaxAttempts: 1, IntervalSeconds: 1 }];
    const arn = await bench.start(machine({ Ask: callbackState({ TimeoutSeconds: 50, Retry, End: true }) }, { TimeoutSeconds: 100 }));
    for (const _ of [1, 2]) {
      await fail(bench, await bench.token(arn));
      bench.now += 1_000;
    }
    expect((await bench.describe(arn)).status).toBe("FAILED");
    bench.now += 1_000_000;
    await redrive(bench, arn);
    await fail(bench, await bench.token(arn));
    bench.now += 1_000;
    expect(await waiting(bench, arn)).toHaveLength(1);
    bench.now += 49_999;
    expect((await bench.describe(arn)).status).toBe("RUNNING");
    bench.now += 1;
    expect(await bench.describe(arn)).toMatchObject({ status: "FAILED", error: "States.Timeout" });
    await redrive(bench, arn);
    for (const _ of [1, 2]) {
      await bench.client.send(new SendTaskFailureCommand({ taskToken: await bench.token(arn), error: "No" })).catch(() => {});
      bench.now += 40_000;
    }
    expect((await bench.describe(arn)).status).toBe("FAILED");
  });

  it("times the execution out again, counted from the redrive", async () => {
    await using bench = await Bench.open();
    const arn = await bench.start(machine({ Ask: callbackState() }, { TimeoutSeconds: 100 }));
    bench.now += 500_000;
    expect((await bench.describe(arn)).status).toBe("TIMED_OUT");
    await redrive(bench, arn);
    bench.now += 99_999;
    expect((await bench.describe(arn)).status).toBe("RUNNING");
    bench.now += 1;
    expect(await bench.describe(arn)).toMatchObject({ status: "TIMED_OUT", stopDate: new Date(bench.now) });
  });

  it("tells the states how often and when", async () => {
    await using bench = await Bench.open();
    const Parameters = { QueueUrl: "q", MessageBody: { "Token.$": "$$.Task.Token", "Execution.$": "$$.Execution" } };
    const arn = await bench.start(machine({ Ask: callbackState({ Parameters, End: true }) }));
    const told = async () => {
      const scheduled = (await bench.history(arn)).findLast(({ type }) => type === "TaskScheduled");
      const parameters = JSON.parse(scheduled?.taskScheduledEventDetails?.parameters ?? "") as { MessageBody: { Execution: object } };
      return parameters.MessageBody.Execution;
    };
    expect(await told()).toMatchObject({ RedriveCount: 0 });
    expect(await told()).not.toHaveProperty("RedriveTime");
    await stop(bench, arn);
    bench.now += 5_000;
    await redrive(bench, arn);
    expect(await told()).toMatchObject({ RedriveCount: 1, RedriveTime: "2026-03-01T09:00:05.000Z" });
  });

  it("enters a Fail state again, and fails again", async () => {
    await using bench = await Bench.open();
    const arn = await bench.start(machine({ No: { Type: "Fail", Error: "No" } }));
    await redrive(bench, arn);
    expect(lines(await bench.history(arn)).slice(2)).toEqual([
      "3 ExecutionFailed<-2 +0",
      "4 ExecutionRedriven<-0 +0",
      "5 FailStateEntered<-0 +0",
      "6 ExecutionFailed<-5 +0",
    ]);
  });

  it("begins a state whose fields could not be evaluated once more", async () => {
    await using bench = await Bench.open();
    const state = callbackState({ QueryLanguage: "JSONata", Parameters: undefined, Arguments: { Q: "{% $error('no') %}" }, End: true });
    const arn = await bench.start(machine({ Ask: state }));
    await expect.poll(async () => (await bench.describe(arn)).status, { timeout: 10_000 }).toBe("FAILED");
    await redrive(bench, arn);
    await expect
      .poll(() => bench.describe(arn), { timeout: 10_000 })
      .toMatchObject({ status: "FAILED", error: "States.QueryEvaluationError", redriveCount: 1 });
  });

  it("does it once for requests with the same clientToken, for 15 minutes", async () => {
    await using bench = await Bench.open();
    const arn = await bench.start(machine({ Ask: callbackState() }));
    await stop(bench, arn);
    const first = await redrive(bench, arn, "token");
    bench.now += 60_000;
    expect(await redrive(bench, arn, "token")).toEqual(first);
    await stop(bench, arn);
    expect(await redrive(bench, arn, "token")).toEqual(first);
    expect((await bench.describe(arn)).status).toBe("ABORTED");
    bench.now += 15 * 60_000;
    expect(await redrive(bench, arn, "token")).toEqual(new Date(bench.now));
    expect(await bench.describe(arn)).toMatchObject({ status: "RUNNING", redriveCount: 2 });
  });
});

describe("redriving Parallel and Map", () => {
  const branch = (name: string, state: object = callbackState()) => ({ StartAt: name, States: { [name]: state } });

  it("keeps the branches that succeeded", async () => {
    await using bench = await Bench.open();
    const Branches = [branch("A"), branch("B"), branch("C")];
    const arn = await bench.start(machine({ All: { Type: "Parallel", Branches, End: true } }));
    await answer(bench, arn, "A", "a");
    await refuse(bench, arn, "B");
    await redrive(bench, arn);
    expect((await waiting(bench, arn)).map(({ state }) => state)).toEqual(["B", "C"]);
    await answer(bench, arn, "C", "c");
    await answer(bench, arn, "B", "b");
    expect(await bench.describe(arn)).toMatchObject({ status: "SUCCEEDED", output: '["a","b","c"]' });
  });

  it("enters what had not been entered yet", async () => {
    await using bench = await Bench.open(undefined, failsOnce);
    const Branches = [branch("Flaky", flaky), branch("B")];
    const definition = machine({ All: { Type: "Parallel", Branches, End: true } });
    const arn = await bench.start(definition, { a: 1 }, { name: "flaky", testCase: "once" });
    expect(await bench.describe(arn)).toMatchObject({ status: "FAILED", error: "Flaked" });
    expect((await bench.history(arn)).filter(({ type }) => type === "TaskStateEntered")).toHaveLength(1);
    await redrive(bench, arn);
    const [task, ...more] = await waiting(bench, arn);
    expect(more).toEqual([]);
    expect(task).toMatchObject({ state: "B", input: '{"a":1}' });
    await answer(bench, arn, "B", "b");
    expect(await bench.describe(arn)).toMatchObject({ status: "SUCCEEDED", output: '["fine","b"]' });
  });

  it("keeps the iterations that succeeded, and begins those that had not begun", async () => {
    await using bench = await Bench.open();
    const ItemProcessor = branch("Each");
    const arn = await bench.start(machine({ Map: { Type: "Map", MaxConcurrency: 2, ItemProcessor, End: true } }), ["0", "1", "2", "3"]);
    await answer(bench, arn, "Each", "zero", 0);
    await refuse(bench, arn, "Each");
    await redrive(bench, arn);
    const open = await waiting(bench, arn);
    expect(open.map(({ path }) => path)).toEqual([[{ map: "Map", index: 1 }], [{ map: "Map", index: 2 }]]);
    for (const index of [2, 1, 3]) await answer(bench, arn, "Each", index, index);
    expect(await bench.describe(arn)).toMatchObject({ status: "SUCCEEDED", output: '["zero",1,2,3]' });
  });

  it("goes on inside containers within containers, whichever of them failed", async () => {
    await using bench = await Bench.open();
    const each = { Type: "Map", ItemsPath: "$.items", ItemProcessor: branch("Each"), End: true };
    const Branches = [branch("Map", each), branch("B")];
    const arn = await bench.start(machine({ All: { Type: "Parallel", Branches, End: true } }), { items: [0, 1] });
    await answer(bench, arn, "Each", "zero", 0);
    await refuse(bench, arn, "Each");
    await redrive(bench, arn);
    await refuse(bench, arn, "B");
    await redrive(bench, arn);
    expect((await waiting(bench, arn)).map(({ state, path }) => [state, path.filter((step) => "map" in step)])).toEqual([
      ["Each", [{ map: "Map", index: 1 }]],
      ["B", []],
    ]);
    await answer(bench, arn, "Each", "one");
    await answer(bench, arn, "B", "b");
    expect(await bench.describe(arn)).toMatchObject({ status: "SUCCEEDED", output: '[["zero","one"],"b"]', redriveCount: 2 });
  });

  it("leaves nothing of a container that was caught to be redriven", async () => {
    await using bench = await Bench.open();
    const Catch = [{ ErrorEquals: ["States.ALL"], Next: "After" }];
    const states = { All: { Type: "Parallel", Branches: [branch("A"), branch("B")], Catch, End: true }, After: callbackState() };
    const arn = await bench.start(machine(states));
    await refuse(bench, arn, "A");
    await refuse(bench, arn, "After");
    await redrive(bench, arn);
    expect((await waiting(bench, arn)).map(({ state }) => state)).toEqual(["After"]);
  });
});

describe("redriving a distributed Map", () => {
  const processor = (states: Record<string, object>) => ({
    ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" },
    ...(machine(states) as { StartAt: string; States: object }),
  });
  const map = (more: object = {}) =>
    machine({ Map: { Type: "Map", Label: "map", ItemProcessor: processor({ Each: callbackState() }), End: true, ...more } });

  async function children(bench: Bench, mapRunArn: string | undefined, more: object = {}): Promise<ExecutionListItem[]> {
    return (await bench.client.send(new ListExecutionsCommand({ mapRunArn, ...more }))).executions ?? [];
  }

  async function mapRunOf(bench: Bench, executionArn: string): Promise<string | undefined> {
    const { mapRuns = [] } = await bench.client.send(new ListMapRunsCommand({ executionArn }));
    expect(mapRuns).toHaveLength(1);
    return mapRuns[0]?.mapRunArn;
  }

  async function childArn(bench: Bench, mapRunArn: string | undefined, item: unknown): Promise<string> {
    for (const { executionArn = "" } of await children(bench, mapRunArn)) {
      if ((await bench.describe(executionArn)).input === JSON.stringify(item)) return executionArn;
    }
    throw new Error("no such child");
  }

  it("goes on with the same map run and the same executions, where they had not succeeded", async () => {
    await using bench = await Bench.open();
    const arn = await bench.start(map(), ["a", "b", "c"]);
    const mapRunArn = await mapRunOf(bench, arn);
    const [a, b, c] = [await childArn(bench, mapRunArn, "a"), await childArn(bench, mapRunArn, "b"), await childArn(bench, mapRunArn, "c")];
    await bench.succeed(a, "A");
    await fail(bench, await bench.token(b));
    expect(await bench.describe(arn)).toMatchObject({ status: "FAILED", redriveStatus: "REDRIVABLE" });
    expect(await bench.describe(b)).toMatchObject({ status: "FAILED", redriveStatus: "REDRIVABLE_BY_MAP_RUN" });
    expect(await bench.describe(c)).toMatchObject({ status: "ABORTED" });
    await expect(redrive(bench, b)).rejects.toMatchObject({ name: "ExecutionNotRedrivable" });

    bench.now += 1_000;
    await redrive(bench, arn);
    expect(await bench.client.send(new DescribeMapRunCommand({ mapRunArn }))).toMatchObject({
      status: "RUNNING",
      redriveCount: 1,
      redriveDate: new Date(bench.now),
      executionCounts: { running: 2, succeeded: 1, failed: 0, aborted: 0, total: 3 },
    });
    expect((await children(bench, mapRunArn, { redriveFilter: "REDRIVEN" })).map(({ executionArn }) => executionArn).sort()).toEqual(
      [b, c].sort(),
    );
    expect((await children(bench, mapRunArn, { redriveFilter: "NOT_REDRIVEN" })).map(({ executionArn }) => executionArn)).toEqual([a]);
    await bench.succeed(b, "B");
    await bench.succeed(c, "C");
    expect(await bench.describe(arn)).toMatchObject({ status: "SUCCEEDED", output: '["A","B","C"]' });
    expect(await mapRunOf(bench, arn)).toBe(mapRunArn);
    const events = await bench.history(arn);
    expect(lines(events).slice(3, 8)).toEqual([
      "4 MapRunStarted<-3 +0",
      "5 MapRunFailed<-4 +0",
      "6 MapStateFailed<-5 +0",
      "7 ExecutionFailed<-6 +0",
      "8 ExecutionRedriven<-0 +1",
    ]);
    expect(events[8]).toMatchObject({
      type: "MapRunRedriven",
      previousEventId: 5,
      mapRunRedrivenEventDetails: { mapRunArn, redriveCount: 1 },
    });
  });

  it("shows those that wait for their turn as PENDING_REDRIVE, and leaves them where the execution is stopped meanwhile", async () => {
    await using bench = await Bench.open();
    const arn = await bench.start(map({ MaxConcurrency: 2, ToleratedFailureCount: 9 }), ["a", "b", "c"]);
    const mapRunArn = await mapRunOf(bench, arn);
    await stop(bench, arn);
    await bench.client.send(new UpdateMapRunCommand({ mapRunArn, maxConcurrency: 1 }));
    await redrive(bench, arn);
    const [a, b] = [await childArn(bench, mapRunArn, "a"), await childArn(bench, mapRunArn, "b")];
    expect((await bench.describe(a)).status).toBe("RUNNING");
    expect(await children(bench, mapRunArn, { statusFilter: "PENDING_REDRIVE" })).toMatchObject([{ executionArn: b, redriveCount: 0 }]);
    const { executionCounts } = await bench.client.send(new DescribeMapRunCommand({ mapRunArn }));
    expect(executionCounts).toMatchObject({ running: 1, pending: 1, pendingRedrive: 1, total: 3 });
    await stop(bench, arn);
    expect((await children(bench, mapRunArn)).map(({ status }) => status)).toEqual(["ABORTED", "ABORTED"]);
    await redrive(bench, arn);
    await bench.succeed(a, "A");
    await bench.succeed(b, "B");
    await bench.succeed(await childArn(bench, mapRunArn, "c"), "C");
    expect((await bench.describe(arn)).output).toBe('["A","B","C"]');
  });

  it("starts executions of Express anew", async () => {
    await using bench = await Bench.open(undefined, failsOnce);
    const ItemProcessor = { ...processor({ Flaky: flaky }), ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "EXPRESS" } };
    const arn = await bench.start(map({ ItemProcessor }), ["a"], { name: "flaky", testCase: "once" });
    expect((await bench.describe(arn)).status).toBe("FAILED");
    await redrive(bench, arn);
    expect((await bench.describe(arn)).status).toBe("FAILED");
    const types = (await bench.history(arn)).map(({ type }) => type);
    expect(types.slice(types.indexOf("MapRunRedriven"))).toEqual(["MapRunRedriven", "MapRunFailed", "MapStateFailed", "ExecutionFailed"]);
    const mapRun = await bench.client.send(new DescribeMapRunCommand({ mapRunArn: await mapRunOf(bench, arn) }));
    expect(mapRun).toMatchObject({ redriveCount: 1, executionCounts: { failed: 1, total: 1 } });
  });

  it("is asked for with a mapRunArn only", async () => {
    await using bench = await Bench.open();
    const arn = await bench.start(machine({ Ask: callbackState() }));
    const { stateMachineArn } = await bench.describe(arn);
    for (const more of [{ redriveFilter: "REDRIVEN" }, { statusFilter: "PENDING_REDRIVE" }] as const) {
      const command = new ListExecutionsCommand({ stateMachineArn, ...more });
      await expect(bench.client.send(command)).rejects.toMatchObject({ name: "ValidationException" });
    }
  });
});

describe("an execution that cannot be redriven", () => {
  async function why(bench: Bench, executionArn: string): Promise<string | undefined> {
    const { redriveStatus, redriveStatusReason } = await bench.describe(executionArn);
    expect(redriveStatus).toBe("NOT_REDRIVABLE");
    const error = { name: "ExecutionNotRedrivable", message: `Execution Not Redrivable: '${redriveStatusReason}'` };
    await expect(redrive(bench, executionArn)).rejects.toMatchObject(error);
    return redriveStatusReason;
  }

  it("is one that runs or has succeeded", async () => {
    await using bench = await Bench.open();
    const arn = await bench.start(machine({ Ask: callbackState() }));
    expect(await why(bench, arn)).toBe("Execution is RUNNING and cannot be redriven");
    await bench.succeed(arn, 1);
    expect(await why(bench, arn)).toBe("Execution is SUCCEEDED and cannot be redriven");
  });

  it("is one that ended more than 14 days ago, or started more than a year ago", async () => {
    await using bench = await Bench.open();
    const arn = await bench.start(machine({ Ask: callbackState() }));
    await stop(bench, arn);
    bench.now += 14 * dayMilliseconds;
    expect((await bench.describe(arn)).redriveStatus).toBe("REDRIVABLE");
    bench.now += 1;
    expect(await why(bench, arn)).toBe("Execution redrivable period exceeded");
    const long = await bench.start(machine({ Ask: callbackState() }));
    bench.now += 365 * dayMilliseconds;
    await stop(bench, long);
    expect((await bench.describe(long)).redriveStatus).toBe("REDRIVABLE");
    bench.now += 1;
    expect(await why(bench, long)).toBe("Execution has exceeded the max execution time");
  });

  it("is one that came to the limit of events", async () => {
    await using bench = await Bench.open();
    const Choices = [{ Variable: "$.enough", IsPresent: true, Next: "End" }];
    const arn = await bench.start(machine({ Again: { Type: "Choice", Choices, Default: "Again" }, End: { Type: "Succeed" } }));
    // So many events take more than one step.
    await expect.poll(async () => (await bench.describe(arn)).status, { timeout: 15_000 }).toBe("FAILED");
    expect(await why(bench, arn)).toBe("Execution history event limit exceeded");
  }, 20_000);

  it("is one that is not there", async () => {
    await using bench = await Bench.open();
    const arn = "arn:aws:states:us-east-1:123456789012:execution:none:none";
    await expect(redrive(bench, arn)).rejects.toMatchObject({ name: "ExecutionDoesNotExist" });
  });
});
