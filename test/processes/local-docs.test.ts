import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../harness.ts";
import { binary } from "./command.ts";

/** docs/local.md, whose blocks are run as they stand there, from the first to the last, in a project of their own. */
const text = readFileSync("docs/local.md", "utf8");
const blocks = blocksOf(text);
/** The README's section that leads there. */
const readme = blocksOf(
  /^## The embedded Step Functions as a test bed\n([\s\S]*?)^## /m.exec(readFileSync("README.md", "utf8"))?.[1] ?? "",
);
const project = temporaryFolder();
const environment = {
  HOME: project,
  XDG_STATE_HOME: join(project, "state"),
  PATH: [dirname(process.execPath), process.env["PATH"]].join(delimiter),
  AWS_EC2_METADATA_DISABLED: "true",
  npm_config_offline: "true",
};

/** The blocks of code, each with the file that the line before names. */
function blocksOf(markdown: string) {
  const found = markdown.matchAll(/(?:`([\w./]+)`[^\n]*:\n\n)?```(\w+)\n([\s\S]*?)```/g);
  return [...found].map(([, file, language, content = ""]) => ({ file, language, content }));
}

beforeAll(() => {
  mkdirSync(join(project, "node_modules", ".bin"), { recursive: true });
  symlinkSync(resolve("."), join(project, "node_modules", "sfn-callback"));
  symlinkSync(binary, join(project, "node_modules", ".bin", "sfn-callback"));
  symlinkSync(resolve("node_modules/@aws-sdk"), join(project, "node_modules", "@aws-sdk"));
  writeFileSync(join(project, "package.json"), '{ "private": true, "scripts": { "test": "node --test" } }');
  for (const { file, content } of blocks) {
    if (file === undefined) continue;
    mkdirSync(dirname(join(project, file)), { recursive: true });
    writeFileSync(join(project, file), content);
  }
});

function shell(command: string) {
  const { status, stdout, stderr } = spawnSync("bash", ["-c", command], { cwd: project, env: environment, encoding: "utf8" });
  return { status, stdout, stderr };
}

describe("docs/local.md", () => {
  it("has the files that it speaks of", () => {
    expect(blocks.flatMap(({ file }) => file ?? [])).toEqual([
      ...["machines/order.asl.yaml", "order.test.mjs", "clock.test.mjs", "machines/rows.asl.yaml", "mocks.json"],
    ]);
  });

  it("runs its two tests by local -- npm test", () => {
    const [command] = blocks.filter(({ language }) => language === "sh");
    const { status, stdout, stderr } = shell(command?.content ?? "");
    expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringContaining("created order ") });
    expect(stdout).toMatch(/pass 2\n/);
  }, 60_000);

  it("moves the clock as it shows, with what it shows", () => {
    const session = blocks.find(({ language }) => language === "console")?.content ?? "";
    const steps = session.split(/^\$ /m).slice(1);
    expect(steps).toHaveLength(3);
    for (const step of steps) {
      const [command = "", ...shown] = step.split("\n");
      const pattern = shown
        .join("\n")
        .split("…")
        .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
      expect(shell(command).stdout).toMatch(new RegExp(`^${pattern.join(".+")}$`));
    }
  }, 60_000);

  it("reads the rows of its mocked file", () => {
    const [, command] = blocks.filter(({ language }) => language === "sh");
    const { status, stdout } = shell(command?.content ?? "");
    const output = [
      { id: "1", name: "Ada" },
      { id: "2", name: "Alan" },
    ];
    expect({ status, output: JSON.parse(stdout) }).toEqual({ status: 0, output });
  }, 60_000);

  it("names the options that the command has", () => {
    const help = execFileSync(process.execPath, [binary, "local", "--help"], { encoding: "utf8", env: environment });
    const options = new Set(text.match(/(?<=[|,] `)--[\w-]+/g));
    expect([...options].filter((option) => !help.includes(option))).toEqual([]);
    expect(options.size).toBeGreaterThan(8);
  });
});

describe("the README's test bed", () => {
  const [serving, playing] = readme.filter(({ language }) => language === "sh").map(({ content }) => content.trim());

  it("serves for a project's tests, which find what was imported before", () => {
    const { status, stdout } = shell(`npx ${serving}`);
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(/pass 2\n/) });
  }, 60_000);

  it("plays the function of the random example", () => {
    expect(shell("npx sfn-callback deploy-example --yes --local").status).toBe(0);
    const { status, stdout } = shell(`PATH=node_modules/.bin:$PATH; ${playing} -- sfn-callback start random --local --until ended --json`);
    const end = JSON.parse(stdout);
    expect(end).toMatchObject(status === 0 ? { status: "SUCCEEDED" } : { status: "FAILED", error: "Tails" });
    expect([0, 7]).toContain(status);
  }, 60_000);

  it("mocks a payment that fails once", () => {
    const { content = "" } = readme.find(({ language }) => language === "json") ?? {};
    writeFileSync(join(project, "mocks.json"), content);
    const Retry = [{ ErrorEquals: ["Lambda.TooManyRequestsException"], IntervalSeconds: 1 }];
    const Charge = { Type: "Task", Resource: "arn:aws:states:::lambda:invoke", Parameters: { FunctionName: "charge" }, Retry, End: true };
    mkdirSync(join(project, "payments"));
    writeFileSync(join(project, "payments", "orders.asl.json"), JSON.stringify({ StartAt: "Charge", States: { Charge } }));
    const start = "npx sfn-callback start 'orders#PaymentFailsOnce' --local --until ended --query output --json";
    const { status, stdout } = shell(`npx sfn-callback local --import payments --mock-config mocks.json -- ${start}`);
    expect({ status, output: JSON.parse(stdout) }).toEqual({ status: 0, output: { StatusCode: 200, Payload: { paid: true } } });
  }, 60_000);
});
