import type { Command } from "commander";
import type { AnswerChoice } from "../answering/answer-choices.ts";
import { lookUp } from "../answering/look-up.ts";
import { openTrials } from "../answering/preview.ts";
import { answerTask, resultBefore } from "../answering/send.ts";
import { type TaskDetails, taskDetails } from "../answering/task-details.ts";
import { readReference } from "../answering/task-reference.ts";
import type { Connection, Context } from "../context.ts";
import { usageError } from "../errors.ts";
import { senderFor } from "./answering.ts";
import { type Composed, type Composing, composeAnswer } from "./compose-answer.ts";
import { reportOutcome } from "./outcome-report.ts";
import type { Run } from "./registration.ts";
import { addReasonAndStamp, refuseUnstampable, type SendingOptions, sendingOptions } from "./sending-options.ts";
import { choicesOf } from "./show.ts";
import { addTaskOptions, taskOptions } from "./task-argument.ts";

export function registerAnswer(program: Command, run: Run): void {
  const command = program
    .command("answer")
    .description("answer a waiting task in its machine's own words")
    .argument("[task]", "a task id, an address, or an execution")
    .argument("[outcome]", "one of the words that `show` lists; asked for on a terminal");
  addReasonAndStamp(addTaskOptions(command)).action(run(answer));
}

async function answer(context: Context, options: Record<string, unknown>, word?: string, outcome?: string): Promise<number> {
  const naming = taskOptions(options);
  const sending = sendingOptions(options);
  const reference = await readReference(context, word, naming);
  await using connection = await context.connect();
  const found = await lookUp(context, connection, reference, naming);
  if (found.task.taskToken !== null) context.terminal.hide(found.task.taskToken);
  const details = await taskDetails(connection, found);
  return answerDetails(context, connection, details, outcome, sending);
}

/** Answers a task that was read, by a word or by asking; returns the exit code. */
export async function answerDetails(
  context: Context,
  connection: Connection,
  details: TaskDetails,
  outcome: string | undefined,
  sending: SendingOptions,
): Promise<number> {
  const before = resultBefore(details.found, { kind: "heartbeat" });
  if (before !== null) return reportOutcome(context.terminal, before, sending.reason);
  const choices = await choicesOf(context, connection, details);
  const composing: Composing = { context, details, choices, tryState: await openTrials(context, connection) };
  const composed = outcome === undefined ? await asked(composing) : { answer: chosen(choices, outcome, details).answer, isForced: false };
  if (composed === null) return 0;
  refuseUnstampable(composed.answer, sending, context.clock.now());
  const result = await answerTask(senderFor(context, connection, sending.stamp), details.found, composed.answer);
  return reportOutcome(context.terminal, result, sending.reason);
}

function asked(composing: Composing): Promise<Composed | null> {
  const { context, choices, details } = composing;
  if (!context.terminal.interactive) throw usageError("which outcome? none was named", wordsHint(choices, details));
  return composeAnswer(composing);
}

function chosen(choices: readonly AnswerChoice[], outcome: string, details: TaskDetails): AnswerChoice {
  const wanted = outcome.trim().toLowerCase();
  const found = choices.find(({ word }) => word === outcome) ?? choices.find(({ word }) => word.toLowerCase() === wanted);
  if (found !== undefined) return found;
  throw usageError(`${details.found.task.state} has no outcome ${JSON.stringify(outcome)}`, wordsHint(choices, details));
}

function wordsHint(choices: readonly AnswerChoice[], { id, definition }: TaskDetails): string {
  if (choices.length > 0) return `There ${choices.length === 1 ? "is" : "are"}: ${choices.map(({ word }) => word).join(", ")}`;
  if (definition === null) return `Its definition may not be read; sfn-callback succeed ${id} --output '<json>' needs none.`;
  return `No Choice follows it that tells answers apart: sfn-callback succeed ${id} --output '<json>', or give a --contract.`;
}
