import type { CloudFormation, StackResource } from "../../aws/cloudformation.ts";
import type { Connection, Context } from "../../context.ts";
import { CliError, usageError } from "../../errors.ts";
import { counted } from "../bulk/plan-report.ts";
import { connectionFlags, placeText, shellWord } from "../connection-flags.ts";
import { type Followed, firstCause, follow, newestEvent } from "./follow.ts";
import type { DeleteOptions } from "./options.ts";
import { adviseToStop, stopAll, tellRunning } from "./running-executions.ts";
import { ownStack } from "./stack-check.ts";

/** Deletes the stack and waits until it is gone; exit 0 also where there is none. What cannot be deleted is named, exit 1. */
export async function deleteStack(
  context: Context,
  connection: Connection,
  cloudFormation: CloudFormation,
  options: DeleteOptions,
): Promise<number> {
  const { terminal } = context;
  const { stackName } = options;
  refuseWithoutConsent(context, options);
  const stack = await ownStack(cloudFormation, stackName);
  if (stack === null) {
    const absent = { stack: { name: stackName, id: null, change: "absent" }, stoppedExecutions: [] };
    await terminal.result(absent, () => [`absent  there is no stack ${stackName}`]);
    return 0;
  }
  refuseBusy(stack.status, stackName);
  const resources = (await cloudFormation.resources(stack.name)).filter(({ status }) => status !== "DELETE_COMPLETE");
  const running = await tellRunning(context, connection.stepFunctions, machinesIn(resources));
  adviseToStop(context, running, options);
  const question = `Delete the stack ${stackName} with its ${counted(resources.length, "resource")} in ${placeText(connection.place)}?`;
  if (!options.yes) await confirmed(context, question);
  const stopped = options.stopExecutions ? await stopAll(connection.stepFunctions, running) : [];
  const followed = await follow(context, cloudFormation, {
    stack,
    doing: "deleting",
    begin: () => cloudFormation.deleteStack(stack.id).catch((error: unknown) => refuseProtected(error, context, stackName)),
    resources: resources.length,
    after: await newestEvent(cloudFormation, stack.id),
  });
  const status = followed.stack?.status ?? "DELETE_COMPLETE";
  if (status !== "DELETE_COMPLETE") throw await notDeleted(context, cloudFormation, { name: stackName, id: stack.id, status }, followed);
  const deleted = { stack: { name: stackName, id: stack.id, change: "deleted" }, stoppedExecutions: stopped };
  await terminal.result(deleted, () => [`deleted  the stack ${stackName} and all that was in it`]);
  return 0;
}

function machinesIn(resources: readonly StackResource[]): string[] {
  return resources.flatMap(({ type, physicalId }) => (type === "AWS::StepFunctions::StateMachine" ? (physicalId ?? []) : []));
}

/** Without a terminal there is nobody to ask. */
export function refuseWithoutConsent({ terminal }: Context, { yes }: DeleteOptions): void {
  if (yes || terminal.interactive) return;
  throw usageError("deploy-example --delete asks before it deletes anything, and there is no terminal", "add --yes");
}

export async function confirmed({ prompts }: Context, question: string): Promise<void> {
  if (!(await prompts.confirm(question, false))) throw new CliError("usage", "nothing was deleted", { code: "Declined" });
}

function refuseBusy(status: string, name: string): void {
  // CloudFormation takes a deletion while it creates a stack, and once it has begun to delete one.
  if (!/_IN_PROGRESS$/.test(status) || /^(REVIEW|CREATE|DELETE)_/.test(status)) return;
  throw new CliError("failure", `the stack ${name} is being worked on (${status}); nothing was deleted`, {
    code: "StackBusy",
    hint: "try again when it is done",
  });
}

/** "Stack [NAME] cannot be deleted while TerminationProtection is enabled" (API reference of DeleteStack). */
function refuseProtected(error: unknown, context: Context, name: string): never {
  if (!(error instanceof CliError && /TerminationProtection/.test(error.message))) throw error;
  throw new CliError(error.kind, error.message, {
    code: "TerminationProtected",
    hint: `aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name ${shellWord(name)}${connectionFlags(context)}`,
    cause: error,
  });
}

/** What stays of a stack that could not be deleted, and why. */
async function notDeleted(
  { connectionOptions }: Context,
  cloudFormation: CloudFormation,
  stack: { readonly name: string; readonly id: string; readonly status: string },
  { events }: Followed,
): Promise<CliError> {
  const left = (await cloudFormation.resources(stack.id)).filter(({ status }) => status !== "DELETE_COMPLETE");
  const cause = firstCause(events);
  const lines = left.map(stayingLine);
  return new CliError("failure", [`the stack ${stack.name} could not be deleted (${stack.status}); this stays:`, ...lines].join("\n"), {
    code: "StackNotDeleted",
    hint: [
      ...(cause?.reason == null ? [] : [`why: ${cause.reason}`]),
      "put that right and give the same command again, or let CloudFormation leave what it cannot delete:",
      `aws cloudformation delete-stack --stack-name ${shellWord(stack.name)} --deletion-mode FORCE_DELETE_STACK${connectionFlags({ connectionOptions })}`,
    ].join("\n"),
  });
}

function stayingLine({ logicalId, type, physicalId, reason }: StackResource): string {
  return `${logicalId} (${type}${physicalId === null ? "" : `, ${physicalId}`})${reason === null ? "" : `: ${reason}`}`;
}
