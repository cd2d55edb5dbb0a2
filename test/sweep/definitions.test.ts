import { CreateStateMachineAliasCommand, PublishStateMachineVersionCommand } from "@aws-sdk/client-sfn";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Bench, callbackState, machine } from "../local/peer.ts";
import { branch, create, executionsOf, pass, placesOf, start, sweepExactly, sweepOf, update, wait } from "./account.ts";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(() => bench.close());

describe("a definition", () => {
  it("that cannot wait lets all of its executions be passed over", async () => {
    const stateMachineArn = await create(bench, "busy", machine({ wait }));
    for (let index = 0; index < 5; index += 1) await start(bench, stateMachineArn, `run-${index}`);
    const swept = await sweepExactly(bench);
    expect(swept).toMatchObject({ tasks: [], complete: true });
    expect(swept.calls).toEqual({ ListStateMachines: 1, DescribeStateMachine: 1, ListExecutions: 1 });
  });

  it("that was updated holds for what started a minute later, learned by one call; older executions are read", async () => {
    const waiting = machine({ Ask: callbackState() });
    const idle = machine({ wait });
    const stateMachineArn = await create(bench, "changed", waiting);
    await start(bench, stateMachineArn, "before");
    bench.now += 3_600_000;
    await update(bench, stateMachineArn, idle);
    await start(bench, stateMachineArn, "at-once");
    bench.now += 61_000;
    for (let index = 0; index < 5; index += 1) await start(bench, stateMachineArn, `after-${index}`);
    const swept = await sweepExactly(bench);
    expect(executionsOf(swept)).toEqual(["before"]);
    expect(swept.calls["DescribeStateMachineForExecution"]).toBeLessThanOrEqual(2);
    expect(swept.calls["GetExecutionHistory"]).toBeLessThanOrEqual(2);
  });

  it("that was updated tells a branch of what runs on the old one", async () => {
    const both = { Type: "Parallel", Branches: [branch("Left"), branch("Right")], End: true };
    const stateMachineArn = await create(bench, "changed", machine({ Both: both }));
    for (let index = 0; index < 3; index += 1) await start(bench, stateMachineArn, `run-${index}`);
    bench.now += 3_600_000;
    await update(bench, stateMachineArn, machine({ Ask: callbackState() }));
    const swept = await sweepExactly(bench);
    expect(new Set(placesOf(swept).map((place) => JSON.stringify(place)))).toEqual(
      new Set(['["Left",{"parallel":"Both","branch":0}]', '["Right",{"parallel":"Both","branch":1}]']),
    );
  });

  it("of a version or an alias settles what was started by it, with one call a version", async () => {
    const stateMachineArn = await create(bench, "versioned", machine({ Ask: callbackState() }));
    const publish = async () =>
      (await bench.client.send(new PublishStateMachineVersionCommand({ stateMachineArn }))).stateMachineVersionArn ?? "";
    const asking = await publish();
    bench.now += 3_600_000;
    await update(bench, stateMachineArn, machine({ wait }));
    const idle = await publish();
    const routingConfiguration = [{ stateMachineVersionArn: asking, weight: 100 }];
    const { stateMachineAliasArn = "" } = await bench.client.send(
      new CreateStateMachineAliasCommand({ name: "live", routingConfiguration }),
    );
    for (const index of [1, 2, 3]) {
      await start(bench, asking, `version-${index}`);
      await start(bench, stateMachineAliasArn, `alias-${index}`);
      await start(bench, idle, `idle-${index}`);
    }
    const swept = await sweepExactly(bench);
    expect(executionsOf(swept)).toEqual([...["alias-1", "alias-2", "alias-3", "version-1", "version-2", "version-3"]]);
    expect(swept.calls).toEqual({ ListStateMachines: 1, DescribeStateMachine: 3, ListExecutions: 1, GetExecutionHistory: 6 });
  });

  it("that was updated settles many lone callbacks with one call each and one that asks, however long their histories are", async () => {
    const loop = {
      Count: pass({ Parameters: { "n.$": "States.MathAdd($.n, 1)" }, Next: "Enough" }),
      Enough: { Type: "Choice", Choices: [{ Variable: "$.n", NumericGreaterThan: 350, Next: "Ask" }], Default: "Count" },
      Ask: callbackState(),
    };
    const stateMachineArn = await create(bench, "looping", machine({ Ask: callbackState() }));
    bench.now += 3_600_000;
    await update(bench, stateMachineArn, machine(loop));
    bench.now += 61_000;
    for (const name of ["a", "b", "c"]) await start(bench, stateMachineArn, name, { n: 0 });
    const swept = await sweepExactly(bench);
    expect(swept.calls).toMatchObject({ DescribeStateMachine: 1, DescribeStateMachineForExecution: 1, GetExecutionHistory: 3 });
  });

  it("that was updated is asked about before its tenth execution is read", async () => {
    const stateMachineArn = await create(bench, "many", machine({ wait }));
    bench.now += 3_600_000;
    await update(bench, stateMachineArn, machine({ Ask: callbackState() }));
    bench.now += 61_000;
    for (let index = 0; index < 12; index += 1) await start(bench, stateMachineArn, `run-${index}`);
    const { calls, count } = await sweepExactly(bench);
    expect({ count, calls }).toMatchObject({ count: 12, calls: { DescribeStateMachineForExecution: 1, GetExecutionHistory: 12 } });
  });

  it("tells how far back to read: one call for a dozen branches, and for a task that was retried thirty times", async () => {
    const branches = Array.from({ length: 12 }, (_, index) => branch(`Ask${index}`));
    await bench.start(machine({ All: { Type: "Parallel", Branches: branches, End: true } }));
    const Retry = [{ ErrorEquals: ["States.ALL"], IntervalSeconds: 1, BackoffRate: 1, MaxAttempts: 30 }];
    const arn = await bench.start(machine({ Ask: callbackState({ TimeoutSeconds: 10, Retry, End: true }) }));
    for (let attempt = 0; attempt < 29; attempt += 1) bench.now += 11_000;
    await bench.local.advance(0);
    expect((await bench.history(arn)).length).toBeGreaterThan(110);
    const swept = await sweepExactly(bench);
    expect(swept.calls["GetExecutionHistory"]).toBe(2);
    expect(swept.tasks.find(({ executionArn }) => executionArn === arn)).toMatchObject({ task: { attempt: 30 } });
  });

  it("lets what cannot have the deadline that is looked for be passed over", async () => {
    const machines = {
      soon: { TimeoutSeconds: 600 },
      later: { TimeoutSeconds: 86_400 },
      never: {},
      said: { TimeoutSecondsPath: "$.seconds" },
    };
    for (const [name, more] of Object.entries(machines)) {
      const stateMachineArn = await create(bench, name, machine({ Ask: callbackState({ End: true, ...more }) }));
      await start(bench, stateMachineArn, name, { seconds: 900 });
    }
    const expiring = await sweepOf(bench, { expiringMilliseconds: 3_600_000 });
    expect(executionsOf(expiring)).toEqual(["said", "soon"]);
    expect(expiring.calls["GetExecutionHistory"]).toBe(2);
    const endless = await sweepOf(bench, { withoutDeadline: true });
    expect(executionsOf(endless)).toEqual(["never"]);
    expect(endless.calls["GetExecutionHistory"]).toBe(1);
  });

  it("with a state of exactly the name that is looked for means that state, though the name is a pattern too", async () => {
    await bench.start(machine({ Both: { Type: "Parallel", Branches: [branch("Ship it?"), branch("Ship its")], End: true } }));
    await bench.start(machine({ "Ship itx": callbackState() }));
    const { tasks } = await sweepOf(bench, { state: "Ship it?" });
    expect(tasks.map(({ task }) => task?.state).toSorted()).toEqual(["Ship it?", "Ship itx"]);
  });
});
