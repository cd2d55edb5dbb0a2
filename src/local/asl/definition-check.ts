import { AslError } from "./asl-error.ts";
import type { Definition } from "./definition.ts";
import { isJsonObject, type Json, type JsonObject } from "./json.ts";
import { parsePath } from "./json-path.ts";
import { parseIntegration } from "./task-reply.ts";

/** A finding, with a JSON pointer to the place. `UNSUPPORTED` is ours: AWS has it, the embedded Step Functions does not yet. */
export interface Diagnostic {
  readonly code:
    | "INVALID_JSON_DESCRIPTION"
    | "SCHEMA_VALIDATION_FAILED"
    | "INVALID_RESOURCE"
    | "MISSING_END_STATE"
    | "MISSING_TRANSITION_TARGET"
    | "UNSUPPORTED";
  readonly message: string;
  readonly location: string;
}

/** A checked definition, or what is wrong with it. What the interpreter cannot do is found here, so that nothing is skipped while running. */
export function checkDefinition(text: string): { readonly definition: Definition } | { readonly diagnostics: readonly Diagnostic[] } {
  let document: Json;
  try {
    document = JSON.parse(text) as Json;
  } catch (error) {
    return {
      diagnostics: [{ code: "INVALID_JSON_DESCRIPTION", message: error instanceof Error ? error.message : "not JSON", location: "/" }],
    };
  }
  const check = new DefinitionCheck();
  check.machine(document);
  return check.diagnostics.length > 0 ? { diagnostics: check.diagnostics } : { definition: document as unknown as Definition };
}

const supportedTypes = new Set(["Task", "Pass", "Choice", "Wait", "Succeed", "Fail"]);
const laterTypes = new Set(["Parallel", "Map"]);
const jsonataFields = ["Arguments", "Output", "Assign", "Items", "Condition"];
const pathFields = ["InputPath", "OutputPath", "ResultPath", "TimeoutSecondsPath", "HeartbeatSecondsPath", "SecondsPath", "TimestampPath"];

class DefinitionCheck {
  readonly diagnostics: Diagnostic[] = [];

  machine(document: Json): void {
    if (!isJsonObject(document)) return this.#schema("The definition must be an object", "");
    this.#queryLanguage(document, "");
    const missing = ["StartAt", "States"].filter((field) => document[field] === undefined);
    if (missing.length > 0) return this.#schema(`These fields are required: [${missing.join(", ")}]`, "");
    this.#seconds(document, "TimeoutSeconds", "");
    const { StartAt: startAt, States: states } = document;
    if (!isJsonObject(states) || Object.keys(states).length === 0)
      return this.#schema("Value must be an object with at least one state", "/States");
    if (typeof startAt !== "string" || !Object.hasOwn(states, startAt)) this.#target(startAt, "/StartAt");
    for (const [name, state] of Object.entries(states)) this.#state(name, state, states);
    if (!Object.values(states).some(endsMachine)) this.#add("MISSING_END_STATE", "No terminal state found in machine", "/States");
  }

  #state(name: string, state: Json, states: JsonObject): void {
    const at = `/States/${pointer(name)}`;
    if (name.length > 80 || name.length === 0) this.#schema("State names must have 1 to 80 characters", at);
    if (!isJsonObject(state)) return this.#schema("Value must be an object", at);
    const type = state["Type"];
    if (typeof type === "string" && laterTypes.has(type)) return this.#unsupported(`${type} states`, `${at}/Type`);
    if (typeof type !== "string" || !supportedTypes.has(type)) return this.#schema("Value is not one of the state types", `${at}/Type`);
    this.#queryLanguage(state, at);
    for (const field of jsonataFields)
      if (state[field] !== undefined) this.#unsupported(`the field ${field} (JSONata and variables)`, `${at}/${field}`);
    for (const field of pathFields) this.#path(state, field, at);
    this.#flow(type, state, states, at);
    if (type === "Task") this.#task(state, states, at);
    if (type === "Choice") this.#choice(state, states, at);
    if (type === "Wait") this.#waitFields(state, at);
  }

  #flow(type: string, state: JsonObject, states: JsonObject, at: string): void {
    if (type === "Succeed" || type === "Fail" || type === "Choice") {
      for (const field of ["Next", "End"])
        if (state[field] !== undefined) this.#schema(`Field '${field}' is not supported`, `${at}/${field}`);
      return;
    }
    if (state["Next"] === undefined && state["End"] !== true) return this.#schema("These fields are required: [Next or End]", at);
    if (state["Next"] !== undefined && state["End"] === true) this.#schema("Only one of Next and End is allowed", at);
    if (state["Next"] !== undefined) this.#reference(state["Next"], states, `${at}/Next`);
  }

  #task(state: JsonObject, states: JsonObject, at: string): void {
    const resource = state["Resource"];
    if (typeof resource !== "string") return this.#schema("These fields are required: [Resource]", at);
    const integration = parseIntegration(resource);
    if (!resource.startsWith("arn:")) this.#add("INVALID_RESOURCE", `Invalid resource '${resource}'`, `${at}/Resource`);
    else if (integration === null) this.#unsupported("activities and plain Lambda function resources", `${at}/Resource`);
    else if (!integration.isCallback) this.#unsupported(`service calls without .waitForTaskToken (${resource})`, `${at}/Resource`);
    if (state["Credentials"] !== undefined) this.#unsupported("Credentials", `${at}/Credentials`);
    for (const which of ["Timeout", "Heartbeat"]) {
      this.#seconds(state, `${which}Seconds`, at);
      if (state[`${which}Seconds`] !== undefined && state[`${which}SecondsPath`] !== undefined) {
        this.#schema(`Only one of ${which}Seconds and ${which}SecondsPath is allowed`, at);
      }
    }
    const { TimeoutSeconds: timeout, HeartbeatSeconds: heartbeat } = state;
    if (typeof timeout === "number" && typeof heartbeat === "number" && heartbeat >= timeout) {
      this.#schema("HeartbeatSeconds must be smaller than TimeoutSeconds", `${at}/HeartbeatSeconds`);
    }
    this.#errorRules(state["Retry"], `${at}/Retry`, (retrier, place) => this.#retrier(retrier, place));
    this.#errorRules(state["Catch"], `${at}/Catch`, (catcher, place) => {
      this.#reference(catcher["Next"], states, `${place}/Next`);
      this.#path(catcher, "ResultPath", place);
      for (const field of ["Assign", "Output"])
        if (catcher[field] !== undefined) this.#unsupported(`the field ${field} of a catcher`, `${place}/${field}`);
    });
  }

  #errorRules(rules: Json | undefined, at: string, check: (rule: JsonObject, place: string) => void): void {
    if (rules === undefined) return;
    if (!Array.isArray(rules)) return this.#schema("Value must be an array", at);
    for (const [index, rule] of rules.entries()) {
      const errors = isJsonObject(rule) ? rule["ErrorEquals"] : undefined;
      if (!isJsonObject(rule) || !Array.isArray(errors) || errors.length === 0 || !errors.every((error) => typeof error === "string")) {
        this.#schema("ErrorEquals must be a non-empty array of strings", `${at}/${index}`);
      } else check(rule, `${at}/${index}`);
    }
  }

  #retrier(retrier: JsonObject, at: string): void {
    const whole = (field: string, least: number) => {
      const value = retrier[field];
      if (value !== undefined && (!Number.isInteger(value) || Number(value) < least))
        this.#schema(`Value must be an integer of at least ${least}`, `${at}/${field}`);
    };
    whole("IntervalSeconds", 1);
    whole("MaxAttempts", 0);
    whole("MaxDelaySeconds", 1);
    const rate = retrier["BackoffRate"];
    if (rate !== undefined && (typeof rate !== "number" || rate < 1))
      this.#schema("Value must be a number of at least 1.0", `${at}/BackoffRate`);
    const jitter = retrier["JitterStrategy"];
    if (jitter !== undefined && jitter !== "FULL" && jitter !== "NONE") this.#schema("Value must be FULL or NONE", `${at}/JitterStrategy`);
  }

  #choice(state: JsonObject, states: JsonObject, at: string): void {
    const rules = state["Choices"];
    if (!Array.isArray(rules) || rules.length === 0) return this.#schema("Choices must be a non-empty array", at);
    if (state["Default"] !== undefined) this.#reference(state["Default"], states, `${at}/Default`);
    for (const [index, rule] of rules.entries()) {
      const place = `${at}/Choices/${index}`;
      if (!isJsonObject(rule)) this.#schema("Value must be an object", place);
      else {
        this.#reference(rule["Next"], states, `${place}/Next`);
        for (const field of ["Condition", "Assign"])
          if (rule[field] !== undefined) this.#unsupported(`the field ${field} of a choice`, `${place}/${field}`);
        this.#condition(rule, place);
      }
    }
  }

  #condition(rule: JsonObject, at: string): void {
    const nested = rule["And"] ?? rule["Or"] ?? (rule["Not"] === undefined ? undefined : [rule["Not"]]);
    if (nested === undefined) {
      if (typeof rule["Variable"] !== "string") this.#schema("These fields are required: [Variable]", at);
      else this.#path(rule, "Variable", at);
    } else if (!Array.isArray(nested) || nested.length === 0) this.#schema("Value must be a non-empty array", at);
    else for (const part of nested) isJsonObject(part) ? this.#condition(part, at) : this.#schema("Value must be an object", at);
  }

  #waitFields(state: JsonObject, at: string): void {
    const given = ["Seconds", "SecondsPath", "Timestamp", "TimestampPath"].filter((field) => state[field] !== undefined);
    if (given.length !== 1) this.#schema("Exactly one of Seconds, SecondsPath, Timestamp, TimestampPath is required", at);
    this.#seconds(state, "Seconds", at, 0);
    const timestamp = state["Timestamp"];
    if (timestamp !== undefined && Number.isNaN(Date.parse(String(timestamp))))
      this.#schema("Value must be an ISO 8601 timestamp", `${at}/Timestamp`);
  }

  #seconds(holder: JsonObject, field: string, at: string, least = 1): void {
    const value = holder[field];
    if (value === undefined || (Number.isInteger(value) && Number(value) >= least && Number(value) <= 99_999_999)) return;
    this.#schema(`Value must be an integer from ${least} to 99999999`, `${at}/${field}`);
  }

  #path(holder: JsonObject, field: string, at: string): void {
    const path = holder[field];
    if (path === undefined || path === null) return;
    if (typeof path === "string" && path.startsWith("States.")) return;
    try {
      if (typeof path !== "string") throw new AslError("States.Runtime", "not a string");
      parsePath(path);
    } catch {
      this.#schema("Value is not a valid JSONPath", `${at}/${field}`);
    }
  }

  #queryLanguage(holder: JsonObject, at: string): void {
    const language = holder["QueryLanguage"];
    if (language === "JSONata") this.#unsupported("QueryLanguage JSONata", `${at}/QueryLanguage`);
    else if (language !== undefined && language !== "JSONPath") this.#schema("Value must be JSONPath or JSONata", `${at}/QueryLanguage`);
  }

  #reference(name: Json | undefined, states: JsonObject, at: string): void {
    if (typeof name !== "string" || !Object.hasOwn(states, name)) this.#target(name, at);
  }

  #target(name: Json | undefined, at: string): void {
    this.#add("MISSING_TRANSITION_TARGET", `Missing '${at.split("/").at(-1)}' target: ${typeof name === "string" ? name : "none"}`, at);
  }

  #schema(message: string, at: string): void {
    this.#add("SCHEMA_VALIDATION_FAILED", message, at);
  }

  #unsupported(what: string, at: string): void {
    this.#add("UNSUPPORTED", `The embedded Step Functions does not support ${what} yet`, at);
  }

  #add(code: Diagnostic["code"], message: string, location: string): void {
    this.diagnostics.push({ code, message, location: location === "" ? "/" : location });
  }
}

function endsMachine(state: Json): boolean {
  return isJsonObject(state) && (state["End"] === true || state["Type"] === "Succeed" || state["Type"] === "Fail");
}

function pointer(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}
