import type { QueryLanguage } from "../definition.ts";
import { isJsonObject, type Json, type JsonObject } from "../json.ts";
import { checkFields, checkRequired, machineFields, stateFields } from "./fields.ts";
import type { Findings } from "./findings.ts";
import { processorMode } from "./map-fields.ts";
import type { MachineType } from "./resource.ts";
import { checkQueryLanguage, checkState, queryLanguage, stateType } from "./states.ts";
import type { Scope } from "./templates.ts";
import { checkEnum, checkNumber, checkString } from "./values.ts";
import { AssignedOnTheWay } from "./variables.ts";

const MAX_STATE_NAME = 80;

/** A definition, or one of the machines inside it. */
interface Machine {
  readonly graph: Json;
  readonly at: string;
  readonly kind: keyof typeof machineFields;
  readonly type: MachineType;
  readonly outer: Scope | null;
}

/** Checks a whole definition with all the machines inside it; the time is linear in its size, the stack bounded by its values' depth. */
export function checkMachines(findings: Findings, document: JsonObject, type: MachineType): void {
  new MachinesCheck(findings, queryLanguage(document, "JSONPath")).run({ graph: document, at: "", kind: "whole", type, outer: null });
}

class MachinesCheck {
  readonly #findings: Findings;
  readonly #language: QueryLanguage;
  readonly #stateNames = new Set<string>();
  readonly #labels = new Set<string>();
  /** Reported last, and only when the definition can end, as AWS does (measured). */
  readonly #unreachable: { readonly name: string; readonly at: string }[] = [];

  constructor(findings: Findings, language: QueryLanguage) {
    this.#findings = findings;
    this.#language = language;
  }

  run(whole: Machine): void {
    const machines = [whole];
    for (let next = 0; next < machines.length; next += 1) {
      const machine = machines[next];
      if (machine !== undefined) machines.push(...this.#machine(machine));
    }
    const { graph } = whole;
    const states = isJsonObject(graph) && isJsonObject(graph["States"]) ? Object.values(graph["States"]) : null;
    if (states !== null && !states.some(canEnd)) this.#findings.error("MISSING_END_STATE", "Workflow has no terminal state", null);
    else
      for (const { name, at } of this.#unreachable)
        this.#findings.error("MISSING_TRANSITION_TARGET", `State "${name}" is not reachable.`, at);
  }

  /** Checks a machine and its states; returns the machines inside them. */
  #machine(machine: Machine): Machine[] {
    const { graph, at, kind } = machine;
    const findings = this.#findings;
    if (!isJsonObject(graph)) {
      findings.wrongType("OBJECT", at);
      return [];
    }
    checkFields(findings, graph, at, machineFields[kind], null);
    if (kind === "whole") {
      checkQueryLanguage(findings, graph, at);
      checkEnum(findings, graph, "Version", at, ["1.0"]);
      checkNumber(findings, graph, "TimeoutSeconds", at, { min: 0 });
    }
    checkString(findings, graph, "StartAt", at);
    checkRequired(findings, graph, at, ["States", "StartAt"]);
    const states = graph["States"];
    if (isJsonObject(states)) return this.#states(machine, states, graph["StartAt"]);
    if (states !== undefined) findings.wrongType("OBJECT", `${at}/States`);
    return [];
  }

  #states(machine: Machine, states: JsonObject, startAt: Json | undefined): Machine[] {
    if (Object.keys(states).length === 0) this.#findings.schema("Value cannot be empty", `${machine.at}/States`);
    const inside: Machine[] = [];
    const targets = new Set<string>();
    const lead = (name: Json | undefined, at: string): void => {
      if (typeof name !== "string") return;
      targets.add(name);
      // The word is Next wherever the name stands (measured).
      if (!Object.hasOwn(states, name)) this.#findings.error("MISSING_TRANSITION_TARGET", `Missing 'Next' target: ${name}`, at);
    };
    lead(startAt, `${machine.at}/StartAt`);
    const ways = new AssignedOnTheWay(states);
    const around = { findings: this.#findings, language: this.#language, type: machine.type, outer: machine.outer };
    for (const [name, state] of Object.entries(states)) {
      const at = `${machine.at}/States/${name}`;
      this.#name(name, at);
      checkState(around, state, at);
      for (const [target, place] of transitions(state, at)) lead(target, place);
      const scope = { isAssigned: (variable: string) => ways.has(variable, name), outer: machine.outer };
      inside.push(...machinesIn(state, at, machine.type, scope));
      this.#label(state, at);
    }
    // Without a start, that is all that AWS says of a machine's ways (recorded).
    if (typeof startAt !== "string") return inside;
    for (const name of Object.keys(states)) if (!targets.has(name)) this.#unreachable.push({ name, at: `${machine.at}/States/${name}` });
    return inside;
  }

  #name(name: string, at: string): void {
    if ([...name].length > MAX_STATE_NAME) {
      const why = `State '${name}' exceeds the ${MAX_STATE_NAME}-character limit allowed by the service`;
      this.#findings.error("INVALID_STATE_NAME", `Invalid State name: ${why}`, at);
    }
    if (this.#stateNames.has(name)) this.#findings.error("DUPLICATE_STATE_NAME", `Duplicate State name: ${name}`, at);
    this.#stateNames.add(name);
  }

  #label(state: Json, at: string): void {
    const label = isJsonObject(state) && stateType(state) === "Map" ? state["Label"] : undefined;
    if (typeof label !== "string") return;
    if (this.#labels.has(label)) this.#findings.error("DUPLICATE_LABEL_NAME", `Duplicate Label name: ${label}`, `${at}/Label`);
    this.#labels.add(label);
  }
}

/** Where a state leads, each with the place that says so. */
function transitions(state: Json, at: string): [Json | undefined, string][] {
  const type = stateType(state);
  if (type === null || !isJsonObject(state)) return [];
  const nexts = (field: string): [Json | undefined, string][] => {
    const rules = stateFields[type].has(field) ? state[field] : undefined;
    const found = (rule: Json, index: number): [Json | undefined, string] => [
      isJsonObject(rule) ? rule["Next"] : undefined,
      `${at}/${field}[${index}]/Next`,
    ];
    return Array.isArray(rules) ? rules.map(found) : [];
  };
  // Next is followed even where it may not be (measured).
  const own = ["Next", "Default"].filter((field) => field === "Next" || stateFields[type].has(field));
  return [...own.map((field): [Json | undefined, string] => [state[field], `${at}/${field}`]), ...nexts("Choices"), ...nexts("Catch")];
}

/** Whether a state ends its machine. One of no type does not, one of an unknown type may (measured). */
function canEnd(state: Json): boolean {
  const type = stateType(state);
  if (type === "Succeed" || type === "Fail" || !isJsonObject(state)) return true;
  return type === null ? state["Type"] !== undefined : type !== "Choice" && state["End"] === true;
}

/** The branches of a Parallel, the processor of a Map. A distributed Map's children may not assign their parent's variables either (measured by others). */
function machinesIn(state: Json, at: string, type: MachineType, scope: Scope): Machine[] {
  if (!isJsonObject(state)) return [];
  const { Branches: branches } = state;
  if (stateType(state) === "Parallel" && Array.isArray(branches))
    return branches.map((graph, index) => ({ graph, at: `${at}/Branches[${index}]`, kind: "branch", type, outer: scope }));
  if (stateType(state) !== "Map") return [];
  const { isDistributed, childType } = processorMode(state);
  return ["ItemProcessor", "Iterator"].flatMap((field): Machine[] => {
    const graph = state[field];
    if (graph === undefined) return [];
    const inside = { graph, at: `${at}/${field}`, kind: "processor" } as const;
    return [{ ...inside, type: isDistributed ? childType : type, outer: scope }];
  });
}
