import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { ApiError } from "../api-error.ts";
import type { Engine } from "../engine.ts";
import type { MockedResponses } from "../mock-config.ts";
import type { RequestReader } from "../request-reader.ts";
import type { StoredExecution } from "../store/executions.ts";
import type { StoredStateMachine } from "../store/state-machines.ts";
import type { Routing } from "../store/versions.ts";
import { isForgotten } from "./executions.ts";
import { type ChosenRevision, chosenRevision, refuseDeleting, versionArn } from "./machine-reference.ts";
import { checkName, maxPayloadBytes, type Operations, present, seconds } from "./operation.ts";

/** How often a StartSyncExecution looks whether another process has ended its execution. */
const lookMilliseconds = 200;
/** What AWS bills at least, and in steps of (recorded). */
const [billedMilliseconds, billedMegabytes] = [100, 64];

/** Checks stand in the order in which AWS makes them (facts page 2.2, recorded). */
export const startOperations: Operations = {
  StartExecution(engine, request) {
    const start = readStart(request);
    request.done();
    const chosen = checkedStart(engine, start);
    const { machine } = chosen;
    return engine.store.transaction(() => {
      if (machine.type === "EXPRESS") return started(add(engine, start, chosen, expressArn(engine, machine, start.name)));
      const arn = engine.arn(`execution:${machine.name}:${start.name}`);
      const existing = engine.store.executions.get({ arn });
      if (existing !== null && isForgotten(engine, existing)) engine.store.executions.forgetArn(existing.id);
      else if (existing !== null) {
        if (existing.state.status === "RUNNING" && existing.input === start.input) return started(existing);
        throw new ApiError("ExecutionAlreadyExists", `Execution Already Exists: '${arn}'`);
      }
      return started(add(engine, start, chosen, arn));
    });
  },

  async StartSyncExecution(engine, request, signal) {
    const start = readStart(request);
    const isMetadataOnly = request.wantsMetadataOnly();
    request.done();
    const chosen = checkedStart(engine, start);
    const { machine } = chosen;
    if (machine.type !== "EXPRESS") {
      throw new ApiError("StateMachineTypeNotSupported", "This operation is not supported by this type of state machine");
    }
    const execution = engine.store.transaction(() => add(engine, start, chosen, expressArn(engine, machine, start.name)));
    return result(await ended(engine, execution, signal), isMetadataOnly);
  },
};

interface Start {
  /** The ARN as it was given, without a test case. */
  readonly machineArn: string;
  readonly testCase: string | undefined;
  readonly name: string;
  readonly input: string;
  readonly traceHeader: string | null;
}

function readStart(request: RequestReader): Start {
  const [machineArn = "", testCase] = request.arn("stateMachineArn", ["stateMachine"]).split("#");
  const name = request.optionalText("name", { min: 1, max: 80 }) ?? randomUUID();
  const input = request.optionalText("input", { maxBytes: maxPayloadBytes, isSensitive: true }) ?? "{}";
  const traceHeader = request.optionalText("traceHeader", { max: 256, pattern: "\\p{ASCII}*" }) ?? null;
  return { machineArn, testCase, name, input, traceHeader };
}

function checkedStart(engine: Engine, { machineArn, name, input }: Start): ChosenRevision {
  const chosen = chosenRevision(engine, machineArn, chosenByWeight);
  refuseDeleting(chosen.machine);
  checkName(name);
  checkExecutionInput(input);
  return chosen;
}

/** Which of an alias's versions an execution runs on is left to chance, by their weights (documented). */
function chosenByWeight(routing: Routing): string {
  const [first, second] = routing;
  const isFirst = second === undefined || Math.random() * 100 < (first?.weight ?? 0);
  return (isFirst ? first : second)?.stateMachineVersionArn ?? "";
}

/** Adds an execution and takes its first step. Within a transaction. */
function add(engine: Engine, start: Start, { machine, revision, version, aliasArn }: ChosenRevision, arn: string): StoredExecution {
  return engine.start({
    arn,
    machineArn: machine.arn,
    machineName: machine.name,
    name: start.name,
    roleArn: revision.roleArn,
    definition: revision.definition,
    machineUpdatedAt: revision.updatedAt,
    machineRevisionId: revision.revisionId,
    machineSettings: revision.settings,
    versionArn: version === null ? null : versionArn(version),
    aliasArn,
    mapRun: null,
    input: start.input,
    traceHeader: start.traceHeader,
    startedAt: engine.now(),
    mocks: start.testCase === undefined ? null : mocksOf(engine, machine, start.testCase),
    isManual: engine.store.database.isManual,
  });
}

/** Each start of an Express machine is an execution of its own, whatever its name (documented). */
function expressArn(engine: Engine, { name: machineName }: StoredStateMachine, name: string): string {
  return engine.arn(`express:${machineName}:${name}:${randomUUID()}`);
}

/** Waits for the execution's end, or until the client is gone. */
async function ended(engine: Engine, execution: StoredExecution, signal: AbortSignal): Promise<StoredExecution> {
  let current = execution;
  while (current.state.status === "RUNNING") {
    const wake = new AbortController();
    const unwatch = engine.watchers.add(execution.id, () => wake.abort());
    await delay(lookMilliseconds, undefined, { signal: AbortSignal.any([wake.signal, signal]) }).catch(() => {});
    unwatch();
    // Nobody reads the reply.
    if (signal.aborted) return current;
    await engine.catchUp();
    const stored = engine.store.executions.get({ id: execution.id });
    if (stored === null) throw new ApiError("StateMachineDeleting", `State Machine is being deleted: '${execution.machineArn}'`);
    current = stored;
  }
  return current;
}

function result(execution: StoredExecution, isMetadataOnly: boolean): object {
  const { status, output, error, cause, stoppedAt } = execution.state;
  const stopped = stoppedAt ?? execution.startedAt;
  const steps = Math.max(Math.ceil((stopped - execution.startedAt) / billedMilliseconds), 1);
  return present({
    executionArn: execution.arn,
    stateMachineArn: execution.machineArn,
    name: execution.name,
    startDate: seconds(execution.startedAt),
    stopDate: seconds(stopped),
    status,
    ...(isMetadataOnly ? {} : { input: execution.input, output: output?.text ?? null, error, cause }),
    inputDetails: { included: !isMetadataOnly },
    outputDetails: { included: !isMetadataOnly },
    traceHeader: execution.traceHeader,
    billingDetails: { billedMemoryUsedInMB: billedMegabytes, billedDurationInMilliseconds: steps * billedMilliseconds },
  });
}

/** AWS's own local tool picks a case of its mock configuration with `<machine ARN>#<case>`, and so do we. */
function mocksOf(engine: Engine, machine: StoredStateMachine, testCase: string): MockedResponses {
  const { mockConfig } = engine;
  const mocks = mockConfig?.testCase(machine.name, testCase) ?? null;
  if (mocks !== null) return mocks;
  const why =
    mockConfig === null
      ? "there is no mock configuration (local --mock-config <file>)"
      : `it has no test case '${testCase}' for ${machine.name}`;
  throw new ApiError("InvalidArn", `Invalid Arn: the test case '${testCase}' cannot be used: ${why}`);
}

export function checkExecutionInput(input: string): void {
  const refuse = (why: string) => new ApiError("InvalidExecutionInput", `Invalid State Machine Execution Input: '${why}'`);
  if (input === "") throw refuse("Invalid execution input.");
  try {
    JSON.parse(input);
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : "not JSON");
  }
}

function started(execution: StoredExecution): object {
  return { executionArn: execution.arn, startDate: seconds(execution.startedAt) };
}
