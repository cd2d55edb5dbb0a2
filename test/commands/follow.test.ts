import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { createUser, temporaryFolder } from "../harness.ts";
import { throughApi } from "../local-file.ts";

const file = join(temporaryFolder(), "f.db");
const cli = createUser({ localFile: file });

const ask = {
  Type: "Task",
  Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
  Parameters: { QueueUrl: "https://queue", MessageBody: { "TaskToken.$": "$$.Task.Token" } },
};
const choices = ["Ask again", "Rest"].map((state) => ({ Variable: "$.to", StringEquals: state, Next: state }));
const definition = JSON.stringify({
  StartAt: "Ask",
  States: {
    Ask: { ...ask, Next: "Which" },
    Which: { Type: "Choice", Choices: choices, Default: "Done" },
    "Ask again": { ...ask, Next: "Done" },
    Rest: { Type: "Wait", Seconds: 600, Next: "Done" },
    Done: { Type: "Succeed" },
  },
});

let stateMachineArn = "";
beforeAll(async () => {
  stateMachineArn = await throughApi(file, async (stepFunctions) => {
    return (await stepFunctions.createStateMachine({ name: "asked", definition, roleArn: "arn:aws:iam::123456789012:role/local" })).arn;
  });
});

async function started(): Promise<string> {
  const { stdout } = await cli(["start", stateMachineArn, "--query", "executionArn", "--raw"]);
  return stdout.trim();
}

async function followed(executionArn: string, output: object, ...more: string[]) {
  const { code, stdout, stderr } = await cli(["succeed", executionArn, "--output", JSON.stringify(output), "--follow", "--json", ...more]);
  return { code, stderr, result: stdout === "" ? null : JSON.parse(stdout) };
}

it("tells of the execution's end, with its output", async () => {
  expect(await followed(await started(), { to: "Done" })).toMatchObject({
    code: 0,
    result: { outcome: "applied", next: { status: "SUCCEEDED" }, followed: { status: "SUCCEEDED", output: { to: "Done" }, waiting: [] } },
  });
});

it("tells what waits next, by an id that serves at once", async () => {
  const executionArn = await started();
  const { code, result } = await followed(executionArn, { to: "Ask again" });
  expect(code).toBe(0);
  expect(result).toMatchObject({
    outcome: "applied",
    next: { state: "Which" },
    followed: { status: "RUNNING", waiting: [expect.any(String)] },
  });
  const [id = ""] = result.followed.waiting;
  const { stdout } = await cli(["succeed", id, "--output", "{}", "--follow"]);
  expect(stdout).toMatch(/^applied {2}the task Ask again of asked\/\S+ was answered\nSUCCEEDED\t/);
});

it("ends with 7 where the execution does not succeed, and is told of a repeated answer too", async () => {
  const executionArn = await started();
  for (const outcome of ["applied", "same"]) {
    const { code, stdout } = await cli(["fail", executionArn, "--error", "No", "--follow", "--json"]);
    expect(code).toBe(7);
    expect(JSON.parse(stdout)).toMatchObject({ outcome, followed: { status: "FAILED", error: "No" } });
  }
});

it("tells that the answer was applied where Ctrl-C ends the following", async () => {
  const executionArn = await started();
  const interrupt = new AbortController();
  const following = cli(["succeed", executionArn, "--output", '{"to":"Rest"}', "--follow", "--json"], { interrupt: interrupt.signal });
  await cli(["wait", executionArn, "--until", "answered"]);
  interrupt.abort();
  const { code, stdout } = await following;
  expect(code).toBe(130);
  expect(JSON.parse(stdout)).toMatchObject({ outcome: "applied", followed: null });
});

it.each([
  ["a token of an unknown execution", ["succeed", "--token-env", "TOKEN"], /--execution/],
  ["many", ["succeed", "--from", "-"], /--follow names one task/],
])("is refused with %s", async (_, argv, said) => {
  const { code, stderr } = await cli([...argv, "--output", "{}", "--follow"], { environment: { TOKEN: "some-token" } });
  expect(code).toBe(2);
  expect(stderr).toMatch(said);
});
