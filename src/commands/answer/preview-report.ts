import { wouldKill } from "../../answering/guard.ts";
import { lookUp } from "../../answering/look-up.ts";
import { openTrials, previewAnswer } from "../../answering/preview.ts";
import { resultBefore } from "../../answering/send.ts";
import { type TaskDetails, taskDetails } from "../../answering/task-details.ts";
import type { Answer } from "../../callback/history/outcome.ts";
import type { Connection, Context } from "../../context.ts";
import { CliError, usageError } from "../../errors.ts";
import { dim } from "../../text.ts";
import { confirmationLines } from "./compose-answer.ts";
import { requestFor, stampedNow } from "./dry-run.ts";
import { exitCodes, reportOutcome } from "./outcome-report.ts";
import { previewJson } from "./preview-text.ts";
import type { IntendedAnswer, SendingOptions } from "./sending-options.ts";

/** Says what an answer would bring about, and sends nothing. The exit code is the one that sending would end with now. */
export async function previewOne(
  context: Context,
  connection: Connection,
  { reference, narrowing, answer }: IntendedAnswer,
  stamp: SendingOptions["stamp"],
): Promise<number> {
  if (reference.kind === "token" && reference.execution === null)
    throw usageError("--preview needs the task's execution, and the token alone does not tell it", "add --execution <arn>");
  const found = await lookUp(context, connection, reference, narrowing);
  if (found.task.taskToken !== null) context.terminal.hide(found.task.taskToken);
  const before = resultBefore(found, answer);
  if (before !== null) return reportOutcome(context.terminal, before);
  return previewDetails(context, connection, await taskDetails(connection, found), stampedNow(context, answer, stamp));
}

/** The same for a task that was read. */
export async function previewDetails(context: Context, connection: Connection, details: TaskDetails, answer: Answer): Promise<number> {
  const { definition, found, id } = details;
  const { state } = found.task;
  if (definition === null)
    throw new CliError("access", `the definition may not be read: ${details.unread.join("; ")}`, {
      hint: "without it nothing can be foreseen",
    });
  const preview = await previewAnswer(await openTrials(context, connection), found, definition, answer);
  const request = requestFor(answer);
  const json = { preview: true, taskId: id, executionArn: found.executionArn, state, request, ...previewJson(preview, state) };
  await context.terminal.result(json, () => [...confirmationLines(details, answer, preview, context.terminal), dim("  nothing was sent")]);
  return preview.kills === null ? exitCodes.applied : wouldKill(preview.kills).exitCode;
}
