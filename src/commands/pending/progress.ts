import type { Clock, Progress } from "../../context.ts";
import type { SweepProgress } from "../../sweep/sweep.ts";
import { formatSpan } from "../durations.ts";
import type { TaskGroup, TaskGroups } from "./waiting-task-groups.ts";

/** A spinner turns no faster, and a sweep may tell of a thousand executions a second. */
const betweenUpdatesMilliseconds = 80;
const mostGroups = 5;

/** Less than this is over before it is read. */
const worthTellingMilliseconds = 5000;

/** Shows how far a sweep is, and below it where what it has found waits. */
export class SweepProgressLines {
  readonly #progress: Progress;
  readonly #clock: Clock;
  readonly #stopped = new AbortController();
  #latest: SweepProgress | null = null;

  constructor(progress: Progress, clock: Clock) {
    this.#progress = progress;
    this.#clock = clock;
  }

  update(at: SweepProgress, groups: TaskGroups): void {
    const isPlanned = this.#latest !== null;
    this.#latest = at;
    if (isPlanned) return;
    this.#clock.sleep(betweenUpdatesMilliseconds, this.#stopped.signal).then(
      () => this.#show(groups),
      () => {},
    );
  }

  stop(): void {
    this.#stopped.abort();
    this.#progress.stop();
  }

  #show(groups: TaskGroups): void {
    if (this.#latest !== null) this.#progress.update(progressText(this.#latest), groupLines(groups.largestFirst()));
    this.#latest = null;
  }
}

/** A line for each of the largest: how many wait in which machine and state. */
export function groupLines(largestFirst: readonly TaskGroup[]): readonly string[] {
  // The line that says that one is left out is as long as the one.
  const shown = largestFirst.length <= mostGroups + 1 ? largestFirst : largestFirst.slice(0, mostGroups);
  const width = String(shown[0]?.count ?? "").length;
  const lines = shown.map(({ count, stateMachineName, state }) =>
    [String(count).padStart(width), stateMachineName, state ?? "not readable"].join("  "),
  );
  const left = largestFirst.length - shown.length;
  return left === 0 ? lines : [...lines, `and ${left} more machines and states`];
}

/** What is left, and how long it takes where the quotas make it long. */
export function progressText(at: SweepProgress): string {
  const { machinesLeft, callbackMachinesLeft, executionsLeft, executionsRead, tasks, millisecondsLeft } = at;
  const left =
    callbackMachinesLeft > 0
      ? counted(machinesLeft, "machine")
      : machinesLeft > 0
        ? `${counted(machinesLeft, "machine")} without a callback`
        : counted(executionsLeft, "execution");
  const time = millisecondsLeft < worthTellingMilliseconds ? "" : `, about ${formatSpan(millisecondsLeft)}; Ctrl-C keeps what you have`;
  return `${tasks} waiting, ${counted(executionsRead, "execution")} read; ${left} left${time}`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
