import { runtimeError } from "./asl-error.ts";
import { ItemReaderError } from "./item-reader.ts";
import { type Json, jsonText } from "./json.ts";
import type { MapLimit } from "./state-data.ts";

/* The numbers that a `…Path` field leads to, and how AWS tells what is none. */

const maxSeconds = 99_999_999;

/** A text of digits is taken for its number (measured by others, as are the words for what is none; those for a wrong number are inferred). */
export function secondsOf(value: Json, path: string, field: string, least: number): number {
  const seconds = integerOf(value);
  if (seconds === null) throw runtimeError(`The ${field} parameter cannot be parsed as a long value: ${path} == ${told(value)}`);
  if (seconds >= least && seconds <= maxSeconds) return seconds;
  throw runtimeError(`The ${field} parameter references a value that is not from ${least} to ${maxSeconds}: ${path} == ${seconds}`);
}

/** As for seconds, a text of digits is taken for its number (recorded). The words are AWS's, as others report them. */
export function mapLimitOf(value: Json, path: string, field: MapLimit): number {
  const isPercentage = field === "ToleratedFailurePercentage";
  const limit = isPercentage && typeof value === "number" ? value : integerOf(value);
  if (limit === null) {
    throw runtimeError(
      `The ${field}Path field refers to value "${told(value)}" which is not a valid ${isPercentage ? "float" : "integer"}: ${path}`,
    );
  }
  if (isPercentage && (limit < 0 || limit > 100)) throw runtimeError("ToleratedFailurePercentage must be between 0 and 100.");
  if (limit >= 0) return limit;
  throw runtimeError(
    field === "MaxConcurrency"
      ? `Expected non-negative integer for MaxConcurrency, got '${limit}' instead.`
      : `${field} cannot be negative.`,
  );
}

/** The words are AWS's, as others report them. */
export function maxItemsOf(value: Json, path: string): number {
  const most = integerOf(value);
  if (most === null)
    throw new ItemReaderError(`The MaxItemsPath field refers to value '${told(value)}' which is not a valid integer: ${path}`);
  if (most < 0) throw new ItemReaderError("field MaxItems must be positive");
  return most;
}

function integerOf(value: Json): number | null {
  const number = typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) ? number : null;
}

/** A value as it stands in a cause: a text without its quotes. */
export function told(value: Json): string {
  return typeof value === "string" ? value : jsonText(value);
}
