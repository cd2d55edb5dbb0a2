import type { Command } from "commander";
import { readReference } from "../answering/task-reference.ts";
import { checkCause, checkError } from "../callback/answer.ts";
import type { Context } from "../context.ts";
import { usageError } from "../errors.ts";
import { answerOne, refuse } from "./answer/answering.ts";
import { addSendingOptions, refuseUnstampable, sendingOptions, sendsNothing } from "./answer/sending-options.ts";
import { allowOneStdin, readText } from "./answer/values.ts";
import { bulk } from "./bulk/bulk.ts";
import { addBulkOptions, bulkChoice } from "./bulk/options.ts";
import { textOption } from "./parsed-options.ts";
import { addExamples, type Run } from "./registration.ts";
import { addTaskOptions, taskOptions } from "./task-argument.ts";

export function registerFail(program: Command, run: Run): void {
  const command = program
    .command("fail")
    .description("answer a waiting task with an error and a cause")
    .argument("[task]", "a task id, an address, or an execution")
    .option("--error <name>", "the error's name, as a Catch or Retry of the machine names it")
    .option("--cause <text>", "the cause: text, @file, or - for standard input");
  addBulkOptions(addSendingOptions(addTaskOptions(command)));
  addExamples(command, [
    "fail 3f9c --error Rejected --cause 'too expensive'",
    "fail approval/order-17 --error Rejected --cause @reason.txt",
  ]).action(run(fail, { readsOnly: sendsNothing }));
}

async function fail(context: Context, options: Record<string, unknown>, word?: string): Promise<number> {
  const naming = taskOptions(options);
  const sending = sendingOptions(options);
  allowOneStdin({ "--token": naming.token, "--cause": textOption(options, "cause"), "--from": textOption(options, "from") });
  const choice = bulkChoice(options, word);
  const reason = await readReason(context, options);
  const answer = { kind: "failure", ...reason } as const;
  refuseUnstampable(answer, sending, context.clock.now());
  if (choice !== null) return bulk(context, choice, { command: "fail", answer }, sending);
  const reference = await readReference(context, word, naming);
  return answerOne(context, { reference, narrowing: naming, answer }, sending);
}

/** The error and the cause that were given, checked; what was not given is left out. */
export async function readReason(context: Context, options: Record<string, unknown>): Promise<{ error?: string; cause?: string }> {
  const error = textOption(options, "error");
  const causeText = textOption(options, "cause");
  if (error === "") throw usageError("--error is empty", "name an error, or leave --error out for a failure without one");
  if (error !== undefined) refuse(checkError(error));
  const cause = causeText === undefined ? undefined : await readText(context.files, causeText);
  if (cause !== undefined) refuse(checkCause(cause));
  return { ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) };
}
