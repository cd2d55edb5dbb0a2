import { EvaluationError } from "./asl-error.ts";
import type { Catcher, ChoiceState, FailState, MapState, ParallelState, PassState, State, TaskState, WaitState } from "./definition.ts";
import { isDistributed } from "./distributed-map.ts";
import type { EvaluationRequest, Replies } from "./evaluation.ts";
import type { Saw } from "./inspection.ts";
import { type ItemReader, sourceOf } from "./item-reader.ts";
import { isJsonObject, type Json, jsonText } from "./json.ts";
import type { Scope } from "./json-path.ts";
import { instantOf } from "./json-path-data.ts";
import { Payload } from "./payload.ts";
import { type ResultPlace, resultPlace } from "./result-writer.ts";
import { contextItem, type MapItem, plainInput } from "./run.ts";
import { type Choice, type ItemBatcher, itemsOf, type MapLimit, objectIn, type StateData, type StateEnd } from "./state-data.ts";

const maxSeconds = 99_999_999;

interface Bindings {
  readonly result?: Json;
  readonly errorOutput?: Json;
}

/** The fields of a JSONata state, for one visit whose raw input is `input`. */
export class JsonataData implements StateData {
  readonly #payload: Payload;
  readonly #scope: Scope;
  readonly #replies: Replies;
  readonly #at: number;
  readonly #saw: Saw | undefined;

  constructor(input: Payload, scope: Scope, replies: Replies, at: number, saw?: Saw) {
    this.#payload = input;
    this.#scope = scope;
    this.#replies = replies;
    this.#at = at;
    this.#saw = saw;
  }

  passResult(_state: PassState): undefined {}

  callInput(state: TaskState | ParallelState): Payload {
    const template = state.Arguments;
    const input = template === undefined ? this.#payload : Payload.of(this.#value("Arguments", template));
    this.#saw?.("afterArguments", input.value);
    return input;
  }

  taskSeconds(state: TaskState, field: "TimeoutSeconds" | "HeartbeatSeconds"): number | null {
    return state[field] === undefined ? null : this.#integer(field, state[field]);
  }

  credentialsRoleArn(state: TaskState): string | null {
    if (state.Credentials === undefined) return null;
    const credentials = this.#value("Credentials", state.Credentials);
    const roleArn = isJsonObject(credentials) ? credentials["RoleArn"] : undefined;
    return typeof roleArn === "string" ? roleArn : null;
  }

  waitUntil(state: WaitState, at: number): number {
    if (state.Timestamp === undefined) return at + this.#integer("Seconds", state.Seconds ?? 0) * 1000;
    const timestamp = this.#text("Timestamp", state.Timestamp);
    const instant = instantOf(timestamp);
    if (instant !== null) return instant;
    throw new EvaluationError(`${saying(state.Timestamp, "Timestamp")} is not a valid ISO-8601 timestamp: ${timestamp}`, "Timestamp");
  }

  failText(state: FailState, field: "Error" | "Cause"): string | undefined {
    return state[field] === undefined ? undefined : this.#text(field, state[field]);
  }

  choose(state: ChoiceState): Choice {
    for (const [index, rule] of state.Choices.entries()) {
      const field = `Choices[${index}]/Condition`;
      const condition = rule.Condition ?? false;
      const holds = this.#value(field, condition);
      if (typeof holds !== "boolean") throw wrongType(condition, field, "boolean", holds);
      if (holds) return { rule };
    }
    return { rule: null };
  }

  mapItems(state: MapState): readonly MapItem[] {
    const template = state.Items;
    const value = template === undefined ? this.#input : this.#value("Items", template);
    // The input itself must be an array (measured by others).
    const items = itemsOf(value, template !== undefined && isDistributed(state));
    if (items === null) throw wrongType(template ?? "$states.input", "Items", "array", value);
    return items;
  }

  mapLimit(state: MapState, field: MapLimit): number | null {
    const template = state[field];
    if (template === undefined) return null;
    if (field !== "ToleratedFailurePercentage") return this.#integer(field, template);
    const share = this.#value(field, template);
    if (typeof share !== "number") throw wrongType(template, field, "number", share);
    return share;
  }

  itemInput(state: MapState, item: Json): Json {
    return state.ItemSelector === undefined ? item : this.#value("ItemSelector", state.ItemSelector);
  }

  itemInputs(state: MapState, items: readonly MapItem[]): readonly Json[] {
    const template = state.ItemSelector;
    if (template === undefined) return items.map(plainInput);
    const fields = items.map((item) => ["ItemSelector", template, contextItem(item)] as const);
    const inputs = hasExpression(template) ? this.#values(fields) : items.map(() => template);
    this.#saw?.("afterItemSelector", [...inputs]);
    return inputs;
  }

  itemReader(state: MapState): ItemReader {
    const source = sourceOf(this.#value("ItemReader/Arguments", objectIn(state.ItemReader, "Arguments")));
    const config = objectIn(state.ItemReader, "ReaderConfig");
    const { MaxItems: most } = config;
    return { config, source, maxItems: most === undefined ? null : this.#integer("ItemReader/ReaderConfig/MaxItems", most) };
  }

  resultWriter(state: MapState): ResultPlace | null {
    return resultPlace(state.ResultWriter, this.#value("ResultWriter/Arguments", objectIn(state.ResultWriter, "Arguments")));
  }

  itemBatcher(state: MapState): ItemBatcher | null {
    const batcher = state.ItemBatcher;
    if (!isJsonObject(batcher)) return null;
    const limit = (field: string): number | null => {
      const template = batcher[field];
      return template === undefined ? null : this.#integer(`ItemBatcher/${field}`, template, 1);
    };
    const batchInput = batcher["BatchInput"];
    return {
      maxItems: limit("MaxItemsPerBatch"),
      maxBytes: limit("MaxInputBytesPerBatch"),
      batchInput: batchInput === undefined ? null : this.#value("ItemBatcher/BatchInput", batchInput),
    };
  }

  get #input(): Json {
    return this.#payload.value;
  }

  end(state: State, result: Payload | undefined): StateEnd {
    if (result === undefined) return this.#ended(state, {}, this.#payload);
    this.#saw?.("result", result.value);
    // Read only where an expression is evaluated.
    const bindings = {
      get result() {
        return result.value;
      },
    };
    return this.#ended(state, bindings, result);
  }

  chosenEnd(state: ChoiceState, { rule }: Choice): StateEnd {
    const { Output: output, Assign: assign } = rule ?? state;
    const place = rule === null ? "" : `Choices[${state.Choices.indexOf(rule)}]/`;
    return this.#ended({ ...given("Output", output), ...given("Assign", assign) }, {}, this.#payload, place);
  }

  caughtEnd(catcher: Catcher, index: number, errorOutput: Json): StateEnd {
    return this.#ended(catcher, { errorOutput }, Payload.of(errorOutput), `Catch[${index}]/`);
  }

  #ended(fields: { readonly Output?: Json; readonly Assign?: Json }, bindings: Bindings, otherwise: Payload, place = ""): StateEnd {
    const output = fields.Output === undefined ? otherwise : Payload.of(this.#value(`${place}Output`, fields.Output, bindings));
    const assigned = fields.Assign === undefined ? null : this.#value(`${place}Assign`, fields.Assign, bindings);
    return { output, assigned: isJsonObject(assigned ?? undefined) ? (assigned as Record<string, Json>) : null };
  }

  /** The words were measured by others for TimeoutSeconds. */
  #integer(field: string, template: Json, least = 0): number {
    const value = this.#value(field, template);
    if (typeof value !== "number") throw wrongType(template, field, "number", value);
    const name = field.slice(field.lastIndexOf("/") + 1);
    if (!Number.isInteger(value)) throw new EvaluationError(`The ${name} field cannot be parsed as an integer: ${value}`, field);
    // A Wait may be longer than a task's limits (measured by others).
    const most = field === "Seconds" ? Number.MAX_SAFE_INTEGER : maxSeconds;
    if (value >= least && value <= most) return value;
    throw new EvaluationError(`${name} must be between ${least} and ${most} but was: ${value}`, field);
  }

  #text(field: string, template: string): string {
    const value = this.#value(field, template);
    if (typeof value !== "string") throw wrongType(template, field, "string", value);
    return value;
  }

  /** A template without an expression stands for itself; JSONata is asked for the others. */
  #value(field: string, template: Json, bindings: Bindings = {}): Json {
    if (!hasExpression(template)) return template;
    return this.#values([[field, template]], bindings)[0] ?? null;
  }

  /** Each member is only made when it is read: few expressions read all. */
  #states(bindings: Bindings): EvaluationRequest["states"] {
    const [payload, scope] = [this.#payload, this.#scope];
    const states = {
      get input() {
        return payload.value;
      },
      get context() {
        return scope.context;
      },
    };
    return Object.defineProperties(states, Object.getOwnPropertyDescriptors(bindings));
  }

  #values(fields: EvaluationRequest["fields"], bindings: Bindings = {}): readonly Json[] {
    const reply = this.#replies.next(() => ({ fields, states: this.#states(bindings), variables: this.#scope.variables, at: this.#at }));
    if ("values" in reply) return reply.values;
    throw new EvaluationError(reply.cause, reply.location);
  }
}

/** Whether any string in the template is an expression: nothing but `{% … %}`, blanks around it included (recorded). */
function hasExpression(template: Json): boolean {
  const parts: Json[] = [template];
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    if (typeof part === "string") {
      if (part.startsWith("{%") && part.endsWith("%}")) return true;
    } else if (typeof part === "object" && part !== null) {
      for (const value of Object.values(part)) parts.push(value);
    }
  }
  return false;
}

function wrongType(template: Json, field: string, expected: string, value: Json): EvaluationError {
  const actual = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  return new EvaluationError(
    `${saying(template, field)} returned an unexpected result type. Expected '${expected}', but was '${actual}' for value: ${jsonText(value)}`,
    field,
  );
}

function saying(template: Json, field: string): string {
  const expression = typeof template === "string" ? template.replace(/^\{%\s*/, "").replace(/\s*%\}$/, "") : jsonText(template);
  return `The JSONata expression '${expression}' specified for the field '${field}'`;
}

function given(field: "Output" | "Assign", value: Json | undefined): { readonly Output?: Json; readonly Assign?: Json } {
  return value === undefined ? {} : { [field]: value };
}
