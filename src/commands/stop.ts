import type { Command } from "commander";
import { executionArnOf, locate, rememberTasks } from "../answering/look-up.ts";
import { stopExecution } from "../answering/stop.ts";
import { type Reference, readReference } from "../answering/task-reference.ts";
import type { Connection, Context } from "../context.ts";
import { usageError } from "../errors.ts";
import { senderFor } from "./answer/answering.ts";
import { dryRunStop } from "./answer/dry-run.ts";
import { reportStop } from "./answer/outcome-report.ts";
import { addDryRun, addReason, sendingOptions, sendsNothing } from "./answer/sending-options.ts";
import { allowOneStdin } from "./answer/values.ts";
import { bulk } from "./bulk/bulk.ts";
import { addBulkOptions, bulkChoice } from "./bulk/options.ts";
import { readReason } from "./fail.ts";
import { textOption } from "./parsed-options.ts";
import { addExamples, type Run } from "./registration.ts";
import { addTaskOptions, taskOptions } from "./task-argument.ts";

export function registerStop(program: Command, run: Run): void {
  const command = program
    .command("stop")
    .description("stop the execution of a task, where no answer is possible")
    .argument("[task]", "a task id, an address, or an execution")
    .option("--error <name>", "the error's name")
    .option("--cause <text>", "the cause: text, @file, or - for standard input");
  addBulkOptions(addDryRun(addReason(addTaskOptions(command))));
  addExamples(command, ["stop 3f9c", "stop approval/order-17 --cause 'no longer wanted'"]).action(run(stop, { readsOnly: sendsNothing }));
}

async function stop(context: Context, options: Record<string, unknown>, word?: string): Promise<number> {
  const naming = taskOptions(options);
  const sending = sendingOptions(options);
  allowOneStdin({ "--token": naming.token, "--cause": textOption(options, "cause"), "--from": textOption(options, "from") });
  const choice = bulkChoice(options, word);
  const reason = await readReason(context, options);
  if (choice !== null) return bulk(context, choice, { command: "stop", reason }, sending);
  const reference = await readReference(context, word, naming);
  await using connection = await context.connect();
  const target = await locateExecution(context, connection, reference);
  if (sending.dryRun) return await dryRunStop(context, connection, target, reason);
  const result = await stopExecution(senderFor(context, connection), target, reason);
  if (result.newEventId !== null)
    await rememberTasks(context, connection, [{ executionArn: target.executionArn, eventId: result.newEventId }]);
  if (result.withoutReason) context.terminal.warn("the execution's key may not be used: it was stopped without error and cause");
  return reportStop(context.terminal, result, sending.reason);
}

/** The execution that a reference means, and the task's event id where it names a task. */
export function locateExecution(
  context: Context,
  connection: Connection,
  reference: Reference,
): Promise<{ executionArn: string; eventId: number | null }> {
  if (reference.kind !== "token") return locate(context, connection, reference);
  if (reference.execution === null) throw usageError("a token does not say which execution it belongs to", "add --execution <arn>");
  return executionArnOf(connection.stepFunctions, reference.execution).then((executionArn) => ({ executionArn, eventId: null }));
}
