import type { AnswerResult } from "../../answering/answer-result.ts";
import { type Begun, type KeptResult, keyOf, type PlannedTask, type RecordedResult } from "../../answering/bulk/journal.ts";
import type { Plan } from "../../answering/bulk/plan.ts";
import { type BulkResult, isDone } from "../../answering/bulk/run.ts";
import type { Outcome } from "../../callback/history/outcome.ts";
import type { Column, Context } from "../../context.ts";
import { CliError } from "../../errors.ts";
import { exitCodes, outcomeJson, redacted, sentence, stopSentence } from "../answer/outcome-report.ts";

/** A part of it failed. */
const notAllDone = 5;

/** A bulk that was run to its end, or to where it stopped. */
export interface RunBulk {
  readonly plan: Plan;
  /** What an earlier run with the same journal had done. */
  readonly begun: Begun | null;
  readonly results: readonly BulkResult[];
  /** Why it stopped before the last task, or null. */
  readonly stopped: string | null;
  /** As it is printed and kept; the sentence in it says what became of the task. */
  keep(result: AnswerResult): KeptResult;
}

interface Failure {
  readonly task: PlannedTask;
  readonly outcome: string;
  readonly why: string;
}

/** What failed, and why, a row each. */
const failureColumns: readonly Column<Failure>[] = [
  { header: "ID", cell: ({ task }) => task.id ?? "", whole: true },
  { header: "MACHINE", cell: ({ task }) => task.stateMachineName },
  { header: "EXECUTION", cell: ({ task }) => task.executionArn.slice(task.executionArn.lastIndexOf(":") + 1) },
  { header: "OUTCOME", cell: ({ outcome }) => outcome },
  { header: "WHY", cell: ({ why }) => why },
];

/** Prints what became of all tasks, those of earlier runs first, and a table of what failed; returns the exit code. */
export async function reportBulk({ terminal, signal }: Context, ran: RunBulk): Promise<number> {
  const { plan, begun, results, stopped, keep } = ran;
  const earlier = earlierResults(plan, begun);
  const all = [...earlier.map(({ kept }) => kept.result), ...results.map((each) => bulkResultJson(each, keep))];
  const notSent = plan.tasks.length - all.length;
  const counts = countsOf(all, notSent);
  if (terminal.format !== "jsonl") {
    const failures = [...earlier.flatMap(keptFailure), ...results.flatMap((each) => failureOf(each, keep))];
    const summary = Object.entries(counts).map(([outcome, count]) => `${outcome} ${count.toLocaleString("en-US")}`);
    const table = () => (failures.length === 0 ? [] : terminal.table(failureColumns, failures));
    await terminal.result({ results: all, counts }, () => [...table(), summary.join(", ") || "nothing is waiting"]);
  }
  if (stopped !== null) terminal.warn(`stopped: ${stopped}; ${notSent.toLocaleString("en-US")} got nothing`);
  if (signal.aborted && signal.reason instanceof CliError) return signal.reason.exitCode;
  const isAllDone = all.every(({ outcome }) => outcome !== null && isDone(outcome as Outcome)) && notSent === 0;
  return isAllDone && plan.notSeen.length === 0 ? 0 : notAllDone;
}

/** The results that an earlier run left in the journal, in the order of the plan. */
export function earlierResults({ tasks }: Plan, begun: Begun | null): { readonly task: PlannedTask; readonly kept: KeptResult }[] {
  return tasks.flatMap((task) => {
    const kept = begun?.results.get(keyOf(task));
    return kept === undefined ? [] : [{ task, kept }];
  });
}

/** A result as it is kept; `why` only of what is not done. */
export function keptResult(
  result: AnswerResult,
  isStop: boolean,
  reason: string | undefined,
  redact: (text: string) => string,
): KeptResult {
  const shown = redacted(result, redact);
  const why = isDone(result.outcome) ? null : isStop ? stopSentence(shown) : sentence(shown);
  return { result: outcomeJson(result, reason), why };
}

/** A result in the form it is printed in; one of a task that could not be sent to has no outcome and an `error`. */
export function bulkResultJson({ task, result, error }: BulkResult, keep: RunBulk["keep"]) {
  if (result !== null) return keep(result).result;
  const { id, executionArn, state } = task;
  const about = { taskId: id, executionArn, state, sent: null, outcome: null, settled: null, closedAt: null, next: null, newTaskId: null };
  return { ...about, error: error === null ? null : { code: error.code, message: error.message } };
}

/** Only what occurred, the outcomes in their own order. */
function countsOf(all: readonly { readonly outcome: string | null }[], notSent: number): Record<string, number> {
  const counts = new Map([...Object.keys(exitCodes), "failed"].map((outcome) => [outcome, 0]));
  for (const { outcome } of all) counts.set(outcome ?? "failed", (counts.get(outcome ?? "failed") ?? 0) + 1);
  return Object.fromEntries([...counts, ["notSent", notSent] as const].filter(([, count]) => count > 0));
}

function failureOf({ task, result, error }: BulkResult, keep: RunBulk["keep"]): Failure[] {
  if (error !== null) return [{ task, outcome: error.code, why: error.message }];
  return result === null ? [] : keptFailure({ task, kept: keep(result) });
}

function keptFailure({ task, kept }: { readonly task: PlannedTask; readonly kept: KeptResult }): Failure[] {
  const { outcome }: RecordedResult = kept.result;
  return isDone(outcome as Outcome) ? [] : [{ task, outcome, why: kept.why ?? "" }];
}
