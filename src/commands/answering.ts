import { lookUp } from "../answering/look-up.ts";
import { type AnswerResult, answerTask, answerToken, type Sender } from "../answering/send.ts";
import type { Reference, TaskOptions } from "../answering/task-reference.ts";
import type { Answer } from "../callback/outcome.ts";
import type { Connection, Context } from "../context.ts";
import { CliError, usageError } from "../errors.ts";
import { dryRunAnswer } from "./dry-run.ts";
import { reportOutcome } from "./outcome-report.ts";
import type { SendingOptions } from "./sending-options.ts";

/** Sends one answer to what a reference means, or with --dry-run says what it would send; returns the exit code. */
export async function answerOne(
  context: Context,
  reference: Reference,
  narrowing: TaskOptions,
  answer: Answer,
  { dryRun, reason, stamp }: SendingOptions,
): Promise<number> {
  await using connection = await context.connect();
  if (dryRun) return await dryRunAnswer(context, connection, reference, narrowing, answer, stamp);
  return reportOutcome(context.terminal, await answerReference(context, connection, reference, narrowing, answer, stamp), reason);
}

/** Sends one answer to what a reference means, over an open connection, and says what became of it. */
export async function answerReference(
  context: Context,
  connection: Connection,
  reference: Reference,
  narrowing: TaskOptions,
  answer: Answer,
  stamp?: Sender["stamp"],
): Promise<AnswerResult> {
  const sender = senderFor(context, connection, stamp);
  if (reference.kind === "token" && reference.execution === null) return answerToken(sender, reference.token, answer);
  try {
    const found = await lookUp(context, connection, reference, narrowing);
    return await answerTask(sender, found, answer);
  } catch (error) {
    // The token alone may be used by those who may not read the history; only the proof is missing then.
    const isBarred = reference.kind === "token" && error instanceof CliError && error.kind === "access";
    if (!isBarred || !/GetExecutionHistory|history/.test(error.message)) throw error;
    context.terminal.warn(`the answer cannot be proven: ${error.message}`);
    return answerToken(sender, reference.token, answer);
  }
}

export function senderFor({ clock, signal }: Context, { stepFunctions }: Connection, stamp?: Sender["stamp"]): Sender {
  return { stepFunctions, clock, signal, ...(stamp === undefined ? {} : { stamp }) };
}

/** Throws a usage error for what a check of a value found wrong, if anything. */
export function refuse(problem: string | undefined): void {
  if (problem !== undefined) throw usageError(problem);
}
