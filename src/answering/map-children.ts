import type { HistoryEvent, StepFunctions } from "../aws/step-functions.ts";
import { openMapRuns } from "../callback/history/history-tail.ts";
import { type CallbackTask, type PathStep, waitingTasks } from "../callback/history/waiting-tasks.ts";
import { readHistory } from "./history-reading.ts";

/** A child of a distributed Map that runs, as its history shows it. */
export interface MapChild {
  readonly executionArn: string;
  /** From the outermost execution down to it. */
  readonly path: readonly PathStep[];
  readonly events: readonly HistoryEvent[];
  readonly waiting: readonly CallbackTask[];
}

/**
 * The running children of the distributed Maps that an execution is in, and theirs, by its history, oldest event first. They are executions of their own, of
 * which its history says nothing: one ListExecutions for a thousand, and one GetExecutionHistory each. EXPRESS ones have no history and cannot wait.
 */
export async function* mapChildren(
  stepFunctions: StepFunctions,
  events: readonly HistoryEvent[],
  path: readonly PathStep[] = [],
): AsyncGenerator<MapChild> {
  for (const { arn: mapRunArn, map } of openMapRuns(events)) {
    const inside = { path: [...path, { child: map ?? "", mapRunArn }] };
    for await (const { arn } of stepFunctions.executions({ mapRunArn }, "RUNNING")) {
      if (arn.split(":")[5] === "express") continue;
      const events = await readHistory(stepFunctions, arn);
      yield { ...inside, executionArn: arn, events, waiting: waitingTasks(events) };
      yield* mapChildren(stepFunctions, events, inside.path);
    }
  }
}
