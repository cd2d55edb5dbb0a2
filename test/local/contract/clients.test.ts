import { execFile, spawnSync } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { describeContract } from "./endpoint.ts";

const run = promisify(execFile);
const environment = {
  ...process.env,
  AWS_ACCESS_KEY_ID: "test",
  AWS_SECRET_ACCESS_KEY: "test",
  AWS_REGION: "us-east-1",
  AWS_DEFAULT_REGION: "us-east-1",
  AWS_MAX_ATTEMPTS: "1",
  AWS_PAGER: "",
  AWS_DISABLE_HOST_PREFIX_INJECTION: "true",
};
const isThere = (command: string, ...argv: string[]) => spawnSync(command, argv, { stdio: "ignore" }).status === 0;
const hasAwsCli = isThere("aws", "--version");
const hasBoto3 = isThere("python3", "-c", "import boto3");

describeContract("other clients", (at) => {
  const withAwsCli = hasAwsCli ? "" : " (skipped: the AWS CLI is not installed)";
  // Each of its processes takes the better part of a second.
  it.skipIf(!hasAwsCli)(`the AWS CLI starts, lists, reads and answers${withAwsCli}`, { timeout: 120_000 }, async () => {
    const aws = (operation: string, ...argv: string[]) =>
      run("aws", ["stepfunctions", operation, "--endpoint-url", at.url, "--output", "json", ...argv], { env: environment });
    const json = async (operation: string, ...argv: string[]) => {
      const { stdout } = await aws(operation, ...argv);
      return JSON.parse(stdout) as Record<string, unknown>;
    };
    const { stateMachineArn } = await at.machine();
    await at.sfn.startExecution({ stateMachineArn });
    const start = await json("start-execution", "--state-machine-arn", stateMachineArn, "--name", "run", "--input", '{"a":1}');
    const executionArn = String(start["executionArn"]);
    // The CLI pages by itself.
    const [listed, history] = await Promise.all([
      json("list-executions", "--state-machine-arn", stateMachineArn, "--page-size", "1"),
      json("get-execution-history", "--execution-arn", executionArn, "--page-size", "2"),
    ]);
    expect(listed["executions"]).toHaveLength(2);
    const [, taskToken = ""] = /Token\\*":\\*"([A-Za-z0-9+/=]+)/.exec(JSON.stringify(history)) ?? [];
    await aws("send-task-success", "--task-token", taskToken, "--task-output", '"answer"');
    expect(await at.ended(executionArn)).toMatchObject({ status: "SUCCEEDED", output: '"answer"' });
    const message =
      "An error occurred (TaskTimedOut) when calling the SendTaskHeartbeat operation: Task Timed Out: 'Provided task does not exist anymore'";
    await expect(aws("send-task-heartbeat", "--task-token", taskToken)).rejects.toMatchObject({ stderr: expect.stringContaining(message) });
  });

  const withBoto3 = hasBoto3 ? "" : " (skipped: python3 with boto3 is not installed)";
  it.skipIf(!hasBoto3)(`boto3 gets what the API's model promises${withBoto3}`, { timeout: 120_000 }, async () => {
    const { stdout } = await run("python3", [join(import.meta.dirname, "boto3-calls.py"), at.url], { env: environment });
    const scheduled = ["TaskSubmitted", "TaskStarted", "TaskScheduled", "TaskStateEntered", "ExecutionStarted"];
    expect(JSON.parse(stdout)).toEqual({
      pages: [2, 1],
      tokenInBareHistory: false,
      bareTypes: scheduled,
      ended: ["SUCCEEDED", '"answer"', true],
      versions: ["2", "1"],
      tags: [{ key: "c", value: "d" }],
      describedAlias: true,
      sync: ["SUCCEEDED", '"done"', 64],
      again: ["TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'"],
      badToken: ["InvalidToken", "Invalid Token: 'Invalid token'"],
      version: [
        "ConflictException",
        "Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [PROD]",
      ],
      expressList: ["StateMachineTypeNotSupported", "This operation is not supported by this type of state machine"],
      maxResults: [
        "ValidationException",
        "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 1000",
      ],
    });
  });
});
