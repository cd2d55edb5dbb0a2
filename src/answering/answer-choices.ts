import { wordsOfChoice } from "../callback/answer-words.ts";
import type { Answer } from "../callback/outcome.ts";
import { type Preview, previewAnswer, type TryState } from "./preview.ts";
import type { TaskDetails } from "./task-details.ts";

/** A way to answer a task that its machine or a contract has a word for. */
export interface AnswerChoice {
  /** What is typed: `answer <task> <word>`. */
  readonly word: string;
  /** What a person reads. */
  readonly label: string;
  readonly answer: Answer;
  /** What it would bring about; null where that was not looked at. */
  readonly preview: Preview | null;
}

/** The words of the Choice after a waiting task, each tried: one that does not lead where the Choice has it, or kills the execution, is left out. */
export async function answerChoices(tryState: TryState, { found, definition }: TaskDetails): Promise<readonly AnswerChoice[]> {
  if (definition === null || found.task.closed !== null) return [];
  const tried = await Promise.all(
    wordsOfChoice(definition, found.task.state).map(async ({ word, output, leadsTo }) => {
      const answer: Answer = { kind: "success", output };
      const preview = await previewAnswer(tryState, found, definition, answer);
      return { word, label: word, answer, preview, leadsTo };
    }),
  );
  return tried.filter(({ preview, leadsTo }) => preview.kills === null && (leadsTo === null || leads(preview, leadsTo)));
}

/** Whether the state right after the Choice is that one. */
function leads({ passed, follows, unforeseen }: Preview, state: string): boolean {
  const afterChoice = passed[1] ?? (follows?.kind === "next" ? follows.state : null);
  return unforeseen !== null || afterChoice === state;
}
