import type { Answer, Outcome } from "../../callback/history/outcome.ts";
import type { Clock } from "../../context.ts";
import { CliError } from "../../errors.ts";
import type { AnswerResult } from "../answer-result.ts";
import { findTask } from "../look-up.ts";
import { answerTask, deliver, type Sender } from "../send.ts";
import { type Journal, type KeptResult, keyOf, type PlannedTask } from "./journal.ts";

/** A task of a bulk that is still to be answered. */
export interface BulkTask extends PlannedTask {
  /** As the sweep saw it, in memory only. */
  readonly token: string | null;
  /** A run that was killed may have answered it. */
  readonly wasSent: boolean;
}

/** What became of a task: an outcome, or an error where nothing was sent. */
export interface BulkResult {
  readonly task: PlannedTask;
  readonly result: AnswerResult | null;
  readonly error: CliError | null;
}

export interface BulkOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly journal: Journal | null;
  /** Stops once more than so many have failed. */
  readonly maxFailures: number | null;
  readonly perSecond: number | null;
  /** Answers one task. Throws a CliError where nothing was sent. */
  act(task: BulkTask): Promise<AnswerResult>;
  /** The result as it is kept and printed. */
  record(result: AnswerResult): KeptResult;
  onResult(result: BulkResult): Promise<void>;
}

const workers = 16;
/** So many tasks in a row that could not even be sent to are not the tasks' fault. */
const mostErrorsInARow = 20;

/** Whether an answer counts as done. */
export function isDone(outcome: Outcome): boolean {
  return outcome === "applied" || outcome === "same" || outcome === "accepted";
}

/** Answers the tasks, many at a time. Resolves to why it stopped before the last, or to null. What is under way is always brought to its end. */
export async function runBulk(tasks: readonly BulkTask[], options: BulkOptions): Promise<string | null> {
  const { signal, maxFailures } = options;
  const queue = tasks.values();
  const pace = paced(options);
  let failures = 0;
  let errorsInARow = 0;
  let stopped: string | null = null;
  const tell = async (done: BulkResult): Promise<void> => {
    errorsInARow = done.error === null ? 0 : errorsInARow + 1;
    if (done.error !== null || (done.result !== null && !isDone(done.result.outcome))) failures += 1;
    if (maxFailures !== null && failures > maxFailures) stopped ??= `${failures} failed, more than --max-failures`;
    if (errorsInARow >= mostErrorsInARow) stopped ??= `${errorsInARow} in a row could not be sent`;
    await options.onResult(done);
  };
  const lane = async (): Promise<void> => {
    for (const task of queue) {
      if (stopped !== null || signal.aborted) return;
      await pace();
      if (stopped !== null || signal.aborted) return;
      try {
        const done = await one(task, options);
        if (done === null) return;
        await tell(done);
        // What is not known yet, or could not be sent, is for the next run.
        if (done.result !== null && done.result.outcome !== "unknown") await options.journal?.result(task, options.record(done.result));
      } catch (error) {
        // A journal that cannot be written: what was answered before is told all the same.
        if (!(error instanceof CliError)) throw error;
        stopped ??= error.message;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, tasks.length) }, lane));
  return stopped;
}

/** Null where the command is to end and nothing was sent. */
async function one(task: BulkTask, { journal, act, signal }: BulkOptions): Promise<BulkResult | null> {
  await journal?.sending(task);
  try {
    return { task, result: await act(task), error: null };
  } catch (error) {
    if (signal.aborted) return null;
    if (error instanceof CliError) return { task, result: null, error };
    throw error;
  }
}

/** Gives each call its own moment, so many a second. */
function paced({ perSecond, clock, signal }: BulkOptions): () => Promise<void> {
  if (perSecond === null) return async () => {};
  let freeAt = clock.now().getTime();
  return async () => {
    const now = clock.now().getTime();
    const at = Math.max(now, freeAt);
    freeAt = at + 1000 / perSecond;
    if (at > now) await clock.sleep(at - now, signal).catch(() => {});
  };
}

/**
 * Answers one task of a bulk. The token of the sweep is used as it is, and the history read only where that does not settle it; a task of
 * which no token is held is looked up first.
 */
export async function answerPlanned(sender: Sender, task: BulkTask, answer: Answer): Promise<AnswerResult> {
  const { executionArn, eventId, state, token, wasSent } = task;
  if (eventId === null) throw new CliError("usage", `${keyOf(task)} names an execution and no task`);
  if (token !== null && !wasSent) {
    const target = { executionArn, task: { eventId, state: state ?? "" }, events: [] };
    return deliver(sender, target, token, answer, { looksOn: false });
  }
  const found = await findTask(sender.stepFunctions, executionArn, eventId);
  return answerTask(sender, found, answer, { wasSent, looksOn: false });
}
