import { exampleContract } from "../contract.ts";
import type { ExampleName } from "../definitions.ts";
import { exampleTemplate } from "../template.ts";
import { yamlText } from "../template-text.ts";
import { cdkProject } from "./cdk.ts";
import { readme, stackNames } from "./readme.ts";
import { samProject } from "./sam.ts";
import { serverlessProject } from "./serverless.ts";

export type Tool = "cloudformation" | "sam" | "serverless" | "cdk";
export type Runtime = "nodejs" | "ruby";

/** The files of a project, their texts by path. */
export type ProjectFiles = Readonly<Record<string, string>>;

export interface ProjectOptions {
  readonly machines: readonly ExampleName[];
  readonly tool: Tool;
  /** The function's language; for Serverless only. */
  readonly runtime: Runtime;
}

/** The example as a project in somebody's own tool, ready to be deployed. It is theirs from then on: it has not the mark of a stack of ours. */
export async function projectFiles({ machines, tool, runtime }: ProjectOptions): Promise<ProjectFiles> {
  const approval = machines.includes("approval") ? { "contract.json": contract(`${stackNames[tool]}-approval`) } : {};
  return { ...(await filesFor(machines, tool, runtime)), ...approval, "README.md": readme(machines, tool) };
}

/** How the requests for approval may be answered, for `answer --contract`; by the name that the machine has in this project. */
function contract(machineName: string): string {
  return `${JSON.stringify({ stateMachines: { [machineName]: exampleContract.stateMachines.approval } }, null, 2)}\n`;
}

async function filesFor(machines: readonly ExampleName[], tool: Tool, runtime: Runtime): Promise<ProjectFiles> {
  switch (tool) {
    case "cloudformation": {
      const { Metadata: _, ...template } = exampleTemplate({ machines });
      return { "template.yaml": await yamlText(template) };
    }
    case "sam":
      return samProject(machines);
    case "serverless":
      return serverlessProject(machines, runtime);
    case "cdk":
      return cdkProject(machines);
  }
}
