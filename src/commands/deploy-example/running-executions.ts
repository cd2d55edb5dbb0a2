import type { ExecutionSummary, StepFunctions } from "../../aws/step-functions.ts";
import type { Context } from "../../context.ts";
import { CliError } from "../../errors.ts";
import { bold, dim } from "../../text.ts";
import type { DeleteOptions } from "./options.ts";

/** So many running executions are told one by one. */
const mostListed = 20;

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
