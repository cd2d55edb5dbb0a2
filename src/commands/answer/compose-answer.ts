import { type AnswerChoice, templateValues } from "../../answering/answer-choices.ts";
import { type FoundTask, readAgain } from "../../answering/look-up.ts";
import { type Preview, previewAnswer } from "../../answering/preview.ts";
import type { TaskDetails } from "../../answering/task-details.ts";
import { checkCause, checkError, checkOutput } from "../../callback/answer.ts";
import { type ContractOutcome, contractAnswer, MissingValue } from "../../callback/contract.ts";
import type { JsonObject } from "../../callback/definition/defined-states.ts";
import type { Answer } from "../../callback/history/outcome.ts";
import { parsedJson } from "../../callback/json-value.ts";
import type { Context } from "../../context.ts";
import { usageError } from "../../errors.ts";
import { bold, cyan, dim, green, red, type Text, yellow } from "../../text.ts";
import { jsonLines } from "../json-lines.ts";
import type { Composing } from "./composing.ts";
import { editJson, editorOf } from "./edit-json.ts";
import { fillForm } from "./fill-form.ts";
import { previewText } from "./preview-text.ts";

/** An answer that is ready to be sent. */
export interface Composed {
  readonly answer: Answer;
  /** The task as it was read last. */
  readonly found: FoundTask;
  readonly preview: Preview | null;
  /** Whether a person has said yes to just this. */
  readonly isAgreed: boolean;
}

type Way = `word:${string}` | "output" | "failure" | "nothing";

/** Asks how to answer, for what the answer needs, and whether to send it. Null where the person sends nothing. Ctrl-C throws, as in every prompt. */
export async function composeAnswer(composing: Composing): Promise<Composed | null> {
  const { context, choices } = composing;
  const ways = [
    ...choices.map(({ word, label, preview }) => ({ value: `word:${word}` as Way, name: label, ...described(preview, composing) })),
    { value: "output" as Way, name: "an output of your own" },
    { value: "failure" as Way, name: "an error and a cause" },
    { value: "nothing" as Way, name: "nothing now" },
  ];
  const way = await context.prompts.select<Way>("Answer with", ways);
  if (way === "nothing") return nothingSent(context);
  if (way === "output") return composeOutput(composing);
  if (way === "failure") return composeFailure(composing);
  const choice = choices.find(({ word }) => `word:${word}` === way);
  return choice === undefined ? null : composeChoice(composing, choice);
}

/** Asks for what a word needs, and whether to send it. */
export async function composeChoice(composing: Composing, choice: AnswerChoice, given: JsonObject = {}): Promise<Composed | null> {
  const { context, details } = composing;
  const { outcome, answer, preview } = choice;
  if (outcome === null) return answer === null ? null : confirmAnswer(composing, answer, preview);
  const form = await fillForm(context, outcome, given);
  return form === null ? nothingSent(context) : confirmAnswer(composing, answerOf(outcome, details, form));
}

/** The answer that an outcome of a contract stands for, with its form filled in; a usage error where it wants something that the task does not have. */
export function answerOf(outcome: ContractOutcome, details: TaskDetails, form: JsonObject): Answer {
  try {
    const answer = contractAnswer(outcome, templateValues(details, form));
    const problem = answer.kind === "success" ? checkOutput(answer.output) : answer.kind === "failure" ? failureProblem(answer) : undefined;
    if (problem !== undefined) throw usageError(problem);
    return answer;
  } catch (error) {
    if (!(error instanceof MissingValue)) throw error;
    throw usageError(`the contract's outcome ${outcome.word} cannot be made: ${error.message} in this task`);
  }
}

function failureProblem({ error = "", cause = "" }: { readonly error?: string; readonly cause?: string }): string | undefined {
  return checkError(error) ?? checkCause(cause);
}

function nothingSent({ terminal }: Context): null {
  terminal.note("nothing was sent");
  return null;
}

/** Asks for an output, in the person's editor where there is one, and whether to send it. */
export async function composeOutput(composing: Composing): Promise<Composed | null> {
  const { context, choices } = composing;
  const output = await askForOutput(composing, choices.find(({ answer }) => answer?.kind === "success")?.answer ?? null);
  return output === null ? nothingSent(context) : confirmAnswer(composing, { kind: "success", output });
}

/** Asks for an error and a cause, and whether to send them. */
export async function composeFailure(composing: Composing): Promise<Composed | null> {
  const { prompts } = composing.context;
  const error = await prompts.input("Error (its name, as a Catch or Retry names it)", { check: checkError });
  const cause = await prompts.input("Cause", { check: checkCause });
  return confirmAnswer(composing, {
    kind: "failure",
    ...(error.trim() === "" ? {} : { error: error.trim() }),
    ...(cause.trim() === "" ? {} : { cause: cause.trim() }),
  });
}

async function askForOutput({ context, details }: Composing, example: Answer | null): Promise<string | null> {
  const editor = editorOf(context);
  if (editor === null) return context.prompts.input("Output (JSON)", { check: checkOutput });
  const initial = example?.kind === "success" ? JSON.stringify(parsedJson(example.output), null, 2) : "{}";
  const { stateMachineName, executionName, found } = details;
  const about = [`The output that answers ${found.task.state} of ${stateMachineName}/${executionName}, as JSON.`];
  return editJson(context, editor, { about, initial, check: checkOutput });
}

/**
 * Shows what is about to be sent where, and what follows, and asks whether to send it. Null for a no. Nothing is asked where the task was closed while
 * the person was at it: then the answer is only judged against how it was.
 */
async function confirmAnswer(composing: Composing, answer: Answer, known?: Preview | null): Promise<Composed | null> {
  const { context, connection, details, tryState } = composing;
  const { definition } = details;
  const found = await readAgain(connection, details.found);
  if (found.task.closed !== null) {
    context.terminal.warn("meanwhile the task was closed; nothing is sent");
    return { answer, found, preview: null, isAgreed: true };
  }
  const preview = known ?? (definition === null ? null : await previewAnswer(tryState, found, definition, answer));
  for (const line of confirmationLines(details, answer, preview, context.terminal)) context.terminal.note(line);
  const kills = preview !== null && preview.kills !== null;
  const isAgreed = kills
    ? await context.prompts.confirm("Send it all the same?", false)
    : await context.prompts.confirm("Send this answer?", true);
  return isAgreed ? { answer, found, preview, isAgreed } : nothingSent(context);
}

/** What is about to be sent: task, machine, account and Region, the answer to the letter, and what follows. */
export function confirmationLines(
  details: TaskDetails,
  answer: Answer,
  preview: Preview | null,
  { columns, redact }: { readonly columns: number; redact(text: string): string },
): Text[] {
  const { id, found, stateMachineName, executionName, account, region, place } = details;
  const { state } = found.task;
  const where = place.kind === "local" ? `local, ${place.file}` : place.kind === "endpoint" ? place.endpointUrl : (place.profile ?? "AWS");
  const rows: (readonly [string, Text])[] = [
    ["task", [bold(state), "  ", id, dim(`  ${stateMachineName}/${executionName}`)]],
    ["where", `account ${account}, ${region}, ${where}`],
    ...answerRows(answer, columns, redact),
    ...(preview === null ? [] : [["then", previewText(preview, state)] as const]),
    ...(preview === null || preview.kills === null || preview.kills.cause === null ? [] : [["missing", red(preview.kills.cause)] as const]),
  ];
  return rows.map(([label, text]): Text => [dim(`  ${label.padEnd(8)}`), text]);
}

function answerRows(answer: Answer, columns: number, redact: (text: string) => string): (readonly [string, Text])[] {
  if (answer.kind === "heartbeat") return [["sends", "a heartbeat"]];
  if (answer.kind === "failure")
    return [
      ["sends", yellow("failure")],
      ["error", answer.error ?? dim("none")],
      ["cause", answer.cause === undefined ? dim("none") : redact(answer.cause)],
    ];
  const [first = "", ...rest] = outputLines(redact(answer.output), columns);
  return [["sends", green("success")], ["output", first], ...rest.map((line) => ["", line] as const)];
}

/** To the letter where it is short, else laid out. */
function outputLines(output: string, columns: number): readonly Text[] {
  return output.length <= columns - 12 && !output.includes("\n")
    ? [cyan(output)]
    : jsonLines(parsedJson(output), { width: columns, full: true });
}

function described(preview: Preview | null, { details }: Composing): { description?: string } {
  if (preview === null) return {};
  const text = plain(previewText(preview, details.found.task.state));
  return text === "" ? {} : { description: text };
}

function plain(text: Text): string {
  if (typeof text === "string") return text;
  return "style" in text ? plain(text.text) : text.map(plain).join("");
}
