import { expect, it } from "vitest";
import { callbackState, machine } from "../peer.ts";
import { arnOf, describeContract, type Endpoint, refused } from "./endpoint.ts";

const asking = { Ask: callbackState() };
const distributed = (ExecutionType: string, states: Record<string, object>) => {
  const ProcessorConfig = { Mode: "DISTRIBUTED", ExecutionType };
  return JSON.stringify(
    machine({ Each: { Type: "Map", Label: "Each", ItemProcessor: { ProcessorConfig, ...machine(states) }, End: true } }),
  );
};

async function mapRun(at: Endpoint, definition: string, items: readonly unknown[]) {
  const { stateMachineArn } = await at.machine({ definition });
  const { executionArn = "" } = await at.sfn.startExecution({ stateMachineArn, input: JSON.stringify(items) });
  await at.until(async () => (await at.sfn.listMapRuns({ executionArn })).mapRuns?.length === 1);
  const { mapRuns } = await at.sfn.listMapRuns({ executionArn });
  return { stateMachineArn, executionArn, mapRunArn: mapRuns?.[0]?.mapRunArn ?? "", mapRuns };
}

describeContract("map runs", (at) => {
  it("list their children page by page, which the machine's listing does not", async () => {
    const { stateMachineArn, executionArn, mapRunArn, mapRuns } = await mapRun(at, distributed("STANDARD", asking), [1, 2, 3]);
    expect(mapRuns?.[0]).toMatchObject({ executionArn, stateMachineArn: `${stateMachineArn}/Each` });
    await at.until(async () => (await at.sfn.listExecutions({ mapRunArn })).executions?.length === 3);
    const first = await at.sfn.listExecutions({ mapRunArn, statusFilter: "RUNNING", maxResults: 2 });
    const second = await at.sfn.listExecutions({ mapRunArn, statusFilter: "RUNNING", maxResults: 2, nextToken: first.nextToken });
    const children = [...(first.executions ?? []), ...(second.executions ?? [])];
    expect(new Set(children.map((child) => child.executionArn)).size).toBe(3);
    expect(children[0]).toMatchObject({ mapRunArn, itemCount: 1, stateMachineArn: `${stateMachineArn}/Each`, status: "RUNNING" });
    expect((await at.sfn.listExecutions({ stateMachineArn })).executions?.map((listed) => listed.executionArn)).toEqual([executionArn]);
    const { mapRunArn: again, label } = await at.sfn.describeStateMachineForExecution({ executionArn: children[0]?.executionArn });
    expect({ again, label }).toEqual({ again: mapRunArn, label: "Each" });
    expect(await at.sfn.describeExecution({ executionArn: children[0]?.executionArn })).toMatchObject({ mapRunArn });
  });

  it("have Express children that can be described, by their own ARN only", async () => {
    const done = { Done: { Type: "Pass", End: true } };
    const { executionArn, mapRunArn } = await mapRun(at, distributed("EXPRESS", done), ["item"]);
    expect((await at.ended(executionArn)).output).toBe('["item"]');
    const { executions } = await at.sfn.listExecutions({ mapRunArn });
    const child = executions?.[0]?.executionArn ?? "";
    expect(child).toContain(":express:");
    expect(await at.sfn.describeExecution({ executionArn: child })).toMatchObject({ status: "SUCCEEDED", output: '"item"', mapRunArn });
    const message = "Invalid Arn: 'Resource type not valid in this context: express'";
    await refused(at.sfn.getExecutionHistory({ executionArn: child }), "InvalidArn", message);
    await refused(at.sfn.stopExecution({ executionArn: child }), "InvalidArn", message);
  });

  it("take other limits while they run", async () => {
    const { mapRunArn } = await mapRun(at, distributed("STANDARD", asking), [1]);
    await at.sfn.updateMapRun({ mapRunArn, maxConcurrency: 7, toleratedFailureCount: 2, toleratedFailurePercentage: 12.5 });
    const limits = { maxConcurrency: 7, toleratedFailureCount: 2, toleratedFailurePercentage: 12.5 };
    await at.until(async () => (await at.sfn.describeMapRun({ mapRunArn })).maxConcurrency === 7);
    expect(await at.sfn.describeMapRun({ mapRunArn })).toMatchObject({ status: "RUNNING", ...limits });
    await refused(at.sfn.updateMapRun({ mapRunArn, toleratedFailurePercentage: 101 }), "ValidationException", /less than or equal to 100$/);
  });

  it("are named where they do not exist", async () => {
    const mapRunArn = arnOf("mapRun:nowhere/label:id");
    for (const call of [
      at.sfn.describeMapRun({ mapRunArn }),
      at.sfn.updateMapRun({ mapRunArn, maxConcurrency: 1 }),
      at.sfn.listExecutions({ mapRunArn }),
    ]) {
      await refused(call, "ResourceNotFound");
    }
    await refused(at.sfn.describeMapRun({ mapRunArn: arnOf("execution:a:b") }), "InvalidArn");
  });
});
