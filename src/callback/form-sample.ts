import { fieldsOf } from "./contract.ts";
import { asObject, type JsonObject } from "./definition/defined-states.ts";

/** Something of the right kind for every field of a form, to try where an answer leads before it is filled in. */
export function sampleOf(form: JsonObject | null): JsonObject {
  return Object.fromEntries(Object.entries(fieldsOf(form)).map(([name, field]) => [name, sampleValue(asObject(field) ?? {})]));
}

function sampleValue({ default: preset, const: constant, enum: values, type, minimum }: JsonObject): unknown {
  if (preset !== undefined) return preset;
  if (constant !== undefined) return constant;
  if (Array.isArray(values)) return values[0];
  if (type === "boolean") return true;
  if (type === "number" || type === "integer") return typeof minimum === "number" ? minimum : 1;
  if (type === "array") return [];
  return type === "object" ? {} : "…";
}
