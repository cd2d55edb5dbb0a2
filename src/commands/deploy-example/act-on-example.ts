import type { CloudFormation } from "../../aws/cloudformation.ts";
import type { Connection, Context } from "../../context.ts";
import { usageError } from "../../errors.ts";
import { exampleTemplate } from "../../example/template.ts";
import { yamlText } from "../../example/template-text.ts";
import { deleteStack } from "./delete.ts";
import { deleteDirectly, deployDirectly } from "./directly.ts";
import { eject } from "./eject.ts";
import { type DeleteOptions, type DeployOptions, wanted } from "./options.ts";
import { deployStack } from "./stack.ts";

/** `deploy-example`: prints, ejects, deploys or deletes; through CloudFormation where there is one. */
export async function deployExample(context: Context, given: Record<string, unknown>): Promise<number> {
  const { act, options } = wanted(given);
  if (act === "print") return print(context, options);
  if (act === "eject") return eject(context, options);
  await using connection = await context.connect();
  const cloudFormation = await cloudFormationAt(context, connection);
  if (cloudFormation === null) refuseStackOptions(given, connection);
  if (act === "delete") return await remove(context, connection, cloudFormation, options);
  if (cloudFormation === null) return await deployDirectly(context, connection, options);
  return await deployStack(context, connection, cloudFormation, options);
}

function remove(context: Context, connection: Connection, cloudFormation: CloudFormation | null, options: DeleteOptions): Promise<number> {
  return cloudFormation === null ? deleteDirectly(context, connection, options) : deleteStack(context, connection, cloudFormation, options);
}

/** Null for the embedded Step Functions, and for an endpoint where CloudFormation does not answer. */
async function cloudFormationAt({ signal }: Context, connection: Connection): Promise<CloudFormation | null> {
  if (connection.place.kind === "local") return null;
  const cloudFormation = await connection.cloudFormation(signal);
  return connection.place.kind === "aws" || (await cloudFormation.answers()) ? cloudFormation : null;
}

function refuseStackOptions(given: Record<string, unknown>, { place }: Connection): void {
  const where = place.kind === "local" ? "the embedded Step Functions has no stacks" : "CloudFormation does not answer at this endpoint";
  for (const [name, option] of [
    ["stackName", "--stack-name"],
    ["permissionsBoundary", "--permissions-boundary"],
  ] as const) {
    if (given[name] !== undefined) throw usageError(`${option} is of no use here: ${where}`, `leave ${option} out`);
  }
}

/** The template alone, as it would be sent. */
async function print({ terminal }: Context, options: DeployOptions): Promise<number> {
  const template = exampleTemplate(options);
  const text = terminal.format === "human" ? await yamlText(template) : "";
  await terminal.result(template, () => text.trimEnd().split("\n"));
  return 0;
}
