import { expect, it } from "vitest";
import { machine } from "../peer.ts";
import { arnOf, describeContract, refused, unique } from "./endpoint.ts";

describeContract("activities", (at) => {
  it("is the same activity however often it is created, and is gone once deleted", async () => {
    const name = unique();
    const first = await at.sfn.createActivity({ name });
    expect(await at.sfn.createActivity({ name })).toMatchObject({ activityArn: first.activityArn, creationDate: first.creationDate });
    const { activityArn = "" } = first;
    const described = await at.sfn.describeActivity({ activityArn });
    expect(described).toMatchObject({ activityArn, name, encryptionConfiguration: { type: "AWS_OWNED_KEY" } });
    await at.sfn.deleteActivity({ activityArn });
    await at.sfn.deleteActivity({ activityArn });
    const message = `Activity Does Not Exist: '${activityArn}'`;
    await refused(at.sfn.describeActivity({ activityArn }), "ActivityDoesNotExist", message);
    await refused(at.sfn.getActivityTask({ activityArn }), "ActivityDoesNotExist", message);
    await refused(at.sfn.describeActivity({ activityArn: "x" }), "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: x'");
    const wrong = "Invalid Arn: 'Resource type not valid in this context: stateMachine'";
    await refused(at.sfn.deleteActivity({ activityArn: arnOf("stateMachine:a") }), "InvalidArn", wrong);
    await refused(at.sfn.createActivity({ name: "a b" }), "InvalidName", "Invalid Name: 'a b'");
  });

  it("hands a task with its input to a worker, whose answer ends the state", async () => {
    const { activityArn = "" } = await at.sfn.createActivity({ name: unique() });
    const definition = JSON.stringify(machine({ Work: { Type: "Task", Resource: activityArn, End: true } }));
    const { stateMachineArn } = await at.machine({ definition });
    const { executionArn = "" } = await at.sfn.startExecution({ stateMachineArn, input: '{"a":1}' });
    const { taskToken, input } = await at.sfn.getActivityTask({ activityArn, workerName: "worker" });
    expect(input).toBe('{"a":1}');
    await at.sfn.sendTaskSuccess({ taskToken, output: "2" });
    expect((await at.ended(executionArn)).output).toBe("2");
    const started = (await at.history(executionArn)).find(({ type }) => type === "ActivityStarted");
    expect(started?.activityStartedEventDetails?.workerName).toBe("worker");
  });

  at.itsOwn("lists activities page by page", async () => {
    const names = ["list-a", "list-b", "list-c"];
    for (const name of names) await at.sfn.createActivity({ name });
    const listed: (string | undefined)[] = [];
    let nextToken: string | undefined;
    do {
      const page = await at.sfn.listActivities({ maxResults: 2, nextToken });
      listed.push(...(page.activities ?? []).map(({ name }) => name));
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    expect(listed.filter((name) => name?.startsWith("list-"))).toEqual(names);
  });
});
