import { ApiError } from "../api-error.ts";
import type { Engine } from "../engine.ts";
import type { StatusCount, StoredMapRun } from "../store/map-runs.ts";
import { existingExecution, isForgotten } from "./executions.ts";
import { type Operations, present, seconds } from "./operation.ts";

export const longestMapRunArn = 2000;

export const mapRunOperations: Operations = {
  ListMapRuns(engine, request) {
    const arn = request.arn("executionArn", ["execution"]);
    const page = request.page();
    request.done();
    const execution = existingExecution(engine, arn);
    const before = page.after?.[0];
    const found = engine.store.mapRuns.list(execution.id, page.size + 1, before === undefined ? undefined : Number(before));
    const { rows, ...next } = page.cut(found, ({ id }) => [id]);
    const mapRuns = rows.map((run) =>
      present({
        executionArn: arn,
        mapRunArn: run.arn,
        stateMachineArn: engine.arn(`stateMachine:${run.arn.split(":")[6]}`),
        startDate: seconds(run.startedAt),
        stopDate: run.stoppedAt === null ? null : seconds(run.stoppedAt),
      }),
    );
    return { mapRuns, ...next };
  },

  DescribeMapRun(engine, request) {
    const arn = request.arn("mapRunArn", ["mapRun"], longestMapRunArn);
    request.done();
    const run = existingMapRun(engine, arn);
    const counts = engine.store.mapRuns.counts(run.id);
    return present({
      mapRunArn: arn,
      executionArn: engine.store.executions.get({ id: run.executionId })?.arn ?? null,
      status: run.status,
      startDate: seconds(run.startedAt),
      stopDate: run.stoppedAt === null ? null : seconds(run.stoppedAt),
      maxConcurrency: run.maxConcurrency,
      toleratedFailurePercentage: run.toleratedFailurePercentage ?? 0,
      toleratedFailureCount: run.toleratedFailureCount ?? 0,
      itemCounts: countsBy(counts, "items"),
      executionCounts: countsBy(counts, "executions"),
      redriveCount: run.redriveCount,
      redriveDate: run.redrivenAt === null ? null : seconds(run.redrivenAt),
    });
  },

  UpdateMapRun(engine, request) {
    const arn = request.arn("mapRunArn", ["mapRun"], longestMapRunArn);
    const maxConcurrency = request.optionalInteger("maxConcurrency", { least: 0, most: Number.MAX_SAFE_INTEGER });
    const toleratedFailureCount = request.optionalInteger("toleratedFailureCount", { least: 0, most: Number.MAX_SAFE_INTEGER });
    const toleratedFailurePercentage = request.optionalNumber("toleratedFailurePercentage", { least: 0, most: 100 });
    request.done();
    engine.store.transaction(() => {
      const run = existingMapRun(engine, arn);
      engine.store.mapRuns.setLimits(run.id, {
        maxConcurrency: maxConcurrency ?? run.maxConcurrency,
        toleratedFailureCount: toleratedFailureCount ?? run.toleratedFailureCount,
        toleratedFailurePercentage: toleratedFailurePercentage ?? run.toleratedFailurePercentage,
      });
      engine.store.mapRuns.setDue(run.id, engine.now());
    });
    return {};
  },
};

export function existingMapRun(engine: Engine, arn: string): StoredMapRun {
  const run = engine.store.mapRuns.get({ arn });
  const execution = run === null ? null : engine.store.executions.get({ id: run.executionId });
  if (run === null || execution === null || isForgotten(engine, execution))
    throw new ApiError("ResourceNotFound", `Resource not found: '${arn}'`);
  return run;
}

function countsBy(counts: readonly StatusCount[], what: "items" | "executions"): object {
  const of = (status: string) => counts.find((count) => count.status === status)?.[what] ?? 0;
  return {
    pending: of("PENDING"),
    running: of("RUNNING"),
    succeeded: of("SUCCEEDED"),
    failed: of("FAILED"),
    timedOut: of("TIMED_OUT"),
    aborted: of("ABORTED"),
    total: counts.reduce((total, count) => total + count[what], 0),
    resultsWritten: 0,
    failuresNotRedrivable: 0,
    pendingRedrive: of("PENDING_REDRIVE"),
  };
}
