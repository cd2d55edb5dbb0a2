import type { CloudFormation, ResourceChange, Stack } from "../../aws/cloudformation.ts";
import type { Connection, Context } from "../../context.ts";
import { CliError, usageError } from "../../errors.ts";
import { exampleTemplate, type Template } from "../../example/template.ts";
import { yamlText } from "../../example/template-text.ts";
import { counted } from "../bulk/plan-report.ts";
import { connectionFlags, placeText, shellWord } from "../connection-flags.ts";
import { type Followed, firstCause, follow, newestEvent } from "./follow.ts";
import type { DeployOptions } from "./options.ts";
import { permissionsOf, tellChanges } from "./plan.ts";
import { propose } from "./proposal.ts";
import { type Deployed, report } from "./report.ts";
import { tellRunning } from "./running-executions.ts";
import { changeSetPrefix, ownStack, refuseBlocked } from "./stack-check.ts";

/**
 * Creates or updates the stack: has the change set reckoned, shows it, asks, executes it, and follows what comes of it. Where it ends before that, nothing
 * is left behind. Exit 0 also where there was nothing to change.
 */
export async function deployStack(
  context: Context,
  connection: Connection,
  cloudFormation: CloudFormation,
  options: DeployOptions,
): Promise<number> {
  refuseWithoutConsent(context, options);
  const before = await stackBefore(context, cloudFormation, options.stackName);
  const template = exampleTemplate(options);
  await using proposal = await propose(context, connection, cloudFormation, {
    stackName: options.stackName,
    name: `${changeSetPrefix}${context.clock.now().getTime().toString(36)}`,
    kind: before === null ? "create" : "update",
    template: await yamlText(template),
    makesRoles: options.roleArn === undefined,
    tags: options.tags,
  });
  const { status, reason, changes } = await proposal.reckoned();
  if (status === "failed") throw refusedTemplate(options, reason);
  const change = status === "empty" ? "unchanged" : before === null ? "created" : "updated";
  const plan: Deployed = { ...planned(options, changes, template, before), change };
  if (status === "empty") return report(context, { ...plan, arns: await arnsIn(context, cloudFormation, before) });
  tellChanges(context, title(plan), changes, plan.permissions);
  await tellRunning(context, connection.stepFunctions, machinesRemoved(changes));
  if (options.dryRun) return report(context, plan);
  if (!options.yes) await consent(context, connection, plan);
  const after = await newestEvent(cloudFormation, proposal.stackId);
  const followed = await follow(context, cloudFormation, {
    stack: { id: proposal.stackId, name: options.stackName },
    doing: before === null ? "creating" : "updating",
    begin: proposal.execute,
    resources: changes.length,
    after,
  });
  if (!/^(CREATE|UPDATE)_COMPLETE$/.test(followed.stack?.status ?? "")) throw failure(context, plan, followed);
  return report(context, { ...plan, stack: followed.stack, arns: await arnsIn(context, cloudFormation, followed.stack) });
}

/** The stack that is to be updated; null where there is none, or none but its name. */
async function stackBefore(context: Context, cloudFormation: CloudFormation, name: string): Promise<Stack | null> {
  const found = await ownStack(cloudFormation, name);
  if (found !== null) refuseBlocked(found, connectionFlags(context));
  return found?.status === "REVIEW_IN_PROGRESS" ? null : found;
}

function planned(
  options: DeployOptions,
  changes: readonly ResourceChange[],
  template: Template,
  stack: Stack | null,
): Omit<Deployed, "change"> {
  return {
    stackName: options.stackName,
    stack,
    dryRun: options.dryRun,
    changes,
    permissions: permissionsOf(template, options.stackName, changes),
    machines: options.machines,
    arns: new Map(),
  };
}

/** What is in the stack, by logical id; nothing where it may not be listed, which is no reason to fail when all is done. */
async function arnsIn({ terminal }: Context, cloudFormation: CloudFormation, stack: Stack | null): Promise<Deployed["arns"]> {
  try {
    const resources = stack === null ? [] : await cloudFormation.resources(stack.id);
    return new Map(resources.map(({ logicalId, physicalId }) => [logicalId, physicalId]));
  } catch (error) {
    if (!(error instanceof CliError && error.kind === "access")) throw error;
    terminal.warn(`the ARNs are not known: ${error.message}`);
    return new Map();
  }
}

function machinesRemoved(changes: readonly ResourceChange[]): string[] {
  return changes.flatMap(({ action, type, physicalId }) =>
    action === "Remove" && type === "AWS::StepFunctions::StateMachine" && physicalId !== null ? [physicalId] : [],
  );
}

function title({ change, stackName, changes }: Deployed): string {
  return `${change === "created" ? "Create" : "Update"} the stack ${stackName}, ${counted(changes.length, "resource")}:`;
}

/** Before anything is asked of AWS: without a terminal there is nobody to ask. */
function refuseWithoutConsent({ terminal }: Context, { yes, dryRun }: DeployOptions): void {
  if (yes || dryRun || terminal.interactive) return;
  throw usageError(
    "deploy-example asks before it changes anything, and there is no terminal",
    "add --yes; --dry-run shows what would change",
  );
}

async function consent({ prompts }: Context, { place }: Connection, plan: Deployed): Promise<void> {
  const question = `${plan.change === "created" ? "Create" : "Update"} the stack ${plan.stackName} in ${placeText(place)}?`;
  if (!(await prompts.confirm(question, true))) throw new CliError("usage", "nothing was changed", { code: "Declined" });
}

function refusedTemplate({ stackName }: DeployOptions, reason: string | null): CliError {
  return new CliError("failure", `CloudFormation refused the change set of the stack ${stackName}: ${reason ?? "it gives no reason"}`, {
    code: "ChangeSetFailed",
  });
}

/** Why the stack is not as it was to be, and what is left of it. */
function failure({ connectionOptions }: Context, plan: Deployed, { stack, events }: Followed): CliError {
  const status = stack?.status ?? "DELETE_COMPLETE";
  const cause = firstCause(events);
  const why =
    cause === null
      ? (stack?.statusReason ?? "CloudFormation gives no reason")
      : `${cause.logicalId} (${cause.type}): ${cause.reason ?? cause.status}`;
  const name = shellWord(plan.stackName);
  const isDenied = /not authorized to perform|AccessDenied/i.test(cause?.reason ?? "");
  const left = leftOver(plan, status);
  return new CliError(isDenied ? "access" : "failure", `the stack ${plan.stackName} could not be ${plan.change}: ${why}\n${left}`, {
    code: isDenied ? "AccessDenied" : "StackFailed",
    hint: [
      `all that happened: aws cloudformation describe-stack-events --stack-name ${stack === null ? name : shellWord(stack.id)}${connectionFlags({ connectionOptions })}`,
      ...(status === "ROLLBACK_COMPLETE" || /FAILED$/.test(status)
        ? [`take away what is left: sfn-callback deploy-example --delete --stack-name ${name}${connectionFlags({ connectionOptions })}`]
        : []),
    ].join("\n"),
  });
}

function leftOver({ change }: Deployed, status: string): string {
  if (status === "DELETE_COMPLETE") return "What had been created was deleted again; nothing is left.";
  if (status === "ROLLBACK_COMPLETE") return "What had been created was deleted again; the empty stack is left (ROLLBACK_COMPLETE).";
  if (status === "UPDATE_ROLLBACK_COMPLETE") return "The stack is as it was before (UPDATE_ROLLBACK_COMPLETE).";
  return `The stack is ${status}${change === "created" ? ", with what had been created" : ""}.`;
}
