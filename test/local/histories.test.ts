import { SendTaskFailureCommand, SendTaskHeartbeatCommand, SendTaskSuccessCommand, StopExecutionCommand } from "@aws-sdk/client-sfn";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Bench, call, callbackState, lines, machine, startOfTime } from "./peer.ts";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(() => bench.close());

const fail = async (arn: string, reason: { error?: string; cause?: string } = {}) =>
  bench.client.send(new SendTaskFailureCommand({ taskToken: await bench.token(arn), ...reason }));
const later = (seconds: number) => {
  bench.now += seconds * 1000;
};
const last = async (arn: string) => (await bench.history(arn)).at(-1);
const sequence = async (arn: string) => lines(await bench.history(arn));
const outputOf = async (arn: string) => JSON.parse((await bench.describe(arn)).output ?? "null") as unknown;

const untilSubmitted = [
  "1 ExecutionStarted<-0 +0",
  "2 TaskStateEntered<-0 +0",
  "3 TaskScheduled<-2 +0",
  "4 TaskStarted<-3 +0",
  "5 TaskSubmitted<-4 +0",
];

describe("a callback task", () => {
  it("that is answered goes through the recorded sequence", async () => {
    const arn = await bench.start(machine({ Ask: callbackState({ End: true, TimeoutSeconds: 600, HeartbeatSeconds: 300 }) }), { n: 1 });
    later(20);
    await bench.succeed(arn, { approved: true });
    expect(await sequence(arn)).toEqual([
      ...untilSubmitted,
      "6 TaskSucceeded<-5 +20",
      "7 TaskStateExited<-6 +20",
      "8 ExecutionSucceeded<-7 +20",
    ]);
    const raw = JSON.parse((await call(bench.local.url, "GetExecutionHistory", { executionArn: arn })).body) as { events: unknown[] };
    const token = await bench.token(arn);
    const callOf = { resourceType: "sqs", resource: "sendMessage.waitForTaskToken" };
    expect(raw.events.slice(1, 4)).toEqual([
      {
        timestamp: startOfTime / 1000,
        type: "TaskStateEntered",
        id: 2,
        previousEventId: 0,
        stateEnteredEventDetails: { name: "Ask", input: '{"n":1}', inputDetails: { truncated: false } },
      },
      {
        timestamp: startOfTime / 1000,
        type: "TaskScheduled",
        id: 3,
        previousEventId: 2,
        taskScheduledEventDetails: {
          ...callOf,
          region: "us-east-1",
          parameters: JSON.stringify({ QueueUrl: "queue", MessageBody: { Input: { n: 1 }, Token: token } }),
          timeoutInSeconds: 600,
          heartbeatInSeconds: 300,
        },
      },
      { timestamp: startOfTime / 1000, type: "TaskStarted", id: 4, previousEventId: 3, taskStartedEventDetails: callOf },
    ]);
    expect(raw.events[5]).toEqual({
      timestamp: startOfTime / 1000 + 20,
      type: "TaskSucceeded",
      id: 6,
      previousEventId: 5,
      taskSucceededEventDetails: { ...callOf, output: '{"approved":true}', outputDetails: { truncated: false } },
    });
  });

  it("that fails ends the execution, with just the error and cause that were sent", async () => {
    for (const reason of [{}, { error: "Refused" }, { error: "Refused", cause: "no budget" }]) {
      const arn = await bench.start(machine({ Ask: callbackState() }));
      await fail(arn, reason);
      expect(await sequence(arn)).toEqual([...untilSubmitted, "6 TaskFailed<-5 +0", "7 ExecutionFailed<-6 +0"]);
      expect((await last(arn))?.executionFailedEventDetails ?? {}).toEqual(reason);
    }
  });

  it("that fails and is caught exits with Error and Cause, null where none was sent", async () => {
    const Catch = [{ ErrorEquals: ["States.ALL"], ResultPath: "$.problem", Next: "Note" }];
    const states = { Ask: callbackState({ End: true, Catch }), Note: { Type: "Pass", End: true } };
    const arn = await bench.start(machine(states), { n: 1 });
    await fail(arn);
    expect((await sequence(arn)).slice(5)).toEqual([
      "6 TaskFailed<-5 +0",
      "7 TaskStateExited<-6 +0",
      "8 PassStateEntered<-7 +0",
      "9 PassStateExited<-8 +0",
      "10 ExecutionSucceeded<-9 +0",
    ]);
    expect(await outputOf(arn)).toEqual({ n: 1, problem: { Error: null, Cause: null } });
  });

  it("that runs out of time, or misses a heartbeat, says States.Timeout at the deadline, however late anyone looks", async () => {
    for (const limits of [{ TimeoutSeconds: 60 }, { HeartbeatSeconds: 60 }, { TimeoutSeconds: 90, HeartbeatSeconds: 60 }]) {
      bench.now = startOfTime;
      await using own = await Bench.open();
      const arn = await own.start(machine({ Ask: callbackState({ End: true, ...limits }) }));
      const taskToken = await own.token(arn);
      await own.close();
      own.now += 7 * 24 * 3_600_000;
      await own.reopen();
      await expect(own.client.send(new SendTaskSuccessCommand({ taskToken, output: "1" }))).rejects.toMatchObject({ name: "TaskTimedOut" });
      const events = await own.history(arn);
      expect(lines(events)).toEqual([...untilSubmitted, "6 TaskTimedOut<-5 +60", "7 ExecutionFailed<-6 +60"]);
      expect(events[5]?.taskTimedOutEventDetails).toEqual({
        resourceType: "sqs",
        resource: "sendMessage.waitForTaskToken",
        error: "States.Timeout",
      });
      expect(events[6]?.executionFailedEventDetails).toEqual({ error: "States.Timeout" });
      expect((await own.describe(arn)).stopDate).toEqual(new Date(startOfTime + 60_000));
    }
  });

  it("lives on by heartbeats, which leave no trace and do not stretch TimeoutSeconds", async () => {
    const arn = await bench.start(machine({ Ask: callbackState({ End: true, TimeoutSeconds: 100, HeartbeatSeconds: 40 }) }));
    const taskToken = await bench.token(arn);
    for (let beat = 0; beat < 3; beat += 1) {
      later(30);
      await bench.client.send(new SendTaskHeartbeatCommand({ taskToken }));
    }
    expect(await sequence(arn)).toEqual(untilSubmitted);
    later(10);
    expect((await sequence(arn)).slice(5)).toEqual(["6 TaskTimedOut<-5 +100", "7 ExecutionFailed<-6 +100"]);
  });

  it("is caught as States.HeartbeatTimeout when a heartbeat is missed", async () => {
    const Catch = [{ ErrorEquals: ["States.HeartbeatTimeout"], Next: "Note" }];
    const states = { Ask: callbackState({ End: true, HeartbeatSeconds: 5, Catch }), Note: { Type: "Pass", End: true } };
    const arn = await bench.start(machine(states));
    later(5);
    expect((await bench.describe(arn)).status).toBe("SUCCEEDED");
  });

  it("followed by another has a token of its own", async () => {
    const arn = await bench.start(machine({ A: callbackState({ Next: "B" }), B: callbackState() }));
    const first = await bench.token(arn);
    await bench.succeed(arn, { step: 1 });
    const second = await bench.token(arn);
    expect(second).not.toBe(first);
    await expect(bench.client.send(new SendTaskSuccessCommand({ taskToken: first, output: "1" }))).rejects.toMatchObject({
      name: "TaskTimedOut",
    });
    await bench.succeed(arn, { step: 2 });
    expect((await sequence(arn)).slice(6)).toEqual([
      "7 TaskStateExited<-6 +0",
      "8 TaskStateEntered<-7 +0",
      "9 TaskScheduled<-8 +0",
      "10 TaskStarted<-9 +0",
      "11 TaskSubmitted<-10 +0",
      "12 TaskSucceeded<-11 +0",
      "13 TaskStateExited<-12 +0",
      "14 ExecutionSucceeded<-13 +0",
    ]);
  });
});

describe("a retried callback task", () => {
  it("waits ever longer up to MaxDelaySeconds, with a new token and no new TaskStateEntered, until its attempts are used", async () => {
    const Retry = [{ ErrorEquals: ["Busy"], IntervalSeconds: 2, BackoffRate: 3, MaxDelaySeconds: 5, MaxAttempts: 2 }];
    const Parameters = { QueueUrl: "q", MessageBody: { "Token.$": "$$.Task.Token", "Count.$": "$$.State.RetryCount" } };
    const arn = await bench.start(machine({ Ask: callbackState({ End: true, Retry, Parameters }) }));
    const tokens = [await bench.token(arn)];
    for (const delay of [2, 5]) {
      await fail(arn, { error: "Busy" });
      const dead = bench.client.send(new SendTaskHeartbeatCommand({ taskToken: tokens.at(-1) }));
      await expect(dead).rejects.toMatchObject({ name: "TaskTimedOut" });
      later(delay);
      tokens.push(await bench.token(arn));
    }
    await fail(arn, { error: "Busy" });
    expect(new Set(tokens).size).toBe(3);
    expect((await sequence(arn)).slice(5)).toEqual([
      "6 TaskFailed<-5 +0",
      "7 TaskScheduled<-6 +2",
      "8 TaskStarted<-7 +2",
      "9 TaskSubmitted<-8 +2",
      "10 TaskFailed<-9 +2",
      "11 TaskScheduled<-10 +7",
      "12 TaskStarted<-11 +7",
      "13 TaskSubmitted<-12 +7",
      "14 TaskFailed<-13 +7",
      "15 ExecutionFailed<-14 +7",
    ]);
    const counts = (await bench.history(arn)).flatMap(({ taskScheduledEventDetails: details }) =>
      details === undefined ? [] : [(JSON.parse(details.parameters ?? "{}") as { MessageBody: { Count: number } }).MessageBody.Count],
    );
    expect(counts).toEqual([0, 1, 2]);
  });

  it("is tried again after a timeout, each attempt with the whole time", async () => {
    const Retry = [{ ErrorEquals: ["States.Timeout"], IntervalSeconds: 10, MaxAttempts: 1 }];
    const arn = await bench.start(machine({ Ask: callbackState({ End: true, TimeoutSeconds: 60, Retry }) }));
    later(1_000_000);
    expect((await sequence(arn)).slice(5)).toEqual([
      "6 TaskTimedOut<-5 +60",
      "7 TaskScheduled<-6 +70",
      "8 TaskStarted<-7 +70",
      "9 TaskSubmitted<-8 +70",
      "10 TaskTimedOut<-9 +130",
      "11 ExecutionFailed<-10 +130",
    ]);
  });

  it("is not retried by States.TaskFailed after a timeout", async () => {
    const Retry = [{ ErrorEquals: ["States.TaskFailed"] }];
    const arn = await bench.start(machine({ Ask: callbackState({ End: true, TimeoutSeconds: 60, Retry }) }));
    later(60);
    expect((await bench.describe(arn)).status).toBe("FAILED");
  });
});

describe("an execution", () => {
  it("runs out of the machine's TimeoutSeconds without an error, at its deadline", async () => {
    const arn = await bench.start(machine({ Ask: callbackState() }, { TimeoutSeconds: 30 }));
    later(500);
    expect((await sequence(arn)).slice(5)).toEqual(["6 ExecutionTimedOut<-0 +30"]);
    const described = await bench.describe(arn);
    expect(described).toMatchObject({ status: "TIMED_OUT", stopDate: new Date(startOfTime + 30_000) });
    expect(described).not.toHaveProperty("error");
    expect(described).not.toHaveProperty("cause");
  });

  it("that is stopped tells no more than it was told", async () => {
    const arn = await bench.start(machine({ Ask: callbackState() }));
    await bench.client.send(new StopExecutionCommand({ executionArn: arn }));
    expect((await sequence(arn)).slice(5)).toEqual(["6 ExecutionAborted<-0 +0"]);
    expect(await bench.describe(arn)).not.toHaveProperty("error");
  });

  it.each([
    ["Seconds", { Seconds: 45 }, 45],
    ["SecondsPath", { SecondsPath: "$.seconds" }, 50],
    ["Timestamp", { Timestamp: "2026-03-01T09:01:00Z" }, 60],
    ["TimestampPath", { TimestampPath: "$.until" }, 75],
    ["a Timestamp that is past", { Timestamp: "2020-01-01T00:00:00Z" }, 0],
  ])("waits as %s says", async (_, wait, seconds) => {
    const input = { seconds: 50, until: "2026-03-01T10:01:15+01:00" };
    const arn = await bench.start(machine({ Rest: { Type: "Wait", ...wait, End: true } }), input);
    later(seconds - 1);
    if (seconds > 0) expect((await bench.describe(arn)).status).toBe("RUNNING");
    later(3600);
    expect(await sequence(arn)).toEqual([
      "1 ExecutionStarted<-0 +0",
      "2 WaitStateEntered<-0 +0",
      `3 WaitStateExited<-2 +${seconds}`,
      `4 ExecutionSucceeded<-3 +${seconds}`,
    ]);
  });

  it("chooses, and fails where no choice fits", async () => {
    const Choices = [{ Variable: "$.n", NumericGreaterThan: 10, Next: "Big" }];
    const Big = { Type: "Pass", Result: "big", End: true };
    const states = { Pick: { Type: "Choice", Choices }, Big };
    const big = await bench.start(machine(states), { n: 11 });
    expect(await outputOf(big)).toBe("big");
    const none = await bench.start(machine(states), { n: 1 });
    expect((await last(none))?.executionFailedEventDetails?.error).toBe("States.Runtime");
  });

  it("fails with the Error and Cause of its Fail state, given or found", async () => {
    const given = await bench.start(machine({ No: { Type: "Fail", Error: "E", Cause: "C" } }));
    expect(await sequence(given)).toEqual(["1 ExecutionStarted<-0 +0", "2 FailStateEntered<-0 +0", "3 ExecutionFailed<-2 +0"]);
    const found = await bench.start(machine({ No: { Type: "Fail", ErrorPath: "$.e", CausePath: "$.c" } }), { e: "Ee", c: "Cc" });
    expect((await last(found))?.executionFailedEventDetails).toEqual({ error: "Ee", cause: "Cc" });
  });

  it("puts a result where ResultSelector, ResultPath and OutputPath say", async () => {
    const more = { End: true, ResultSelector: { "took.$": "$.value" }, ResultPath: "$.kept.result", OutputPath: "$.kept" };
    const arn = await bench.start(machine({ Ask: callbackState(more) }), { kept: { own: 1 }, dropped: 2 });
    await bench.succeed(arn, { value: 5, other: 6 });
    expect(await outputOf(arn)).toEqual({ own: 1, result: { took: 5 } });
    const input = await bench.start(machine({ Ask: callbackState({ End: true, ResultPath: null }) }), { n: 1 });
    await bench.succeed(input, "lost");
    expect(await outputOf(input)).toEqual({ n: 1 });
  });

  it("shows its context object", async () => {
    const arn = await bench.start(machine({ Look: { Type: "Pass", Parameters: { "context.$": "$$" }, End: true } }), { n: 1 });
    const [at, described] = ["2026-03-01T09:00:00.000Z", await bench.describe(arn)];
    expect(await outputOf(arn)).toMatchObject({
      context: {
        Execution: { Id: arn, Input: { n: 1 }, Name: "run", StartTime: at },
        State: { Name: "Look", EnteredTime: at },
        StateMachine: { Id: described.stateMachineArn, Name: "machine-1" },
      },
    });
  });

  it("ends in States.Runtime, which nothing catches, where a path leads nowhere: no TaskScheduled", async () => {
    const Catch = [{ ErrorEquals: ["States.ALL"], Next: "Note" }];
    const Parameters = { "MessageBody.$": "$.missing" };
    const arn = await bench.start(machine({ Ask: callbackState({ End: true, Parameters, Catch }), Note: { Type: "Pass", End: true } }));
    expect(await sequence(arn)).toEqual(["1 ExecutionStarted<-0 +0", "2 TaskStateEntered<-0 +0", "3 ExecutionFailed<-2 +0"]);
    expect((await last(arn))?.executionFailedEventDetails).toEqual({
      error: "States.Runtime",
      cause: expect.stringContaining("An error occurred while executing the state 'Ask' (entered at the event id #2). "),
    });
  });
});

describe("an execution that does much at once", () => {
  const counting = (name: string) => {
    const enough = { Variable: "$.n", NumericEquals: 100, Next: `${name}Done` };
    return machine({
      [`${name}Add`]: { Type: "Pass", Parameters: { "n.$": "States.MathAdd($.n, 1)" }, Next: `${name}Enough` },
      [`${name}Enough`]: { Type: "Choice", Choices: [enough], Default: `${name}Add` },
      [`${name}Done`]: { Type: "Succeed" },
    });
  };

  it("takes several steps, and its branches their turns as if it were one", async () => {
    const arn = await bench.start(machine({ Both: { Type: "Parallel", Branches: [counting("A"), counting("B")], End: true } }), { n: 0 });
    await bench.reopen();
    await expect.poll(async () => (await bench.describe(arn)).status).toBe("SUCCEEDED");
    expect(await outputOf(arn)).toEqual([{ n: 100 }, { n: 100 }]);
    const events = await bench.history(arn);
    expect(events.map(({ id }) => id)).toEqual(Array.from({ length: 3 + 2 * 402 + 3 }, (_, index) => index + 1));
    const entered = events.flatMap(({ stateEnteredEventDetails: details }) => details?.name ?? []).slice(1);
    const round = ["AAdd", "BAdd", "AEnough", "BEnough"];
    expect(entered).toEqual([...Array.from({ length: 100 }, () => round).flat(), "ADone", "BDone"]);
    // A state's end follows from its beginning, and that from the end of the state before it in its line.
    const links = events.slice(7, -3).map(({ id = 0, previousEventId = 0 }) => id - previousEventId);
    expect(links).toEqual(links.map((_, index) => (index % 2 === 0 ? 3 : 1)));
  });
});
