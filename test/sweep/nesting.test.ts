import { afterEach, beforeEach, describe, expect, it } from "vitest";
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
    await bench.local.advance(0);
    expect((await sweepExactly(bench)).tasks).toMatchObject([{ ancestorExecutionArns: [top] }]);
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
    expect((await sweepOf(bench, { keepsTasks: false })).calls["GetExecutionHistory"]).toBe(1);
  });

  it("stays unlinked, and is no gap, where its history may not be read", async () => {
    const child = await create(bench, "child", machine({ Ask: callbackState() }));
    const parent = await create(bench, "parent", machine({ Call: calling(child) }));
    await start(bench, parent, "top");
    await bench.local.advance(0);
    await using proxy = await faultProxy(bench.local.url, ({ body }) =>
      String(body["executionArn"]).endsWith(":parent:top") ? denied : null,
    );
    expect(await sweepOf(bench, {}, proxy.url)).toMatchObject({ tasks: [{ ancestorExecutionArns: [] }], notSeen: [], complete: true });
  });
});
