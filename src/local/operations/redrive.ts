import { ApiError } from "../api-error.ts";
import type { Engine } from "../engine.ts";
import type { StoredExecution } from "../store/executions.ts";
import { existingExecution } from "./executions.ts";
import { type Operations, seconds } from "./operation.ts";

const dayMilliseconds = 86_400_000;
/** From the end of the execution (documented). */
const redrivableMilliseconds = 14 * dayMilliseconds;
/** From its first start (documented). */
const longestExecutionMilliseconds = 365 * dayMilliseconds;
/** A history with as many events leaves no room for another attempt (documented). */
const tooManyEvents = 24_999;
const rememberedMilliseconds = 15 * 60_000;

export const redriveOperations: Operations = {
  RedriveExecution(engine, request) {
    const arn = request.arn("executionArn", ["execution"]);
    const clientToken = request.optionalText("clientToken", { min: 1, max: 64 });
    request.done();
    return engine.store.transaction(() => {
      const execution = existingExecution(engine, arn);
      const now = engine.now();
      const same = execution.state.redriveTokens.find(
        (redrive) => redrive.clientToken === clientToken && now - redrive.at < rememberedMilliseconds,
      );
      if (same !== undefined) return { redriveDate: seconds(same.at) };
      const reason = execution.mapRun === null ? notRedrivable(engine, execution) : childReason;
      if (reason !== null) throw new ApiError("ExecutionNotRedrivable", `Execution Not Redrivable: '${reason}'`);
      const redriven = engine.happen(execution, { kind: "redriven", ...(clientToken === undefined ? {} : { clientToken }) }, now);
      return { redriveDate: seconds(redriven.state.redrivenAt ?? now) };
    });
  },
};

/** The wording is not published. */
const childReason = "Execution was started by a Map Run and can only be redriven through its parent execution";

/** What DescribeExecution says about redriving: children of a map run go through the parent execution, where they are redrivable at all. */
export function redriveFields(engine: Engine, execution: StoredExecution): object {
  const reason = notRedrivable(engine, execution);
  if (reason !== null) return { redriveStatus: "NOT_REDRIVABLE", redriveStatusReason: reason };
  return { redriveStatus: execution.mapRun === null ? "REDRIVABLE" : "REDRIVABLE_BY_MAP_RUN" };
}

/** Why an execution cannot be redriven, in the words of redriveStatusReason (two recorded, the others documented), or null where it can. */
function notRedrivable(engine: Engine, { state, startedAt, machineArn, mapRun }: StoredExecution): string | null {
  const { status, stoppedAt, lastEventId } = state;
  const now = engine.now();
  if (status === "RUNNING" || status === "SUCCEEDED" || status === "PENDING_REDRIVE")
    return `Execution is ${status} and cannot be redriven`;
  if (mapRun === null && engine.store.stateMachines.get(machineArn)?.status !== "ACTIVE") return "State machine is in DELETING status";
  if (lastEventId >= tooManyEvents) return "Execution history event limit exceeded";
  if (now - startedAt > longestExecutionMilliseconds) return "Execution has exceeded the max execution time";
  if (now - (stoppedAt ?? now) > redrivableMilliseconds) return "Execution redrivable period exceeded";
  return null;
}
