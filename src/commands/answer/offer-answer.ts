import { findTask } from "../../answering/look-up.ts";
import type { Watched } from "../../answering/watching.ts";
import { taskId } from "../../callback/task-id.ts";
import type { Connection, Context } from "../../context.ts";
import { answerTaskInWords } from "../answer.ts";
import { pathText } from "../show/text.ts";
import { plainSending } from "./sending-options.ts";

/** Offers a person at a terminal to answer a task that was seen waiting. The exit code of that; null where there is no terminal or nothing to answer. */
export async function offerToAnswer(context: Context, connection: Connection, { waiting }: Watched): Promise<number | null> {
  const { terminal, prompts } = context;
  const answerable = waiting.filter(({ task }) => task.taskToken !== null);
  if (!terminal.interactive || !terminal.stdoutIsTerminal || answerable.length === 0) return null;
  const named = answerable.map(({ executionArn, task }, index) => ({
    value: String(index),
    name: `${task.state}${pathText(task)}  ${taskId(executionArn, task.eventId)}`,
  }));
  const isOne = named.length === 1;
  const chosen = isOne ? "0" : await prompts.select("Which one will you answer?", [...named, { value: "none", name: "none now" }]);
  const meant = answerable[Number(chosen)];
  if (meant === undefined) return null;
  const found = await findTask(connection.stepFunctions, meant.executionArn, meant.task.eventId);
  return await answerTaskInWords(context, connection, found, { sending: plainSending });
}
