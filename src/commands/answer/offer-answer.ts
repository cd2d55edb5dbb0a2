import { findTask } from "../../answering/look-up.ts";
import type { Connection, Context } from "../../context.ts";
import { answerTaskInWords } from "../answer.ts";
import { pathText } from "../show/text.ts";
import type { Watched } from "../wait.ts";
import { plainSending } from "./sending-options.ts";

/** Offers a person at a terminal to answer a task that was seen waiting. The exit code of that; null where there is no terminal or nothing to answer. */
export async function offerToAnswer(context: Context, connection: Connection, { execution, waiting }: Watched): Promise<number | null> {
  const { terminal, prompts } = context;
  const answerable = waiting.filter(({ taskToken }) => taskToken !== null);
  const [first] = answerable;
  if (!terminal.interactive || !terminal.stdoutIsTerminal || first === undefined) return null;
  const named = answerable.map((task) => ({ value: String(task.eventId), name: `${task.state}${pathText(task)}` }));
  const chosen =
    named.length === 1
      ? String(first.eventId)
      : await prompts.select("Which one will you answer?", [...named, { value: "none", name: "none now" }]);
  if (chosen === "none") return null;
  const found = await findTask(connection.stepFunctions, execution.arn, Number(chosen));
  return await answerTaskInWords(context, connection, found, { sending: plainSending });
}
