import type { HistoryEvent, StepFunctions } from "../aws/step-functions.ts";
import { isExpress } from "../callback/execution-arn.ts";
import { nestedExecutions, openMapRuns } from "../callback/history/history-tail.ts";
import { type CallbackTask, type PathStep, waitingTasks } from "../callback/history/waiting-tasks.ts";
import { CliError } from "../errors.ts";
import { isBarred } from "../sweep/not-seen.ts";
import { readHistory } from "./history-reading.ts";

/** An execution that runs for a state of another one, as its history shows it. */
export interface RunningChild {
  readonly executionArn: string;
  /** From the outermost execution that it is a distributed Map's child in down to it. */
  readonly path: readonly PathStep[];
  readonly events: readonly HistoryEvent[];
  readonly waiting: readonly CallbackTask[];
}

/**
 * What runs for an execution, and for that in turn, by its history, oldest event first: the children of the distributed Maps that it is in, and the nested
 * executions that its tasks wait for. They are executions of their own, of whose tasks its history says nothing: one ListExecutions for a thousand
 * children of a Map, and one GetExecutionHistory each. EXPRESS ones cannot wait.
 */
export async function* runningChildren(
  stepFunctions: StepFunctions,
  events: readonly HistoryEvent[],
  path: readonly PathStep[] = [],
): AsyncGenerator<RunningChild> {
  for (const { arn: mapRunArn, map } of openMapRuns(events)) {
    const inside = [...path, { child: map ?? "", mapRunArn }];
    for await (const { arn } of stepFunctions.executions({ mapRunArn }, "RUNNING")) {
      if (!isExpress(arn)) yield* childAndIts(stepFunctions, arn, await readHistory(stepFunctions, arn), inside);
    }
  }
  for (const arn of nestedExecutions(events)) {
    const history = isExpress(arn) ? null : await readIfAllowed(stepFunctions, arn);
    if (history !== null) yield* childAndIts(stepFunctions, arn, history, []);
  }
}

async function* childAndIts(
  stepFunctions: StepFunctions,
  executionArn: string,
  events: readonly HistoryEvent[],
  path: readonly PathStep[],
): AsyncGenerator<RunningChild> {
  yield { executionArn, path, events, waiting: waitingTasks(events) };
  yield* runningChildren(stepFunctions, events, path);
}

/** A nested execution is another machine's, which who may read the outer one's history may not be allowed to look at: then nothing is known of it. */
async function readIfAllowed(stepFunctions: StepFunctions, executionArn: string): Promise<readonly HistoryEvent[] | null> {
  try {
    return await readHistory(stepFunctions, executionArn);
  } catch (error) {
    if (error instanceof CliError && (isBarred(error) || error.code === "ExecutionDoesNotExist")) return null;
    throw error;
  }
}
