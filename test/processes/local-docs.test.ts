import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../harness.ts";
import { binary } from "./command.ts";

/** docs/local.md, whose blocks are run as they stand there, from the first to the last, in a project of their own. */
const text = readFileSync("docs/local.md", "utf8");
const blocks = [...text.matchAll(/(?:`([\w./]+)`[^\n]*:\n\n)?```(\w+)\n([\s\S]*?)```/g)].map(([, file, language, content = ""]) => ({
  file,
  language,
  content,
}));
const project = temporaryFolder();
const environment = {
  HOME: project,
  XDG_STATE_HOME: join(project, "state"),
  PATH: [dirname(process.execPath), process.env["PATH"]].join(delimiter),
  AWS_EC2_METADATA_DISABLED: "true",
  npm_config_offline: "true",
};

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
    expect(blocks.flatMap(({ file }) => file ?? [])).toEqual(["machines/order.asl.yaml", "order.test.mjs", "clock.test.mjs"]);
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

  it("names the options that the command has", () => {
    const help = execFileSync(process.execPath, [binary, "local", "--help"], { encoding: "utf8", env: environment });
    const options = new Set(text.match(/(?<=[|,] `)--[\w-]+/g));
    expect([...options].filter((option) => !help.includes(option))).toEqual([]);
    expect(options.size).toBeGreaterThan(8);
  });
});
