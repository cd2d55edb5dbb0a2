import { expect, it } from "vitest";
import { callbackState, machine, roleArn } from "../peer.ts";
import { arnOf, describeContract, machineArn, passing, refused, unique, waiting } from "./endpoint.ts";

const logGroup = { cloudWatchLogsLogGroup: { logGroupArn: "arn:aws:logs:us-east-1:123456789012:log-group:log:*" } };
const notSet = {
  loggingConfiguration: { level: "OFF", includeExecutionData: false },
  tracingConfiguration: { enabled: false },
};

describeContract("state machines", (at) => {
  it("creates a machine once for one definition and refuses another under its name", async () => {
    const name = unique();
    const first = await at.machine({ name });
    const again = await at.sfn.createStateMachine({
      name,
      roleArn: `${roleArn}-other`,
      definition: waiting,
      tags: [{ key: "a", value: "b" }],
    });
    expect(again).toMatchObject({ stateMachineArn: first.stateMachineArn, creationDate: first.creationDate });
    const message = `State Machine Already Exists: '${first.stateMachineArn}'`;
    for (const change of [
      { definition: `${waiting} ` },
      { type: "EXPRESS" as const, definition: passing },
      { publish: true },
      { tracingConfiguration: { enabled: true } },
    ]) {
      await refused(at.sfn.createStateMachine({ name, roleArn, definition: waiting, ...change }), "StateMachineAlreadyExists", message);
    }
    const described = await at.sfn.describeStateMachine({ stateMachineArn: first.stateMachineArn });
    expect(described).toMatchObject({ name, definition: waiting, roleArn, type: "STANDARD", status: "ACTIVE", ...notSet });
    expect(described).not.toHaveProperty("revisionId");
    expect((await at.sfn.listTagsForResource({ resourceArn: first.stateMachineArn })).tags).toEqual([]);
  });

  it("tells which variables its states refer to, of an execution's own definition too, but not as metadata", async () => {
    const assigned = {
      Set: { Type: "Pass", Assign: { n: 1 }, Next: "Use" },
      Use: { Type: "Pass", Parameters: { "n.$": "$n" }, End: true },
    };
    const { stateMachineArn } = await at.machine({ definition: JSON.stringify(machine(assigned)) });
    const { executionArn } = await at.sfn.startExecution({ stateMachineArn });
    await at.sfn.updateStateMachine({ stateMachineArn, definition: passing });
    expect(await at.sfn.describeStateMachine({ stateMachineArn })).not.toHaveProperty("variableReferences");
    expect(await at.sfn.describeStateMachineForExecution({ executionArn })).toMatchObject({ variableReferences: { Use: ["n"] } });
    const metadata = await at.sfn.describeStateMachineForExecution({ executionArn, includedData: "METADATA_ONLY" });
    expect(metadata).not.toHaveProperty("variableReferences");
  });

  it("gives a machine a new revision where an update changes something, and only there", async () => {
    const { stateMachineArn } = await at.machine();
    const changed = await at.sfn.updateStateMachine({ stateMachineArn, definition: passing });
    expect(changed.updateDate).toBeInstanceOf(Date);
    const described = await at.sfn.describeStateMachine({ stateMachineArn });
    expect(described).toMatchObject({ definition: passing, roleArn, revisionId: changed.revisionId });
    expect((await at.sfn.updateStateMachine({ stateMachineArn, definition: passing, roleArn })).revisionId).toBe(changed.revisionId);
    const role = await at.sfn.updateStateMachine({ stateMachineArn, roleArn: `${roleArn}-other` });
    expect(role.revisionId).not.toBe(changed.revisionId);
    expect(await at.sfn.describeStateMachine({ stateMachineArn })).toMatchObject({ definition: passing, roleArn: `${roleArn}-other` });
  });

  it("does not touch a running execution with an update", async () => {
    const { stateMachineArn, executionArn } = await at.started();
    const { revisionId } = await at.sfn.updateStateMachine({ stateMachineArn, definition: passing, roleArn: `${roleArn}-other` });
    const before = await at.sfn.describeStateMachineForExecution({ executionArn });
    expect(before).toMatchObject({ stateMachineArn, definition: waiting, roleArn, ...notSet });
    expect(before).not.toHaveProperty("revisionId");
    const { executionArn: next = "" } = await at.sfn.startExecution({ stateMachineArn });
    expect(await at.sfn.describeStateMachineForExecution({ executionArn: next })).toMatchObject({ definition: passing, revisionId });
  });

  it("refuses an update of nothing, of a machine that is not there, and to a definition that cannot run", async () => {
    const { stateMachineArn } = await at.machine();
    const message = "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified";
    await refused(at.sfn.updateStateMachine({ stateMachineArn }), "MissingRequiredParameter", message);
    await refused(at.sfn.updateStateMachine({ stateMachineArn, publish: true }), "MissingRequiredParameter", message);
    await refused(at.sfn.updateStateMachine({ stateMachineArn, definition: '{"StartAt":"A"}' }), "InvalidDefinition");
    const nowhere = machineArn("nowhere");
    await refused(
      at.sfn.updateStateMachine({ stateMachineArn: nowhere, roleArn }),
      "StateMachineDoesNotExist",
      `State Machine Does Not Exist: '${nowhere}'`,
    );
  });

  it("stores the logging and tracing configurations and gives them back, to executions those they started with", async () => {
    const loggingConfiguration = { level: "ALL" as const, includeExecutionData: true, destinations: [logGroup] };
    const tracingConfiguration = { enabled: true };
    const { stateMachineArn } = await at.machine({ definition: passing, loggingConfiguration, tracingConfiguration });
    expect(await at.sfn.describeStateMachine({ stateMachineArn })).toMatchObject({ loggingConfiguration, tracingConfiguration });
    const { executionArn = "" } = await at.sfn.startExecution({ stateMachineArn });
    const { revisionId } = await at.sfn.updateStateMachine({ stateMachineArn, loggingConfiguration: { level: "OFF" } });
    const described = await at.sfn.describeStateMachine({ stateMachineArn });
    expect(described).toMatchObject({ ...notSet, tracingConfiguration, revisionId });
    expect(await at.sfn.describeStateMachineForExecution({ executionArn })).toMatchObject({ loggingConfiguration, tracingConfiguration });
  });

  it.each([
    [{ level: "ALL" as const }],
    [{ level: "ERROR" as const, destinations: [] }],
    [{ level: "FATAL" as const, destinations: [logGroup, logGroup] }],
    [{ level: "OFF" as const, destinations: [logGroup, logGroup] }],
  ])("refuses the logging configuration %j", async (loggingConfiguration) => {
    const message = "Invalid Logging Configuration: Must specify exactly one Log Destination.";
    await refused(at.machine({ loggingConfiguration }), "InvalidLoggingConfiguration", message);
    const { stateMachineArn } = await at.machine();
    await refused(at.sfn.updateStateMachine({ stateMachineArn, loggingConfiguration }), "InvalidLoggingConfiguration", message);
  });

  it("tells only metadata where only metadata is asked for", async () => {
    const { stateMachineArn, executionArn } = await at.started();
    const includedData = "METADATA_ONLY";
    expect(await at.sfn.describeStateMachine({ stateMachineArn, includedData })).toMatchObject({ definition: "{}", roleArn });
    expect(await at.sfn.describeStateMachineForExecution({ executionArn, includedData })).toMatchObject({ definition: "{}", roleArn });
    const execution = await at.sfn.describeExecution({ executionArn, includedData });
    expect(execution).toMatchObject({ status: "RUNNING", inputDetails: { included: false } });
    expect(execution).not.toHaveProperty("input");
    await refused(
      at.sfn.describeExecution({ executionArn, includedData: "NOTHING" as "ALL_DATA" }),
      "ValidationException",
      /enum value set/,
    );
  });

  it("checks names and definitions", async () => {
    for (const name of ["a b", "a/b", "a:b", "a\u0000", 'a"', "a\uffff"]) {
      await refused(at.machine({ name }), "InvalidName", `Invalid Name: '${name}'`);
    }
    expect((await at.machine({ name: `ünï-${unique()}`.slice(0, 40) })).stateMachineArn).toContain(":ünï-");
    const bad = "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /'";
    await refused(at.machine({ definition: '{"StartAt":"A"}' }), "InvalidDefinition", bad);
    await refused(at.machine({ definition: "not JSON" }), "InvalidDefinition");
  });

  it("answers a validation of an empty definition with a finding", async () => {
    const { result, diagnostics } = await at.sfn.validateStateMachineDefinition({ definition: "" });
    expect(result).toBe("FAIL");
    expect(diagnostics?.[0]).toMatchObject({ severity: "ERROR", code: "SCHEMA_VALIDATION_FAILED" });
    const express = await at.sfn.validateStateMachineDefinition({ definition: waiting, type: "EXPRESS" });
    expect(express.diagnostics?.[0]?.location).toBe("/States/Ask/Resource");
  });

  it("deletes a machine, whether it is there or not, and ends what runs on it", async () => {
    const { stateMachineArn, taskToken, executionArn } = await at.started();
    await at.sfn.deleteStateMachine({ stateMachineArn });
    await at.until(() =>
      at.sfn.describeStateMachine({ stateMachineArn }).then(
        () => false,
        ({ name }: Error) => name === "StateMachineDoesNotExist",
      ),
    );
    await at.sfn.deleteStateMachine({ stateMachineArn });
    await refused(at.sfn.sendTaskSuccess({ taskToken, output: "1" }), "TaskTimedOut");
    await refused(at.sfn.startExecution({ stateMachineArn }), "StateMachineDoesNotExist");
    const { stateMachineArn: again } = await at.machine({ name: stateMachineArn.split(":")[6] });
    expect(again).toBe(stateMachineArn);
    expect((await at.sfn.startExecution({ stateMachineArn, name: "run" })).executionArn).toBe(executionArn);
    await refused(at.sfn.sendTaskSuccess({ taskToken, output: "1" }), "TaskTimedOut");
  });

  it("names the machine that does not exist, and takes no other resource for one", async () => {
    const stateMachineArn = machineArn("nowhere");
    const missing = `State Machine Does Not Exist: '${stateMachineArn}'`;
    await refused(at.sfn.describeStateMachine({ stateMachineArn }), "StateMachineDoesNotExist", missing);
    await refused(at.sfn.startExecution({ stateMachineArn }), "StateMachineDoesNotExist", missing);
    await refused(at.sfn.listExecutions({ stateMachineArn }), "StateMachineDoesNotExist", missing);
    const wrong = "Invalid Arn: 'Resource type not valid in this context: activity'";
    await refused(at.sfn.describeStateMachine({ stateMachineArn: arnOf("activity:a") }), "InvalidArn", wrong);
    await refused(at.sfn.deleteStateMachine({ stateMachineArn: "x" }), "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: x'");
  });

  it("refuses the ARN of a distributed Map where a machine's is wanted", async () => {
    const { stateMachineArn } = await at.machine();
    const labelled = `${stateMachineArn}/Label`;
    await refused(at.sfn.startExecution({ stateMachineArn: labelled }), "ValidationException");
    await refused(at.sfn.updateStateMachine({ stateMachineArn: labelled, roleArn }), "ValidationException");
    await refused(at.sfn.deleteStateMachine({ stateMachineArn: labelled }), "ValidationException");
  });

  at.itsOwn("lists machines by name with their types, page by page, and holds a page's place when others come", async () => {
    const names = ["c", "a", "d", "b"].map((letter) => `list-${letter}`);
    const definition = JSON.stringify(machine({ Ask: callbackState() }));
    for (const name of names) await at.sfn.createStateMachine({ name, roleArn, definition });
    await at.sfn.createStateMachine({ name: "list-express", roleArn, definition: passing, type: "EXPRESS" });
    const listed: string[] = [];
    let nextToken: string | undefined;
    do {
      const page = await at.sfn.listStateMachines({ maxResults: 2, nextToken });
      expect(page.stateMachines?.length).toBeLessThanOrEqual(2);
      listed.push(...(page.stateMachines ?? []).map(({ name, type }) => `${name} ${type}`));
      nextToken = page.nextToken;
      // It comes before what was listed already, and must not push anything onto the next page.
      await at.sfn.createStateMachine({ name: `a-late-${listed.length}`, roleArn, definition });
    } while (nextToken !== undefined);
    const ours = listed.filter((line) => line.startsWith("list-"));
    expect(ours).toEqual(["list-a STANDARD", "list-b STANDARD", "list-c STANDARD", "list-d STANDARD", "list-express EXPRESS"]);
    expect(new Set(listed).size).toBe(listed.length);
  });
});
