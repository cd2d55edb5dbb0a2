import type { AnswerChoice } from "../../answering/answer-choices.ts";
import { findTask } from "../../answering/look-up.ts";
import { checkCause, checkError, checkOutput } from "../../callback/answer.ts";
import type { Answer } from "../../callback/history/outcome.ts";
import { usageError } from "../../errors.ts";
import { answerOf } from "../answer/compose-answer.ts";
import type { Composing } from "../answer/composing.ts";
import { fillForm } from "../answer/fill-form.ts";
import type { BulkAct } from "../bulk/bulk.ts";
import type { Deed } from "./flows.ts";
import { readTask, type Session } from "./session.ts";
import type { Row } from "./task-list.ts";

/** What is to be done to several tasks. */
export interface ComposedForMany {
  readonly act: BulkAct;
  /** By address: the output of a task, where a contract makes another of each. */
  readonly outputs: ReadonlyMap<string, string>;
}

/** Asks what is to be sent to all. Words are offered where all wait in the same state of the same machine. Null where the person sends nothing. */
export async function composeForMany(
  session: Session,
  rows: readonly Row[],
  deed: Exclude<Deed, "heartbeat">,
): Promise<ComposedForMany | null> {
  const { prompts } = session.context;
  const choices = deed === "answer" ? await wordsFor(session, rows) : [];
  const way = deed === "answer" ? await askForWay(session, rows.length, choices) : deed;
  if (way === "nothing") return null;
  if (way === "succeed") {
    const output = await prompts.input("Output (JSON), for all of them", { check: checkOutput });
    return sameForAll({ command: "succeed", answer: { kind: "success", output } });
  }
  if (way === "stop" || way === "fail") {
    const error =
      way === "stop" ? "" : (await prompts.input("Error (its name, as a Catch or Retry names it)", { check: checkError })).trim();
    const cause = (await prompts.input("Cause (may stay empty)", { check: checkCause })).trim();
    const reason = { ...(error === "" ? {} : { error }), ...(cause === "" ? {} : { cause }) };
    return sameForAll(way === "stop" ? { command: "stop", reason } : { command: "fail", answer: { kind: "failure", ...reason } });
  }
  const choice = choices.find(({ word }) => `word:${word}` === way);
  return choice === undefined ? null : answersInWord(session, rows, choice);
}

function sameForAll(act: BulkAct): ComposedForMany {
  return { act, outputs: new Map() };
}

async function askForWay({ context }: Session, count: number, choices: readonly AnswerChoice[]): Promise<string> {
  if (choices.length === 0) context.terminal.note("They wait in several states, or in one with no words of its own.");
  return context.prompts.select(`Answer all ${count} with`, [
    ...choices.map(({ word, label }) => ({ value: `word:${word}`, name: label })),
    { value: "succeed", name: "an output of your own" },
    { value: "fail", name: "an error and a cause" },
    { value: "nothing", name: "nothing now" },
  ]);
}

async function wordsFor(session: Session, rows: readonly Row[]): Promise<readonly AnswerChoice[]> {
  const kinds = new Set(rows.map(({ swept }) => JSON.stringify([swept.stateMachineArn, swept.task?.state ?? null])));
  const [first] = rows;
  return kinds.size > 1 || first === undefined ? [] : ((await read(session, first))?.choices ?? []);
}

async function read(session: Session, { swept }: Row): Promise<Composing | null> {
  if (swept.task === null) return null;
  return readTask(session, await findTask(session.connection.stepFunctions, swept.executionArn, swept.task.eventId));
}

/** A word of a contract may take something from the task, so it is made for each; its form is filled in once. */
async function answersInWord(
  session: Session,
  rows: readonly Row[],
  { word, answer, outcome }: AnswerChoice,
): Promise<ComposedForMany | null> {
  if (outcome === null) return answer === null ? null : sameForAll(actOf(answer));
  const form = await fillForm(session.context, outcome, {});
  if (form === null) return null;
  const answers = new Map<string, Answer>();
  const progress = session.context.terminal.progress("reading the tasks");
  try {
    for (const row of rows) {
      const task = await read(session, row);
      if (task !== null) answers.set(row.key, answerOf(outcome, task.details, form));
      progress.update(`reading the tasks: ${answers.size} of ${rows.length}`);
    }
  } finally {
    progress.stop();
  }
  const [first] = answers.values();
  if (first === undefined) return null;
  const areEqual = [...answers.values()].every((each) => JSON.stringify(each) === JSON.stringify(first));
  if (areEqual) return sameForAll(actOf(first));
  const outputs = new Map([...answers].flatMap(([key, each]) => (each.kind === "success" ? [[key, each.output] as const] : [])));
  if (outputs.size === answers.size) return { act: { command: "succeed", answer: null }, outputs };
  throw usageError(`${word} is another failure for each of these tasks`, "answer them one by one");
}

function actOf(answer: Answer): BulkAct {
  return { command: answer.kind === "failure" ? "fail" : "succeed", answer };
}
