import type { Command } from "commander";
import type { AnswerChoice } from "../answering/answer-choices.ts";
import { wouldKill } from "../answering/guard.ts";
import { type FoundTask, lookUp } from "../answering/look-up.ts";
import { previewAnswer } from "../answering/preview.ts";
import { resultBefore } from "../answering/send.ts";
import { type TaskDetails, taskDetails } from "../answering/task-details.ts";
import { readReference } from "../answering/task-reference.ts";
import { requiredFields } from "../callback/contract.ts";
import type { JsonObject } from "../callback/definition/defined-states.ts";
import type { Connection, Context } from "../context.ts";
import { usageError } from "../errors.ts";
import { answerFound, reportAnswer, senderFor } from "./answer/answering.ts";
import { answerOf, type Composed, composeAnswer, composeChoice } from "./answer/compose-answer.ts";
import { type Composing, composingFor } from "./answer/composing.ts";
import { dryRunFound, stampedNow } from "./answer/dry-run.ts";
import { checkedForm } from "./answer/fill-form.ts";
import { reportOutcome } from "./answer/outcome-report.ts";
import { previewDetails } from "./answer/preview-report.ts";
import {
  addChecks,
  addSendingOptions,
  identified,
  refuseUnstampable,
  type SendingOptions,
  sendingOptions,
  sendsNothing,
} from "./answer/sending-options.ts";
import { addSetOptions, readJson, valueOptions } from "./answer/values.ts";
import { addExamples, type Run } from "./registration.ts";
import { askingLines } from "./show/text.ts";
import { addTaskOptions, taskOptions } from "./task-argument.ts";

export function registerAnswer(program: Command, run: Run): void {
  const command = program
    .command("answer")
    .description("answer a waiting task in its machine's own words")
    .argument("[task]", "a task id, an address, or an execution")
    .argument("[outcome]", "one of the words that `show` lists; asked for on a terminal");
  addChecks(addSendingOptions(addTaskOptions(addSetOptions(command))));
  addExamples(command, ["answer 3f9c approve", "answer 3f9c reject --set reason='too expensive'", "answer approval/order-17"]).action(
    run(answer, { readsOnly: sendsNothing }),
  );
}

async function answer(context: Context, options: Record<string, unknown>, first?: string, second?: string): Promise<number> {
  const naming = taskOptions(options);
  const sending = sendingOptions(options);
  // Where an option names the task, the one word is the outcome.
  const isNamed = [naming.token, naming.tokenFile, naming.tokenEnv, naming.execution].some((each) => each !== undefined);
  const [word, outcome] = isNamed && second === undefined ? [undefined, first] : [first, second];
  const reference = await readReference(context, word, naming);
  if (reference.kind === "token" && reference.execution === null)
    throw usageError("the words of a task are in its machine, and the token alone does not tell it", "add --execution <arn>");
  const given = await givenFields(context, options, outcome);
  await using connection = await context.connect();
  const found = await lookUp(context, connection, reference, naming);
  return await answerTaskInWords(context, connection, found, { outcome, given, sending });
}

async function givenFields({ files }: Context, options: Record<string, unknown>, outcome: string | undefined): Promise<JsonObject> {
  const text = await readJson(files, valueOptions(options, "fields"), "--set");
  if (text === undefined) return {};
  if (outcome === undefined) throw usageError("--set fills in the fields of an outcome, so the outcome has to be named");
  return JSON.parse(text) as JsonObject;
}

/** How a task is answered in words; without an outcome the person is asked. */
export interface InWords {
  readonly outcome?: string | undefined;
  /** Fields of the outcome's form. */
  readonly given?: JsonObject;
  /** How the person is asked; for any answer where absent. */
  readonly ask?: (composing: Composing) => Promise<Composed | null>;
  readonly sending: SendingOptions;
}

/** Answers a task that was found, by a word or by asking; returns the exit code. */
export async function answerTaskInWords(
  context: Context,
  connection: Connection,
  found: FoundTask,
  { outcome, given = {}, ask = composeAnswer, sending }: InWords,
): Promise<number> {
  if (found.task.taskToken !== null) context.terminal.hide(found.task.taskToken);
  const details = await taskDetails(connection, found);
  const before = outcome === undefined ? resultBefore(found, { kind: "heartbeat" }) : null;
  if (before !== null) return reportOutcome(context.terminal, before, sending.reason);
  const composing = await composingFor(context, connection, details, { contractFile: sending.contractFile });
  const composed = outcome === undefined ? await asked(composing, ask, sending) : await inWord(composing, outcome, given);
  if (composed === null) return 0;
  const { answer, preview, isAgreed } = composed;
  const signed = await identified(sending, connection);
  refuseUnstampable(answer, signed, context.clock.now());
  if (sending.dryRun) return dryRunFound(context, connection, details.found, answer, signed.stamp);
  if (sending.preview) return previewDetails(context, connection, details, stampedNow(context, answer, signed.stamp));
  if (preview !== null && preview.kills !== null && !isAgreed && !sending.force) throw wouldKill(preview.kills);
  const result = await answerFound(context, connection, senderFor(context, connection, signed.stamp), composed.found, answer);
  return reportAnswer(context, connection, result, signed);
}

function asked(composing: Composing, ask: NonNullable<InWords["ask"]>, { preview, dryRun }: SendingOptions): Promise<Composed | null> {
  const { context, connection, choices, details } = composing;
  if (!context.terminal.interactive || preview || dryRun) throw usageError("which outcome? none was named", wordsHint(choices, details));
  const { columns, redact } = context.terminal;
  const now = connection.stepFunctions.now();
  for (const line of askingLines(composing, { now, width: columns, redact, flags: "" })) context.terminal.note(line);
  return ask(composing);
}

/** A word with all that it needs is taken for agreed; where something has to be asked for, the whole is confirmed. */
async function inWord(composing: Composing, outcome: string, given: JsonObject): Promise<Composed | null> {
  const { context, choices, details, tryState } = composing;
  const choice = chosen(choices, outcome, details);
  if (choice.outcome === null) {
    if (Object.keys(given).length > 0) throw usageError(`${choice.word} has no fields for --set to fill in`);
    return choice.answer === null ? null : { answer: choice.answer, found: details.found, preview: choice.preview, isAgreed: false };
  }
  const isComplete = requiredFields(choice.outcome.form).every((name) => Object.hasOwn(given, name));
  if (!isComplete && context.terminal.interactive) return composeChoice(composing, choice, given);
  const answer = answerOf(choice.outcome, details, await checkedForm(choice.outcome, given));
  const { definition, found } = details;
  return { answer, found, preview: definition === null ? null : await previewAnswer(tryState, found, definition, answer), isAgreed: false };
}

function chosen(choices: readonly AnswerChoice[], outcome: string, details: TaskDetails): AnswerChoice {
  const wanted = outcome.trim().toLowerCase();
  const found = choices.find(({ word }) => word === outcome) ?? choices.find(({ word }) => word.toLowerCase() === wanted);
  if (found !== undefined) return found;
  throw usageError(`${details.found.task.state} has no outcome ${JSON.stringify(outcome)}`, wordsHint(choices, details));
}

function wordsHint(choices: readonly AnswerChoice[], { id, definition }: TaskDetails): string {
  if (choices.length > 0) return `there ${choices.length === 1 ? "is" : "are"}: ${choices.map(({ word }) => word).join(", ")}`;
  if (definition === null) return `its definition may not be read; sfn-callback succeed ${id} --output '<json>' needs none`;
  return `no Choice follows it that tells answers apart: sfn-callback succeed ${id} --output '<json>', or give a --contract`;
}
