import { randomUUID } from "node:crypto";
import { ApiError } from "../api-error.ts";
import { checkDefinition, validationResult } from "../asl/definition-check.ts";
import type { Engine } from "../engine.ts";
import type { StoredStateMachine } from "../store/state-machines.ts";
import { checkName, checkResource, type Operations, seconds, unsupported } from "./operation.ts";

const maxDefinitionBytes = 1_048_576;

/** Checks stand in the order in which AWS makes them (facts page 2). */
export const stateMachineOperations: Operations = {
  CreateStateMachine(engine, request) {
    const name = request.text("name", { min: 1, max: 80 });
    const definition = request.text("definition", { min: 1, maxBytes: maxDefinitionBytes });
    const roleArn = request.text("roleArn", { min: 1, max: 256 });
    const type = request.optionalText("type", { oneOf: ["STANDARD", "EXPRESS"] });
    request.done();
    checkName(name);
    if (type === "EXPRESS") throw unsupported("Express state machines");
    const arn = engine.arn(`stateMachine:${name}`);
    checkMachineDefinition(definition);
    return engine.store.transaction(() => {
      const existing = engine.store.stateMachines.get(arn);
      if (existing !== null && existing.definition !== definition) {
        throw new ApiError("StateMachineAlreadyExists", `State Machine Already Exists: '${arn}'`);
      }
      const now = engine.now();
      const machine = existing ?? { arn, name, definition, roleArn, createdAt: now, updatedAt: now, revisionId: null };
      if (existing === null) engine.store.stateMachines.put(machine);
      return { stateMachineArn: arn, creationDate: seconds(machine.createdAt) };
    });
  },

  UpdateStateMachine(engine, request) {
    const arn = request.arn("stateMachineArn");
    const definition = request.optionalText("definition", { min: 1, maxBytes: maxDefinitionBytes });
    const roleArn = request.optionalText("roleArn", { min: 1, max: 256 });
    request.done();
    existingMachine(engine, arn);
    if (definition === undefined && roleArn === undefined) {
      throw new ApiError(
        "MissingRequiredParameter",
        "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified",
      );
    }
    if (definition !== undefined) checkMachineDefinition(definition);
    return engine.store.transaction(() => {
      const machine = existingMachine(engine, arn);
      const updated = {
        ...machine,
        definition: definition ?? machine.definition,
        roleArn: roleArn ?? machine.roleArn,
        updatedAt: engine.now(),
        revisionId: randomUUID(),
      };
      engine.store.stateMachines.put(updated);
      return { updateDate: seconds(updated.updatedAt), revisionId: updated.revisionId };
    });
  },

  ValidateStateMachineDefinition(_engine, request) {
    const definition = request.text("definition", { min: 1, maxBytes: maxDefinitionBytes });
    const type = request.optionalText("type", { oneOf: ["STANDARD", "EXPRESS"] });
    const severity = request.optionalText("severity", { oneOf: ["ERROR", "WARNING"] });
    const maxResults = request.optionalInteger("maxResults", 0, 100);
    request.done();
    return validationResult(
      definition,
      type === "EXPRESS" ? "EXPRESS" : "STANDARD",
      severity === "WARNING" ? "WARNING" : "ERROR",
      maxResults ?? 0,
    );
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
      ...(machine.revisionId === null ? {} : { revisionId: machine.revisionId }),
      loggingConfiguration: { level: "OFF", includeExecutionData: false },
      tracingConfiguration: { enabled: false },
    };
  },

  ListStateMachines(engine, request) {
    const page = request.page();
    request.done();
    const machines = engine.store.stateMachines.list(page.size + 1, page.offset);
    return { stateMachines: machines.slice(0, page.size).map(machineSummary), ...page.next(machines.length) };
  },

  DeleteStateMachine(engine, request) {
    const arn = request.arn("stateMachineArn");
    request.done();
    engine.store.transaction(() => {
      engine.store.stateMachines.delete(arn);
      // Executions of a deleted machine end at their next transition (facts page 2.3); a waiting one has none, so it ends here.
      for (const id of engine.store.executions.runningIds({ machineArn: arn })) {
        const execution = engine.store.executions.get({ id });
        if (execution !== null) engine.happen(execution, { kind: "stopped" }, engine.now());
      }
    });
    return {};
  },
};

export function existingMachine(engine: Engine, arn: string): StoredStateMachine {
  checkResource(arn, "stateMachine");
  const machine = engine.store.stateMachines.get(arn);
  if (machine === null) throw new ApiError("StateMachineDoesNotExist", `State Machine Does Not Exist: '${arn}'`);
  return machine;
}

function checkMachineDefinition(text: string): void {
  const checked = checkDefinition(text);
  if ("definition" in checked) return;
  const found = checked.diagnostics.map(({ code, message, location }) => `${code}: ${message} at ${location}`).join(", ");
  throw new ApiError("InvalidDefinition", `Invalid State Machine Definition: '${found}'`);
}

function machineSummary(machine: StoredStateMachine): object {
  return { stateMachineArn: machine.arn, name: machine.name, type: "STANDARD", creationDate: seconds(machine.createdAt) };
}
