import type { CloudFormation, Stack } from "../../aws/cloudformation.ts";
import { CliError } from "../../errors.ts";
import { mark } from "../../example/template.ts";
import { shellWord } from "../connection-flags.ts";

/** Our change sets are named so; where a stack was never made there is nothing else to know them by. */
export const changeSetPrefix = "sfn-callback-";

/** The stack of this name, or null; a failure where it is not one of ours, which is never touched. */
export async function ownStack(cloudFormation: CloudFormation, name: string): Promise<Stack | null> {
  const stack = await cloudFormation.stack(name);
  if (stack === null || (await isOurs(cloudFormation, stack))) return stack;
  throw new CliError("usage", `there is a stack ${name} already, and it is none of sfn-callback's; it was left as it is`, {
    code: "ForeignStack",
    hint: "choose another name with --stack-name",
  });
}

async function isOurs(cloudFormation: CloudFormation, stack: Stack): Promise<boolean> {
  if (stack.status === "REVIEW_IN_PROGRESS") {
    const names = await cloudFormation.changeSetNames(stack.name);
    return names.length > 0 && names.every((name) => name.startsWith(changeSetPrefix));
  }
  const { parseDocument } = await import("yaml");
  const template: unknown = parseDocument(await cloudFormation.template(stack.name), { logLevel: "silent" }).toJSON();
  return isObject(template) && isObject(template["Metadata"]) && isObject(template["Metadata"][mark]);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** What to do about a stack that cannot be updated as it is. */
const remedies: Readonly<Record<string, (name: string, flags: string) => string>> = {
  UPDATE_ROLLBACK_FAILED: (name, flags) => `aws cloudformation continue-update-rollback --stack-name ${name}${flags}`,
};

/** Throws where a stack's state lets nothing be changed, with what to do about it. */
export function refuseBlocked(stack: Stack, flags: string): void {
  if (stack.status === "REVIEW_IN_PROGRESS") return;
  const name = shellWord(stack.name);
  if (stack.status.endsWith("_IN_PROGRESS"))
    throw new CliError("failure", `the stack ${stack.name} is being worked on already (${stack.status}); nothing was changed`, {
      code: "StackBusy",
      hint: `try again when it is done; see it: aws cloudformation describe-stack-events --stack-name ${name}${flags}`,
    });
  if (/^(CREATE|UPDATE|UPDATE_ROLLBACK|IMPORT|IMPORT_ROLLBACK)_COMPLETE$/.test(stack.status)) return;
  const remedy = remedies[stack.status]?.(name, flags) ?? `sfn-callback deploy-example --delete --stack-name ${name}${flags}`;
  const why = stack.statusReason === null ? "" : `: ${stack.statusReason}`;
  throw new CliError("failure", `the stack ${stack.name} is ${stack.status} and cannot be updated${why}; nothing was changed`, {
    code: "StackBlocked",
    hint: remedy,
  });
}
