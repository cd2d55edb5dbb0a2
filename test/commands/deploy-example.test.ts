import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { Clock } from "../../src/context.ts";
import { createLocal } from "../../src/local/local.ts";
import { type CloudFormationPeer, cloudFormationPeer, type Trouble } from "../aws/cloudformation-peer.ts";
import { type CliOptions, type CliResult, cli, createUser } from "../harness.ts";

const environment = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", AWS_REGION: "us-east-1" };

/** Waits take no time: CloudFormation goes a step on whenever it is looked at. */
const hurried: Clock = { now: () => new Date(), sleep: async (_, signal) => signal?.throwIfAborted() };

function deployExample(peer: CloudFormationPeer, argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const line = ["deploy-example", "--endpoint-url", peer.url, ...argv];
  return cli(line, { environment, localFile: null, clock: hurried, ...options });
}

const operationsOf = (peer: CloudFormationPeer) => peer.requests.map(({ operation }) => operation);

const denials = (trouble: Trouble, operation: string): Trouble => ({ ...trouble, denied: [operation] });

describe("deploying to CloudFormation", () => {
  it("creates the stack by a change set that it shows first, and tells the next commands", async () => {
    await using peer = await cloudFormationPeer();
    const { code, stdout, stderr } = await deployExample(peer, ["--yes", "--tags", "team=orders", "--tags", "cost=a=b"]);
    expect(code).toBe(0);
    expect(stdout).toBe(
      [
        "sfn-callback-example-random\tcreated\tarn:aws:states:us-east-1:123456789012:stateMachine:sfn-callback-example-random",
        "sfn-callback-example-approval\tcreated\tarn:aws:states:us-east-1:123456789012:stateMachine:sfn-callback-example-approval\n",
      ].join("\n"),
    );
    const shownAt = stderr.indexOf("+ RandomFunction ");
    expect(shownAt).toBeGreaterThan(0);
    expect(stderr).toContain(
      "lambda.amazonaws.com (RandomFunctionRole) may states:SendTaskSuccess, SendTaskFailure on stateMachine:sfn-callback-example-random",
    );
    expect(stderr.indexOf("CREATE_COMPLETE  RandomFunction")).toBeGreaterThan(shownAt);
    expect(stderr).toContain(
      `sfn-callback start sfn-callback-example-approval --endpoint-url ${peer.url} --input '{"order":17}' --until waiting`,
    );
    expect(peer.stack("sfn-callback-example")).toMatchObject({ status: "CREATE_COMPLETE", tags: { team: "orders", cost: "a=b" } });
  });

  it("says that nothing changes the second time, and leaves no change set behind", async () => {
    await using peer = await cloudFormationPeer();
    await deployExample(peer, ["--yes"]);
    const { code, stdout, stderr } = await deployExample(peer, ["--yes"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^sfn-callback-example-random\tunchanged\tarn:.*\nsfn-callback-example-approval\tunchanged\tarn:.*\n$/);
    expect(stderr).toContain("the stack sfn-callback-example is as it should be; nothing was changed");
    expect(operationsOf(peer).at(-1)).toBe("DeleteChangeSet");
  });

  it("updates a stack to another template, and keeps its tags", async () => {
    await using peer = await cloudFormationPeer();
    await deployExample(peer, ["--yes", "--template", "random", "--tags", "team=orders"]);
    const { code, stdout } = await deployExample(peer, ["--yes", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      stack: { name: "sfn-callback-example", status: "UPDATE_COMPLETE", change: "updated" },
      stateMachines: [{ change: "unchanged" }, { name: "sfn-callback-example-approval", change: "created" }],
    });
    expect(peer.stack("sfn-callback-example")).toMatchObject({ status: "UPDATE_COMPLETE", tags: { team: "orders" } });
  });

  it("updates a stack of whose resources none changes", async () => {
    await using peer = await cloudFormationPeer();
    const { stdout: template } = await cli(["deploy-example", "--print"], { localFile: null });
    peer.put({
      name: "sfn-callback-example",
      status: "CREATE_COMPLETE",
      template: template.replace("The state machine random", "An older text"),
    });
    const { code, stdout } = await deployExample(peer, ["--yes", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ stack: { status: "UPDATE_COMPLETE", change: "updated" }, changes: [] });
  });

  it("lists the running executions of a machine that an update removes", async () => {
    const running = "arn:aws:states:us-east-1:123456789012:execution:sfn-callback-example-approval:order-17";
    await using peer = await cloudFormationPeer({ executions: [running] });
    await deployExample(peer, ["--yes"]);
    const { code, stderr } = await deployExample(peer, ["--yes", "--template", "random"]);
    expect(code).toBe(0);
    expect(stderr).toContain(`1 execution is running:\n  ${running}`);
  });

  it("shows a dry run, and leaves nothing behind", async () => {
    await using peer = await cloudFormationPeer();
    const { code, stdout, stderr } = await deployExample(peer, ["--dry-run"]);
    expect(code).toBe(0);
    expect(stdout).toBe("dry run  the stack sfn-callback-example would be created, 11 resources; nothing was changed\n");
    expect(stderr).toContain("+ ApprovalQueue");
    expect(peer.stack("sfn-callback-example")).toBeNull();
  });

  it("creates no role where one is given, and needs no capability for it", async () => {
    await using peer = await cloudFormationPeer();
    const role = "arn:aws:iam::123456789012:role/given";
    expect((await deployExample(peer, ["--yes", "--role-arn", role])).code).toBe(0);
    const created = peer.requests.find(({ operation }) => operation === "CreateChangeSet")?.parameters ?? {};
    expect(created).not.toHaveProperty("Capabilities.member.1");
    const { Resources } = parse(peer.stack("sfn-callback-example")?.template ?? "", { logLevel: "silent" });
    expect(Resources.RandomStateMachine.Properties.RoleArn).toBe(role);
    expect(Resources.RandomFunction.Properties.Role).toBe(role);
  });

  it("puts the permissions boundary on each role that it creates", async () => {
    await using peer = await cloudFormationPeer();
    const boundary = "arn:aws:iam::123456789012:policy/boundary";
    await deployExample(peer, ["--yes", "--permissions-boundary", boundary]);
    const template = peer.stack("sfn-callback-example")?.template ?? "";
    expect(template.split(`PermissionsBoundary: ${boundary}`)).toHaveLength(4);
  });

  it("needs --yes where there is no terminal, before it asks AWS for anything but CloudFormation", async () => {
    await using peer = await cloudFormationPeer();
    const { code, stderr } = await deployExample(peer, []);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining("hint: add --yes") });
    expect(operationsOf(peer)).toEqual(["DescribeStacks"]);
  });
});

describe("a deployment that fails", () => {
  const failing = { logicalId: "RandomFunction", reason: "The runtime parameter of nodejs24.x is not supported." };

  it("tells the resource that was the cause and its reason, and that nothing is left", async () => {
    await using peer = await cloudFormationPeer({ failing });
    const { code, stdout, stderr } = await deployExample(peer, ["--yes"]);
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain(
      "error: the stack sfn-callback-example could not be created: RandomFunction (AWS::Lambda::Function): The runtime parameter of nodejs24.x is not supported.\n  What had been created was deleted again; nothing is left.",
    );
  });

  it("says what a rollback leaves, and the command that takes it away", async () => {
    await using peer = await cloudFormationPeer({ failing, onFailure: "rolledBack" });
    const { code, stderr } = await deployExample(peer, ["--yes"]);
    expect(code).toBe(1);
    expect(stderr).toContain("the empty stack is left (ROLLBACK_COMPLETE)");
    expect(stderr).toContain(`sfn-callback deploy-example --delete --stack-name sfn-callback-example --endpoint-url ${peer.url}`);
    const again = await deployExample(peer, ["--yes"]);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain("the stack sfn-callback-example is ROLLBACK_COMPLETE and cannot be updated");
    expect((await deployExample(peer, ["--delete", "--yes"])).code).toBe(0);
    expect(peer.stack("sfn-callback-example")).toBeNull();
  });

  it("says of an update that the stack is as before", async () => {
    await using peer = await cloudFormationPeer({ failing });
    await deployExample(peer, ["--yes", "--template", "approval"]);
    const { code, stderr } = await deployExample(peer, ["--yes"]);
    expect(code).toBe(1);
    expect(stderr).toContain("could not be updated: RandomFunction (AWS::Lambda::Function): The runtime");
    expect(stderr).toContain("The stack is as it was before (UPDATE_ROLLBACK_COMPLETE).");
  });

  it("is a matter of access (exit 4) where AWS denied the resource", async () => {
    const reason = "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: iam:CreateRole on resource: role x";
    await using peer = await cloudFormationPeer({ failing: { logicalId: "RandomStateMachineRole", reason } });
    const { code, stderr } = await deployExample(peer, ["--yes", "--json"]);
    expect(code).toBe(4);
    expect(JSON.parse(stderr).error).toMatchObject({ code: "AccessDenied", message: expect.stringContaining("iam:CreateRole") });
  });

  it("tells why CloudFormation refused the change set, and leaves nothing behind", async () => {
    await using peer = await cloudFormationPeer({ changeSetFails: "Resource type AWS::Foo is not there" });
    const { code, stderr } = await deployExample(peer, ["--yes"]);
    expect(code).toBe(1);
    expect(stderr).toContain("refused the change set of the stack sfn-callback-example: Resource type AWS::Foo is not there");
    expect(peer.stack("sfn-callback-example")).toBeNull();
  });

  const calls = ["DescribeStacks", "CreateChangeSet", "DescribeChangeSet", "DescribeStackEvents", "ExecuteChangeSet"];
  it.each(calls)("ends with 4 and the statement that would allow it where %s is denied, and leaves nothing behind", async (operation) => {
    await using peer = await cloudFormationPeer(denials({}, operation));
    const { code, stderr } = await deployExample(peer, ["--yes"]);
    expect(code).toBe(4);
    expect(stderr).toMatch(/^error: could not /m);
    expect(stderr).toContain(`"Action":"cloudformation:${operation}"`);
    expect(peer.stack("sfn-callback-example")).toBeNull();
  });

  it.each(["GetTemplate", "ListStackResources", "DeleteStack"])("ends a deletion with 4 where %s is denied", async (operation) => {
    await using peer = await cloudFormationPeer(denials({}, operation));
    peer.put({ name: "sfn-callback-example", status: "CREATE_COMPLETE", template: ours });
    const { code, stderr } = await deployExample(peer, ["--delete", "--yes"]);
    expect(code).toBe(4);
    expect(stderr).toContain(`"Action":"cloudformation:${operation}"`);
    expect(peer.stack("sfn-callback-example")?.status).toBe("CREATE_COMPLETE");
  });

  it("is done where only the list of what is in the stack is denied", async () => {
    await using peer = await cloudFormationPeer(denials({}, "ListStackResources"));
    const { code, stdout, stderr } = await deployExample(peer, ["--yes"]);
    expect(code).toBe(0);
    expect(stdout).toContain("sfn-callback-example-random\tcreated\t\n");
    expect(stderr).toContain("warning: the ARNs are not known");
  });

  it("warns of the change set that stays where it may not be taken back", async () => {
    await using peer = await cloudFormationPeer({ denied: ["DescribeChangeSet", "DeleteStack"] });
    const { code, stderr } = await deployExample(peer, ["--yes"]);
    expect(code).toBe(4);
    expect(stderr).toMatch(/warning: the change set sfn-callback-\w+ stays: could not delete the stack/);
  });
});

const ours =
  "Metadata: { sfn-callback: { example: [random] } }\nResources: { RandomStateMachine: { Type: AWS::StepFunctions::StateMachine } }";

describe("a stack that is there", () => {
  it.each([
    ["deploying", ["--yes"]],
    ["deleting", ["--delete", "--yes"]],
  ])("is never touched by %s where it has not our mark", async (_, argv) => {
    await using peer = await cloudFormationPeer();
    const template = "Resources: { Queue: { Type: AWS::SQS::Queue } }";
    peer.put({ name: "sfn-callback-example", status: "CREATE_COMPLETE", template });
    const { code, stderr } = await deployExample(peer, argv);
    expect(code).toBe(2);
    expect(stderr).toContain("there is a stack sfn-callback-example already, and it is none of sfn-callback's; it was left as it is");
    expect(stderr).toContain("--stack-name");
    expect(peer.stack("sfn-callback-example")).toMatchObject({ status: "CREATE_COMPLETE", template });
    expect(operationsOf(peer)).toEqual(["DescribeStacks", "DescribeStacks", "GetTemplate"]);
  });

  it.each(["not: [yaml", "", "[]", '{"Metadata":null}', '{"Metadata":{"sfn-callback":true}}'])(
    "is not ours with the template %j",
    async (template) => {
      await using peer = await cloudFormationPeer();
      peer.put({ name: "sfn-callback-example", status: "CREATE_COMPLETE", template });
      expect((await deployExample(peer, ["--delete", "--yes"])).code).toBe(2);
    },
  );

  const blocked = {
    CREATE_FAILED: /--delete --stack-name/,
    ROLLBACK_FAILED: /--delete --stack-name/,
    DELETE_FAILED: /--delete --stack-name/,
    UPDATE_ROLLBACK_FAILED: /continue-update-rollback --stack-name sfn-callback-example/,
    UPDATE_IN_PROGRESS: /describe-stack-events --stack-name sfn-callback-example/,
    DELETE_IN_PROGRESS: /try again when it is done/,
  };
  it.each(Object.entries(blocked))("cannot be updated in %s, which is told with what to do", async (status, hint) => {
    await using peer = await cloudFormationPeer();
    peer.put({ name: "sfn-callback-example", status, template: ours });
    const { code, stderr } = await deployExample(peer, ["--yes"]);
    expect(code).toBe(1);
    expect(stderr).toContain(status);
    expect(stderr).toMatch(hint);
    expect(operationsOf(peer)).not.toContain("CreateChangeSet");
  });

  it("that was only shown and never made is taken up again where the change set is ours", async () => {
    const aborted = { denied: ["DescribeChangeSet", "DeleteStack"] };
    await using peer = await cloudFormationPeer(aborted);
    await deployExample(peer, ["--yes"]);
    expect(peer.stack("sfn-callback-example")?.status).toBe("REVIEW_IN_PROGRESS");
    aborted.denied.length = 0;
    expect((await deployExample(peer, ["--yes"])).code).toBe(0);
    expect(peer.stack("sfn-callback-example")?.status).toBe("CREATE_COMPLETE");
  });
});

it("what cannot be followed any more goes on in AWS, which is told", async () => {
  const trouble = {
    denied: [] as string[],
    onRequest: (operation: string) => operation === "ExecuteChangeSet" && trouble.denied.push("DescribeStacks"),
  };
  await using peer = await cloudFormationPeer(trouble);
  const { code, stderr } = await deployExample(peer, ["--yes"]);
  expect(code).toBe(4);
  expect(stderr).toContain("; AWS goes on creating the stack sfn-callback-example");
  expect(stderr).toContain("hint: follow it:");
});

describe("Ctrl-C", () => {
  it("while AWS works says what goes on and how to follow it, and ends with 130", async () => {
    const interrupt = new AbortController();
    let looks = 0;
    const onRequest = (operation: string) => {
      if (operation === "DescribeStackEvents") looks += 1;
      if (looks === 9) interrupt.abort();
    };
    await using peer = await cloudFormationPeer({ onRequest });
    const { code, stderr } = await deployExample(peer, ["--yes"], { interrupt: interrupt.signal });
    expect(code).toBe(130);
    expect(stderr).toContain("error: interrupted; AWS goes on creating the stack sfn-callback-example\n");
    expect(stderr).toContain(
      `hint: follow it:  aws cloudformation describe-stack-events --stack-name sfn-callback-example --endpoint-url ${peer.url}\n`,
    );
    expect(peer.stack("sfn-callback-example")?.status).toBe("CREATE_IN_PROGRESS");
  });

  it("before that takes the change set back", async () => {
    const interrupt = new AbortController();
    await using peer = await cloudFormationPeer({ onRequest: (operation) => operation === "DescribeChangeSet" && interrupt.abort() });
    const { code, stderr } = await deployExample(peer, ["--yes"], { interrupt: interrupt.signal });
    expect(code).toBe(130);
    expect(stderr).not.toContain("goes on");
    expect(peer.stack("sfn-callback-example")).toBeNull();
  });

  it("waits for the change set to be taken back, however slow AWS is", async () => {
    const interrupt = new AbortController();
    const slower = { DescribeChangeSet: () => interrupt.abort(), DeleteStack: () => delay(700) };
    await using peer = await cloudFormationPeer({ onRequest: (operation) => slower[operation as keyof typeof slower]?.() });
    expect(await deployExample(peer, ["--yes"], { interrupt: interrupt.signal })).toMatchObject({ code: 130 });
    expect(peer.stack("sfn-callback-example")).toBeNull();
  });

  it("while a stack is deleted says so as well", async () => {
    const interrupt = new AbortController();
    await using peer = await cloudFormationPeer({
      onRequest: (operation) => operation === "DeleteStack" && setImmediate(() => interrupt.abort()),
    });
    peer.put({ name: "sfn-callback-example", status: "CREATE_COMPLETE", template: ours });
    const { code, stderr } = await deployExample(peer, ["--delete", "--yes"], { interrupt: interrupt.signal });
    expect(code).toBe(130);
    expect(stderr).toContain("AWS goes on deleting the stack sfn-callback-example");
  });
});

describe("deleting", () => {
  it("waits until all is gone", async () => {
    await using peer = await cloudFormationPeer();
    await deployExample(peer, ["--yes"]);
    const { code, stdout } = await deployExample(peer, ["--delete", "--yes"]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "deleted  the stack sfn-callback-example and all that was in it\n" });
    expect(peer.stack("sfn-callback-example")).toBeNull();
  });

  it("is done where there is no stack", async () => {
    await using peer = await cloudFormationPeer();
    const { code, stdout } = await deployExample(peer, ["--delete", "--yes"]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "absent  there is no stack sfn-callback-example\n" });
  });

  const running = [17, 18].map((order) => `arn:aws:states:us-east-1:123456789012:execution:sfn-callback-example-approval:order-${order}`);

  it("lists the running executions first, and stops them only where asked to", async () => {
    await using peer = await cloudFormationPeer({ executions: running });
    await deployExample(peer, ["--yes"]);
    const left = await deployExample(peer, ["--delete", "--yes"]);
    expect(left.stderr).toContain("2 executions are running:");
    for (const arn of running) expect(left.stderr).toContain(arn);
    expect(left.stderr).toContain("--stop-executions stops them first");
    expect(peer.stopped).toEqual([]);
    await deployExample(peer, ["--yes", "--template", "approval"]);
    const { code, stdout } = await deployExample(peer, ["--delete", "--yes", "--stop-executions", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ stack: { change: "deleted" }, stoppedExecutions: running });
    expect(peer.stopped).toEqual(running);
  });

  it("says how protection from it is taken off", async () => {
    await using peer = await cloudFormationPeer({ isProtected: true });
    peer.put({ name: "sfn-callback-example", status: "CREATE_COMPLETE", template: ours });
    const { code, stderr } = await deployExample(peer, ["--delete", "--yes"]);
    expect(code).toBe(1);
    expect(stderr).toContain("cannot be deleted while TerminationProtection is enabled");
    expect(stderr).toContain("--no-enable-termination-protection --stack-name sfn-callback-example");
    expect(stderr).not.toContain("goes on");
  });

  it("names what stays, and why", async () => {
    const staying = { logicalId: "ApprovalQueue", reason: "The queue is under a legal hold." };
    await using peer = await cloudFormationPeer({ staying });
    await deployExample(peer, ["--yes"]);
    const { code, stderr } = await deployExample(peer, ["--delete", "--yes"]);
    expect(code).toBe(1);
    expect(stderr).toContain(
      "error: the stack sfn-callback-example could not be deleted (DELETE_FAILED); this stays:\n  ApprovalQueue (AWS::SQS::Queue, sfn-callback-example-ApprovalQueue): The queue is under a legal hold.\n",
    );
    expect(stderr).toContain("--deletion-mode FORCE_DELETE_STACK");
  });
});

describe("where there is no CloudFormation", () => {
  it("the machines of the example are created, and deleted, by Step Functions alone", async () => {
    const user = createUser();
    const created = await user(["deploy-example", "--local", "--tags", "a=b", "--template", "approval"]);
    expect(created).toMatchObject({ code: 0, stdout: expect.stringMatching(/^approval\tcreated\tarn:.*\n$/) });
    expect(created.stderr).toContain("sfn-callback start approval --local --input '{\"order\":17}' --until waiting");
    await user(["start", "approval", "--name", "order-17"]);
    const refused = await user(["deploy-example", "--delete"]);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("order-17") });
    const deleted = await user(["deploy-example", "--delete", "--yes", "--stop-executions", "--json"]);
    expect(JSON.parse(deleted.stdout)).toMatchObject({ stateMachines: [{ name: "approval", change: "deleted" }] });
    expect((await user(["deploy-example", "--delete"])).stdout).toBe("absent  none of the example's state machines is there\n");
  });

  it("an endpoint that only Step Functions answers at gets the machines directly", async () => {
    await using local = await createLocal();
    const at = { environment, localFile: null };
    const argv = ["deploy-example", "--endpoint-url", local.clientConfig.endpoint, "--yes"];
    expect(await cli(argv, at)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^random\tcreated.*\napproval\tcreated/) });
    expect(await cli(argv, at)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^random\tunchanged.*\napproval\tunchanged/) });
    expect(await cli([...argv, "--stack-name", "mine"], at)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--stack-name is of no use here: CloudFormation does not answer at this endpoint"),
    });
  });
});
