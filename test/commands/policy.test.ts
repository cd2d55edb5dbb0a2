import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createLocal } from "../../src/local/local.ts";
import { cloudFormationPeer } from "../aws/cloudformation-peer.ts";
import { policyCommands } from "../example/policy-commands.ts";
import { faultProxy } from "../fault-proxy.ts";
import { cli, createUser, temporaryFolder } from "../harness.ts";

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: unknown;
}

interface Printed {
  readonly policy: { readonly Statement: readonly Statement[] };
  readonly cannotRestrict: readonly string[];
}

async function policyOf(...argv: string[]): Promise<Printed> {
  const { code, stdout, stderr } = await cli(["policy", ...argv, "--json"], { localFile: null });
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Printed;
}

/** Whether IAM would allow the action on the ARN: patterns with * as IAM has them, conditions left aside. */
function allows({ policy }: Printed, action: string, arn: string): boolean {
  const matches = (pattern: string, text: string) =>
    new RegExp(
      `^${pattern
        .split("*")
        .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
        .join(".*")}$`,
    ).test(text);
  return policy.Statement.some(
    ({ Action, Resource }) => [Action].flat().includes(action) && [Resource].flat().some((pattern) => matches(pattern, arn)),
  );
}

const root = "arn:aws:states:us-east-1:123456789012";

it("the approver's policy allows every request that finding and answering makes, and the lister's all but the answers", {
  timeout: 60_000,
}, async () => {
  await using local = await createLocal();
  await using proxy = await faultProxy(local.clientConfig.endpoint, () => null);
  const environment = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", AWS_REGION: "us-east-1", AWS_ENDPOINT_URL_SFN: proxy.url };
  const user = createUser({ environment, localFile: null });
  const direct = { environment: { ...environment, AWS_ENDPOINT_URL_SFN: local.clientConfig.endpoint } };
  await user(["deploy-example", "--yes", "--template", "approval"], direct);
  for (const name of ["one", "two"]) await user(["start", "approval", "--name", name], direct);
  await user(["pending"]);
  await user(["show", "approval/one"]);
  await user(["heartbeat", "approval/one"]);
  expect((await user(["succeed", "approval/one", "--set", "approved=true"])).code).toBe(0);
  expect((await user(["fail", "approval/two"])).code).toBe(0);

  const scope = ["--state-machine", "approval", "--region", "us-east-1", "--account", "123456789012"];
  const [approver, lister, worker] = [
    await policyOf("approver", ...scope),
    await policyOf("lister", ...scope),
    await policyOf("worker", ...scope),
  ];
  const asked = proxy.requests.map(({ operation, body }) => {
    const arn = body["executionArn"] ?? body["stateMachineArn"] ?? body["mapRunArn"];
    return { operation, arn: operation.startsWith("SendTask") ? `${root}:stateMachine:approval` : String(arn ?? "*") };
  });
  expect(asked.map(({ operation }) => operation)).toContain("GetExecutionHistory");
  const refused = (printed: Printed) =>
    [
      ...new Set(asked.filter(({ operation, arn }) => !allows(printed, `states:${operation}`, arn)).map(({ operation }) => operation)),
    ].sort();
  expect(refused(approver)).toEqual([]);
  expect(refused(lister)).toEqual(["SendTaskFailure", "SendTaskHeartbeat", "SendTaskSuccess"]);
  expect(allows(worker, "states:SendTaskSuccess", `${root}:stateMachine:approval`)).toBe(true);
  expect(allows(worker, "states:GetExecutionHistory", `${root}:execution:approval:one`)).toBe(false);
  for (const printed of [approver, lister, worker]) {
    expect(allows(printed, "states:GetExecutionHistory", `${root}:execution:payroll:one`)).toBe(false);
    expect(allows(printed, "states:SendTaskSuccess", `${root}:stateMachine:payroll`)).toBe(false);
  }
});

it("the deployer's policy allows every request that deploying and deleting the example makes", { timeout: 60_000 }, async () => {
  const running = `${root}:execution:sfn-callback-example-approval:one`;
  await using peer = await cloudFormationPeer({ executions: [running] });
  const environment = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", AWS_REGION: "us-east-1" };
  const hurried = { now: () => new Date(), sleep: async () => {} };
  for (const argv of [["--dry-run"], ["--template", "random"], ["--template", "approval"], ["--delete", "--stop-executions"]]) {
    const line = ["deploy-example", "--endpoint-url", peer.url, "--yes", ...argv];
    expect(await cli(line, { environment, localFile: null, clock: hurried })).toMatchObject({ code: 0 });
  }
  const deployer = await policyOf("deployer", "--region", "us-east-1", "--account", "123456789012");
  const refused = peer.requests.filter(({ operation, parameters }) => {
    const states = parameters["stateMachineArn"] ?? parameters["executionArn"];
    if (states !== undefined) return !allows(deployer, `states:${operation}`, states);
    return !allows(deployer, `cloudformation:${operation}`, "arn:aws:cloudformation:us-east-1:123456789012:stack/sfn-callback-example/1");
  });
  expect(peer.requests.map(({ operation }) => operation)).toEqual(
    expect.arrayContaining(["ExecuteChangeSet", "DeleteStack", "StopExecution"]),
  );
  expect(refused).toEqual([]);
});

describe("a policy", () => {
  it.each(policyCommands)("%j says what it cannot restrict, and is no longer than IAM takes", async (...argv) => {
    const { policy, cannotRestrict } = await policyOf(...argv);
    expect(cannotRestrict.length).toBeGreaterThan(0);
    expect(JSON.stringify(policy).length).toBeLessThanOrEqual(6144);
    for (const { Action } of policy.Statement) for (const action of [Action].flat()) expect(action).toMatch(/^[a-z0-9-]+:[A-Z]\w+$/);
  });

  it("goes to stdout alone, ready for a file; what it cannot restrict goes to stderr", async () => {
    const { code, stdout, stderr } = await cli(["policy", "lister"], { localFile: null });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ Version: "2012-10-17" });
    expect(stderr).toContain("What it cannot restrict:\n- states:ListStateMachines takes no resource");
  });

  it("for a worker of activities is for those alone", async () => {
    const printed = await policyOf("worker", "--activity", "by-hand");
    expect(allows(printed, "states:GetActivityTask", `${root}:activity:by-hand`)).toBe(true);
    expect(allows(printed, "states:SendTaskFailure", `${root}:activity:by-hand`)).toBe(true);
    expect(allows(printed, "states:SendTaskFailure", `${root}:stateMachine:approval`)).toBe(false);
  });

  it("is of the Region's partition", async () => {
    const { policy } = await policyOf("worker", "--region", "cn-north-1");
    expect(policy.Statement[0]?.Resource).toEqual(["arn:aws-cn:states:cn-north-1:*:stateMachine:*"]);
  });

  it("for a state machine is for the calls of its definition, and names those that it cannot tell", async () => {
    const file = join(temporaryFolder(), "orders.asl.json");
    const task = (Resource: string, Parameters: object) => ({ Type: "Task", Resource, Parameters, End: true });
    const definition = {
      StartAt: "Both",
      States: {
        Both: {
          Type: "Parallel",
          End: true,
          Branches: [
            { StartAt: "Ask", States: { Ask: task("arn:aws:states:::lambda:invoke.waitForTaskToken", { FunctionName: "ask" }) } },
            {
              StartAt: "Send",
              States: {
                Send: task("arn:aws:states:::sqs:sendMessage", { QueueUrl: "https://sqs.eu-west-1.amazonaws.com/123456789012/q" }),
              },
            },
          ],
        },
        Put: task("arn:aws:states:::aws-sdk:dynamodb:putItem.waitForTaskToken", {}),
        Build: task("arn:aws:states:::codebuild:startBuild.sync", {}),
      },
    };
    writeFileSync(file, JSON.stringify(definition));
    const { policy, cannotRestrict } = await policyOf(
      "state-machine",
      "--definition",
      file,
      "--region",
      "eu-west-1",
      "--account",
      "123456789012",
    );
    expect(policy.Statement).toMatchObject([
      { Action: ["lambda:InvokeFunction"], Resource: ["arn:aws:lambda:eu-west-1:123456789012:function:ask"] },
      { Action: ["sqs:SendMessage"], Resource: ["arn:aws:sqs:eu-west-1:123456789012:q"] },
      { Action: ["dynamodb:PutItem"], Resource: "*" },
      { Sid: "DeliverLogs" },
    ]);
    expect(cannotRestrict.join("\n")).toContain("The state Build (arn:aws:states:::codebuild:startBuild.sync) is not covered");
    expect(cannotRestrict.join("\n")).toContain('The state Put gets dynamodb:PutItem on "*"');
  });

  it("of trust lets Step Functions alone take the role on, for this account", async () => {
    const { policy } = await policyOf("state-machine", "--trust", "--account", "123456789012");
    expect(policy.Statement).toEqual([
      {
        Effect: "Allow",
        Principal: { Service: "states.amazonaws.com" },
        Action: "sts:AssumeRole",
        Condition: {
          StringEquals: { "aws:SourceAccount": "123456789012" },
          ArnLike: { "aws:SourceArn": "arn:aws:states:*:123456789012:stateMachine:*" },
        },
      },
    ]);
  });

  it.each([
    [["boss"], 'there is no policy for "boss"'],
    [[], "missing required argument 'role'"],
    [["lister", "--activity", "x"], "--activity is of no use with lister; it is for worker"],
    [["lister", "--account", "123"], "--account takes 12 digits"],
    [["lister", "--state-machine", "a b"], "is neither a name nor the ARN of a state machine"],
    [["worker", "--activity", `${root}:stateMachine:x`], "is neither a name nor the ARN of an activity"],
    [["lister", "--kms-key", "alias/x"], "is not the ARN of a key"],
    [["lister", "--region", "a,b"], "is not a Region"],
    [["deployer", "--stack-name", "a_b"], "is not the name of a stack"],
    [["state-machine", "--definition", "/no/such/file"], "cannot be read"],
  ])("%j is a usage error", async (argv, message) => {
    const { code, stdout, stderr } = await cli(["policy", ...argv], { localFile: null });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
  });
});
