import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { call, machine, roleArn } from "../peer.ts";
import { arnOf, describeContract, type Endpoint, machineArn, passing, unique, waiting } from "./endpoint.ts";

/** What is there for calls to be wrong about. */
interface There {
  readonly machine: string;
  readonly version: string;
  readonly otherVersion: string;
  readonly alias: string;
  readonly express: string;
  readonly execution: string;
  readonly mapRun: string;
  readonly activity: string;
  /** A token that was made for no task: TestState's. */
  readonly noTask: string;
  /** One whose task is answered. */
  readonly spent: string;
  /** One that waits. */
  readonly waiting: string;
}
type Probe = (there: There) => object;

const nowhere = { machine: machineArn("nowhere"), execution: arnOf("execution:nowhere:run"), activity: arnOf("activity:nowhere") };
const tags = Array.from({ length: 51 }, (_, index) => ({ key: `k${index}`, value: "v" }));
const ownKey = { type: "CUSTOMER_MANAGED_KMS_KEY" };
const logging = { level: "ALL" };
const definition = waiting;
const nextToken = "bm8gdG9rZW4=";
const state = JSON.stringify({ Type: "Pass", End: true });
const long = "x".repeat(300_000);
const notMachine = arnOf("activity:a");
const notExecution = arnOf("stateMachine:a");
const toMachine = (arn: string) => [{ stateMachineVersionArn: arn, weight: 100 }];

/** A call for each error that an operation can be refused with: all that the SDK's documentation names, but those below. */
const probes: Readonly<Record<string, Readonly<Record<string, Probe>>>> = {
  CreateActivity: {
    InvalidName: () => ({ name: "a b" }),
    TooManyTags: () => ({ name: unique(), tags }),
    InvalidEncryptionConfiguration: () => ({ name: unique(), encryptionConfiguration: ownKey }),
    ActivityAlreadyExists: ({ activity }) => ({
      name: activity.split(":")[6],
      encryptionConfiguration: { ...ownKey, kmsKeyId: "alias/mine" },
    }),
  },
  CreateStateMachine: {
    InvalidArn: () => ({ name: unique(), definition, roleArn: "role" }),
    InvalidDefinition: () => ({ name: unique(), definition: "{}", roleArn }),
    InvalidEncryptionConfiguration: () => ({ name: unique(), definition, roleArn, encryptionConfiguration: ownKey }),
    InvalidLoggingConfiguration: () => ({ name: unique(), definition, roleArn, loggingConfiguration: logging }),
    InvalidName: () => ({ name: "a b", definition, roleArn }),
    StateMachineAlreadyExists: (there) => ({ name: there.machine.split(":")[6], definition: passing, roleArn }),
    TooManyTags: () => ({ name: unique(), definition, roleArn, tags }),
    ValidationException: () => ({ name: unique(), definition, roleArn, versionDescription: "of nothing" }),
  },
  CreateStateMachineAlias: {
    ConflictException: (there) => ({ name: "PROD", routingConfiguration: toMachine(there.otherVersion) }),
    InvalidArn: () => ({ name: "X", routingConfiguration: toMachine("version") }),
    ResourceNotFound: (there) => ({ name: "X", routingConfiguration: toMachine(`${there.machine}:99`) }),
    ValidationException: (there) => ({ name: "X", routingConfiguration: toMachine(there.machine) }),
  },
  DeleteActivity: { InvalidArn: () => ({ activityArn: "a" }) },
  DeleteStateMachine: {
    InvalidArn: () => ({ stateMachineArn: notMachine }),
    ValidationException: (there) => ({ stateMachineArn: `${there.machine}/Label` }),
  },
  DeleteStateMachineAlias: {
    InvalidArn: () => ({ stateMachineAliasArn: "a" }),
    ValidationException: (there) => ({ stateMachineAliasArn: there.version }),
  },
  DeleteStateMachineVersion: {
    ConflictException: (there) => ({ stateMachineVersionArn: there.version }),
    InvalidArn: () => ({ stateMachineVersionArn: "a" }),
    ValidationException: (there) => ({ stateMachineVersionArn: there.machine }),
  },
  DescribeActivity: {
    ActivityDoesNotExist: () => ({ activityArn: nowhere.activity }),
    InvalidArn: (there) => ({ activityArn: there.machine }),
  },
  DescribeExecution: {
    ExecutionDoesNotExist: () => ({ executionArn: nowhere.execution }),
    InvalidArn: () => ({ executionArn: notExecution }),
  },
  DescribeMapRun: {
    InvalidArn: () => ({ mapRunArn: "a" }),
    ResourceNotFound: (there) => ({ mapRunArn: `${there.mapRun}0` }),
  },
  DescribeStateMachine: {
    InvalidArn: () => ({ stateMachineArn: notMachine }),
    StateMachineDoesNotExist: () => ({ stateMachineArn: nowhere.machine }),
  },
  DescribeStateMachineAlias: {
    InvalidArn: () => ({ stateMachineAliasArn: "a" }),
    ResourceNotFound: (there) => ({ stateMachineAliasArn: `${there.machine}:NOWHERE` }),
    ValidationException: (there) => ({ stateMachineAliasArn: there.machine }),
  },
  DescribeStateMachineForExecution: {
    ExecutionDoesNotExist: () => ({ executionArn: nowhere.execution }),
    InvalidArn: () => ({ executionArn: notExecution }),
  },
  GetActivityTask: {
    ActivityDoesNotExist: () => ({ activityArn: nowhere.activity }),
    InvalidArn: () => ({ activityArn: "a" }),
  },
  GetExecutionHistory: {
    ExecutionDoesNotExist: () => ({ executionArn: nowhere.execution }),
    InvalidArn: () => ({ executionArn: notExecution }),
    InvalidToken: (there) => ({ executionArn: there.execution, nextToken }),
  },
  ListActivities: { InvalidToken: () => ({ nextToken }) },
  ListExecutions: {
    InvalidArn: () => ({ stateMachineArn: "a" }),
    InvalidToken: (there) => ({ stateMachineArn: there.machine, nextToken }),
    ResourceNotFound: (there) => ({ mapRunArn: `${there.mapRun}0` }),
    StateMachineDoesNotExist: () => ({ stateMachineArn: nowhere.machine }),
    StateMachineTypeNotSupported: (there) => ({ stateMachineArn: there.express }),
    ValidationException: () => ({}),
  },
  ListMapRuns: {
    ExecutionDoesNotExist: () => ({ executionArn: nowhere.execution }),
    InvalidArn: () => ({ executionArn: notExecution }),
    InvalidToken: (there) => ({ executionArn: there.execution, nextToken }),
  },
  ListStateMachineAliases: {
    InvalidArn: () => ({ stateMachineArn: "a" }),
    InvalidToken: (there) => ({ stateMachineArn: there.machine, nextToken }),
    ResourceNotFound: (there) => ({ stateMachineArn: `${there.machine}:99` }),
    StateMachineDoesNotExist: () => ({ stateMachineArn: nowhere.machine }),
  },
  ListStateMachineVersions: {
    InvalidArn: () => ({ stateMachineArn: "a" }),
    InvalidToken: (there) => ({ stateMachineArn: there.machine, nextToken }),
    ValidationException: (there) => ({ stateMachineArn: there.machine, maxResults: 1001 }),
  },
  ListStateMachines: { InvalidToken: () => ({ nextToken }) },
  ListTagsForResource: {
    InvalidArn: () => ({ resourceArn: nowhere.execution }),
    ResourceNotFound: () => ({ resourceArn: nowhere.machine }),
  },
  PublishStateMachineVersion: {
    ConflictException: (there) => ({ stateMachineArn: there.machine, revisionId: "another" }),
    InvalidArn: () => ({ stateMachineArn: "a" }),
    StateMachineDoesNotExist: () => ({ stateMachineArn: nowhere.machine }),
    ValidationException: (there) => ({ stateMachineArn: there.machine, description: "x".repeat(257) }),
  },
  RedriveExecution: {
    ExecutionDoesNotExist: () => ({ executionArn: nowhere.execution }),
    ExecutionNotRedrivable: (there) => ({ executionArn: there.execution }),
    InvalidArn: () => ({ executionArn: notExecution }),
    ValidationException: (there) => ({ executionArn: there.execution, clientToken: "x".repeat(65) }),
  },
  SendTaskFailure: {
    InvalidToken: () => ({ taskToken: "a" }),
    TaskDoesNotExist: (there) => ({ taskToken: there.noTask }),
    TaskTimedOut: (there) => ({ taskToken: there.spent }),
  },
  SendTaskHeartbeat: {
    InvalidToken: () => ({ taskToken: "a" }),
    TaskDoesNotExist: (there) => ({ taskToken: there.noTask }),
    TaskTimedOut: (there) => ({ taskToken: there.spent }),
  },
  SendTaskSuccess: {
    InvalidOutput: (there) => ({ taskToken: there.waiting, output: "done" }),
    InvalidToken: () => ({ taskToken: "a", output: "1" }),
    TaskDoesNotExist: (there) => ({ taskToken: there.noTask, output: "1" }),
    TaskTimedOut: (there) => ({ taskToken: there.spent, output: "1" }),
  },
  StartExecution: {
    ExecutionAlreadyExists: (there) => ({ stateMachineArn: there.machine, name: "run", input: "1" }),
    InvalidArn: () => ({ stateMachineArn: notMachine }),
    InvalidExecutionInput: (there) => ({ stateMachineArn: there.machine, input: "{" }),
    InvalidName: (there) => ({ stateMachineArn: there.machine, name: "a b" }),
    StateMachineDoesNotExist: () => ({ stateMachineArn: nowhere.machine }),
    ValidationException: (there) => ({ stateMachineArn: there.machine, input: JSON.stringify(long) }),
  },
  StartSyncExecution: {
    InvalidArn: () => ({ stateMachineArn: notMachine }),
    InvalidExecutionInput: (there) => ({ stateMachineArn: there.express, input: "{" }),
    InvalidName: (there) => ({ stateMachineArn: there.express, name: "a b" }),
    StateMachineDoesNotExist: () => ({ stateMachineArn: nowhere.machine }),
    StateMachineTypeNotSupported: (there) => ({ stateMachineArn: there.machine }),
  },
  StopExecution: {
    ExecutionDoesNotExist: () => ({ executionArn: nowhere.execution }),
    InvalidArn: () => ({ executionArn: notExecution }),
    ValidationException: (there) => ({ executionArn: there.execution, error: "e".repeat(257) }),
  },
  TagResource: {
    InvalidArn: () => ({ resourceArn: "a", tags: [] }),
    ResourceNotFound: () => ({ resourceArn: nowhere.machine, tags: [] }),
    TooManyTags: (there) => ({ resourceArn: there.machine, tags }),
  },
  TestState: {
    InvalidArn: () => ({ definition: state, roleArn: "role" }),
    InvalidDefinition: () => ({ definition: '{"Type":"Passing"}', roleArn }),
    InvalidExecutionInput: () => ({ definition: state, roleArn, input: "{" }),
    ValidationException: () => ({ definition: state, roleArn, mock: { result: "1" } }),
  },
  UntagResource: {
    InvalidArn: () => ({ resourceArn: "a", tagKeys: [] }),
    ResourceNotFound: () => ({ resourceArn: nowhere.machine, tagKeys: [] }),
  },
  UpdateMapRun: {
    InvalidArn: () => ({ mapRunArn: "a" }),
    ResourceNotFound: (there) => ({ mapRunArn: `${there.mapRun}0` }),
    ValidationException: (there) => ({ mapRunArn: there.mapRun, toleratedFailurePercentage: 101 }),
  },
  UpdateStateMachine: {
    InvalidArn: (there) => ({ stateMachineArn: there.machine, roleArn: "role" }),
    InvalidDefinition: (there) => ({ stateMachineArn: there.machine, definition: "{}" }),
    InvalidEncryptionConfiguration: (there) => ({ stateMachineArn: there.machine, encryptionConfiguration: ownKey }),
    InvalidLoggingConfiguration: (there) => ({ stateMachineArn: there.machine, loggingConfiguration: logging }),
    MissingRequiredParameter: (there) => ({ stateMachineArn: there.machine }),
    StateMachineDoesNotExist: () => ({ stateMachineArn: nowhere.machine, roleArn }),
    ValidationException: (there) => ({ stateMachineArn: there.machine, roleArn, versionDescription: "of nothing" }),
  },
  UpdateStateMachineAlias: {
    InvalidArn: () => ({ stateMachineAliasArn: "a", description: "d" }),
    ResourceNotFound: (there) => ({ stateMachineAliasArn: `${there.machine}:NOWHERE`, description: "d" }),
    ValidationException: (there) => ({ stateMachineAliasArn: there.alias }),
  },
  ValidateStateMachineDefinition: { ValidationException: () => ({ definition, maxResults: 101 }) },
};

/** Errors that need more than a call, and where they are tested; those that no call to one account's endpoint brings about, and why. */
const elsewhere: Readonly<Record<string, string>> = {
  StateMachineDeleting: "removal.test.ts",
  ServiceQuotaExceededException: "limits.test.ts, limits.long.ts",
  ActivityWorkerLimitExceeded: "limits.long.ts",
  KmsAccessDeniedException: "nothing is encrypted",
  KmsInvalidStateException: "nothing is encrypted",
  KmsThrottlingException: "nothing is encrypted",
  ActivityLimitExceeded: "an account has 100,000 activities",
  StateMachineLimitExceeded: "an account has 100,000 machines",
  ExecutionLimitExceeded: "an account has 1,000,000 open executions",
  SFNServiceException: "the base of all errors",
  "CreateStateMachine ConflictException": "two requests at once wait for each other here",
  "UpdateStateMachine ConflictException": "two requests at once wait for each other here",
  "DeleteStateMachineAlias ConflictException": "two requests at once wait for each other here",
  "UpdateStateMachineAlias ConflictException": "two requests at once wait for each other here",
  "DeleteStateMachineAlias ResourceNotFound": "an alias that is not there is deleted, too (aliases.test.ts)",
  "CreateStateMachine InvalidTracingConfiguration": "the model leaves nothing to get wrong but types",
  "UpdateStateMachine InvalidTracingConfiguration": "the model leaves nothing to get wrong but types",
  "CreateStateMachine StateMachineTypeNotSupported": "both types are there in every Region",
  "CreateStateMachineAlias InvalidName": "the model's pattern for names comes first (aliases.test.ts)",
};

/** The errors that the SDK's documentation of each operation names. */
function documented(): Map<string, string[]> {
  const folder = "node_modules/@aws-sdk/client-sfn/dist-types/commands";
  const commands = readdirSync(folder).flatMap((file) => /^(\w+)Command\.d\.ts$/.exec(file)?.[1] ?? []);
  return new Map(
    commands.map((command) => {
      const text = readFileSync(`${folder}/${command}Command.d.ts`, "utf8");
      return [command, [...text.matchAll(/@throws \{@link (\w+)\}/g)].map(([, error = ""]) => error)];
    }),
  );
}

describe("the calls that are refused below", () => {
  it("are one for every error of every operation that the SDK knows", () => {
    const missing = [...documented()].flatMap(([operation, errors]) =>
      errors
        .filter(
          (error) => probes[operation]?.[error] === undefined && (elsewhere[error] ?? elsewhere[`${operation} ${error}`]) === undefined,
        )
        .map((error) => `${operation} ${error}`),
    );
    expect(missing).toEqual([]);
    expect(Object.keys(probes).sort()).toEqual([...documented().keys()].sort());
  });
});

async function prepare(at: Endpoint): Promise<There> {
  const { stateMachineArn, executionArn, taskToken } = await at.started();
  const published = await at.sfn.publishStateMachineVersion({ stateMachineArn });
  const version = published.stateMachineVersionArn ?? "";
  const updated = await at.sfn.updateStateMachine({ stateMachineArn, roleArn: `${roleArn}-other`, publish: true });
  const routingConfiguration = [{ stateMachineVersionArn: version, weight: 100 }];
  const alias = await at.sfn.createStateMachineAlias({ name: "PROD", routingConfiguration });
  const express = await at.machine({ type: "EXPRESS", definition: passing });
  const ItemProcessor = { ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" }, ...machine({ Done: { Type: "Succeed" } }) };
  const mapping = await at.machine({ definition: JSON.stringify(machine({ Each: { Type: "Map", ItemProcessor, End: true } })) });
  const mapped = (await at.sfn.startExecution({ stateMachineArn: mapping.stateMachineArn, input: "[1]" })).executionArn ?? "";
  await at.ended(mapped);
  const { mapRuns } = await at.sfn.listMapRuns({ executionArn: mapped });
  const { activityArn = "" } = await at.sfn.createActivity({ name: unique() });
  const spent = await at.started();
  await at.sfn.sendTaskSuccess({ taskToken: spent.taskToken, output: "1" });
  const asking = JSON.parse(waiting).States.Ask;
  const tested = await at.sfn.testState({
    definition: JSON.stringify(asking),
    inspectionLevel: "DEBUG",
    mock: { result: "1" },
  });
  return {
    machine: stateMachineArn,
    version,
    otherVersion: updated.stateMachineVersionArn ?? "",
    alias: alias.stateMachineAliasArn ?? "",
    express: express.stateMachineArn,
    execution: executionArn,
    mapRun: mapRuns?.[0]?.mapRunArn ?? "",
    activity: activityArn,
    noTask: JSON.parse(tested.inspectionData?.afterParameters ?? "{}").MessageBody.Token,
    spent: spent.taskToken,
    waiting: taskToken,
  };
}

describeContract("the errors", (at) => {
  let there: There;
  beforeAll(async () => {
    there = await prepare(at);
  });
  afterAll(async () => {
    await at.sfn.stopExecution({ executionArn: there.execution });
  });

  const table = Object.entries(probes).flatMap(([operation, errors]) =>
    Object.entries(errors).map(([error, probe]) => [operation, error, probe] as const),
  );

  it.each(table)("%s is refused with %s", async (operation, error, probe) => {
    const members = probe(there);
    const send = at.sfn[`${operation.charAt(0).toLowerCase()}${operation.slice(1)}` as "listActivities"].bind(at.sfn);
    await expect(send(members)).rejects.toMatchObject({ name: error, message: expect.stringMatching(/./), $fault: "client" });
    expect(JSON.parse((await call(at.url, operation, members)).body)).toEqual({
      __type: expect.stringMatching(new RegExp(`^com\\.amazon[\\w.]*#${error}$`)),
      message: expect.stringMatching(/^.{5,}$/s),
    });
  });
});
