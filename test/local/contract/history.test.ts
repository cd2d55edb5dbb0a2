import { expect, it } from "vitest";
import { machine } from "../peer.ts";
import { arnOf, describeContract, refused } from "./endpoint.ts";

describeContract("histories", (at) => {
  it("pages through a history, forwards and in reverse", async () => {
    const { executionArn } = await at.started();
    const idsOf = async (reverseOrder: boolean) => {
      const ids: (number | undefined)[] = [];
      let nextToken: string | undefined;
      do {
        const page = await at.sfn.getExecutionHistory({ executionArn, maxResults: 2, reverseOrder, nextToken });
        expect(page.events?.length).toBeLessThanOrEqual(2);
        ids.push(...(page.events ?? []).map(({ id }) => id));
        nextToken = page.nextToken;
      } while (nextToken !== undefined);
      return ids;
    };
    expect(await idsOf(false)).toEqual([1, 2, 3, 4, 5]);
    expect(await idsOf(true)).toEqual([5, 4, 3, 2, 1]);
  });

  it("goes on from a page with the events that have come since", async () => {
    const { executionArn, taskToken } = await at.started();
    const { nextToken } = await at.sfn.getExecutionHistory({ executionArn, maxResults: 4 });
    await at.sfn.sendTaskSuccess({ taskToken, output: "1" });
    await at.ended(executionArn);
    const { events = [] } = await at.sfn.getExecutionHistory({ executionArn, nextToken });
    expect(events.map(({ type }) => type)).toEqual(["TaskSubmitted", "TaskSucceeded", "TaskStateExited", "ExecutionSucceeded"]);
  });

  it("leaves out the data, and with it every token, where none is wanted", async () => {
    const { executionArn, taskToken } = await at.started();
    await at.sfn.sendTaskSuccess({ taskToken, output: JSON.stringify({ secret: taskToken }) });
    await at.ended(executionArn);
    const { events = [] } = await at.sfn.getExecutionHistory({ executionArn, includeExecutionData: false });
    const text = JSON.stringify(events);
    expect(text).not.toContain(taskToken.slice(0, 40));
    for (const member of ["input", "output", "parameters"]) expect(text).not.toContain(`"${member}":`);
    expect(events.map(({ type }) => type)).toEqual((await at.history(executionArn)).map(({ type }) => type));
    expect(events[1]?.stateEnteredEventDetails).toMatchObject({ name: "Ask" });
    expect(events[2]?.taskScheduledEventDetails).toMatchObject({ resourceType: "sqs", resource: "sendMessage.waitForTaskToken" });
  });

  it("leaves out the variables that a state assigns, too", async () => {
    const definition = JSON.stringify(machine({ Keep: { Type: "Pass", Assign: { kept: "a secret" }, End: true } }));
    const { stateMachineArn } = await at.machine({ definition });
    const { executionArn = "" } = await at.sfn.startExecution({ stateMachineArn });
    await at.ended(executionArn);
    expect(JSON.stringify(await at.history(executionArn))).toContain("a secret");
    const without = await at.sfn.getExecutionHistory({ executionArn, includeExecutionData: false });
    expect(JSON.stringify(without.events)).not.toContain("a secret");
  });

  it("has none of another resource", async () => {
    const executionArn = arnOf("express:machine:run:id");
    const message = "Invalid Arn: 'Resource type not valid in this context: express'";
    await refused(at.sfn.getExecutionHistory({ executionArn }), "InvalidArn", message);
  });
});
