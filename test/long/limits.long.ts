import { expect } from "vitest";
import { callMany, describeContract, passing, unique, waiting } from "../local/contract/endpoint.ts";
import { call, machine } from "../local/peer.ts";

const error = (body: string) => JSON.parse(body) as { __type: string; message: string };

describeContract("the great limits of an account", (at) => {
  at.itsOwn("are a thousand versions a machine, of which one that is deleted makes room for another", async () => {
    const { stateMachineArn } = await at.machine();
    const publish = (index: number) =>
      call(at.url, "UpdateStateMachine", { stateMachineArn, definition: passing.replace('"done"', String(index)), publish: true });
    await callMany(1000, publish);
    for (const body of [
      (await publish(-1)).body,
      (await call(at.url, "PublishStateMachineVersion", { stateMachineArn, revisionId: await revision(stateMachineArn) })).body,
    ]) {
      expect(error(body).__type).toContain("#ServiceQuotaExceededException");
    }
    expect((await at.sfn.describeStateMachine({ stateMachineArn })).definition).not.toContain("-1");
    await at.sfn.deleteStateMachineVersion({ stateMachineVersionArn: `${stateMachineArn}:1` });
    expect((await publish(-1)).status).toBe(200);
  });

  async function revision(stateMachineArn: string): Promise<string | undefined> {
    const { revisionId } = await at.sfn.updateStateMachine({ stateMachineArn, definition: waiting });
    return revisionId;
  }

  at.itsOwn("are a thousand pollers an activity, whose places are free when they are gone", async () => {
    const { activityArn = "" } = await at.sfn.createActivity({ name: unique() });
    const gone = new AbortController();
    const body = JSON.stringify({ activityArn });
    const headers = { "content-type": "application/x-amz-json-1.0", "x-amz-target": "AWSStepFunctions.GetActivityTask" };
    const answers: string[] = [];
    const poll = async () => {
      const response = await fetch(at.url, { method: "POST", headers, body, signal: gone.signal });
      answers.push(error(await response.text()).__type);
    };
    const polls = Array.from({ length: 1001 }, () => poll().catch(() => {}));
    await Promise.race(polls);
    expect(answers).toEqual([expect.stringContaining("#ActivityWorkerLimitExceeded")]);
    // All the others go on waiting, and hold nobody up.
    const startedAt = performance.now();
    for (let count = 0; count < 20; count += 1) await at.sfn.listActivities({});
    expect(performance.now() - startedAt).toBeLessThan(2000);
    expect(answers).toHaveLength(1);
    gone.abort();
    await Promise.all(polls);
    const definition = JSON.stringify(machine({ Work: { Type: "Task", Resource: activityArn, End: true } }));
    const { stateMachineArn } = await at.machine({ definition });
    await at.sfn.startExecution({ stateMachineArn });
    const isTaken = () =>
      at.sfn.getActivityTask({ activityArn }).then(
        ({ taskToken }) => taskToken !== undefined,
        () => false,
      );
    await at.until(isTaken);
  });
});
