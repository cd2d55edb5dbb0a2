import type { Clock, Progress } from "../../context.ts";
import type { SweepProgress } from "../../sweep/sweep.ts";
import { formatSpan } from "../durations.ts";
import type { TaskGroup, TaskGroups } from "./waiting-task-groups.ts";

/** Nobody reads faster, a sweep may tell of a thousand executions a second, and each text has to be measured. */
const betweenUpdatesMilliseconds = 250;
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
    if (this.#latest !== null) this.#progress.update(leftText(this.#latest), foundLines(this.#latest, groups.largestFirst()));
    this.#latest = null;
  }
}

/** What is left, and how long it takes where the quotas make it long. */
export function leftText({ machinesLeft, callbackMachinesLeft, executionsLeft, millisecondsLeft }: SweepProgress): string {
  const left =
    callbackMachinesLeft > 0
      ? counted(machinesLeft, "machine")
      : machinesLeft > 0
        ? `${counted(machinesLeft, "machine")} without a callback`
        : counted(executionsLeft, "execution");
  const time = millisecondsLeft < worthTellingMilliseconds ? "" : `, about ${formatSpan(millisecondsLeft)}; Ctrl-C keeps what you have`;
  return `${left} left${time}`;
}

/** How many wait, and in which machines and states: a line for each of the largest groups. */
export function foundLines({ tasks, executionsRead }: SweepProgress, largestFirst: readonly TaskGroup[]): readonly string[] {
  // The line that says that one is left out is as long as the one.
  const shown = largestFirst.length <= mostGroups + 1 ? largestFirst : largestFirst.slice(0, mostGroups);
  const left = largestFirst.length - shown.length;
  const width = String(shown[0]?.count ?? "").length;
  return [
    `${tasks} waiting, ${counted(executionsRead, "execution")} read`,
    ...shown.map(
      ({ count, stateMachineName, state }) => `${String(count).padStart(width)}  ${stateMachineName}  ${state ?? "not readable"}`,
    ),
    ...(left === 0 ? [] : [`and ${left} more machines and states`]),
  ];
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
