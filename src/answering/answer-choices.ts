import { type ContractOutcome, contractAnswer, MissingValue, type TemplateValues, titleText } from "../callback/contract.ts";
import { wordsOfChoice } from "../callback/definition/answer-words.ts";
import type { JsonObject } from "../callback/definition/defined-states.ts";
import { sampleOf } from "../callback/form-sample.ts";
import type { Answer } from "../callback/history/outcome.ts";
import type { CallbackTask } from "../callback/history/waiting-tasks.ts";
import { parsedJson } from "../callback/json-value.ts";
import { hideTokens } from "../callback/task-token.ts";
import { type FoundContract, formProblems } from "./contracts.ts";
import { type Preview, previewAnswer, type TryState } from "./preview.ts";
import type { TaskDetails } from "./task-details.ts";

/** A way to answer a task that its machine or a contract has a word for. */
export interface AnswerChoice {
  /** What is typed: `answer <task> <word>`. */
  readonly word: string;
  /** What a person reads. */
  readonly label: string;
  readonly kind: "success" | "failure";
  /** Null where something has to be filled in first. */
  readonly answer: Answer | null;
  /** Of a contract. */
  readonly outcome: ContractOutcome | null;
  /** What it would bring about, with a sample in the place of what is to be filled in; null where that cannot be looked at. */
  readonly preview: Preview | null;
}

/** What a task can be answered with in words: those of its contract, else those of the Choice after it. */
export async function answerChoices(
  tryState: TryState,
  details: TaskDetails,
  contract: FoundContract | null,
): Promise<readonly AnswerChoice[]> {
  return contract === null ? choicesOfMachine(tryState, details) : choicesOfContract(tryState, details, contract);
}

/** Each word is tried: one that does not lead where the Choice has it, or kills the execution, is left out. */
async function choicesOfMachine(tryState: TryState, { found, definition }: TaskDetails): Promise<readonly AnswerChoice[]> {
  if (definition === null) return [];
  const tried = await Promise.all(
    wordsOfChoice(definition, found.task.state).map(async ({ word, output, leadsTo }) => {
      const answer: Answer = { kind: "success", output };
      const preview = await previewAnswer(tryState, found, definition, answer);
      return { word, label: word, kind: answer.kind, answer, outcome: null, preview, leadsTo };
    }),
  );
  return tried.filter(({ preview, leadsTo }) => preview.kills === null && (leadsTo.length === 0 || leads(preview, leadsTo)));
}

/** Whether the state right after the Choice is one of those. */
function leads({ passed, follows, unforeseen }: Preview, states: readonly string[]): boolean {
  const afterChoice = passed[1] ?? (follows?.kind === "next" ? follows.state : null);
  return unforeseen !== null || (afterChoice !== null && states.includes(afterChoice));
}

function choicesOfContract(tryState: TryState, details: TaskDetails, { outcomes }: FoundContract): Promise<AnswerChoice[]> {
  return Promise.all(
    outcomes.map(async (outcome) => {
      const { word, label } = outcome;
      const kind = "success" in outcome.answer ? "success" : "failure";
      const answer = (await formProblems(outcome, {})).length > 0 ? null : tolerantAnswer(outcome, details, {});
      const tried = answer ?? tolerantAnswer(outcome, details, sampleOf(outcome.form));
      const preview =
        tried === null || details.definition === null ? null : await previewAnswer(tryState, details.found, details.definition, tried);
      return { word, label, kind, answer, outcome, preview };
    }),
  );
}

function tolerantAnswer(outcome: ContractOutcome, details: TaskDetails, form: JsonObject): Answer | null {
  try {
    return contractAnswer(outcome, templateValues(details, form));
  } catch (error) {
    if (error instanceof MissingValue) return null;
    throw error;
  }
}

/** What the templates of a contract may name. */
export function templateValues({ id, found, executionName }: TaskDetails, form: JsonObject): TemplateValues {
  const { task, executionArn } = found;
  return {
    form,
    input: parsedJson(task.input),
    payload: parsedJson(withoutToken(task)),
    execution: { name: executionName, arn: executionArn },
    task: { id, state: task.state },
  };
}

/** What a contract says is asked; null without one. Whatever it takes from the task is untrusted text. */
export function contractTitle(contract: FoundContract | null, details: TaskDetails): string | null {
  return contract?.title == null ? null : titleText(contract.title, templateValues(details, {}));
}

/** No template may put a token into what is sent or shown. */
function withoutToken({ payload, taskToken }: CallbackTask): string | null {
  if (payload === null) return null;
  return hideTokens(taskToken === null ? payload : payload.split(taskToken).join("<task token>"));
}
