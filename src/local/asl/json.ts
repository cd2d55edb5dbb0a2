import { runtimeError } from "./asl-error.ts";

export type JsonObject = { [key: string]: Json };

/** Any JSON value, as `JSON.parse` gives it. */
export type Json = string | number | boolean | null | Json[] | JsonObject;

/** Whether the value is a JSON object: neither null nor an array. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object's own member, or undefined: never one of `Object.prototype`. */
export function ownMember(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** Sets an own member, also when its name is `__proto__`, which a plain assignment would take for the prototype. */
export function setMember(object: JsonObject, key: string, value: Json): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}

/** Whether two values are the same JSON, whatever the order of members. Depth costs memory, never the stack. */
export function jsonEquals(left: Json, right: Json): boolean {
  const pairs: [Json, Json][] = [[left, right]];
  for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) {
    const [a, b] = pair;
    if (a === b) continue;
    if (Array.isArray(a) && Array.isArray(b)) {
      if (a.length !== b.length) return false;
      for (const [index, item] of a.entries()) pairs.push([item, b[index] ?? null]);
    } else if (isJsonObject(a) && isJsonObject(b)) {
      const keys = Object.keys(a);
      if (keys.length !== Object.keys(b).length) return false;
      for (const key of keys) {
        if (!Object.hasOwn(b, key)) return false;
        pairs.push([a[key] ?? null, b[key] ?? null]);
      }
    } else {
      return false;
    }
  }
  return true;
}

/** The value as compact JSON text; throws AslError `States.Runtime` when it is nested too deeply to write. */
export function jsonText(value: Json): string {
  try {
    return JSON.stringify(value);
  } catch {
    throw runtimeError("The value is nested too deeply to be written as JSON.");
  }
}

/** The value as JSON text with the members of every object in one order: equal values have equal texts. Throws as `jsonText` does. */
export function canonicalText(value: Json): string {
  const sorted = (_: string, part: Json): Json =>
    isJsonObject(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part;
  try {
    return JSON.stringify(value, sorted);
  } catch {
    throw runtimeError("The value is nested too deeply to be written as JSON.");
  }
}
