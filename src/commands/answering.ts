import { lookUp } from "../answering/look-up.ts";
import { type AnswerResult, answerTask, answerToken } from "../answering/send.ts";
import type { Reference, TaskOptions } from "../answering/task-reference.ts";
import type { Answer } from "../callback/outcome.ts";
import type { Connection, Context } from "../context.ts";
import { usageError } from "../errors.ts";

/** Sends one answer to what a reference means, over an open connection, and says what became of it. */
export async function answerReference(
  context: Context,
  connection: Connection,
  reference: Reference,
  narrowing: TaskOptions,
  answer: Answer,
): Promise<AnswerResult> {
  const { stepFunctions } = connection;
  if (reference.kind === "token" && reference.execution === null) return answerToken(stepFunctions, reference.token, answer);
  const found = await lookUp(context, connection, reference, narrowing);
  return answerTask({ stepFunctions, clock: context.clock, signal: context.signal }, found, answer);
}

/** Throws a usage error for what a check of a value found wrong, if anything. */
export function refuse(problem: string | undefined): void {
  if (problem !== undefined) throw usageError(problem);
}
