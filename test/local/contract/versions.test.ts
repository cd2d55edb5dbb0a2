import { expect, it } from "vitest";
import { machine, roleArn } from "../peer.ts";
import { describeContract, type Endpoint, machineArn, passing, refused, waiting } from "./endpoint.ts";

const definitionNumber = (number: number) => JSON.stringify(machine({ Done: { Type: "Pass", Result: number, End: true } }));

/** The versions' numbers, in the order in which they are listed. */
async function listed(at: Endpoint, stateMachineArn: string): Promise<string[]> {
  const { stateMachineVersions = [] } = await at.sfn.listStateMachineVersions({ stateMachineArn });
  return stateMachineVersions.map(({ stateMachineVersionArn = "" }) => stateMachineVersionArn.replace(`${stateMachineArn}:`, ""));
}

describeContract("versions", (at) => {
  it("publishes version 1 with the machine where that is asked for", async () => {
    const { stateMachineArn, stateMachineVersionArn = "" } = await at.machine({ publish: true, versionDescription: "first" });
    expect(stateMachineVersionArn).toBe(`${stateMachineArn}:1`);
    const version = await at.sfn.describeStateMachine({ stateMachineArn: stateMachineVersionArn });
    expect(version).toMatchObject({ stateMachineArn: stateMachineVersionArn, definition: waiting, description: "first" });
    expect(await at.sfn.describeStateMachine({ stateMachineArn })).not.toHaveProperty("description");
    const name = stateMachineArn.split(":")[6];
    const again = await at.machine({ name, publish: true, versionDescription: "first" });
    expect(again.stateMachineVersionArn).toBe(stateMachineVersionArn);
    await refused(at.machine({ name, publish: true, versionDescription: "second" }), "StateMachineAlreadyExists");
    const message = "Version description can only be set when publish is true";
    await refused(at.machine({ versionDescription: "text" }), "ValidationException", message);
  });

  it("publishes one version a revision, and never uses a number again", async () => {
    const { stateMachineArn } = await at.machine();
    const publish = async () => (await at.sfn.publishStateMachineVersion({ stateMachineArn })).stateMachineVersionArn;
    expect(await publish()).toBe(`${stateMachineArn}:1`);
    expect(await publish()).toBe(`${stateMachineArn}:1`);
    const update = (definition: string) => at.sfn.updateStateMachine({ stateMachineArn, definition, publish: true });
    expect((await update(passing)).stateMachineVersionArn).toBe(`${stateMachineArn}:2`);
    expect((await update(passing)).stateMachineVersionArn).toBe(`${stateMachineArn}:2`);
    await at.until(async () => (await listed(at, stateMachineArn)).join() === "2,1");
    await at.sfn.deleteStateMachineVersion({ stateMachineVersionArn: `${stateMachineArn}:2` });
    await at.sfn.deleteStateMachineVersion({ stateMachineVersionArn: `${stateMachineArn}:2` });
    await at.until(async () => (await listed(at, stateMachineArn)).join() === "1");
    expect(await publish()).toBe(`${stateMachineArn}:3`);
  });

  it("tells no revision where a publishing update changes nothing of a machine that has none", async () => {
    const { stateMachineArn } = await at.machine();
    const reply = await at.sfn.updateStateMachine({ stateMachineArn, definition: waiting, publish: true });
    expect(reply).toMatchObject({ stateMachineVersionArn: `${stateMachineArn}:1`, updateDate: expect.any(Date) });
    expect(reply).not.toHaveProperty("revisionId");
  });

  it("publishes a revision only while it is the current one", async () => {
    const { stateMachineArn } = await at.machine();
    await at.sfn.publishStateMachineVersion({ stateMachineArn, revisionId: "INITIAL" });
    const { revisionId: old } = await at.sfn.updateStateMachine({ stateMachineArn, definition: definitionNumber(1) });
    const { revisionId: current } = await at.sfn.updateStateMachine({ stateMachineArn, definition: definitionNumber(2) });
    const message = `Failed to publish the State Machine version for revision ${old}. The current State Machine revision is ${current}.`;
    await refused(at.sfn.publishStateMachineVersion({ stateMachineArn, revisionId: old }), "ConflictException", message);
    const published = await at.sfn.publishStateMachineVersion({ stateMachineArn, revisionId: current, description: "text" });
    const version = await at.sfn.describeStateMachine({ stateMachineArn: published.stateMachineVersionArn });
    expect(version).toMatchObject({ revisionId: current, description: "text", creationDate: published.creationDate });
  });

  it("keeps a version's definition whatever becomes of the machine", async () => {
    const { stateMachineArn, stateMachineVersionArn } = await at.machine({ definition: definitionNumber(1), publish: true });
    await at.sfn.updateStateMachine({ stateMachineArn, definition: definitionNumber(2), roleArn: `${roleArn}-other` });
    const { executionArn = "" } = await at.sfn.startExecution({ stateMachineArn: stateMachineVersionArn });
    expect(await at.ended(executionArn)).toMatchObject({ output: "1", stateMachineArn, stateMachineVersionArn });
    const [startedEvent] = await at.history(executionArn);
    expect(startedEvent?.executionStartedEventDetails).toMatchObject({ stateMachineVersionArn, roleArn });
    const machineOfIt = await at.sfn.describeStateMachineForExecution({ executionArn });
    expect(machineOfIt).toMatchObject({ stateMachineArn, definition: definitionNumber(1), roleArn });
    const { executionArn: plain = "" } = await at.sfn.startExecution({ stateMachineArn });
    const described = await at.ended(plain);
    expect(described).toMatchObject({ output: "2" });
    expect(described).not.toHaveProperty("stateMachineVersionArn");
  });

  it("lists only the version's executions under its ARN, and all under the machine's", async () => {
    const { stateMachineArn, stateMachineVersionArn } = await at.machine({ publish: true });
    for (const [arn, name] of [
      [stateMachineArn, "plain"],
      [stateMachineVersionArn, "versioned"],
    ] as const) {
      await at.sfn.startExecution({ stateMachineArn: arn, name });
    }
    const names = async (arn: string | undefined) => {
      const { executions = [] } = await at.sfn.listExecutions({ stateMachineArn: arn });
      return executions.map(({ name, stateMachineVersionArn: version }) => `${name} ${version}`).sort();
    };
    const versioned = `versioned ${stateMachineVersionArn}`;
    await at.until(async () => (await names(stateMachineArn)).length === 2);
    expect(await names(stateMachineArn)).toEqual(["plain undefined", versioned]);
    expect(await names(stateMachineVersionArn)).toEqual([versioned]);
  });

  it("takes a version for no machine where one is changed, and names the version that is not there", async () => {
    const { stateMachineArn, stateMachineVersionArn = "" } = await at.machine({ publish: true });
    const missing = (arn: string) => `State Machine Does Not Exist: '${arn}'`;
    for (const publish of [false, true]) {
      const update = at.sfn.updateStateMachine({ stateMachineArn: stateMachineVersionArn, definition: passing, publish });
      await refused(update, "StateMachineDoesNotExist", missing(stateMachineVersionArn));
    }
    const nowhere = `${stateMachineArn}:7`;
    await refused(at.sfn.startExecution({ stateMachineArn: nowhere }), "StateMachineDoesNotExist", missing(nowhere));
    await refused(at.sfn.describeStateMachine({ stateMachineArn: nowhere }), "StateMachineDoesNotExist", missing(nowhere));
    await refused(at.sfn.listExecutions({ stateMachineArn: nowhere }), "StateMachineDoesNotExist", missing(nowhere));
    const gone = machineArn("nowhere");
    await refused(at.sfn.publishStateMachineVersion({ stateMachineArn: gone }), "StateMachineDoesNotExist", missing(gone));
    const arn = "Invalid Arn: 'Invalid ARN prefix: invalid_arn'";
    await refused(at.sfn.publishStateMachineVersion({ stateMachineArn: "invalid_arn" }), "InvalidArn", arn);
  });

  it("pages through versions, the newest first", async () => {
    const { stateMachineArn } = await at.machine();
    for (let number = 1; number <= 5; number += 1) {
      await at.sfn.updateStateMachine({ stateMachineArn, definition: definitionNumber(number), publish: true });
    }
    await at.until(async () => (await listed(at, stateMachineArn)).length === 5);
    const first = await at.sfn.listStateMachineVersions({ stateMachineArn, maxResults: 3 });
    const second = await at.sfn.listStateMachineVersions({ stateMachineArn, maxResults: 10, nextToken: first.nextToken });
    const numbers = [first, second].map(({ stateMachineVersions = [] }) =>
      stateMachineVersions.map(({ stateMachineVersionArn = "" }) => stateMachineVersionArn.split(":")[7]),
    );
    expect(numbers).toEqual([
      ["5", "4", "3"],
      ["2", "1"],
    ]);
    expect(second).not.toHaveProperty("nextToken");
    expect((await at.sfn.listStateMachineVersions({ stateMachineArn, maxResults: 0 })).stateMachineVersions).toHaveLength(5);
    const tooMany =
      "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 1000";
    await refused(at.sfn.listStateMachineVersions({ stateMachineArn, maxResults: 1001 }), "ValidationException", tooMany);
    const long = "x".repeat(1025);
    const tooLong = `1 validation error detected: Value '${long}' at 'nextToken' failed to satisfy constraint: Member must have length less than or equal to 1024`;
    await refused(at.sfn.listStateMachineVersions({ stateMachineArn, nextToken: long }), "ValidationException", tooLong);
  });
});
