import { AslError } from "../asl-error.ts";
import type { QueryLanguage } from "../definition.ts";
import { parseCall } from "../intrinsic-syntax.ts";
import type { JsonObject } from "../json.ts";
import { isDefinite, type Path, parsePath } from "../json-path.ts";
import { checkExpression, isExpression } from "../jsonata-check.ts";
import type { Findings } from "./findings.ts";

/** What a number may be. `isWhole: false` allows fractions, and AWS then writes the bounds as `0.0` (measured). */
export interface NumberRange {
  readonly min?: number;
  readonly max?: number;
  readonly isWhole?: boolean;
}

/** Checks a number; in JSONata an expression may stand for it. */
export function checkNumber(
  findings: Findings,
  holder: JsonObject,
  field: string,
  at: string,
  range: NumberRange,
  language: QueryLanguage = "JSONPath",
): void {
  const value = holder[field];
  const place = `${at}/${field}`;
  if (value === undefined) return;
  if (language === "JSONata" && isExpression(value)) return checkExpression(findings, value, place);
  const isWhole = range.isWhole ?? true;
  if (typeof value !== "number" || (isWhole && !Number.isInteger(value)))
    return findings.schema(`Expected value of type ${isWhole ? "Integer" : "Float"}`, place);
  const written = (bound: number) => (isWhole ? String(bound) : bound.toFixed(1));
  if (range.min !== undefined && value < range.min) findings.schema(`Minimum value is ${written(range.min)}`, place);
  if (range.max !== undefined && value > range.max) findings.schema(`Maximum value is ${written(range.max)}`, place);
}

/** Checks a string; returns whether it is one. */
export function checkString(findings: Findings, holder: JsonObject, field: string, at: string): boolean {
  const value = holder[field];
  if (value !== undefined && typeof value !== "string") findings.wrongType("STRING", `${at}/${field}`);
  return typeof value === "string";
}

/** Checks a string that must be one of a few. */
export function checkEnum(findings: Findings, holder: JsonObject, field: string, at: string, values: readonly string[]): void {
  const value = holder[field];
  if (!checkString(findings, holder, field, at) || values.includes(String(value))) return;
  findings.schema(`Value should be one of the following: [${values.join(", ")}]`, `${at}/${field}`);
}

/** What a path field may hold: any path or a call of an intrinsic function; else a path to one node, of whatever may be read from. */
export type PathKind = "any" | "reference" | "referenceNotToContext" | "referenceToInput";

/** Checks a path field. Its `null` is a value only where it `mayBeNull`. The words are measured, as is that a Map's numbers take no context. */
export function checkPath(findings: Findings, holder: JsonObject, field: string, at: string, kind: PathKind, mayBeNull = false): void {
  const value = holder[field];
  const place = `${at}/${field}`;
  if (value === undefined || (mayBeNull && value === null)) return;
  if (typeof value !== "string") return findings.wrongType("STRING", place);
  if (kind === "any" && isCall(value)) return;
  const path = parsed(value);
  if (path === null) return findings.schema("Value must be a valid JSONPath.", place);
  if (kind !== "any" && !(isDefinite(path) && mayReach(kind, path.root))) findings.schema("Value is not a Reference Path", place);
}

function mayReach(kind: PathKind, root: Path["root"]): boolean {
  return root === "input" || (root === "context" ? kind === "reference" : kind !== "referenceToInput");
}

/** Checks a path of a choice rule, which AWS words differently (measured). Whether it selects one node is left to the execution. */
export function checkChoicePath(findings: Findings, holder: JsonObject, field: string, at: string): void {
  const value = holder[field];
  if (!checkString(findings, holder, field, at) || typeof value !== "string") return;
  if (!value.startsWith("$")) findings.schema("Value is not a Reference Path: Reference path didn't start with '$'", `${at}/${field}`);
  else if (parsed(value) === null) findings.schema("Value is not a Reference Path", `${at}/${field}`);
}

/** Whether the text is a path or a call of an intrinsic function. */
export function isPathOrCall(text: string): boolean {
  return isCall(text) || parsed(text) !== null;
}

/** Whether AWS would warn of the text where it is not evaluated: it looks like a path, a variable or an intrinsic function. */
export function looksEvaluated(text: string): boolean {
  return /^\$\$?(?:$|[.[])|^\$\p{ID_Start}\p{ID_Continue}*(?:$|[.[])|^States\.\w+\(/u.test(text);
}

/** Amazon's profile of RFC 3339: an uppercase T, then an uppercase Z or an offset. */
export function isTimestamp(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text));
}

function parsed(text: string): Path | null {
  return orNull(() => parsePath(text));
}

function isCall(text: string): boolean {
  return text.startsWith("States.") && orNull(() => parseCall(text)) !== null;
}

function orNull<Value>(parse: () => Value): Value | null {
  try {
    return parse();
  } catch (error) {
    if (error instanceof AslError) return null;
    throw error;
  }
}
