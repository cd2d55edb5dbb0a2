import { expect, it } from "vitest";
import { machine } from "../peer.ts";
import { describeContract, passing, refused, unique, waiting } from "./endpoint.ts";

const failing = JSON.stringify(machine({ Broken: { Type: "Fail", Error: "Broken", Cause: "for good" } }));
const slow = JSON.stringify(machine({ Wait: { Type: "Wait", Seconds: 1000, End: true } }));

describeContract("Express machines", (at) => {
  const express = (definition = passing) => at.machine({ type: "EXPRESS", definition });
  const unsupported = "This operation is not supported by this type of state machine";
  const context = "Invalid Arn: 'Resource type not valid in this context: express'";

  it("are created and described with their type", async () => {
    const { stateMachineArn } = await express();
    expect(await at.sfn.describeStateMachine({ stateMachineArn })).toMatchObject({ type: "EXPRESS", status: "ACTIVE" });
    await at.sfn.updateStateMachine({ stateMachineArn, definition: failing });
    expect(await at.sfn.describeStateMachine({ stateMachineArn })).toMatchObject({ type: "EXPRESS", definition: failing });
  });

  it("have neither callbacks nor activities", async () => {
    const message =
      "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Express state machine does not support '.waitForTaskToken' service integration  at /States/Ask/Resource'";
    await refused(express(waiting), "InvalidDefinition", message);
    const { stateMachineArn } = await express();
    await refused(at.sfn.updateStateMachine({ stateMachineArn, definition: waiting }), "InvalidDefinition", message);
    const { activityArn } = await at.sfn.createActivity({ name: unique() });
    const working = JSON.stringify(machine({ Work: { Type: "Task", Resource: activityArn, End: true } }));
    const activity =
      "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Express state machine does not support Activity ARN at /States/Work/Resource'";
    await refused(express(working), "InvalidDefinition", activity);
  });

  it("run executions that nothing can be asked of, each start another", async () => {
    const { stateMachineArn } = await express();
    const start = () => at.sfn.startExecution({ stateMachineArn, name: "run" });
    const { executionArn = "", startDate } = await start();
    expect(executionArn).toMatch(/:express:[^:]+:run:[0-9a-f-]{36}$/);
    expect(startDate).toBeInstanceOf(Date);
    expect((await start()).executionArn).not.toBe(executionArn);
    await refused(at.sfn.listExecutions({ stateMachineArn }), "StateMachineTypeNotSupported", unsupported);
    await refused(at.sfn.describeExecution({ executionArn }), "InvalidArn", context);
    await refused(at.sfn.getExecutionHistory({ executionArn }), "InvalidArn", context);
    await refused(at.sfn.stopExecution({ executionArn }), "InvalidArn", context);
    await refused(at.sfn.describeStateMachineForExecution({ executionArn }), "InvalidArn", context);
  });

  it("answer a synchronous start with the end", async () => {
    const { stateMachineArn } = await express();
    const reply = await at.sfn.startSyncExecution({ stateMachineArn, name: "run", input: '{"a":1}', traceHeader: "Root=1" });
    expect(reply).toMatchObject({
      stateMachineArn,
      name: "run",
      status: "SUCCEEDED",
      input: '{"a":1}',
      output: '"done"',
      inputDetails: { included: true },
      outputDetails: { included: true },
      startDate: expect.any(Date),
      stopDate: expect.any(Date),
      traceHeader: "Root=1",
      billingDetails: { billedMemoryUsedInMB: 64 },
    });
    expect(reply.executionArn).toMatch(/:express:[^:]+:run:[0-9a-f-]{36}$/);
    const failed = await at.sfn.startSyncExecution({ stateMachineArn: (await express(failing)).stateMachineArn });
    expect(failed).toMatchObject({ status: "FAILED", error: "Broken", cause: "for good", outputDetails: { included: true } });
    expect(failed).not.toHaveProperty("output");
    const metadata = await at.sfn.startSyncExecution({ stateMachineArn, includedData: "METADATA_ONLY" });
    expect(metadata).toMatchObject({ status: "SUCCEEDED", inputDetails: { included: false } });
    expect(metadata).not.toHaveProperty("output");
  });

  it("evaluate JSONata before they answer", async () => {
    const states = { Add: { Type: "Pass", Output: "{% $states.input.a + 1 %}", End: true } };
    const { stateMachineArn } = await express(JSON.stringify(machine(states, { QueryLanguage: "JSONata" })));
    expect((await at.sfn.startSyncExecution({ stateMachineArn, input: '{"a":1}' })).output).toBe("2");
  });

  it("publish versions, which a synchronous start takes too", async () => {
    const { stateMachineArn, stateMachineVersionArn } = await at.machine({ type: "EXPRESS", definition: passing, publish: true });
    await at.sfn.updateStateMachine({ stateMachineArn, definition: failing });
    expect((await at.sfn.startSyncExecution({ stateMachineArn: stateMachineVersionArn })).status).toBe("SUCCEEDED");
    expect((await at.sfn.startSyncExecution({ stateMachineArn })).status).toBe("FAILED");
  });

  it("are the only ones that start synchronously", async () => {
    const { stateMachineArn } = await at.machine({ definition: passing });
    await refused(at.sfn.startSyncExecution({ stateMachineArn }), "StateMachineTypeNotSupported", unsupported);
    await refused(at.sfn.startSyncExecution({ stateMachineArn: `${stateMachineArn}-not` }), "StateMachineDoesNotExist");
    await refused(at.sfn.startSyncExecution({ stateMachineArn, input: "{" }), "InvalidExecutionInput");
  });

  at.itsOwn("end after five minutes", async () => {
    const { stateMachineArn } = await express(slow);
    const reply = at.sfn.startSyncExecution({ stateMachineArn });
    const tick = setInterval(() => {
      at.bench.now += 60_000;
    }, 50);
    const ended = await reply.finally(() => clearInterval(tick));
    expect(ended.status).toBe("TIMED_OUT");
    expect((ended.stopDate?.getTime() ?? 0) - (ended.startDate?.getTime() ?? 0)).toBe(300_000);
    expect(ended.billingDetails?.billedDurationInMilliseconds).toBe(300_000);
  });
});
