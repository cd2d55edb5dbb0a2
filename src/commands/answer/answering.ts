import type { AnswerResult } from "../../answering/answer-result.ts";
import { answerGuard } from "../../answering/guard.ts";
import { type FoundTask, lookUp, rememberTasks } from "../../answering/look-up.ts";
import { answerTask, answerToken, type Sender } from "../../answering/send.ts";
import type { Reference, TaskOptions } from "../../answering/task-reference.ts";
import type { Answer } from "../../callback/history/outcome.ts";
import type { Connection, Context } from "../../context.ts";
import { CliError, usageError } from "../../errors.ts";
import { dryRunAnswer } from "./dry-run.ts";
import { reportFollowed } from "./follow.ts";
import { reportOutcome } from "./outcome-report.ts";
import { previewOne } from "./preview-report.ts";
import { type IntendedAnswer, identified, refuseUnstampable, type SendingOptions } from "./sending-options.ts";

/** Sends one answer to what a reference means, or with --dry-run says what it would send; returns the exit code. */
export async function answerOne(context: Context, intended: IntendedAnswer, options: SendingOptions): Promise<number> {
  const { reference, narrowing, answer } = intended;
  const isBare = reference.kind === "token" && reference.execution === null;
  if (options.follow && isBare) throw usageError("a token does not say which execution to follow", "add --execution <arn>");
  await using connection = await context.connect();
  const sending = await identified(options, connection);
  const { dryRun, preview, force, contractFile, stamp } = sending;
  refuseUnstampable(answer, sending, context.clock.now());
  if (preview) return await previewOne(context, connection, intended, stamp);
  if (dryRun) return await dryRunAnswer(context, connection, intended, stamp);
  const sender = senderFor(context, connection, stamp);
  const found = await lookUpOrToken(context, connection, reference, narrowing);
  if ("token" in found) return await reportAnswer(context, connection, await answerToken(sender, found.token, answer), sending);
  if (!force) await answerGuard(context, connection, contractFile)(found, answer);
  return await reportAnswer(context, connection, await answerFound(context, connection, sender, found, answer), sending);
}

/** Gives what came of an answer, with how the execution goes on where that is asked for; returns the exit code. */
export function reportAnswer(
  context: Context,
  connection: Connection,
  result: AnswerResult,
  { follow, reason }: Pick<SendingOptions, "follow" | "reason">,
): Promise<number> {
  return follow ? reportFollowed(context, connection, result, reason) : reportOutcome(context.terminal, result, reason);
}

/** Sends one answer to a task that was found, and remembers the attempt that a retry made of it. */
export async function answerFound(
  context: Context,
  connection: Connection,
  sender: Sender,
  found: FoundTask,
  answer: Answer,
): Promise<AnswerResult> {
  const result = await answerTask(sender, found, answer);
  if (result.newEventId !== null)
    await rememberTasks(context, connection, [{ executionArn: found.executionArn, eventId: result.newEventId }]);
  return result;
}

/** The task that is meant; the token alone where its execution is not known or, which is noted, its history may not be read. */
export async function lookUpOrToken(
  context: Context,
  connection: Connection,
  reference: Reference,
  narrowing: TaskOptions,
): Promise<FoundTask | { readonly token: string }> {
  if (reference.kind !== "token") return lookUp(context, connection, reference, narrowing);
  if (reference.execution === null) return { token: reference.token };
  try {
    return await lookUp(context, connection, reference, narrowing);
  } catch (error) {
    if (!(error instanceof CliError && error.kind === "access" && /^(AccessDenied|Kms)/.test(error.code))) throw error;
    context.terminal.warn(`the answer cannot be proven: ${error.message}`);
    return { token: reference.token };
  }
}

export function senderFor({ clock, signal }: Context, { stepFunctions }: Connection, stamp?: Sender["stamp"]): Sender {
  return { stepFunctions, clock, signal, ...(stamp === undefined ? {} : { stamp }) };
}

/** Throws a usage error for what a check of a value found wrong, if anything. */
export function refuse(problem: string | undefined): void {
  if (problem !== undefined) throw usageError(problem);
}
