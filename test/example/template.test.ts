import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { exampleMachines } from "../../src/example/definitions.ts";
import { exampleTemplate, machineId } from "../../src/example/template.ts";
import { yamlText } from "../../src/example/template-text.ts";
import { cli } from "../harness.ts";
import { schemaFindings } from "./resource-schema.ts";
import { templateTags } from "./template-tags.ts";
import { templateVariants } from "./template-variants.ts";

describe.each(Object.entries(templateVariants))("the template %s", (_, options) => {
  const template = exampleTemplate(options);

  it("is what AWS's schema of its resources asks for", () => {
    expect(schemaFindings(template.Resources)).toEqual([]);
  });

  it("refers to nothing that is not in it", () => {
    const known = new Set(Object.keys(template.Resources));
    const text = JSON.stringify(template);
    const referred = [
      ...[...text.matchAll(/"Ref":"([^"]+)"|"Fn::GetAtt":\["([^"]+)"/g)].map(([, ref, attribute]) => ref ?? attribute ?? ""),
      ...[...text.matchAll(/\$\{([^}]+)\}/g)].map(([, name]) => name ?? ""),
    ];
    expect(referred.filter((name) => !name.startsWith("AWS::") && !known.has(name))).toEqual([]);
  });

  it("reads back from its YAML as it is", async () => {
    expect(parse(await yamlText(template), { customTags: templateTags, version: "1.1" })).toEqual(template);
  });

  it("keeps names within what AWS allows, for the longest stack name", () => {
    const stack = "s".repeat(57);
    const limits: Readonly<Record<string, number>> = { FunctionName: 64, StateMachineName: 80, QueueName: 80, LogGroupName: 512 };
    for (const { Properties } of Object.values(template.Resources)) {
      for (const [name, limit] of Object.entries(limits)) {
        const { "Fn::Sub": text = "" } = (Properties[name] ?? {}) as { "Fn::Sub"?: string };
        expect(text.replace("${AWS::StackName}", stack).length).toBeLessThanOrEqual(limit);
      }
    }
  });
});

it.each(exampleMachines)("the definition of $name is that of --local, in the default stack of that account", ({ name, definition }) => {
  const { Resources } = exampleTemplate({ machines: ["random", "approval"] });
  const text = JSON.stringify(Resources[machineId(name)]?.Properties["DefinitionString"]);
  const queue = "https://sqs.us-east-1.amazonaws.com/123456789012/sfn-callback-example-approval";
  const { "Fn::Sub": sub } = JSON.parse(text) as { "Fn::Sub": string };
  const deployed = sub
    .replaceAll("${AWS::Partition}", "aws")
    .replaceAll("${RandomFunction}", "sfn-callback-example-random")
    .replaceAll("${ApprovalQueue}", queue);
  expect(deployed).toBe(JSON.stringify(definition, null, 2));
});

it("no log holds a token, no queue is without encryption, and all that can have one has the tag", () => {
  const { Resources } = exampleTemplate({ machines: ["random", "approval"] });
  for (const { Type, Properties } of Object.values(Resources)) {
    if (Type === "AWS::StepFunctions::StateMachine") {
      expect(Properties).toMatchObject({ StateMachineType: "STANDARD", LoggingConfiguration: { IncludeExecutionData: false } });
    }
    if (Type === "AWS::SQS::Queue") expect(Properties).toMatchObject({ SqsManagedSseEnabled: true, MessageRetentionPeriod: 1_209_600 });
    if (Type === "AWS::Logs::LogGroup") expect(Properties).toMatchObject({ RetentionInDays: 14 });
    expect(Properties["Tags"]).toEqual([{ Key: "sfn-callback", Value: "example" }]);
  }
});

it("--print prints the template that is sent, and needs neither a Region nor credentials", async () => {
  const printed = await cli(["deploy-example", "--print", "--template", "approval"], { localFile: null });
  expect(printed).toEqual({ code: 0, stdout: await yamlText(exampleTemplate({ machines: ["approval"] })), stderr: "" });
  const { stdout } = await cli(["deploy-example", "--print", "--json"], { localFile: null });
  expect(JSON.parse(stdout)).toEqual(exampleTemplate({ machines: ["random", "approval"] }));
});

it.each([
  [["--stack-name", "1st"], "is not the name of a stack"],
  [["--stack-name", "s".repeat(58)], "has 58 characters; the names made of it allow 57"],
  [["--template", "both"], "--template takes random, approval or all"],
  [["--role-arn", "given"], "is not the ARN of a role"],
  [["--permissions-boundary", "arn:aws:iam::1:policy/x"], "is not the ARN of a managed policy"],
  [
    ["--role-arn", "arn:aws:iam::123456789012:role/x", "--permissions-boundary", "arn:aws:iam::123456789012:policy/x"],
    "is for roles that are created",
  ],
  [["--tags", "team"], "is not key=value"],
  [["--tags", "Key=a,Value=b"], "is not key=value"],
  [["--tags", "aws:x=y"], "keys that begin with aws: are AWS's own"],
  [["--tags", "a=b", "--tags", "a=c"], "--tags a is given twice"],
  [["--delete", "--print"], "are two different things to do"],
  [["--delete", "--tags", "a=b"], "--tags is of no use with --delete"],
  [["--stop-executions"], "--stop-executions is for --delete"],
  [["--as", "cdk"], "--as is for --eject"],
  [["--eject", "x"], "--eject needs the tool to write for"],
  [["--eject", "x", "--as", "terraform"], "--as takes cloudformation, sam, serverless or cdk"],
  [["--eject", "x", "--as", "sam", "--runtime", "ruby"], "--runtime is for --as serverless"],
  [["--local", "--stack-name", "mine"], "the embedded Step Functions has no stacks"],
])("%j is a usage error", async (argv, message) => {
  const { code, stdout, stderr } = await cli(["deploy-example", ...argv]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(message);
});
