import type { Command } from "commander";
import { lookUp } from "../answering/look-up.ts";
import { type Reference, readReference, type TaskOptions } from "../answering/task-reference.ts";
import { checkOutput } from "../callback/answer.ts";
import type { Context } from "../context.ts";
import { usageError } from "../errors.ts";
import { answerOne, refuse } from "./answer/answering.ts";
import { composeOutput } from "./answer/compose-answer.ts";
import {
  addChecks,
  addSendingOptions,
  refuseUnstampable,
  type SendingOptions,
  sendingOptions,
  sendsNothing,
} from "./answer/sending-options.ts";
import { addSetOptions, allowOneStdin, readJson, valueOptions } from "./answer/values.ts";
import { answerTaskInWords } from "./answer.ts";
import { bulk } from "./bulk/bulk.ts";
import { addBulkOptions, type BulkChoice, bulkChoice } from "./bulk/options.ts";
import { textOption } from "./parsed-options.ts";
import { addExamples, type Run } from "./registration.ts";
import { addTaskOptions, taskOptions } from "./task-argument.ts";

export function registerSucceed(program: Command, run: Run): void {
  const command = program
    .command("succeed")
    .description("answer a waiting task with an output")
    .argument("[task]", "a task id, an address, or an execution")
    .option("--output <json>", "the output: JSON, @file, or - for standard input");
  addBulkOptions(addChecks(addSendingOptions(addTaskOptions(addSetOptions(command)))));
  addExamples(command, [
    `succeed 3f9c --output '{"approved":true}'`,
    "succeed approval/order-17 --set approved=true",
    "succeed --token-file token.txt --output @result.json",
    "succeed --all --state-machine approval --state 'Ask for approval' --set approved=true --journal bulk.jsonl",
    "succeed --from ids.txt --output '{}' --yes --expect 12",
  ]).action(run(succeed, { readsOnly: sendsNothing }));
}

async function succeed(context: Context, options: Record<string, unknown>, word?: string): Promise<number> {
  const naming = taskOptions(options);
  const sending = sendingOptions(options);
  allowOneStdin({ "--token": naming.token, "--output": textOption(options, "output"), "--from": textOption(options, "from") });
  const choice = bulkChoice(options, word);
  const given = await givenOutput(context, options);
  if (choice !== null) return succeedAll(context, choice, given, sending);
  const reference = await readReference(context, word, naming);
  const isBare = reference.kind === "token" && reference.execution === null;
  if (given === undefined && context.terminal.interactive && !isBare) return succeedByAsking(context, reference, naming, sending);
  const output = given ?? (await askForOutput(context));
  refuse(checkOutput(output));
  const answer = { kind: "success", output } as const;
  refuseUnstampable(answer, sending, context.clock.now());
  return answerOne(context, { reference, narrowing: naming, answer }, sending);
}

/** Shows what is asked, has the output written, in the person's editor where there is one, and confirmed. */
async function succeedByAsking(context: Context, reference: Reference, naming: TaskOptions, sending: SendingOptions): Promise<number> {
  await using connection = await context.connect();
  const found = await lookUp(context, connection, reference, naming);
  return await answerTaskInWords(context, connection, found, { ask: composeOutput, sending });
}

async function succeedAll(context: Context, choice: BulkChoice, given: string | undefined, sending: SendingOptions): Promise<number> {
  // Each line may have an output of its own, so none is asked for.
  const output = given ?? (choice.from === null ? await askForOutput(context) : undefined);
  if (output !== undefined) refuse(checkOutput(output));
  return bulk(context, choice, { command: "succeed", answer: output === undefined ? null : { kind: "success", output } }, sending);
}

async function givenOutput(context: Context, options: Record<string, unknown>): Promise<string | undefined> {
  return readJson(context.files, valueOptions(options, "output"), "--output");
}

async function askForOutput({ terminal, prompts }: Context): Promise<string> {
  if (!terminal.interactive)
    throw usageError("no output was given", "add --output '<json>' or --set key=value; --output '{}' for an empty one");
  return prompts.input("Output (JSON)", { check: checkOutput });
}
