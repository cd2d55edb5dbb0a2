import { randomUUID } from "node:crypto";
import { ApiError, validationError } from "./api-error.ts";
import { checkDefinition } from "./asl/definition-check.ts";
import type { Happening } from "./asl/interpreter.ts";
import type { Engine } from "./engine.ts";
import type { RequestReader } from "./request-reader.ts";
import type { StoredExecution, StoredStateMachine } from "./store.ts";

export type Operation = (engine: Engine, request: RequestReader) => object;

const executionStatuses = ["SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE", "ABORTED", "FAILED", "RUNNING"];
const maxPayloadBytes = 262_144;
const maxDefinitionBytes = 1_048_576;

/** One function per API operation. Checks stand in the order in which AWS makes them (facts page 2). */
export const operations: Readonly<Record<string, Operation>> = {
  CreateStateMachine(engine, request) {
    const name = request.text("name", { min: 1, max: 80 });
    const definition = request.text("definition", { min: 1, maxBytes: maxDefinitionBytes });
    const roleArn = request.text("roleArn", { min: 1, max: 256 });
    const type = request.optionalText("type", { oneOf: ["STANDARD", "EXPRESS"] });
    request.done();
    checkName(name);
    if (type === "EXPRESS") throw unsupported("Express state machines");
    const arn = `arn:aws:states:${engine.region}:${engine.accountId}:stateMachine:${name}`;
    checkMachineDefinition(definition);
    return engine.store.transaction(() => {
      const existing = engine.store.stateMachine(arn);
      if (existing !== null && existing.definition !== definition) {
        throw new ApiError("StateMachineAlreadyExists", `State Machine Already Exists: '${arn}'`);
      }
      const machine = existing ?? { arn, name, definition, roleArn, createdAt: engine.now() };
      if (existing === null) engine.store.addStateMachine(machine);
      return { stateMachineArn: arn, creationDate: seconds(machine.createdAt) };
    });
  },

  DescribeStateMachine(engine, request) {
    const arn = request.arn("stateMachineArn");
    request.done();
    const machine = existingMachine(engine, arn);
    return {
      ...machineSummary(machine),
      status: "ACTIVE",
      definition: machine.definition,
      roleArn: machine.roleArn,
      loggingConfiguration: { level: "OFF", includeExecutionData: false },
      tracingConfiguration: { enabled: false },
    };
  },

  ListStateMachines(engine, request) {
    const page = request.page();
    request.done();
    const machines = engine.store.stateMachines(page.size + 1, page.offset);
    return { stateMachines: machines.slice(0, page.size).map(machineSummary), ...page.next(machines.length) };
  },

  DeleteStateMachine(engine, request) {
    const arn = request.arn("stateMachineArn");
    request.done();
    engine.store.transaction(() => {
      engine.store.deleteStateMachine(arn);
      // Executions of a deleted machine end at their next transition (facts page 2.3); a waiting one has none, so it ends here.
      for (const id of engine.store.runningExecutionIds(arn)) {
        const execution = engine.store.execution({ id });
        if (execution !== null) engine.happen(execution, { kind: "stopped" }, engine.now());
      }
    });
    return {};
  },

  StartExecution(engine, request) {
    const stateMachineArn = request.arn("stateMachineArn");
    const name = request.optionalText("name", { min: 1, max: 80 }) ?? randomUUID();
    const input = request.optionalText("input", { maxBytes: maxPayloadBytes }) ?? "{}";
    request.done();
    const machine = existingMachine(engine, stateMachineArn);
    checkName(name);
    checkExecutionInput(input);
    const arn = `arn:aws:states:${engine.region}:${engine.accountId}:execution:${machine.name}:${name}`;
    return engine.store.transaction(() => {
      const existing = engine.store.execution({ arn });
      if (existing !== null) {
        if (existing.state.status === "RUNNING" && existing.input === input) return started(existing);
        throw new ApiError("ExecutionAlreadyExists", `Execution Already Exists: '${arn}'`);
      }
      const { roleArn, definition } = machine;
      const startedAt = engine.now();
      const execution = engine.store.addExecution({
        arn,
        machineArn: machine.arn,
        machineName: machine.name,
        name,
        roleArn,
        definition,
        input,
        startedAt,
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

  ListExecutions(engine, request) {
    const machineArn = request.arn("stateMachineArn");
    const status = request.optionalText("statusFilter", { oneOf: executionStatuses });
    const page = request.page();
    request.done();
    existingMachine(engine, machineArn);
    const executions = engine.store.executions(machineArn, status ?? null, page.size + 1, page.offset);
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
    const events = engine.store.events(execution.id, newestFirst ? "newestFirst" : "oldestFirst", from, page.size + 1);
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

  SendTaskSuccess(engine, request) {
    const taskToken = request.taskToken();
    const output = request.text("output", { maxBytes: maxPayloadBytes });
    request.done();
    return answer(engine, taskToken, () => {
      if (!isJson(output)) throw new ApiError("InvalidOutput", "Invalid Output: 'Output is not valid JSON'");
      return { kind: "taskSucceeded", output };
    });
  },

  SendTaskFailure(engine, request) {
    const taskToken = request.taskToken();
    const error = request.optionalText("error", { max: 256 });
    const cause = request.optionalText("cause", { max: 32_768 });
    request.done();
    return answer(engine, taskToken, () => ({ kind: "taskFailed", ...given({ error, cause }) }));
  },

  SendTaskHeartbeat(engine, request) {
    const taskToken = request.taskToken();
    request.done();
    return answer(engine, taskToken, () => ({ kind: "heartbeat" }));
  },
};

/** Sends to the task a token stands for, if that very attempt still waits; else TaskTimedOut, whatever ended it (recorded). */
function answer(engine: Engine, taskToken: string, happening: () => Happening): object {
  const target = engine.readToken(taskToken);
  if (target === null) throw new ApiError("InvalidToken", "Invalid Token: 'Invalid token'");
  const sent = happening();
  return engine.store.transaction(() => {
    const execution = engine.store.execution({ id: target.executionId });
    if (execution === null) throw new ApiError("TaskDoesNotExist", "Task Does Not Exist: 'Provided task does not exist'");
    const waiting = execution.state.at?.waiting;
    if (waiting?.kind !== "task" || waiting.scheduledEventId !== target.eventId) {
      throw new ApiError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'");
    }
    const now = engine.now();
    // Another process may have held the file until after the deadline; whoever looks next applies it.
    if (engine.isOverdue(execution, now)) throw new ApiError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'");
    engine.happen(execution, sent, now);
    return {};
  });
}

function existingMachine(engine: Engine, arn: string): StoredStateMachine {
  if (!/^arn:aws[\w-]*:states:[\w-]+:\d{12}:stateMachine:/.test(arn)) throw wrongResource(arn);
  const machine = engine.store.stateMachine(arn);
  if (machine === null) throw new ApiError("StateMachineDoesNotExist", `State Machine Does Not Exist: '${arn}'`);
  return machine;
}

function existingExecution(engine: Engine, arn: string): StoredExecution {
  if (!/^arn:aws[\w-]*:states:[\w-]+:\d{12}:execution:/.test(arn)) throw wrongResource(arn);
  const execution = engine.store.execution({ arn });
  if (execution === null) throw new ApiError("ExecutionDoesNotExist", `Execution Does Not Exist: '${arn}'`);
  return execution;
}

function wrongResource(arn: string): ApiError {
  const kind = arn.split(":")[5] ?? "";
  return new ApiError("InvalidArn", `Invalid Arn: 'Resource type not valid in this context: ${kind}'`);
}

function checkMachineDefinition(text: string): void {
  const checked = checkDefinition(text);
  if ("definition" in checked) return;
  const found = checked.diagnostics.map(({ code, message, location }) => `${code}: ${message} at ${location}`).join(", ");
  throw new ApiError("InvalidDefinition", `Invalid State Machine Definition: '${found}'`);
}

function checkName(name: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: AWS refuses them in names, so they are looked for
  if (/[\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f]/.test(name)) throw new ApiError("InvalidName", `Invalid Name: '${name}'`);
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

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function unsupported(what: string): ApiError {
  return validationError([`the embedded Step Functions does not support ${what} yet`]);
}

function machineSummary(machine: StoredStateMachine): object {
  return { stateMachineArn: machine.arn, name: machine.name, type: "STANDARD", creationDate: seconds(machine.createdAt) };
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

function seconds(milliseconds: number): number {
  return milliseconds / 1000;
}

/** AWS leaves absent values out; it never writes null (facts page 1, recorded). */
function present(reply: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(reply).filter(([, value]) => value !== null));
}

function given(reason: { error: string | undefined; cause: string | undefined }): { error?: string; cause?: string } {
  return { ...(reason.error === undefined ? {} : { error: reason.error }), ...(reason.cause === undefined ? {} : { cause: reason.cause }) };
}
