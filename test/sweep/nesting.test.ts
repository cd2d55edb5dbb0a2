import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { HistoryEvent } from "../../src/aws/step-functions.ts";
import { type Definition, parseDefinition } from "../../src/callback/definition/definition.ts";
import type { Reading } from "../../src/sweep/execution-reader.ts";
import { Nesting } from "../../src/sweep/nesting.ts";
import type { SweptTask } from "../../src/sweep/swept-task.ts";
import { sweptTask } from "../../src/sweep/swept-task.ts";
import { denied, faultProxy } from "../fault-proxy.ts";
import { Bench, callbackState, machine } from "../local/peer.ts";
import { create, start, sweepExactly, sweepOf, wait } from "./account.ts";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(() => bench.close());

/** A state that starts an execution of the machine and stays with it. */
const calling = (stateMachineArn: string, more: object = {}) => ({
  Type: "Task",
  Resource: "arn:aws:states:::states:startExecution.sync:2",
  Parameters: { StateMachineArn: stateMachineArn, Input: {}, ...more },
  End: true,
});

describe("an execution that waits for another by .sync", () => {
  it("is linked to the task within it, over several levels, with one call each", async () => {
    const child = await create(bench, "child", machine({ Ask: callbackState() }));
    const parent = await create(bench, "parent", machine({ Call: calling(child) }));
    const grandparent = await create(bench, "grandparent", machine({ Call: calling(parent) }));
    const top = await start(bench, grandparent, "top");
    await bench.local.advance(0);
    const { tasks, calls } = await sweepExactly(bench);
    expect(tasks).toMatchObject([{ stateMachineName: "child", ancestorExecutionArns: [top, expect.stringContaining(":parent:")] }]);
    expect(calls).toMatchObject({ GetExecutionHistory: 3, DescribeStateMachine: 3, ListExecutions: 3 });
  });

  it("is linked where the machine is named only when it runs", async () => {
    const child = await create(bench, "child", machine({ Ask: callbackState() }));
    const dynamic = calling("", { "StateMachineArn.$": "$.machine", StateMachineArn: undefined });
    const parent = await create(bench, "parent", machine({ Call: dynamic }));
    const top = await start(bench, parent, "top", { machine: child });
    const told: SweptTask[] = [];
    await bench.local.advance(0);
    expect((await sweepExactly(bench)).tasks).toMatchObject([{ ancestorExecutionArns: [top] }]);
    // What may begin anything would hold everything back: it is told as it is found, and no call is made for it.
    const { tasks, calls } = await sweepOf(bench, { holdsCalled: true, onTask: async (task) => void told.push(task) });
    expect(told).toMatchObject([{ ancestorExecutionArns: [], ancestorsComplete: false }]);
    expect([tasks.length, calls["GetExecutionHistory"]]).toEqual([1, 1]);
  });

  it("costs no call where the child names it, where nothing waits within it, and where rows are not kept", async () => {
    const child = await create(bench, "child", machine({ Ask: callbackState() }));
    const idle = await create(bench, "idle", machine({ wait }));
    const named = calling(child, { Input: { "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$": "$$.Execution.Id" } });
    const parent = await create(bench, "parent", machine({ Call: named }));
    const other = await create(bench, "other", machine({ Call: calling(idle) }));
    const top = await start(bench, parent, "top");
    await start(bench, other, "none");
    await bench.local.advance(0);
    const { tasks, calls } = await sweepExactly(bench);
    expect(tasks).toMatchObject([{ ancestorExecutionArns: [top] }]);
    // The parent itself may be called by a machine in turn, and nothing calls it.
    expect(calls["GetExecutionHistory"]).toBe(1);
    expect((await sweepOf(bench, { readsCallers: false })).calls["GetExecutionHistory"]).toBe(1);
  });

  it("is linked to what is told as it is found, which is held back where a machine begins others of its kind", async () => {
    const child = await create(bench, "child", machine({ Ask: callbackState() }));
    const alone = await create(bench, "alone", machine({ Ask: callbackState() }));
    const parent = await create(bench, "parent", machine({ Call: calling(child) }));
    const top = await start(bench, parent, "top");
    await start(bench, alone, "alone");
    await bench.local.advance(0);
    const told: SweptTask[] = [];
    const { calls } = await sweepOf(bench, { holdsCalled: true, onTask: async (task) => void told.push(task) });
    expect(told).toMatchObject([
      { stateMachineName: "alone", ancestorExecutionArns: [], ancestorsComplete: false },
      { stateMachineName: "child", ancestorExecutionArns: [top], ancestorsComplete: true },
    ]);
    expect(calls["GetExecutionHistory"]).toBe(3);
  });

  it("may be unseen where not everything was looked at, and the row says so", async () => {
    const child = await create(bench, "child", machine({ Ask: callbackState() }));
    const parent = await create(bench, "parent", machine({ Call: calling(child) }));
    await start(bench, parent, "top");
    await bench.local.advance(0);
    expect((await sweepExactly(bench)).tasks).toMatchObject([{ ancestorsComplete: true }]);
    for (const narrowed of [{ stateMachines: ["child"] }, { execution: "*" }, { limit: 1 }])
      expect((await sweepOf(bench, narrowed)).tasks).toMatchObject([{ ancestorsComplete: false }]);
  });

  it("stays unlinked, and is no gap, where its history may not be read", async () => {
    const child = await create(bench, "child", machine({ Ask: callbackState() }));
    const parent = await create(bench, "parent", machine({ Call: calling(child) }));
    await start(bench, parent, "top");
    await bench.local.advance(0);
    await using proxy = await faultProxy(bench.local.url, ({ body }) =>
      String(body["executionArn"]).endsWith(":parent:top") ? denied : null,
    );
    expect(await sweepOf(bench, {}, proxy.url)).toMatchObject({
      tasks: [{ ancestorExecutionArns: [], ancestorsComplete: false }],
      notSeen: [],
      complete: true,
    });
  });
});

describe("what is around the executions of a sweep", () => {
  const arnOf = (machine: string, name: string) => `arn:aws:states:us-east-1:123456789012:execution:${machine}:${name}`;
  const reading = (machine: string, name: string, definition: Definition | null = null): Reading => {
    const arn = arnOf(machine, name);
    const stateMachineArn = `arn:aws:states:us-east-1:123456789012:stateMachine:${machine}`;
    const summary = { arn: stateMachineArn, name: machine, type: "STANDARD" } as const;
    const startedAt = new Date(0);
    return {
      defined: { machine: summary, definition, revisionId: null, describedAt: 0 },
      execution: { arn, name, stateMachineArn, status: "RUNNING", startedAt, stateMachineVersionArn: null },
      definition,
      mapRun: null,
    };
  };
  const waitingIn = (of: Reading): SweptTask => sweptTask(of.defined.machine, of.execution, null, [], false);
  const beginning = (child: string) => parseDefinition(JSON.stringify(machine({ Call: calling(child) })));
  const child = reading("child", "run");

  it("is not known where more executions may have begun one than are read", () => {
    const nesting = new Nesting();
    for (let index = 0; index < 501; index += 1)
      nesting.keepCaller(reading("parent", `run-${index}`, beginning(child.defined.machine.arn)));
    nesting.lookAround(waitingIn(child));
    expect(nesting.takeCallers()).toHaveLength(500);
    nesting.everythingSeen();
    expect(nesting.withAncestors(waitingIn(child)).ancestorsComplete).toBe(false);
    expect(nesting.withAncestors(waitingIn(reading("other", "run"))).ancestorsComplete).toBe(true);
  });

  it("is no circle, whatever inputs tell", () => {
    const nesting = new Nesting();
    const told = (parent: string, begun: string): HistoryEvent[] => [
      {
        ...{ id: 1, type: "ExecutionStarted", timestamp: new Date(0) },
        executionStartedEventDetails: { input: JSON.stringify({ AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: parent }) },
      },
      {
        ...{ id: 2, type: "TaskSubmitted", timestamp: new Date(0) },
        taskSubmittedEventDetails: {
          resourceType: "states",
          resource: "startExecution.sync:2",
          output: JSON.stringify({ ExecutionArn: begun }),
        },
      },
    ];
    const [a, b] = [reading("a", "run"), reading("b", "run")];
    nesting.learn(a, told(b.execution.arn, b.execution.arn));
    nesting.learn(b, told(a.execution.arn, a.execution.arn));
    expect(nesting.withAncestors(waitingIn(a)).ancestorExecutionArns).toEqual([b.execution.arn]);
    expect(nesting.learn(child, told(child.execution.arn, ""))).toEqual([]);
  });
});
