import type { Command } from "commander";
import { type AnswerChoice, answerChoices } from "../answering/answer-choices.ts";
import { lookUp } from "../answering/look-up.ts";
import { openTrials } from "../answering/preview.ts";
import { type TaskDetails, taskDetails } from "../answering/task-details.ts";
import { readReference } from "../answering/task-reference.ts";
import type { Connection, Context } from "../context.ts";
import { connectionFlags } from "./connection-flags.ts";
import type { Run } from "./registration.ts";
import { detailsJson } from "./show-json.ts";
import { detailsLines } from "./show-text.ts";
import { addTaskOptions, taskOptions } from "./task-argument.ts";

export function registerShow(program: Command, run: Run): void {
  const command = program
    .command("show")
    .description("show what a waiting task asks, and what comes of an answer")
    .argument("[task]", "a task id, an address, or an execution")
    .option("--full", "fold nothing")
    .option("--reveal-token", "print the task's token too; who has it can answer the task");
  addTaskOptions(command).action(run(show));
}

async function show(context: Context, options: Record<string, unknown>, word?: string): Promise<number> {
  const { terminal } = context;
  const naming = taskOptions(options);
  const reference = await readReference(context, word, naming);
  await using connection = await context.connect();
  const found = await lookUp(context, connection, reference, naming);
  const token = found.task.taskToken;
  if (token !== null) terminal.hide(token);
  const details = await taskDetails(connection, found);
  const choices = await choicesOf(context, connection, details);
  const reveals = options["revealToken"] === true;
  if (reveals && token !== null) terminal.reveal(token);
  const flags = connectionFlags(context);
  await terminal.result({ ...detailsJson(details, choices, flags, terminal.redact), ...(reveals ? { token } : {}) }, () => [
    ...detailsLines(details, choices, {
      now: connection.stepFunctions.now(),
      width: terminal.stdoutIsTerminal ? terminal.columns : 120,
      full: options["full"] === true || !terminal.stdoutIsTerminal,
      redact: terminal.redact,
      flags,
    }),
    ...(reveals ? ["", `token: ${token ?? "none in its payload"}`] : []),
  ]);
  return 0;
}

/** The words that a waiting task can be answered with; the embedded Step Functions is loaded to try them only where there may be any. */
export async function choicesOf(context: Context, connection: Connection, details: TaskDetails): Promise<readonly AnswerChoice[]> {
  if (details.definition === null || details.found.task.closed !== null) return [];
  return answerChoices(await openTrials(context, connection), details);
}
