import type { AnswerChoice } from "../../answering/answer-choices.ts";
import type { TaskDetails } from "../../answering/task-details.ts";
import { unanswerableReason } from "../pending/waiting-task-json.ts";

/** The command lines that answer a waiting task, without the program's name and the connection options. */
export function answerCommands({ id, found }: TaskDetails, choices: readonly AnswerChoice[]): string[] {
  const { task } = found;
  if (task.closed !== null) return [];
  if (unanswerableReason({ task: { ...task, hasToken: task.taskToken !== null } }) !== null) return [`stop ${id}`];
  return [
    ...choices.map(({ word }) => `answer ${id} ${word}`),
    `succeed ${id} --output '{}'`,
    `fail ${id} --error Rejected --cause 'why'`,
    ...(task.heartbeatSeconds === null ? [] : [`heartbeat ${id}`]),
  ];
}
