import { statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { SFN } from "@aws-sdk/client-sfn";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Bench, call, callbackState, machine, roleArn } from "../peer.ts";
import { callMany, passing, refused, sfnClient, waiting } from "./endpoint.ts";

const dayMilliseconds = 86_400_000;
const distributed = {
  Type: "Map",
  ItemProcessor: { ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" }, ...machine({ Ask: callbackState() }) },
};
const everything = JSON.stringify(
  machine({
    Both: {
      Type: "Parallel",
      Branches: [machine({ Each: { ...distributed, End: true } }), machine({ AskBeside: callbackState() })],
      End: true,
    },
  }),
);

describe("what is removed from the file", { timeout: 60_000 }, () => {
  let bench: Bench;
  let sfn: SFN;
  const open = () => {
    sfn = sfnClient(bench.local.url);
  };
  beforeEach(async () => {
    bench = await Bench.open();
    open();
  });
  afterEach(async () => {
    sfn.destroy();
    await bench.close();
  });

  const create = async (name: string, definition: string) =>
    (await sfn.createStateMachine({ name, roleArn, definition, publish: true, tags: [{ key: "a", value: "b" }] })).stateMachineArn ?? "";
  const isGone = (stateMachineArn: string) =>
    sfn.describeStateMachine({ stateMachineArn }).then(
      () => false,
      ({ name }: Error) => name === "StateMachineDoesNotExist",
    );
  const untilGone = (arn: string) => expect.poll(() => isGone(arn), { timeout: 30_000 }).toBe(true);
  async function startMany(stateMachineArn: string, count: number, input = "{}") {
    await callMany(count, () => call(bench.local.url, "StartExecution", { stateMachineArn, input }));
  }
  /** How many rows each table has. */
  function rows(): Record<string, number> {
    using database = new DatabaseSync(bench.file, { readOnly: true });
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").all();
    const count = (table: string) => Number(database.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.["count"]);
    return Object.fromEntries(tables.map(({ name }) => [String(name), count(String(name))]));
  }

  it("is everything of a deleted machine, and nothing of another", async () => {
    const kept = await create("kept", waiting);
    await sfn.startExecution({ stateMachineArn: kept });
    const before = rows();
    const stateMachineArn = await create("deleted", everything);
    const routingConfiguration = [{ stateMachineVersionArn: `${stateMachineArn}:1`, weight: 100 }];
    const { stateMachineAliasArn } = await sfn.createStateMachineAlias({ name: "PROD", routingConfiguration });
    const { executionArn = "" } = await sfn.startExecution({ stateMachineArn: stateMachineAliasArn, input: "[1,2,3]" });
    const { mapRuns } = await sfn.listMapRuns({ executionArn });
    const mapRunArn = mapRuns?.[0]?.mapRunArn;
    await expect.poll(async () => (await sfn.listExecutions({ mapRunArn })).executions?.length).toBe(3);
    expect(rows()).toMatchObject({ map_runs: 1, map_run_children: 3, state_machine_aliases: 1 });
    await sfn.deleteStateMachine({ stateMachineArn });
    await untilGone(stateMachineArn);
    expect(rows()).toEqual(before);
    await refused(sfn.describeExecution({ executionArn }), "ExecutionDoesNotExist");
    await refused(sfn.describeMapRun({ mapRunArn }), "ResourceNotFound");
    expect((await sfn.listExecutions({ stateMachineArn: kept, statusFilter: "RUNNING" })).executions).toHaveLength(1);
  });

  it("keeps a definition that another machine, version or execution still runs on", async () => {
    const first = await create("first", waiting);
    const second = await create("second", waiting);
    const { executionArn = "" } = await sfn.startExecution({ stateMachineArn: second });
    await sfn.updateStateMachine({ stateMachineArn: second, definition: passing });
    await sfn.deleteStateMachine({ stateMachineArn: first });
    await untilGone(first);
    await sfn.deleteStateMachineVersion({ stateMachineVersionArn: `${second}:1` });
    expect((await sfn.describeStateMachineForExecution({ executionArn })).definition).toBe(waiting);
    expect(rows()["definitions"]).toBe(2);
  });

  it("goes on in the background where it is much, while requests are answered, and after the process was ended", async () => {
    const stateMachineArn = await create("big", waiting);
    const routingConfiguration = [{ stateMachineVersionArn: `${stateMachineArn}:1`, weight: 100 }];
    const { stateMachineAliasArn } = await sfn.createStateMachineAlias({ name: "PROD", routingConfiguration });
    await startMany(stateMachineArn, 1500);
    await sfn.deleteStateMachine({ stateMachineArn });
    expect((await sfn.describeStateMachine({ stateMachineArn })).status).toBe("DELETING");
    const message = `State Machine is being deleted: '${stateMachineArn}'`;
    for (const late of [
      sfn.startExecution({ stateMachineArn }),
      sfn.startSyncExecution({ stateMachineArn }),
      sfn.publishStateMachineVersion({ stateMachineArn }),
      sfn.updateStateMachine({ stateMachineArn, definition: passing }),
      sfn.createStateMachineAlias({ name: "TEST", routingConfiguration }),
      sfn.updateStateMachineAlias({ stateMachineAliasArn, description: "text" }),
      sfn.listStateMachineAliases({ stateMachineArn }),
      create("big", waiting),
    ]) {
      await refused(late, "StateMachineDeleting", message);
    }
    sfn.destroy();
    await bench.reopen();
    open();
    expect(rows()["executions"]).toBeGreaterThan(0);
    await untilGone(stateMachineArn);
    expect(rows()).toMatchObject({ executions: 0, events: 0, undelivered: 0, definitions: 0, state_machines: 0 });
  });

  it("gives its space in the file back", async () => {
    const size = () => statSync(bench.file).size;
    const stateMachineArn = await create("big", passing);
    await startMany(stateMachineArn, 200, JSON.stringify("x".repeat(20_000)));
    sfn.destroy();
    await bench.reopen();
    open();
    expect(size()).toBeGreaterThan(10_000_000);
    await sfn.deleteStateMachine({ stateMachineArn });
    await expect.poll(size, { timeout: 30_000 }).toBeLessThan(1_000_000);
  });

  it("is what ended 90 days ago, whose name is free again, and nothing that still runs", async () => {
    const stateMachineArn = await create("machine", waiting);
    const { executionArn: ended = "" } = await sfn.startExecution({ stateMachineArn, name: "ended", input: "1" });
    const { executionArn: running } = await sfn.startExecution({ stateMachineArn, name: "running" });
    const taskToken = await bench.token(ended);
    bench.now += dayMilliseconds;
    await sfn.stopExecution({ executionArn: ended });
    const list = async () => (await sfn.listExecutions({ stateMachineArn })).executions?.map(({ name }) => name);
    bench.now += 90 * dayMilliseconds - 1;
    expect(await list()).toEqual(["ended", "running"]);
    await refused(sfn.startExecution({ stateMachineArn, name: "ended", input: "1" }), "ExecutionAlreadyExists");
    bench.now += 1;
    expect(await list()).toEqual(["running"]);
    await refused(sfn.describeExecution({ executionArn: ended }), "ExecutionDoesNotExist", `Execution Does Not Exist: '${ended}'`);
    await refused(sfn.getExecutionHistory({ executionArn: ended }), "ExecutionDoesNotExist");
    await refused(sfn.stopExecution({ executionArn: ended }), "ExecutionDoesNotExist");
    await refused(sfn.sendTaskSuccess({ taskToken, output: "1" }), "TaskTimedOut");
    expect((await sfn.startExecution({ stateMachineArn, name: "ended", input: "2" })).executionArn).toBe(ended);
    expect((await sfn.describeExecution({ executionArn: ended })).input).toBe("2");
    expect((await sfn.describeExecution({ executionArn: running })).status).toBe("RUNNING");
    // What is not found any more is taken out of the file within the hour.
    bench.now += 3_600_000;
    await expect.poll(() => rows()["executions"], { timeout: 30_000 }).toBe(2);
  });
});
