import type { AnswerResult } from "../../answering/answer-result.ts";
import type { Watched, WatchedTask } from "../../answering/watching.ts";
import { taskId } from "../../callback/task-id.ts";
import type { Connection, Context } from "../../context.ts";
import { CliError } from "../../errors.ts";
import { watchedJson, watchedLines } from "../wait/report.ts";
import { watchShown } from "../wait/watch-shown.ts";
import { exitCodes, outcomeJson, outcomeLine, redacted } from "./outcome-report.ts";

const partOfIt = 5;
const didNotSucceed = 7;

/**
 * Gives the result of an answer together with how the execution goes on: until it ends, or a task in it waits (again, or beside the one that was answered). The answer stands
 * whatever comes of looking: it is told after a Ctrl-C too, and where looking fails the exit code is 5. 7 where the execution ends unsuccessfully.
 */
export async function reportFollowed(context: Context, connection: Connection, result: AnswerResult, reason?: string): Promise<number> {
  const { terminal, signal } = context;
  const { executionArn, outcome } = result;
  let seen: Watched | null = null;
  if (executionArn === null) terminal.warn("the execution cannot be followed: which one it is, or its history, is not known");
  else if (outcome !== "unknown") seen = await follow(context, connection, executionArn, result.taskId);
  const json = {
    ...outcomeJson(seen === null ? result : { ...result, ...endingIn(seen) }, reason),
    followed: seen === null ? null : followedJson(seen),
  };
  await terminal.result(json, () => [
    // How it went on is told by the line below.
    outcomeLine(redacted(seen === null ? result : { ...result, next: null, ending: null }, terminal.redact)),
    ...(seen === null ? [] : watchedLines(terminal, seen)),
  ]);
  if (signal.aborted && signal.reason instanceof CliError) return signal.reason.exitCode;
  if (exitCodes[outcome] !== 0) return exitCodes[outcome];
  if (seen === null) return partOfIt;
  return seen.execution.status === "RUNNING" || seen.execution.status === "SUCCEEDED" ? 0 : didNotSucceed;
}

async function follow(context: Context, connection: Connection, executionArn: string, answered: string | null): Promise<Watched | null> {
  const isMeant = ({ executionArn, task }: WatchedTask): boolean => taskId(executionArn, task.eventId) !== answered;
  const watching = { executionArn, until: "waiting", timeoutMilliseconds: null, isMeant, looksInside: true } as const;
  try {
    return await watchShown(context, connection, watching, "following the execution");
  } catch (error) {
    if (!context.signal.aborted && error instanceof CliError)
      context.terminal.warn(`the execution is not followed any more: ${error.message}`);
    if (context.signal.aborted || error instanceof CliError) return null;
    throw error;
  }
}

function endingIn({ execution: { status } }: Watched): Partial<AnswerResult> {
  return status === "RUNNING" ? {} : { next: { status } };
}

function followedJson(seen: Watched) {
  const { status, output, error, cause, waiting } = watchedJson(seen);
  return { status, output, error, cause, waiting };
}
