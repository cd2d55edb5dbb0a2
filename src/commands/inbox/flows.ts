import type { AnswerResult } from "../../answering/answer-result.ts";
import { findTask } from "../../answering/look-up.ts";
import { answerTask, resultBefore } from "../../answering/send.ts";
import { stopExecution } from "../../answering/stop.ts";
import { checkCause } from "../../callback/answer.ts";
import type { Closing } from "../../callback/history/waiting-tasks.ts";
import type { Context } from "../../context.ts";
import { CliError } from "../../errors.ts";
import { type Text, yellow } from "../../text.ts";
import { answerFound, senderFor } from "../answer/answering.ts";
import { composeAnswer, composeFailure, composeOutput } from "../answer/compose-answer.ts";
import { exitCodes, outcomeLine, redacted, stopSentence } from "../answer/outcome-report.ts";
import { refuseUnstampable } from "../answer/sending-options.ts";
import { readTask, type Session, sendingWith } from "./session.ts";
import type { Row } from "./task-list.ts";

/** What the person wants to do to a task. */
export type Deed = "answer" | "succeed" | "fail" | "heartbeat" | "stop";

/** What became of it: nothing where the person changed their mind. */
export interface Done {
  /** By address: how the tasks ended, as far as they did. */
  readonly ended: ReadonlyMap<string, Text>;
  /** What is to be told; null where nothing was sent. */
  readonly told: Text | null;
  /** It did not come to what was meant, so it is to be read before anything else. */
  readonly isGrave: boolean;
}

export const nothingDone: Done = { ended: new Map(), told: null, isGrave: false };

/**
 * Does something to one task, named by its address and event id: asks for what it takes, shows what will be sent and what follows, sends, and says what
 * became of it. Throws what a command would throw.
 */
export async function doToTask(session: Session, row: Row, deed: Deed): Promise<Done> {
  const { context, connection } = session;
  const { executionArn, task } = row.swept;
  if (deed === "stop") return stop(session, row);
  if (task === null)
    throw new CliError("access", `the history of ${row.swept.executionName} may not be read, so its task cannot be answered`);
  const found = await findTask(connection.stepFunctions, executionArn, task.eventId);
  const before = resultBefore(found, { kind: "heartbeat" });
  if (before !== null) return doneWith(context, row, before);
  if (deed === "heartbeat") return doneWith(context, row, await answerTask(senderFor(context, connection), found, { kind: "heartbeat" }));
  const composing = await readTask(session, found);
  const compose = { answer: composeAnswer, succeed: composeOutput, fail: composeFailure }[deed];
  const composed = await compose(composing);
  if (composed === null) return nothingDone;
  const sending = await sendingWith(session, session.settings.stamps ? await askForReason(context) : "");
  refuseUnstampable(composed.answer, sending, context.clock.now());
  const sender = senderFor(context, connection, sending.stamp);
  return doneWith(context, row, await answerFound(context, connection, sender, composed.found, composed.answer));
}

async function stop({ context, connection }: Session, row: Row): Promise<Done> {
  const { executionArn, task, stateMachineName, executionName } = row.swept;
  const { prompts, terminal } = context;
  terminal.note(
    `Stops the whole execution ${stateMachineName}/${executionName}: nothing in it goes on, and no answer to it counts any more.`,
  );
  const cause = (await prompts.input("Cause (may stay empty)", { check: checkCause })).trim();
  if (!(await prompts.confirm(`Stop ${stateMachineName}/${executionName}?`, false))) return nothingDone;
  const target = { executionArn, eventId: task?.eventId ?? null };
  const result = await stopExecution(senderFor(context, connection), target, cause === "" ? {} : { cause });
  if (result.withoutReason) terminal.warn("the execution's key may not be used: it was stopped without its cause");
  const shown = redacted(result, terminal.redact);
  const told: Text = [shown.outcome, "  ", stopSentence(shown)];
  const isGrave = exitCodes[result.outcome] !== 0;
  const how = result.closing === null ? result.outcome : closingText(result.closing);
  return { ended: new Map(result.outcome === "unknown" ? [] : [[row.key, isGrave ? how : "stopped"]]), told, isGrave };
}

function doneWith({ terminal }: Context, row: Row, result: AnswerResult): Done {
  const shown = redacted(result, terminal.redact);
  const line = outcomeLine(shown);
  const told: Text = result.unread === null ? line : [line, yellow(`  the history could not be read: ${result.unread}`)];
  const isOver = result.sent !== "heartbeat" && result.outcome !== "unknown" && result.outcome !== "accepted";
  const wasMissed = result.sent === "heartbeat" && result.outcome !== "applied" && result.outcome !== "unknown";
  const ended = isOver || wasMissed ? new Map([[row.key, endedText(result)]]) : new Map<string, Text>();
  return { ended, told, isGrave: exitCodes[result.outcome] !== 0 };
}

function endedText({ outcome, sent, closing }: AnswerResult): Text {
  if (outcome === "applied") return sent === "failure" ? "you: failure" : "you: success";
  return closing === null ? outcome : closingText(closing);
}

/** How a task ended, in as few words as a row has room for. */
export function closingText(closing: Closing): Text {
  switch (closing.kind) {
    case "succeeded":
      return "answered: success";
    case "failed":
      return `failed: ${closing.error ?? "no error"}`;
    case "timedOut":
      return closing.error === "States.HeartbeatTimeout" ? "no heartbeat came" : "timed out";
    case "containerEnded":
      return "stopped around it";
  }
}

/** Why the person answers so; empty where they do not say. */
export async function askForReason({ prompts }: Context): Promise<string> {
  return (await prompts.input("Reason, sent with the answer (may stay empty)")).trim();
}
