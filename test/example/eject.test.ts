import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { exampleMachines } from "../../src/example/definitions.ts";
import { exampleTemplate } from "../../src/example/template.ts";
import { cli, createUser, temporaryFolder } from "../harness.ts";
import { isInstalled } from "./programs.ts";
import { startRandom } from "./random-executions.ts";
import { templateTags } from "./template-tags.ts";

async function eject(...argv: string[]): Promise<string> {
  const folder = join(temporaryFolder(), "project");
  const { code, stderr } = await cli(["deploy-example", "--eject", folder, ...argv], { localFile: null });
  if (code !== 0) throw new Error(stderr);
  return folder;
}

const read = (folder: string, path: string): string => readFileSync(join(folder, path), "utf8");
const readYaml = (folder: string, path: string) => parse(read(folder, path), { customTags: templateTags, version: "1.1" });
const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

/** Our definitions with these names in the place of those of --local. */
function definitionsWith(functionName: string, queueUrl: string): Record<string, unknown> {
  const json = JSON.stringify(Object.fromEntries(exampleMachines.map(({ name, definition }) => [name, definition])));
  return JSON.parse(
    json
      .replace('"FunctionName":"sfn-callback-example-random"', `"FunctionName":"${functionName}"`)
      .replace(/"QueueUrl":"[^"]+"/, `"QueueUrl":${queueUrl}`),
  );
}

describe("an ejected project", () => {
  it.each([
    [
      ["--as", "cloudformation"],
      ["README.md", "contract.json", "template.yaml"],
    ],
    [
      ["--as", "cloudformation", "--template", "random"],
      ["README.md", "template.yaml"],
    ],
    [
      ["--as", "sam"],
      [
        ".gitignore",
        "README.md",
        "contract.json",
        "functions/random/index.js",
        "samconfig.toml",
        "statemachines/approval.asl.json",
        "statemachines/random.asl.json",
        "template.yaml",
      ],
    ],
    [
      ["--as", "serverless"],
      [".gitignore", "README.md", "contract.json", "functions/random.js", "package.json", "serverless.yml"],
    ],
    [
      ["--as", "serverless", "--runtime", "ruby"],
      [".gitignore", "README.md", "contract.json", "functions/random.rb", "package.json", "serverless.yml"],
    ],
    [
      ["--as", "serverless", "--template", "approval"],
      [".gitignore", "README.md", "contract.json", "package.json", "serverless.yml"],
    ],
    [
      ["--as", "cdk"],
      [
        ".gitignore",
        "README.md",
        "bin/app.ts",
        "cdk.json",
        "contract.json",
        "functions/random/index.js",
        "lib/approval.ts",
        "lib/random.ts",
        "package.json",
        "tsconfig.json",
      ],
    ],
    [
      ["--as", "cdk", "--template", "approval"],
      [".gitignore", "README.md", "bin/app.ts", "cdk.json", "contract.json", "lib/approval.ts", "package.json", "tsconfig.json"],
    ],
  ])("with %j has these files", async (argv, files) => {
    const folder = await eject(...argv);
    expect(filesIn(folder)).toEqual(files);
    expect(read(folder, "README.md")).toMatch(/^# Step Functions callback tasks, with [\s\S]*## Deploy[\s\S]*## Try[\s\S]*## Take away/);
  });

  it("is not written where one of its files is there, and over it with --force", async () => {
    const folder = await eject("--as", "sam");
    writeFileSync(join(folder, "template.yaml"), "mine");
    const again = ["deploy-example", "--eject", folder, "--as", "serverless"];
    const refused = await cli(again, { localFile: null });
    expect(refused).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(`${join(folder, "README.md")}`) });
    expect(existsSync(join(folder, "serverless.yml"))).toBe(false);
    const forced = await cli([...again, "--force", "--json"], { localFile: null });
    expect(JSON.parse(forced.stdout)).toMatchObject({
      tool: "serverless",
      files: expect.arrayContaining([join(folder, "serverless.yml")]),
    });
    expect(read(folder, "template.yaml")).toBe("mine");
  });

  it("is not written into what is no folder", async () => {
    const file = join(temporaryFolder(), "file");
    writeFileSync(file, "mine");
    const { code, stderr } = await cli(["deploy-example", "--eject", file, "--as", "sam"], { localFile: null });
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining("cannot be written") });
  });

  it("for CloudFormation is the template that we deploy, without the mark of a stack of ours", async () => {
    const { Metadata: _, ...template } = exampleTemplate({ machines: ["random", "approval"] });
    expect(readYaml(await eject("--as", "cloudformation"), "template.yaml")).toEqual(template);
  });

  it("for SAM names its files, and has the definitions of --local", async () => {
    const folder = await eject("--as", "sam");
    const { Transform, Resources } = readYaml(folder, "template.yaml");
    expect(Transform).toBe("AWS::Serverless-2016-10-31");
    const definitions = Object.fromEntries(
      ["random", "approval"].map((name) => {
        const { DefinitionUri, DefinitionSubstitutions } =
          Resources[`${name.charAt(0).toUpperCase()}${name.slice(1)}StateMachine`].Properties;
        expect(Object.keys(DefinitionSubstitutions)).toContain("Partition");
        return [name, JSON.parse(read(folder, DefinitionUri).replaceAll("${Partition}", "aws"))];
      }),
    );
    expect(definitions).toEqual(definitionsWith("${RandomFunction}", '"${ApprovalQueue}"'));
    expect(existsSync(join(folder, Resources.RandomFunction.Properties.CodeUri, "index.js"))).toBe(true);
  });

  it.each(["nodejs", "ruby"])(
    "for Serverless in %s has the definitions of --local, and lets its function do what it does",
    async (runtime) => {
      const { provider, stepFunctions } = readYaml(await eject("--as", "serverless", "--runtime", runtime), "serverless.yml");
      const definitions = Object.fromEntries(
        Object.entries<{ definition: unknown }>(stepFunctions.stateMachines).map(([name, { definition }]) => [name, definition]),
      );
      expect(definitions).toEqual(definitionsWith("${self:provider.stackName}-random", '{"Ref":"ApprovalQueue"}'));
      const [{ Action }] = provider.iam.role.statements;
      expect(Action.includes("states:SendTaskHeartbeat")).toBe(runtime === "ruby");
    },
  );

  it("has a contract that `answer` takes for its machine", async () => {
    const folder = await eject("--as", "serverless");
    const [name, contract] = Object.entries<object>(JSON.parse(read(folder, "contract.json")).stateMachines)[0] ?? [];
    expect(name).toBe("sfn-callback-example-dev-approval");
    const renamed = join(folder, "local.json");
    writeFileSync(renamed, JSON.stringify({ stateMachines: { approval: contract } }));
    const user = createUser();
    await user(["deploy-example", "--template", "approval"]);
    await user(["start", "approval", "--name", "order-17", "--input", '{"order":17}', "--until", "waiting"]);
    expect(await user(["answer", "approval/order-17", "approve", "--contract", renamed])).toMatchObject({ code: 0 });
  });
});

/** Runs a program with the events on its standard input. */
async function runOn(
  events: readonly unknown[],
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ coins: string[]; stderr: string; code: number | null }> {
  const child = spawn(command, args, { env, stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.end(JSON.stringify(events));
  const ended = new Promise<number | null>((done) => child.on("close", done));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return {
    coins: stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).coin),
    stderr,
    code: await ended,
  };
}

describe("an ejected function", () => {
  const programs = [
    {
      language: "nodejs",
      command: process.execPath,
      file: "functions/random.js",
      runner: resolve("test/example/run-handler.mjs"),
      here: true,
    },
    {
      language: "ruby",
      command: "ruby",
      file: "functions/random.rb",
      runner: resolve("test/example/ruby/run_handler.rb"),
      here: isInstalled("ruby", "--version"),
    },
  ];

  it.for(programs)(
    "in $language answers both ways as a program, and loses none",
    { timeout: 60_000 },
    async ({ language, command, file, runner, here }, context) => {
      if (!here) return context.skip(`${command} is not installed here`);
      const folder = await eject("--as", "serverless", "--runtime", language);
      // The SDK is Lambda's own; here it is the development dependency.
      mkdirSync(join(folder, "node_modules"));
      symlinkSync(resolve("node_modules/@aws-sdk"), join(folder, "node_modules/@aws-sdk"));
      await using random = await startRandom(40);
      const events = random.executions.map(({ event }) => event);
      const env = { PATH: process.env["PATH"], ...random.environment };
      const { coins, stderr, code } = await runOn(events, command, [runner, join(folder, file)], env);
      expect({ code, stderr: stderr.replace("stand-in for aws-sdk-states\n", "") }).toEqual({ code: 0, stderr: "" });
      expect([...new Set(coins)].sort()).toEqual(["heads", "tails"]);
      await Promise.all(random.executions.map(({ expectEnded }, at) => expectEnded(coins[at])));
    },
  );
});
