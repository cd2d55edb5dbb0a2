import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { exampleTemplate } from "../../src/example/template.ts";
import { yamlText } from "../../src/example/template-text.ts";
import { cli, temporaryFolder } from "../harness.ts";
import { policyCommands } from "./policy-commands.ts";
import { isInstalled } from "./programs.ts";
import { templateVariants } from "./template-variants.ts";

/** Everything that cfn-lint can judge, linted in one run: it takes seconds to start. */
it("cfn-lint finds nothing in the templates, in the ejected projects, and in the policies", { timeout: 180_000 }, async (context) => {
  if (!isInstalled("cfn-lint", "--version")) return context.skip("cfn-lint is not installed here");
  const folder = temporaryFolder();
  const made = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  const ejected = async (name: string, ...argv: string[]): Promise<string> => {
    mkdirSync(join(folder, name));
    await cli(["deploy-example", "--eject", join(folder, name), ...argv], { localFile: null });
    return join(folder, name, "template.yaml");
  };
  const policies = async (): Promise<string> => {
    const printed = await Promise.all(policyCommands.map((argv) => cli(["policy", ...argv], { localFile: null })));
    const Resources = printed.map(({ stdout }, at) => [
      `P${at}`,
      { Type: "AWS::IAM::ManagedPolicy", Properties: { PolicyDocument: JSON.parse(stdout) } },
    ]);
    return made("policies.json", JSON.stringify({ Resources: Object.fromEntries(Resources) }));
  };
  const files = await Promise.all([
    ...Object.values(templateVariants).map(async (options, at) => made(`${at}.yaml`, await yamlText(exampleTemplate(options)))),
    ejected("cloudformation", "--as", "cloudformation"),
    ejected("sam", "--as", "sam"),
    ejected("sam-approval", "--as", "sam", "--template", "approval"),
    policies(),
  ]);
  const { status, stdout, stderr } = spawnSync("cfn-lint", files, { encoding: "utf8" });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
});
