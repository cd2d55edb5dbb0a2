import type { Catcher, Retrier } from "./definition.ts";

/** How a task failed. `names` are the error names it answers to: a missed heartbeat is a States.Timeout and a States.HeartbeatTimeout. */
export interface Failure {
  readonly names: readonly string[];
  /** As the history tells it; null where SendTaskFailure gave none. */
  readonly error: string | null;
  readonly cause: string | null;
  /** It ends the execution whatever Retry and Catch say. */
  readonly isFinal?: boolean;
}

/** What States.TaskFailed does not cover: timeouts (facts page 7, documented), and JSONata that fails (measured by others). */
const notTaskFailed = new Set(["States.Timeout", "States.QueryEvaluationError"]);

/** Whether the failure ends the execution, wherever in it: States.Runtime does, even where it is named (facts page 7, documented). */
export function endsExecution({ isFinal, names }: Failure): boolean {
  return isFinal === true || names.includes("States.Runtime");
}

/** Whether an ErrorEquals list covers the failure. */
export function covers(errorEquals: readonly string[], failure: Failure): boolean {
  if (endsExecution(failure)) return false;
  if (errorEquals.includes("States.ALL")) return true;
  if (errorEquals.includes("States.TaskFailed") && !failure.names.some((name) => notTaskFailed.has(name))) return true;
  return failure.names.some((name) => errorEquals.includes(name));
}

/** The retrier that takes the failure and has attempts left, with the delay before the next one; `random` is in [0, 1). */
export function nextRetry(
  retriers: readonly Retrier[],
  uses: readonly number[],
  failure: Failure,
  random: () => number,
): { readonly index: number; readonly delayMilliseconds: number } | null {
  const index = retriers.findIndex((retrier) => covers(retrier.ErrorEquals, failure));
  const retrier = retriers[index];
  if (retrier === undefined) return null;
  const used = uses[index] ?? 0;
  if (used >= (retrier.MaxAttempts ?? 3)) return null;
  // No seconds stay none, however often an endless rate multiplies them.
  const grown = (retrier.IntervalSeconds ?? 1) * (retrier.BackoffRate ?? 2) ** used || 0;
  const seconds = Math.min(grown, retrier.MaxDelaySeconds ?? 99_999_999);
  const share = retrier.JitterStrategy === "FULL" ? random() : 1;
  return { index, delayMilliseconds: Math.round(seconds * 1000 * share) };
}

/** The first catcher that takes the failure. */
export function matchingCatcher(catchers: readonly Catcher[], failure: Failure): Catcher | undefined {
  return catchers.find((catcher) => covers(catcher.ErrorEquals, failure));
}
