import type { CloudFormation, StackResource } from "../../aws/cloudformation.ts";
import type { ExecutionSummary, StepFunctions } from "../../aws/step-functions.ts";
import type { Connection, Context } from "../../context.ts";
import { CliError, usageError } from "../../errors.ts";
import { bold, dim } from "../../text.ts";
import { counted } from "../bulk-plan-report.ts";
import { connectionFlags, placeText, shellWord } from "../connection-flags.ts";
import { type Followed, firstCause, follow, newestEvent } from "./follow.ts";
import type { DeleteOptions } from "./options.ts";
import { ownStack } from "./stack-check.ts";

/** So many running executions are told one by one. */
const mostListed = 20;

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
    await terminal.result({ stack: { name: stackName, change: "absent" }, stoppedExecutions: [] }, () => [
      `absent  there is no stack ${stackName}`,
    ]);
    return 0;
  }
  refuseBusy(stack.status, stackName);
  const resources = (await cloudFormation.resources(stack.name)).filter(({ status }) => status !== "DELETE_COMPLETE");
  const machines = resources
    .filter(({ type }) => type === "AWS::StepFunctions::StateMachine")
    .flatMap(({ physicalId }) => physicalId ?? []);
  const running = await tellRunning(context, connection.stepFunctions, machines);
  adviseToStop(context, running, options);
  if (!options.yes) {
    const question = `Delete the stack ${stackName} with its ${counted(resources.length, "resource")} in ${placeText(connection.place)}?`;
    await confirmed(context, question);
  }
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
  await terminal.result({ stack: { name: stackName, id: stack.id, change: "deleted" }, stoppedExecutions: stopped }, () => [
    `deleted  the stack ${stackName} and all that was in it`,
  ]);
  return 0;
}

/** Without a terminal there is nobody to ask. */
export function refuseWithoutConsent({ terminal }: Context, { yes }: DeleteOptions): void {
  if (yes || terminal.interactive) return;
  throw usageError("deploy-example --delete asks before it deletes anything, and there is no terminal", "Add --yes.");
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

/** Lists the executions that are running in these machines; a machine with one is deleted only when that has ended. */
export async function tellRunning(
  { terminal }: Context,
  stepFunctions: StepFunctions,
  machines: readonly string[],
): Promise<ExecutionSummary[]> {
  const running: ExecutionSummary[] = [];
  for (const stateMachineArn of machines) {
    try {
      for await (const execution of stepFunctions.executions({ stateMachineArn }, "RUNNING")) running.push(execution);
    } catch (error) {
      // Deleted by another hand, and still in the stack: that is no reason to keep the stack.
      if (!(error instanceof CliError && error.code === "StateMachineDoesNotExist")) throw error;
    }
  }
  if (running.length === 0) return running;
  if (terminal.format === "human") {
    terminal.note(bold(`${running.length} ${running.length === 1 ? "execution is" : "executions are"} running:`));
    for (const { arn, startedAt } of running.slice(0, mostListed)) terminal.note(["  ", arn, dim(`  since ${startedAt.toISOString()}`)]);
    if (running.length > mostListed) terminal.note(dim(`  and ${running.length - mostListed} more`));
  }
  return running;
}

export function adviseToStop({ terminal }: Context, running: readonly ExecutionSummary[], { stopExecutions }: DeleteOptions): void {
  if (running.length === 0 || stopExecutions) return;
  terminal.warn("a state machine is gone only when its executions have ended; --stop-executions stops them first");
}

/** Stops them; those that ended meanwhile are stopped as well as can be. */
export async function stopAll(stepFunctions: StepFunctions, running: readonly ExecutionSummary[]): Promise<string[]> {
  for (const { arn } of running) await stepFunctions.stopExecution(arn, { error: "ExampleDeleted", cause: "The example is deleted." });
  return running.map(({ arn }) => arn);
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
