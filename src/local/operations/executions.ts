import { ApiError } from "../api-error.ts";
import { variableReferencesIn } from "../asl/variable-references.ts";
import type { Engine } from "../engine.ts";
import type { ListedExecution, ListPart } from "../store/execution-lists.ts";
import type { StoredExecution } from "../store/executions.ts";
import { chosenRevision, readMachineArn } from "./machine-reference.ts";
import { existingMapRun, longestMapRunArn } from "./map-runs.ts";
import { given, invalid, type Operations, present, seconds } from "./operation.ts";
import { redriveFields } from "./redrive.ts";
import { settingsOf } from "./settings.ts";

const executionStatuses = ["SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE", "ABORTED", "FAILED", "RUNNING"];
/** A next token of ListExecutions may be longer than others (documented). */
const longestNextToken = 3096;

/** Checks stand in the order in which AWS makes them (facts page 2). */
export const executionOperations: Operations = {
  DescribeExecution(engine, request) {
    // Of the Express executions only a map run's children can be looked at (documented).
    const arn = request.arn("executionArn", ["execution", "express"]);
    const isMetadataOnly = request.wantsMetadataOnly();
    request.done();
    if (arn.split(":")[5] === "express" && !arn.includes("/")) {
      throw new ApiError("InvalidArn", "Invalid Arn: 'Resource type not valid in this context: express'");
    }
    return describedExecution(engine, existingExecution(engine, arn), isMetadataOnly);
  },

  DescribeStateMachineForExecution(engine, request) {
    const arn = request.arn("executionArn", ["execution"]);
    const isMetadataOnly = request.wantsMetadataOnly();
    request.done();
    const execution = existingExecution(engine, arn);
    return present({
      stateMachineArn: execution.machineArn,
      name: execution.machineName,
      definition: isMetadataOnly ? "{}" : execution.definition,
      roleArn: execution.roleArn,
      updateDate: seconds(execution.machineUpdatedAt),
      revisionId: execution.machineRevisionId,
      mapRunArn: execution.mapRun?.mapRunArn ?? null,
      label: readMachineArn(execution.machineArn).label,
      variableReferences: isMetadataOnly ? null : variableReferencesIn(execution.definition),
      ...settingsOf(execution.machineSettings),
    });
  },

  ListExecutions(engine, request) {
    const machineArn = request.optionalArn("stateMachineArn", ["stateMachine"]);
    const mapRunArn = request.optionalArn("mapRunArn", ["mapRun"], longestMapRunArn);
    const status = request.optionalText("statusFilter", { oneOf: executionStatuses }) ?? null;
    const redriveFilter = request.optionalText("redriveFilter", { oneOf: ["REDRIVEN", "NOT_REDRIVEN"] }) ?? null;
    const page = request.page(longestNextToken);
    request.done();
    if ((machineArn === undefined) === (mapRunArn === undefined)) {
      throw invalid("Must provide exactly one of stateMachineArn or mapRunArn");
    }
    if (mapRunArn === undefined && (redriveFilter !== null || status === "PENDING_REDRIVE")) {
      throw invalid("A redriveFilter and the statusFilter PENDING_REDRIVE need a mapRunArn");
    }
    const isRedriven = redriveFilter === null ? null : redriveFilter === "REDRIVEN";
    const part = { status, isRedriven, keptSince: engine.removal.keptSince, after: page.after, limit: page.size + 1 };
    const found = mapRunArn === undefined ? ofMachine(engine, machineArn ?? "", part) : ofMapRun(engine, mapRunArn, part);
    const { rows, ...next } = page.cut(found, ({ listedAt, id }) => [listedAt, id]);
    const executions = rows.map((execution) => {
      const { mapRun } = execution;
      const itemCount = mapRun === null ? null : engine.store.mapRuns.items(mapRun.mapRunId, mapRun.child);
      return present({ ...executionSummary(execution), itemCount });
    });
    return { executions, ...next };
  },

  StopExecution(engine, request) {
    const arn = request.arn("executionArn", ["execution"]);
    const error = request.optionalText("error", { max: 256, isSensitive: true });
    const cause = request.optionalText("cause", { max: 32_768, isSensitive: true });
    request.done();
    return engine.store.transaction(() => {
      const execution = engine.upToDate(existingExecution(engine, arn));
      // On a finished execution it succeeds and changes nothing (facts page 2.2, recorded by a third party).
      const stopped =
        execution.state.status === "RUNNING"
          ? engine.happen(execution, { kind: "stopped", ...given({ error, cause }) }, engine.now())
          : execution;
      return { stopDate: seconds(stopped.state.stoppedAt ?? engine.now()) };
    });
  },
};

export function existingExecution(engine: Engine, arn: string): StoredExecution {
  const execution = engine.store.executions.get({ arn });
  if (execution === null || isForgotten(engine, execution)) {
    throw new ApiError("ExecutionDoesNotExist", `Execution Does Not Exist: '${arn}'`);
  }
  return execution;
}

/** Whether it ended so long ago that AWS does not keep it any more. */
export function isForgotten(engine: Engine, { state: { stoppedAt } }: StoredExecution): boolean {
  return stoppedAt !== null && stoppedAt <= engine.removal.keptSince;
}

export function describedExecution(engine: Engine, execution: StoredExecution, isMetadataOnly = false): Record<string, unknown> {
  const { output, error, cause } = execution.state;
  const data = { input: execution.input, output: output?.text ?? null, error, cause };
  return present({
    ...executionSummary(listed(execution)),
    traceHeader: execution.traceHeader,
    inputDetails: { included: !isMetadataOnly },
    outputDetails: output === null ? null : { included: !isMetadataOnly },
    // An error and its cause are encrypted as input and output are (documented), so they too are no metadata.
    ...(isMetadataOnly ? {} : data),
    ...redriveFields(engine, execution),
  });
}

function ofMachine(engine: Engine, arn: string, part: ListPart): ListedExecution[] {
  const { machine, version, aliasArn } = chosenRevision(engine, arn, (routing) => routing[0]?.stateMachineVersionArn ?? "");
  if (machine.type === "EXPRESS") {
    throw new ApiError("StateMachineTypeNotSupported", "This operation is not supported by this type of state machine");
  }
  if (aliasArn !== null) return engine.store.executionLists.part({ aliasArn }, part);
  return engine.store.executionLists.part(version === null ? { machineArn: arn } : { versionArn: arn }, part);
}

function ofMapRun(engine: Engine, arn: string, part: ListPart): ListedExecution[] {
  return engine.store.executionLists.part({ mapRunId: existingMapRun(engine, arn).id }, part);
}

function listed({ state, ...execution }: StoredExecution): ListedExecution {
  const { status, stoppedAt, redriveCount, redrivenAt } = state;
  return { ...execution, status, stoppedAt, redriveCount, redrivenAt };
}

function executionSummary(execution: ListedExecution): Record<string, unknown> {
  const { status, stoppedAt, redriveCount, redrivenAt } = execution;
  return present({
    executionArn: execution.arn,
    stateMachineArn: execution.machineArn,
    stateMachineVersionArn: execution.versionArn,
    stateMachineAliasArn: execution.aliasArn,
    name: execution.name,
    status,
    startDate: seconds(execution.startedAt),
    stopDate: stoppedAt === null ? null : seconds(stoppedAt),
    mapRunArn: execution.mapRun?.mapRunArn ?? null,
    redriveCount,
    redriveDate: redrivenAt === null ? null : seconds(redrivenAt),
  });
}
