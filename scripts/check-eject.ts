/**
 * `npm run check:eject`: has the tools themselves make templates of the ejected projects (`cdk synth`, `osls package`) and compares the state
 * machines in them with ours. The tools are installed into a temporary folder: they are far too big for everybody's `npm ci`.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { exampleMachines } from "../src/example/definitions.ts";

interface Template {
  readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties: Readonly<Record<string, unknown>> }>>;
}

const account = { "AWS::Partition": "aws", "AWS::Region": "us-east-1", "AWS::AccountId": "123456789012" };

const projects = [
  {
    tool: "cdk",
    argv: [],
    command: ["cdk", "synth", "--quiet"],
    template: "cdk.out/SfnCallbackExample.template.json",
    stack: "sfn-callback-example",
  },
  ...["nodejs", "ruby"].map((runtime) => ({
    tool: "serverless",
    argv: ["--runtime", runtime],
    command: ["osls", "package"],
    template: ".serverless/cloudformation-template-update-stack.json",
    stack: "sfn-callback-example-dev",
  })),
];

const work = mkdtempSync(join(tmpdir(), "sfn-callback-eject-"));
try {
  for (const project of projects) check(project);
} finally {
  rmSync(work, { recursive: true, force: true });
}

function check({ tool, argv, command, template, stack }: (typeof projects)[number]): void {
  const folder = join(work, [tool, ...argv].join(""));
  run(process.execPath, ["bin/sfn-callback.js", "deploy-example", "--eject", folder, "--as", tool, ...argv], process.cwd());
  run("npm", ["install", "--no-audit", "--no-fund", "--silent"], folder);
  if (tool === "cdk") run("npx", ["--no-install", "tsc"], folder);
  run("npx", ["--no-install", ...command], folder);
  const { Resources } = JSON.parse(readFileSync(join(folder, template), "utf8")) as Template;
  for (const { name, definition } of exampleMachines) {
    const made = Object.values(Resources).find(
      ({ Type, Properties }) => Type === "AWS::StepFunctions::StateMachine" && Properties["StateMachineName"] === `${stack}-${name}`,
    );
    if (made === undefined) throw new Error(`${folder}: there is no state machine ${stack}-${name}`);
    const text = resolved(made.Properties["DefinitionString"], Resources);
    const theirs: unknown = JSON.parse(text.replaceAll(/arn:aws:lambda:[^"]*:function:/g, "").replaceAll(stack, "sfn-callback-example"));
    if (!isDeepStrictEqual(theirs, definition))
      throw new Error(`${folder}: ${name} is ${JSON.stringify(theirs)}\nand not ${JSON.stringify(definition)}`);
    console.log(`${[tool, ...argv].join(" ")}: ${command.join(" ")} makes ${name} as it is here`);
  }
}

function run(program: string, args: readonly string[], cwd: string): void {
  const env = { ...process.env, AWS_ACCESS_KEY_ID: "none", AWS_SECRET_ACCESS_KEY: "none", AWS_REGION: "us-east-1", CI: "true" };
  execFileSync(program, args, { cwd, env, stdio: ["ignore", "ignore", "inherit"] });
}

/** A template's value as CloudFormation would have it in this account. */
function resolved(value: unknown, resources: Template["Resources"]): string {
  if (typeof value === "string") return value;
  const {
    Ref,
    "Fn::Join": join,
    "Fn::Sub": sub,
    "Fn::GetAtt": attribute,
  } = value as {
    Ref?: string;
    "Fn::Join"?: readonly [string, readonly unknown[]];
    "Fn::Sub"?: string | readonly [string, Readonly<Record<string, unknown>>];
    "Fn::GetAtt"?: readonly [string, string];
  };
  if (Ref !== undefined) return (account as Record<string, string>)[Ref] ?? physicalId(Ref, resources);
  if (join !== undefined) return join[1].map((each) => resolved(each, resources)).join(join[0]);
  if (attribute !== undefined) return physicalId(attribute[0], resources);
  const [text, variables] = typeof sub === "string" ? [sub, {}] : (sub ?? ["", {}]);
  return text.replaceAll(/\$\{([^}]+)\}/g, (_, name: string) =>
    resolved((variables as Record<string, unknown>)[name] ?? { Ref: name }, resources),
  );
}

/** What Ref gives for the queue, and the name of the function, which its ARN ends with. */
function physicalId(logicalId: string, resources: Template["Resources"]): string {
  const { Type, Properties } = resources[logicalId] ?? { Type: "", Properties: {} };
  if (Type === "AWS::SQS::Queue") return `https://sqs.us-east-1.amazonaws.com/123456789012/${resolvedName(Properties["QueueName"])}`;
  if (Type === "AWS::Lambda::Function") return resolvedName(Properties["FunctionName"]);
  throw new Error(`nothing is known of ${logicalId} (${Type})`);
}

function resolvedName(name: unknown): string {
  if (typeof name === "string") return name;
  return (name as { "Fn::Sub": string })["Fn::Sub"].replace(/\$\{AWS::StackName\}/, "sfn-callback-example");
}
