import { asObject, type JsonObject } from "./defined-states.ts";
import { jsonataIn, jsonataPlace, jsonPathPlace, type ValuePlace } from "./value-place.ts";

/**
 * Under which keys of a task's result the value lies that its state leaves at `place`: of its output, or of a variable that it assigns. An empty
 * list means the result itself; null that the value does not come from the result, or by a way that is not understood.
 */
export function resultSource(state: JsonObject, language: "JSONPath" | "JSONata", place: ValuePlace): readonly string[] | null {
  if (place.root === "result") return null;
  if (language === "JSONata") {
    const template =
      place.root === "input" ? (state["Output"] ?? "{% $states.result %}") : asObject(state["Assign"])?.[place.root.variable];
    return template === undefined ? null : jsonataSource(template, place.keys);
  }
  const selected = place.root === "input" ? beforeResultPath(state, place.keys) : assigned(state, place.root.variable, place.keys);
  if (selected === null) return null;
  const selector = state["ResultSelector"];
  return selector === undefined ? selected : templateSource(selector, selected);
}

/** Keys of a JSONPath state's output, as keys of what ResultPath puts into the input. */
function beforeResultPath(state: JsonObject, keys: readonly string[]): readonly string[] | null {
  const filter = pathKeys(state["OutputPath"] ?? "$");
  const target = state["ResultPath"] === null ? null : pathKeys(state["ResultPath"] ?? "$");
  if (filter === null || target === null) return null;
  const whole = [...filter, ...keys];
  const isUnder = target.every((key, index) => whole[index] === key);
  return isUnder && whole.length >= target.length ? whole.slice(target.length) : null;
}

/** What Assign calls `$` is the result, before ResultPath puts it into the input. */
function assigned(state: JsonObject, variable: string, keys: readonly string[]): readonly string[] | null {
  return templateSource(state["Assign"], [variable, ...keys]);
}

/** Follows keys down a payload template to the path from which the value is taken. */
function templateSource(template: unknown, keys: readonly string[]): readonly string[] | null {
  const [key, ...rest] = keys;
  const object = asObject(template);
  if (key === undefined || object === null) return null;
  const path = pathKeys(object[`${key}.$`]);
  return path !== null ? [...path, ...rest] : templateSource(object[key], rest);
}

function pathKeys(path: unknown): readonly string[] | null {
  const place = typeof path === "string" ? jsonPathPlace(path, "result") : null;
  return place?.root === "result" ? place.keys : null;
}

function jsonataSource(template: unknown, keys: readonly string[]): readonly string[] | null {
  const expression = jsonataIn(template);
  if (expression === null) {
    const [key, ...rest] = keys;
    return key === undefined ? null : jsonataSource(asObject(template)?.[key], rest);
  }
  // Members of the result win over those of the input, as they come last.
  const merged = /^\$merge\(\s*\[[^[\]]*,\s*(\$states\.result[^,[\]]*)\]\s*\)$/.exec(expression)?.[1];
  const place = jsonataPlace(merged ?? expression);
  return place?.root === "result" ? [...place.keys, ...keys] : null;
}
