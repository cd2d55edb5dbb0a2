import { expect } from "vitest";
import { exampleMachines } from "../../src/example/definitions.ts";
import { createLocal } from "../../src/local/local.ts";
import { createUser, temporaryFolder } from "../harness.ts";
import { call } from "../processes/command.ts";

/** Lets two people answer the same task differently at once, so often, and expects that one answer is applied and the other told so. */
export async function raceAnswers(times: number): Promise<void> {
  await using local = await createLocal({ file: `${temporaryFolder()}/f.db`, port: 0 });
  const environment = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", AWS_REGION: "us-east-1" };
  const people = [createUser({ localFile: null, environment }), createUser({ localFile: null, environment })];
  const definition = JSON.stringify(exampleMachines.find(({ name }) => name === "approval")?.definition);
  const roleArn = "arn:aws:iam::123456789012:role/local";
  const { stateMachineArn } = await call(local.url, "CreateStateMachine", { name: "approval", definition, roleArn });
  for (let turn = 0; turn < times; turn++) {
    const { executionArn } = await call(local.url, "StartExecution", { stateMachineArn, input: "{}" });
    const answers = [
      ["succeed", executionArn, "--output", '{"approved":true}', "--force"],
      ["fail", executionArn, "--error", "No"],
    ];
    const ended = await Promise.all(
      people.map((person, index) => person([...(answers[index] ?? []), "--json", "--endpoint-url", local.url])),
    );
    const outcomes = ended.map(({ stdout }) => JSON.parse(stdout).outcome);
    expect(outcomes.toSorted()).toEqual(["applied", "different"]);
    const { status } = await call(local.url, "DescribeExecution", { executionArn });
    expect(status).toBe(outcomes[0] === "applied" ? "SUCCEEDED" : "FAILED");
  }
}
