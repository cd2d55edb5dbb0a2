import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { createLocal } from "../../src/local/local.ts";
import { awsPeer } from "../aws/aws-peer.ts";
import { createUser, temporaryFolder } from "../harness.ts";
import { allHistories, throughApi } from "../local-file.ts";
import { raceAnswers } from "./races.ts";

let cli = createUser();
let file = "";

beforeEach(() => {
  file = join(temporaryFolder(), "f.db");
  cli = createUser({ localFile: file });
});

const ask = {
  Type: "Task",
  Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
  Parameters: { QueueUrl: "https://queue", MessageBody: { "TaskToken.$": "$$.Task.Token" } },
};
const roleArn = "arn:aws:iam::123456789012:role/local";

/** Starts a machine of one asking state with these fields; gives the address of what waits. */
async function asked(fields: object, more: object = {}): Promise<string> {
  const definition = JSON.stringify({ StartAt: "Ask", States: { Ask: { ...ask, ...fields }, ...more } });
  return throughApi(file, async (stepFunctions) => {
    const { arn } = await stepFunctions.createStateMachine({ name: "asked", definition, roleArn });
    return `${(await stepFunctions.startExecution({ stateMachineArn: arn, input: "{}" })).arn}#3`;
  });
}

async function json(...argv: string[]) {
  const { code, stdout, stderr } = await cli([...argv, "--json"]);
  return { code, stderr, result: stdout === "" ? null : JSON.parse(stdout) };
}

async function tokenOf(address: string): Promise<string> {
  const events = (await allHistories(file)).get(address.replace(/#.*/, "")) ?? [];
  return JSON.parse(events[2]?.taskScheduledEventDetails?.parameters ?? "{}").MessageBody.TaskToken;
}

async function eventTypes(address: string): Promise<(string | undefined)[]> {
  return ((await allHistories(file)).get(address.replace(/#.*/, "")) ?? []).map(({ type }) => type);
}

const done = { Done: { Type: "Succeed" } };
const retry = { Retry: [{ ErrorEquals: ["States.ALL"], IntervalSeconds: 1 }], End: true };

it("a task is answered by one of two people at once, who answer differently", async () => {
  await raceAnswers(20);
});

it("an answer to one of several in a Parallel is told at once, with what it waits for", async () => {
  const branch = (name: string) => ({ StartAt: name, States: { [name]: { ...ask, End: true } } });
  const definition = {
    StartAt: "Both",
    States: { Both: { Type: "Parallel", Branches: [branch("Legal"), branch("Sales")], Next: "Done" }, ...done },
  };
  const executionArn = await throughApi(file, async (stepFunctions) => {
    const { arn } = await stepFunctions.createStateMachine({ name: "both", definition: JSON.stringify(definition), roleArn });
    return (await stepFunctions.startExecution({ stateMachineArn: arn, input: "{}" })).arn;
  });
  const first = await cli(["succeed", executionArn, "--state", "Legal", "--output", "1"]);
  expect(first.stdout).toMatch(/was answered; Both waits for its other tasks\n$/);
  expect((await cli(["succeed", executionArn, "--state", "Sales", "--output", "2"])).stdout).toMatch(/; next: Done, then SUCCEEDED/);
});

describe("--dry-run", () => {
  it("says what would be sent and what follows, and sends nothing", async () => {
    const address = await asked({ Next: "Done" }, done);
    const { code, result } = await json("succeed", address, "--output", '{"a":1}', "--dry-run");
    expect(code).toBe(0);
    expect(result).toMatchObject({
      dryRun: true,
      state: "Ask",
      request: { operation: "SendTaskSuccess", output: '{"a":1}' },
      consequence: { kind: "next", state: "Done", text: "next: Done" },
    });
    expect((await cli(["succeed", address, "--output", "1", "--dry-run"])).stdout).toMatch(
      /SendTaskSuccess .*nothing was sent\n {2}output {2}1\n {2}waits .*\n {2}then {4}next: Done\n$/,
    );
    expect(await eventTypes(address)).not.toContain("TaskSucceeded");
  });

  it.each([
    [{ ...retry, End: undefined, Next: "Done" }, "Retry on States.ALL, 3 attempts left: it runs again"],
    [{ Catch: [{ ErrorEquals: ["No"], Next: "Done" }], End: true }, "Catch → Done"],
    [{ Next: "Done" }, "the execution fails"],
  ])("tells what a failure brings about under %o", async (fields, text) => {
    const address = await asked(fields, done);
    expect(await json("fail", address, "--error", "No", "--dry-run")).toMatchObject({ code: 0, result: { consequence: { text } } });
  });

  it("tells how the task ended, with the code of that outcome", async () => {
    const address = await asked({ End: true });
    await json("fail", address);
    expect(await json("succeed", address, "--output", "1", "--dry-run")).toMatchObject({
      code: 3,
      result: { dryRun: true, outcome: "different" },
    });
    expect(await json("fail", address, "--dry-run")).toMatchObject({ code: 0, result: { dryRun: true, outcome: "same" } });
    expect(await json("stop", address, "--dry-run")).toMatchObject({
      code: 3,
      result: { dryRun: true, status: "FAILED", outcome: "different" },
    });
  });

  it("of an answer in the machine's own words says what it comes to", async () => {
    await cli(["deploy-example", "--template", "approval", "--yes"]);
    await cli(["start", "approval", "--name", "one", "--until", "waiting"]);
    expect(await json("answer", "approval/one", "approve", "--dry-run", "--stamp", "--as", "ana")).toMatchObject({
      code: 0,
      result: { dryRun: true, request: { operation: "SendTaskSuccess", output: expect.stringContaining('"answeredBy":"ana"') } },
    });
    expect((await json("pending")).result.tasks).toHaveLength(1);
  });

  it("beats and stops nothing", async () => {
    const address = await asked({ End: true });
    expect(await json("heartbeat", address, "--dry-run")).toMatchObject({
      code: 0,
      result: { request: { operation: "SendTaskHeartbeat" } },
    });
    const stopped = await json("stop", address, "--cause", "x", "--dry-run");
    expect(stopped).toMatchObject({
      code: 0,
      result: { dryRun: true, status: "RUNNING", request: { operation: "StopExecution", cause: "x" } },
    });
    expect((await json("pending")).result.tasks).toHaveLength(1);
  });

  it("checks the value alone where only the token is known, and does not print it", async () => {
    const token = await tokenOf(await asked({ End: true }));
    const { code, stdout, stderr } = await cli(["succeed", "--output", "1", "--dry-run"], { environment: { SFN_CALLBACK_TOKEN: token } });
    expect(code).toBe(0);
    expect(stdout + stderr).not.toContain(token.slice(0, 40));
    expect((await json("pending")).result.tasks).toHaveLength(1);
  });
});

it("a number of more digits than a double holds is sent as it is, and compared to the last digit", async () => {
  const address = await asked({ End: true });
  expect(await json("succeed", address, "--set", "id=1234567890123456789")).toMatchObject({ code: 0, result: { outcome: "applied" } });
  expect(await json("succeed", address, "--output", '{"id":1234567890123456789}')).toMatchObject({ code: 0, result: { outcome: "same" } });
  expect(await json("succeed", address, "--output", '{"id":1234567890123456788}')).toMatchObject({
    code: 3,
    result: { outcome: "different" },
  });
});

describe("--stamp", () => {
  const stamp = ["--stamp", "--as", "ana", "--reason", "looks good"];

  it("adds who, when and why to an object, and a repeat compares without them", async () => {
    const address = await asked({ End: true });
    expect(await json("succeed", address, "--output", '{"a":1}', ...stamp)).toMatchObject({
      code: 0,
      result: { outcome: "applied", reason: "looks good" },
    });
    const events = (await allHistories(file)).get(address.replace(/#.*/, "")) ?? [];
    const output = JSON.parse(events.at(-1)?.executionSucceededEventDetails?.output ?? "null");
    expect(output).toEqual({ a: 1, answeredBy: "ana", reason: "looks good", answeredAt: expect.stringMatching(/^\d{4}-.*Z$/) });
    expect(await json("succeed", address, "--output", '{"a":1}', ...stamp)).toMatchObject({ code: 0, result: { outcome: "same" } });
    expect(await json("succeed", address, "--output", '{"a":1}')).toMatchObject({ code: 0, result: { outcome: "same" } });
    expect(await json("succeed", address, "--output", '{"a":2}', ...stamp)).toMatchObject({ code: 3, result: { outcome: "different" } });
  });

  it("adds a line to a cause", async () => {
    const address = await asked({ End: true });
    await json("fail", address, "--error", "No", "--cause", "too\ndear", ...stamp);
    const events = (await allHistories(file)).get(address.replace(/#.*/, "")) ?? [];
    expect(events.at(-1)?.executionFailedEventDetails?.cause).toMatch(/^too\ndear\nanswered by ana at \S+Z: looks good$/);
    expect(await json("fail", address, "--error", "No", "--cause", "too\ndear")).toMatchObject({ code: 0, result: { outcome: "same" } });
    expect(await json("fail", address, "--error", "No")).toMatchObject({ code: 3, result: { outcome: "different" } });
  });

  it("names the caller by the ARN of the credentials where no --as is given", async () => {
    const answeredBy = async (address: string) => {
      const events = (await allHistories(file)).get(address.replace(/#.*/, "")) ?? [];
      return JSON.parse(events.at(-1)?.executionSucceededEventDetails?.output ?? "{}").answeredBy;
    };
    const address = await asked({ End: true });
    const dry = await json("succeed", address, "--output", "{}", "--stamp", "--dry-run");
    expect(JSON.parse(dry.result.request.output)).toMatchObject({ answeredBy: "arn:aws:iam::123456789012:user/local" });
    expect(await json("succeed", address, "--output", "{}", "--stamp")).toMatchObject({ code: 0 });
    expect(await answeredBy(address)).toBe("arn:aws:iam::123456789012:user/local");
  });

  it("sends nothing where the caller cannot be learned, and tells of --as", async () => {
    const address = await asked({ End: true });
    const environment = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", AWS_REGION: "us-east-1" };
    await using local = await createLocal({ file, port: 0 });
    await using peer = await awsPeer({
      status: 403,
      body: "<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>The token is invalid</Message></Error></ErrorResponse>",
    });
    const argv = ["succeed", address, "--output", "{}", "--stamp", "--endpoint-url", local.url];
    const { code, stderr } = await cli(argv, { environment: { ...environment, AWS_ENDPOINT_URL_STS: peer.url } });
    expect(code).toBe(4);
    expect(stderr).toMatch(/whose credentials these are: InvalidClientTokenId: The token is invalid\n.*--as <name>/);
    expect(peer.requests).toHaveLength(1);
    expect(await eventTypes(address)).not.toContain("TaskSucceeded");
  });

  it("is refused where there is nothing to add to, and --as without it", async () => {
    const address = await asked({ End: true });
    expect((await json("succeed", address, "--output", "1", "--stamp")).code).toBe(2);
    expect((await json("succeed", address, "--output", "{}", "--as", "ana")).code).toBe(2);
    expect((await json("pending")).result.tasks).toHaveLength(1);
  });
});
