import type { RoutingConfigurationListItem } from "@aws-sdk/client-sfn";
import { beforeAll, expect, it } from "vitest";
import { machine } from "../peer.ts";
import { describeContract, type Endpoint, passing, refused, unique } from "./endpoint.ts";

const definitionNumber = (number: number) => JSON.stringify(machine({ Done: { Type: "Pass", Result: number, End: true } }));

/** A machine with three versions, whose executions output 1, 2 and 3. */
async function versioned(at: Endpoint): Promise<{ stateMachineArn: string; versions: [string, string, string] }> {
  const { stateMachineArn } = await at.machine({ definition: definitionNumber(1), publish: true });
  for (const number of [2, 3]) {
    await at.sfn.updateStateMachine({ stateMachineArn, definition: definitionNumber(number), publish: true });
  }
  return { stateMachineArn, versions: [`${stateMachineArn}:1`, `${stateMachineArn}:2`, `${stateMachineArn}:3`] };
}

const to = (stateMachineVersionArn: string, weight = 100): RoutingConfigurationListItem => ({ stateMachineVersionArn, weight });

async function outputs(at: Endpoint, stateMachineArn: string | undefined, times: number): Promise<Set<string | undefined>> {
  const seen = new Set<string | undefined>();
  for (let time = 0; time < times; time += 1) {
    const { executionArn = "" } = await at.sfn.startExecution({ stateMachineArn });
    seen.add((await at.ended(executionArn)).output);
  }
  return seen;
}

describeContract("aliases", (at) => {
  let stateMachineArn = "";
  let versions: [string, string, string] = ["", "", ""];
  beforeAll(async () => {
    ({ stateMachineArn, versions } = await versioned(at));
  });

  it("is made once for one description and routing, and refuses others under its name", async () => {
    const name = `once-${unique()}`;
    const alias = { name, description: "text", routingConfiguration: [to(versions[0])] };
    const first = await at.sfn.createStateMachineAlias(alias);
    expect(first).toMatchObject({ stateMachineAliasArn: `${stateMachineArn}:${name}`, creationDate: expect.any(Date) });
    const again = await at.sfn.createStateMachineAlias(alias);
    expect(again).toMatchObject({ stateMachineAliasArn: first.stateMachineAliasArn, creationDate: first.creationDate });
    const message = "Failed to create alias because an alias with the same name and a different routing configuration already exists.";
    for (const change of [{ description: "other" }, { routingConfiguration: [to(versions[0], 50), to(versions[1], 50)] }]) {
      await refused(at.sfn.createStateMachineAlias({ ...alias, ...change }), "ConflictException", message);
    }
  });

  it("starts executions on the version it leads to, and says so everywhere", async () => {
    const name = `start-${unique()}`;
    const { stateMachineAliasArn = "" } = await at.sfn.createStateMachineAlias({ name, routingConfiguration: [to(versions[1])] });
    const { executionArn = "" } = await at.sfn.startExecution({ stateMachineArn: stateMachineAliasArn });
    const origin = { stateMachineAliasArn, stateMachineVersionArn: versions[1] };
    expect(await at.ended(executionArn)).toMatchObject({ output: "2", stateMachineArn, ...origin });
    const [startedEvent] = await at.history(executionArn);
    expect(startedEvent?.executionStartedEventDetails).toMatchObject(origin);
    const { executionArn: direct = "" } = await at.sfn.startExecution({ stateMachineArn: versions[1] });
    await at.ended(direct);
    const { executions } = await at.sfn.listExecutions({ stateMachineArn: stateMachineAliasArn });
    expect(executions?.map((execution) => execution.executionArn)).toEqual([executionArn]);
    expect(executions?.[0]).toMatchObject({ stateMachineArn, ...origin });
    const described = await at.sfn.describeStateMachine({ stateMachineArn: stateMachineAliasArn });
    expect(described).toMatchObject({ definition: definitionNumber(2) });
  });

  it("splits starts between two versions by their weights", async () => {
    const all = await at.sfn.createStateMachineAlias({
      name: `all-${unique()}`,
      routingConfiguration: [to(versions[0], 0), to(versions[2], 100)],
    });
    expect(await outputs(at, all.stateMachineAliasArn, 10)).toEqual(new Set(["3"]));
    const half = await at.sfn.createStateMachineAlias({
      name: `half-${unique()}`,
      routingConfiguration: [to(versions[0], 50), to(versions[1], 50)],
    });
    // One version alone would be chosen forty times in a row once in 2^39.
    expect(await outputs(at, half.stateMachineAliasArn, 40)).toEqual(new Set(["1", "2"]));
  });

  it("is described and updated, a part at a time", async () => {
    const name = `update-${unique()}`;
    const created = await at.sfn.createStateMachineAlias({ name, routingConfiguration: [to(versions[0])] });
    const stateMachineAliasArn = created.stateMachineAliasArn ?? "";
    const describe = () => at.sfn.describeStateMachineAlias({ stateMachineAliasArn });
    const before = await describe();
    expect(before).toMatchObject({
      stateMachineAliasArn,
      name,
      creationDate: created.creationDate,
      routingConfiguration: [to(versions[0])],
    });
    expect(before).not.toHaveProperty("description");
    const { updateDate } = await at.sfn.updateStateMachineAlias({ stateMachineAliasArn, description: "new" });
    expect(await describe()).toMatchObject({ description: "new", routingConfiguration: [to(versions[0])], updateDate });
    const routingConfiguration = [to(versions[0], 30), to(versions[1], 70)];
    await at.sfn.updateStateMachineAlias({ stateMachineAliasArn, routingConfiguration });
    expect(await describe()).toMatchObject({ description: "new", routingConfiguration });
    await refused(at.sfn.updateStateMachineAlias({ stateMachineAliasArn }), "ValidationException");
  });

  it("keeps the versions it leads to from being deleted", async () => {
    const own = await versioned(at);
    const [first, second] = own.versions;
    const { stateMachineAliasArn } = await at.sfn.createStateMachineAlias({ name: "PROD", routingConfiguration: [to(first)] });
    const message = "Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [PROD]";
    await refused(at.sfn.deleteStateMachineVersion({ stateMachineVersionArn: first }), "ConflictException", message);
    await at.sfn.updateStateMachineAlias({ stateMachineAliasArn, routingConfiguration: [to(second)] });
    await at.sfn.deleteStateMachineVersion({ stateMachineVersionArn: first });
    await refused(at.sfn.startExecution({ stateMachineArn: first }), "StateMachineDoesNotExist");
  });

  it("is listed by machine, page by page, and by version", async () => {
    const own = await versioned(at);
    const [first, second] = own.versions;
    for (const [name, version] of [
      ["AliasName-1", first],
      ["AliasName-2", second],
      ["AliasName-3", first],
    ] as const) {
      await at.sfn.createStateMachineAlias({ name, routingConfiguration: [to(version)] });
    }
    const list = async (arn: string, more: { maxResults?: number; nextToken?: string | undefined } = {}) => {
      const { stateMachineAliases = [], nextToken } = await at.sfn.listStateMachineAliases({ stateMachineArn: arn, ...more });
      return { names: stateMachineAliases.map(({ stateMachineAliasArn = "" }) => stateMachineAliasArn.split(":")[7]), nextToken };
    };
    await at.until(async () => (await list(own.stateMachineArn)).names.length === 3);
    const page = await list(own.stateMachineArn, { maxResults: 1 });
    expect(page.names).toEqual(["AliasName-1"]);
    expect(await list(own.stateMachineArn, { nextToken: page.nextToken })).toEqual({ names: ["AliasName-2", "AliasName-3"] });
    expect((await list(first)).names).toEqual(["AliasName-1", "AliasName-3"]);
    await refused(list(own.stateMachineArn, { nextToken: "x" }), "InvalidToken", "Invalid Token: 'Invalid token'");
    await refused(list(`${own.stateMachineArn}:9`), "ResourceNotFound");
    await refused(list(`${own.stateMachineArn}-nowhere`), "StateMachineDoesNotExist");
  });

  it("is deleted whether it is there or not, and then leads nowhere", async () => {
    const { stateMachineAliasArn = "" } = await at.sfn.createStateMachineAlias({
      name: `gone-${unique()}`,
      routingConfiguration: [to(versions[0])],
    });
    await at.sfn.deleteStateMachineAlias({ stateMachineAliasArn });
    await at.sfn.deleteStateMachineAlias({ stateMachineAliasArn });
    const message = "Request references a resource that does not exist.";
    await refused(at.sfn.updateStateMachineAlias({ stateMachineAliasArn, description: "text" }), "ResourceNotFound", message);
    await refused(at.sfn.describeStateMachineAlias({ stateMachineAliasArn }), "ResourceNotFound", message);
    await refused(at.sfn.startExecution({ stateMachineArn: stateMachineAliasArn }), "StateMachineDoesNotExist");
  });

  it("goes with its machine", async () => {
    const own = await versioned(at);
    const [first] = own.versions;
    const { stateMachineAliasArn } = await at.sfn.createStateMachineAlias({ name: "PROD", routingConfiguration: [to(first)] });
    await at.sfn.deleteStateMachine({ stateMachineArn: own.stateMachineArn });
    await at.until(() =>
      at.sfn.describeStateMachineAlias({ stateMachineAliasArn }).then(
        () => false,
        () => true,
      ),
    );
    await refused(at.sfn.describeStateMachine({ stateMachineArn: first }), "StateMachineDoesNotExist");
  });

  it("refuses a routing that does not add up, or that leads elsewhere than to one machine's versions", async () => {
    const [first, second, third] = versions;
    const plain = stateMachineArn;
    const other = await at.machine({ definition: passing, publish: true });
    const notVersions = (...arns: string[]) =>
      `Routing configuration must contain state machine version ARNs. Received: [${arns.join(", ")}]`;
    const item = (arn: string, weight: number) => `RoutingConfigurationListItem(stateMachineVersionArn=${arn}, weight=${weight})`;
    const cases: [RoutingConfigurationListItem[], string | RegExp, string?][] = [
      [[to(plain)], notVersions(plain)],
      [[to(plain, 70), to(second, 30)], notVersions(plain, second)],
      [
        [to(first, 70), to(first, 30)],
        `Routing configuration must contain distinct state machine version ARNs. Received: [${first}, ${first}]`,
      ],
      [[to(first, 70), to(second, 29)], "Sum of routing configuration weights must equal 100. Received: [70, 29]"],
      [[to(first, 70), to(second, 31)], "Sum of routing configuration weights must equal 100. Received: [70, 31]"],
      [[to(first, 50), to(other.stateMachineVersionArn ?? "", 50)], /one state machine/],
      [[to(`${plain}:99`)], "Request references a resource that does not exist.", "ResourceNotFound"],
      [
        [to(first, 101)],
        "1 validation error detected: Value '101' at 'routingConfiguration.1.member.weight' failed to satisfy constraint: Member must have value less than or equal to 100",
      ],
      [[], /Value '\[\]' at 'routingConfiguration' failed to satisfy constraint: Member must have length greater than or equal to 1$/],
      [
        [to(first, 50), to(second, 30), to(third, 20)],
        `1 validation error detected: Value '[${item(first, 50)}, ${item(second, 30)}, ${item(third, 20)}]' at 'routingConfiguration' failed to satisfy constraint: Member must have length less than or equal to 2`,
      ],
    ];
    for (const [routingConfiguration, message, error = "ValidationException"] of cases) {
      await refused(at.sfn.createStateMachineAlias({ name: `bad-${unique()}`, routingConfiguration }), error, message);
    }
  });

  it.each(["123", "INVALID ALIAS", "!INVALID", "ALIAS@"])("refuses the name %j", async (name) => {
    const message = `1 validation error detected: Value '${name}' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: ^(?=.*[a-zA-Z_\\-\\.])[a-zA-Z0-9_\\-\\.]+$`;
    await refused(at.sfn.createStateMachineAlias({ name, routingConfiguration: [to(versions[0])] }), "ValidationException", message);
  });
});
