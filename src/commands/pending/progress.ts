import type { SweepProgress } from "../../sweep/sweep.ts";
import { formatSpan } from "../durations.ts";

/** Less than this is over before it is read. */
const worthTellingMilliseconds = 5000;

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
