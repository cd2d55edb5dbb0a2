import { randomUUID } from "node:crypto";
import { ApiError } from "../api-error.ts";
import type { Engine } from "../engine.ts";
import type { MockedResponses } from "../mock-config.ts";
import type { StoredExecution } from "../store/executions.ts";
import type { StoredStateMachine } from "../store/state-machines.ts";
import { existingMapRun } from "./map-runs.ts";
import { checkName, checkResource, given, maxPayloadBytes, type Operations, present, seconds, unsupported } from "./operation.ts";
import { existingMachine } from "./state-machines.ts";

const executionStatuses = ["SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE", "ABORTED", "FAILED", "RUNNING"];

/** Checks stand in the order in which AWS makes them (facts page 2). */
export const executionOperations: Operations = {
  StartExecution(engine, request) {
    const stateMachineArn = request.arn("stateMachineArn");
    const name = request.optionalText("name", { min: 1, max: 80 }) ?? randomUUID();
    const input = request.optionalText("input", { maxBytes: maxPayloadBytes }) ?? "{}";
    request.done();
    const [machineArn = "", testCase] = stateMachineArn.split("#");
    const machine = existingMachine(engine, machineArn);
    checkName(name);
    checkExecutionInput(input);
    const mocks = testCase === undefined ? null : mocksOf(engine, machine, testCase);
    const arn = engine.arn(`execution:${machine.name}:${name}`);
    return engine.store.transaction(() => {
      const existing = engine.store.executions.get({ arn });
      if (existing !== null) {
        if (existing.state.status === "RUNNING" && existing.input === input) return started(existing);
        throw new ApiError("ExecutionAlreadyExists", `Execution Already Exists: '${arn}'`);
      }
      const { roleArn, definition } = machine;
      const startedAt = engine.now();
      const execution = engine.store.executions.add({
        arn,
        machineArn: machine.arn,
        machineName: machine.name,
        name,
        roleArn,
        definition,
        machineUpdatedAt: machine.updatedAt,
        machineRevisionId: machine.revisionId,
        mapRun: null,
        input,
        startedAt,
        mocks,
        isManual: engine.isManual,
      });
      return started(engine.happen(execution, { kind: "started" }, startedAt));
    });
  },

  DescribeExecution(engine, request) {
    const arn = request.arn("executionArn");
    request.done();
    const execution = existingExecution(engine, arn);
    const { output, error, cause } = execution.state;
    return present({
      ...executionSummary(execution),
      input: execution.input,
      inputDetails: { included: true },
      output,
      outputDetails: output === null ? null : { included: true },
      error,
      cause,
      ...redrive(execution),
    });
  },

  DescribeStateMachineForExecution(engine, request) {
    const arn = request.arn("executionArn");
    request.done();
    const execution = existingExecution(engine, arn);
    return present({
      stateMachineArn: execution.machineArn,
      name: execution.machineName,
      definition: execution.definition,
      roleArn: execution.roleArn,
      updateDate: seconds(execution.machineUpdatedAt),
      revisionId: execution.machineRevisionId,
      loggingConfiguration: { level: "OFF", includeExecutionData: false },
      tracingConfiguration: { enabled: false },
    });
  },

  ListExecutions(engine, request) {
    const [machineArn, mapRunArn] = [request.optionalArn("stateMachineArn"), request.optionalArn("mapRunArn")];
    const status = request.optionalText("statusFilter", { oneOf: executionStatuses });
    const page = request.page();
    request.done();
    if ((machineArn === undefined) === (mapRunArn === undefined)) {
      throw new ApiError("ValidationException", "Must provide exactly one of stateMachineArn or mapRunArn", "com.amazon.coral.validate");
    }
    const of =
      mapRunArn === undefined
        ? { machineArn: existingMachine(engine, machineArn ?? "").arn }
        : { mapRunId: existingMapRun(engine, mapRunArn).id };
    const executions = engine.store.executions.list(of, status ?? null, page.size + 1, page.offset);
    return { executions: executions.slice(0, page.size).map(executionSummary), ...page.next(executions.length) };
  },

  GetExecutionHistory(engine, request) {
    const arn = request.arn("executionArn");
    const newestFirst = request.optionalFlag("reverseOrder");
    if (request.optionalFlag("includeExecutionData", true) === false) throw unsupported("includeExecutionData=false");
    const page = request.page();
    request.done();
    const execution = existingExecution(engine, arn);
    const { lastEventId } = execution.state;
    const from = newestFirst ? lastEventId + 1 - page.offset : page.offset;
    const events = engine.store.executions.events(execution.id, newestFirst ? "newestFirst" : "oldestFirst", from, page.size + 1);
    return { events: events.slice(0, page.size).map((event) => JSON.parse(event) as object), ...page.next(events.length) };
  },

  StopExecution(engine, request) {
    const arn = request.arn("executionArn");
    const error = request.optionalText("error", { max: 256 });
    const cause = request.optionalText("cause", { max: 32_768 });
    request.done();
    return engine.store.transaction(() => {
      const execution = existingExecution(engine, arn);
      // On a finished execution it succeeds and changes nothing (facts page 2.2, recorded by a third party).
      const stopped =
        execution.state.status === "RUNNING"
          ? engine.happen(execution, { kind: "stopped", ...given({ error, cause }) }, engine.now())
          : execution;
      return { stopDate: seconds(stopped.state.stoppedAt ?? engine.now()) };
    });
  },
};

/** AWS's own local tool picks a case of its mock configuration with `<machine ARN>#<case>`, and so do we. */
function mocksOf(engine: Engine, machine: StoredStateMachine, testCase: string): MockedResponses {
  const mocks = engine.mockConfig?.testCase(machine.name, testCase) ?? null;
  if (mocks !== null) return mocks;
  const why =
    engine.mockConfig === null
      ? "there is no mock configuration (local --mock-config <file>)"
      : `it has no test case '${testCase}' for ${machine.name}`;
  throw new ApiError("InvalidArn", `Invalid Arn: the test case '${testCase}' cannot be used: ${why}`);
}

export function existingExecution(engine: Engine, arn: string): StoredExecution {
  checkResource(arn, "execution");
  const execution = engine.store.executions.get({ arn });
  if (execution === null) throw new ApiError("ExecutionDoesNotExist", `Execution Does Not Exist: '${arn}'`);
  return execution;
}

function checkExecutionInput(input: string): void {
  const refuse = (why: string) => new ApiError("InvalidExecutionInput", `Invalid State Machine Execution Input: '${why}'`);
  if (input === "") throw refuse("Invalid execution input.");
  try {
    JSON.parse(input);
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : "not JSON");
  }
}

function executionSummary(execution: StoredExecution): Record<string, unknown> {
  const { status, stoppedAt } = execution.state;
  return present({
    executionArn: execution.arn,
    stateMachineArn: execution.machineArn,
    name: execution.name,
    status,
    startDate: seconds(execution.startedAt),
    stopDate: stoppedAt === null ? null : seconds(stoppedAt),
    mapRunArn: execution.mapRun?.mapRunArn ?? null,
    redriveCount: 0,
  });
}

function redrive({ state: { status } }: StoredExecution): object {
  if (status !== "RUNNING" && status !== "SUCCEEDED") return { redriveStatus: "REDRIVABLE" };
  return { redriveStatus: "NOT_REDRIVABLE", redriveStatusReason: `Execution is ${status} and cannot be redriven` };
}

function started(execution: StoredExecution): object {
  return { executionArn: execution.arn, startDate: seconds(execution.startedAt) };
}
