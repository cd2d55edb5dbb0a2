import { type AslError, ReferencePathError, runtimeError } from "./asl-error.ts";
import { evaluateChoice } from "./choice.ts";
import type { Catcher, ChoiceState, FailState, MapState, ParallelState, PassState, State, TaskState, WaitState } from "./definition.ts";
import { isDistributed } from "./distributed-map.ts";
import type { Saw, Stage } from "./inspection.ts";
import { type ItemReader, sourceOf } from "./item-reader.ts";
import { isJsonObject, type Json, type JsonObject, jsonText } from "./json.ts";
import { findPath, missingStep, parsePath, readPath, refuseNull, type Scope } from "./json-path.ts";
import { mapLimitOf, maxItemsOf, secondsOf, told } from "./path-numbers.ts";
import { Payload } from "./payload.ts";
import { resolveTemplate } from "./payload-template.ts";
import { writePath } from "./reference-path.ts";
import { type ResultPlace, resultPlace } from "./result-writer.ts";
import { type MapItem, plainInput } from "./run.ts";
import { type Choice, type ItemBatcher, itemsOf, type MapLimit, objectIn, type StateData, type StateEnd } from "./state-data.ts";

/** The fields of a JSONPath state, for one visit whose raw input is `input`. */
export class JsonPathData implements StateData {
  readonly #payload: Payload;
  readonly #scope: Scope;
  readonly #saw: Saw | undefined;

  constructor(input: Payload, scope: Scope, saw?: Saw) {
    this.#payload = input;
    this.#scope = scope;
    this.#saw = saw;
  }

  passResult(state: PassState): Payload {
    return state.Result === undefined ? this.callInput(state) : Payload.of(state.Result);
  }

  callInput(state: TaskState | ParallelState | PassState): Payload {
    const input = this.#passedInput(state);
    const sent = state.Parameters === undefined ? input : Payload.of(resolveTemplate(state.Parameters, input.value, this.#scope));
    this.#saw?.("afterParameters", sent.value);
    return sent;
  }

  taskSeconds(state: TaskState, field: "TimeoutSeconds" | "HeartbeatSeconds"): number | null {
    const path = state[`${field}Path`];
    if (path !== undefined) return this.#secondsAt(path, this.#effectiveInput(state), `${field}Path`, 1);
    const seconds = state[field];
    return typeof seconds === "number" ? seconds : null;
  }

  credentialsRoleArn(state: TaskState): string | null {
    if (state.Credentials === undefined) return null;
    const credentials = resolveTemplate(state.Credentials, this.#effectiveInput(state), this.#scope);
    const roleArn = isJsonObject(credentials) ? credentials["RoleArn"] : undefined;
    return typeof roleArn === "string" ? roleArn : null;
  }

  waitUntil(state: WaitState, at: number): number {
    const input = this.#effectiveInput(state);
    if (typeof state.Seconds === "number") return at + state.Seconds * 1000;
    if (state.Timestamp !== undefined) return Date.parse(state.Timestamp);
    if (state.SecondsPath !== undefined) {
      return at + secondsOf(this.#waitValue(state.SecondsPath, input, "SecondsPath"), state.SecondsPath, "SecondsPath", 0) * 1000;
    }
    const path = state.TimestampPath ?? "$";
    const timestamp = this.#waitValue(path, input, "TimestampPath");
    const instant = instantOf(timestamp);
    if (instant !== null) return instant;
    throw runtimeError(
      `The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: ${path} == ${told(timestamp)}`,
    );
  }

  /** A Wait tells of a path that leads nowhere in words of its own (measured by others). */
  #waitValue(path: string, input: Json, field: "SecondsPath" | "TimestampPath"): Json {
    const found = path.startsWith("States.") ? this.#read(path, input) : findPath(parsePath(path), input, this.#scope);
    if (found !== undefined) return found;
    throw runtimeError(`The ${field} parameter does not reference an input value: ${path}`);
  }

  failText(state: FailState, field: "Error" | "Cause"): string | undefined {
    const path = state[`${field}Path`];
    this.#saw?.("afterInputPath", this.#input);
    if (path === undefined) return state[field];
    const value = path.startsWith("States.")
      ? (resolveTemplate({ "value.$": path }, this.#input, this.#scope) as JsonObject)["value"]
      : readPath(parsePath(path), this.#input, this.#scope, `${field}Path`);
    return typeof value === "string" ? value : jsonText(value ?? null);
  }

  choose(state: ChoiceState): Choice {
    const input = this.#effectiveInput(state);
    return { rule: state.Choices.find((rule) => evaluateChoice(rule as Json, input, this.#scope)) ?? null };
  }

  mapItems(state: MapState): readonly MapItem[] {
    const input = this.#effectiveInput(state);
    const missing =
      state.ItemsPath === undefined || state.ItemsPath.startsWith("States.")
        ? null
        : missingStep(parsePath(state.ItemsPath), input, this.#scope);
    if (missing !== null) throw new ReferencePathError(`step "${missing.step}"`, jsonText(missing.root));
    const found = this.#filtered(state.ItemsPath, input);
    const items = itemsOf(found, isDistributed(state));
    if (items !== null) {
      this.#saw?.("afterItemsPath", found);
      return items;
    }
    // A path into the context object is told without its second $ (recorded).
    const path = (state.ItemsPath ?? state.InputPath ?? "$").replace(/^\$\$/, "$");
    throw runtimeError(`Reference path "${path}" must point to array.`);
  }

  mapLimit(state: MapState, field: MapLimit): number | null {
    const path = state[`${field}Path`];
    // Beyond what can be stored exactly a limit is none.
    if (path === undefined) return typeof state[field] === "number" ? Math.min(state[field], Number.MAX_SAFE_INTEGER) : null;
    return mapLimitOf(this.#read(path, this.#effectiveInput(state)), path, field);
  }

  itemInput(state: MapState, item: Json): Json {
    const selector = state.ItemSelector ?? state.Parameters;
    return selector === undefined ? item : resolveTemplate(selector, this.#effectiveInput(state), this.#scope);
  }

  itemInputs(state: MapState, items: readonly MapItem[], ofItem: (item: MapItem) => StateData): readonly Json[] {
    if (state.ItemSelector === undefined && state.Parameters === undefined) return items.map(plainInput);
    const inputs = items.map((item) => ofItem(item).itemInput(state, item.value));
    return this.#seen("afterItemSelector", inputs);
  }

  itemReader(state: MapState): ItemReader {
    const input = this.#effectiveInput(state);
    const parameters = resolveTemplate(objectIn(state.ItemReader, "Parameters"), input, this.#scope);
    const config = objectIn(state.ItemReader, "ReaderConfig");
    const { MaxItems: max = null, MaxItemsPath: path } = config;
    const source = sourceOf(parameters);
    return {
      config,
      source,
      maxItems: typeof path === "string" ? maxItemsOf(this.#read(path, input), path) : typeof max === "number" ? max : null,
    };
  }

  resultWriter(state: MapState): ResultPlace | null {
    return resultPlace(
      state.ResultWriter,
      resolveTemplate(objectIn(state.ResultWriter, "Parameters"), this.#effectiveInput(state), this.#scope),
    );
  }

  itemBatcher(state: MapState): ItemBatcher | null {
    const batcher = state.ItemBatcher;
    if (!isJsonObject(batcher)) return null;
    const input = this.#effectiveInput(state);
    const limit = (field: string): number | null => {
      const path = batcher[`${field}Path`];
      if (typeof path === "string") return this.#secondsAt(path, input, `${field}Path`, 1);
      const value = batcher[field];
      return typeof value === "number" ? value : null;
    };
    const batchInput = batcher["BatchInput"];
    return {
      maxItems: limit("MaxItemsPerBatch"),
      maxBytes: limit("MaxInputBytesPerBatch"),
      batchInput: batchInput === undefined ? null : resolveTemplate(batchInput, input, this.#scope),
    };
  }

  end(state: State, result: Payload | undefined): StateEnd {
    if (result === undefined) return this.#inputEnd(state, state.Assign);
    this.#saw?.("result", result.value);
    const selector = "ResultSelector" in state ? state.ResultSelector : undefined;
    const selected = selector === undefined ? result : Payload.of(resolveTemplate(selector, result.value, this.#scope));
    this.#saw?.("afterResultSelector", selected.value);
    const resultPath = "ResultPath" in state ? state.ResultPath : undefined;
    // What Assign calls $ is the result, before ResultPath puts it into the input (recorded).
    const assigned = this.#assigned(state.Assign, selected);
    const placed = this.#placed(resultPath, selected);
    this.#saw?.("afterResultPath", placed.value);
    return { output: this.#passed(state.OutputPath, placed), assigned };
  }

  chosenEnd(state: ChoiceState, { rule }: Choice): StateEnd {
    return this.#inputEnd(state, (rule ?? state).Assign);
  }

  caughtEnd(catcher: Catcher, _index: number, errorOutput: Json): StateEnd {
    const caught = Payload.of(errorOutput);
    return { output: this.#placed(catcher.ResultPath, caught), assigned: this.#assigned(catcher.Assign, caught) };
  }

  /** The end of a state without a result. */
  #inputEnd(state: State, assign: Json | undefined): StateEnd {
    const input = this.#passedInput(state);
    return { output: this.#passed(state.OutputPath, input), assigned: this.#assigned(assign, input) };
  }

  get #input(): Json {
    return this.#payload.value;
  }

  #effectiveInput(state: State): Json {
    return this.#passedInput(state).value;
  }

  #passedInput(state: State): Payload {
    const input = this.#passed(state.InputPath, this.#payload);
    this.#saw?.("afterInputPath", input.value);
    return input;
  }

  #seen<Value extends Json>(stage: Stage, value: Value): Value {
    this.#saw?.(stage, value);
    return value;
  }

  #filtered(path: string | null | undefined, value: Json): Json {
    if (path === undefined || path === "$") return value;
    return path === null ? {} : this.#read(path, value);
  }

  /** The same of a payload, which need not be read where all of it passes. */
  #passed(path: string | null | undefined, payload: Payload): Payload {
    return path === undefined || path === "$" ? payload : Payload.of(this.#filtered(path, payload.value));
  }

  #placed(path: string | null | undefined, result: Payload): Payload {
    if (path === undefined || path === "$") return result;
    return path === null ? this.#payload : Payload.of(writePath(path, this.#input, result.value));
  }

  #assigned(template: Json | undefined, payload: Payload): Readonly<Record<string, Json>> | null {
    if (template === undefined) return null;
    const assigned = resolveTemplate(template, payload.value, this.#scope);
    return isJsonObject(assigned) ? assigned : null;
  }

  #secondsAt(path: string, input: Json, field: string, least: number): number {
    return secondsOf(this.#read(path, input), path, field, least);
  }

  /** The value at the path of a state's own field (InputPath, HeartbeatSecondsPath...); these fail in other words than a template's (recorded). */
  #read(text: string, value: Json): Json {
    if (text.startsWith("States.")) return (resolveTemplate({ "value.$": text }, value, this.#scope) as JsonObject)["value"] ?? null;
    const path = parsePath(text);
    refuseNull(path, value);
    const found = findPath(path, value, this.#scope);
    if (found !== undefined) return found;
    const steps = path.segments.map((segment) => {
      if (segment.kind === "names") return `[${segment.names.map((name) => `'${name}'`).join(",")}]`;
      return segment.kind === "indices" ? `[${segment.indices.join(",")}]` : "[*]";
    });
    const missing = missingStep(path, value, this.#scope);
    // The words are those of the library that AWS reads paths with, which tells a member missing on the way from one at the end.
    const isOnTheWay =
      missing !== null && missing.at < steps.length - 1 && typeof missing.step === "string" && isJsonObject(missing.holder);
    const why = isOnTheWay
      ? `Missing property in path $${steps.slice(0, missing.at + 1).join("")}`
      : `No results for path: $${steps.join("")}`;
    throw runtimeError(`Invalid path '${text}' : ${why}`);
  }
}

/** Epoch milliseconds of a whole ISO 8601 instant; without a zone it is refused (recorded), whatever Date.parse makes of it. */
export function instantOf(timestamp: Json): number | null {
  const whole =
    typeof timestamp === "string" ? /^(\d{4}-\d\d-\d\d)T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/i.exec(timestamp) : null;
  const instant = whole !== null && isDay(whole[1] ?? "") ? Date.parse(whole[0].toUpperCase()) : Number.NaN;
  return Number.isNaN(instant) ? null : instant;
}

/** Date.parse takes the 30th of February for a day in March. */
function isDay(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

/** A choice that no rule takes and that has no Default: no States.NoChoiceMatched, whatever is documented (measured by others). */
export function noChoiceMatched(): AslError {
  return runtimeError("Failed to transition out of the state. The state does not point to a next state.");
}
