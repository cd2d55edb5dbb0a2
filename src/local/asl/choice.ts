import { runtimeError } from "./asl-error.ts";
import { isJsonObject, type Json, type JsonObject, ownMember } from "./json.ts";
import { findPath, parsePath, type Scope } from "./json-path.ts";

type Comparison = (value: Json, expected: Json) => boolean;

const MAX_RULE_DEPTH = 200;

/**
 * Whether a rule of a Choice state holds, with And, Or and Not. Values of another type than the operator's are false, no error; throws
 * AslError `States.Runtime` for a path that leads nowhere (but for IsPresent) and for a rule without an operator.
 */
export function evaluateChoice(rule: Json, input: Json, scope: Scope): boolean {
  return holds(rule, input, scope, 0);
}

function holds(rule: Json, input: Json, scope: Scope, depth: number): boolean {
  if (!isJsonObject(rule)) throw runtimeError("A choice rule must be an object.");
  if (depth > MAX_RULE_DEPTH) throw runtimeError("The choice rule is nested too deeply.");
  const nested = (part: Json): boolean => holds(part, input, scope, depth + 1);
  const not = ownMember(rule, "Not");
  if (not !== undefined) return !nested(not);
  const and = ownMember(rule, "And");
  if (Array.isArray(and)) return and.every(nested);
  const or = ownMember(rule, "Or");
  if (Array.isArray(or)) return or.some(nested);
  return testHolds(rule, input, scope);
}

function testHolds(rule: JsonObject, input: Json, scope: Scope): boolean {
  const variable = ownMember(rule, "Variable");
  const operator = Object.keys(rule).find((key) => comparisonOf(key) !== undefined || key === "IsPresent");
  if (typeof variable !== "string" || operator === undefined) throw runtimeError("A choice rule must have a Variable and an operator.");
  const expected = ownMember(rule, operator) ?? null;
  if (operator === "IsPresent") return (findPath(parsePath(variable), input, scope) !== undefined) === expected;
  const value = present(variable, input, scope);
  const comparison = comparisonOf(operator);
  if (comparison === undefined) return false;
  if (!comparison.isPath) return comparison.compare(value, expected);
  if (typeof expected !== "string") throw runtimeError(`The value of ${operator} must be a path.`);
  return comparison.compare(value, present(expected, input, scope));
}

function present(path: string, input: Json, scope: Scope): Json {
  const value = findPath(parsePath(path), input, scope);
  if (value !== undefined) return value;
  throw runtimeError(`Invalid path '${path}': The choice state's condition path references an invalid value.`);
}

function comparisonOf(operator: string): { compare: Comparison; isPath: boolean } | undefined {
  const plain = COMPARISONS.get(operator) ?? TYPE_TESTS.get(operator);
  if (plain !== undefined) return { compare: plain, isPath: false };
  // StringMatches and the Is... tests have no Path variant.
  const named = operator.endsWith("Path") && operator !== "StringMatchesPath" ? COMPARISONS.get(operator.slice(0, -4)) : undefined;
  return named && { compare: named, isPath: true };
}

const ORDERS: readonly [string, (difference: number) => boolean][] = [
  ["Equals", (difference) => difference === 0],
  ["LessThan", (difference) => difference < 0],
  ["GreaterThan", (difference) => difference > 0],
  ["LessThanEquals", (difference) => difference <= 0],
  ["GreaterThanEquals", (difference) => difference >= 0],
];

const asString = (value: Json): string | undefined => (typeof value === "string" ? value : undefined);
const asNumber = (value: Json): number | undefined => (typeof value === "number" ? value : undefined);

function ordered(read: (value: Json) => string | number | bigint | undefined, accepts: (difference: number) => boolean): Comparison {
  return (value, expected) => {
    const left = read(value);
    const right = read(expected);
    if (left === undefined || right === undefined) return false;
    return accepts(left < right ? -1 : left > right ? 1 : 0);
  };
}

const COMPARISONS: ReadonlyMap<string, Comparison> = new Map<string, Comparison>([
  ...ORDERS.flatMap(([name, accepts]): [string, Comparison][] => [
    [`String${name}`, ordered(asString, accepts)],
    [`Numeric${name}`, ordered(asNumber, accepts)],
    [`Timestamp${name}`, ordered(timestampNanoseconds, accepts)],
  ]),
  ["BooleanEquals", (value, expected) => typeof value === "boolean" && value === expected],
  ["StringMatches", (value, expected) => typeof value === "string" && typeof expected === "string" && matches(value, expected)],
]);

const TYPE_TESTS: ReadonlyMap<string, Comparison> = new Map<string, Comparison>([
  ["IsNull", (value, expected) => (value === null) === expected],
  ["IsString", (value, expected) => (typeof value === "string") === expected],
  ["IsNumeric", (value, expected) => (typeof value === "number") === expected],
  ["IsBoolean", (value, expected) => (typeof value === "boolean") === expected],
  ["IsTimestamp", (value, expected) => (timestampNanoseconds(value) !== undefined) === expected],
]);

/** Amazon's profile of RFC 3339: an uppercase T, then an uppercase Z or an offset; a day that does not exist is no timestamp. */
function timestampNanoseconds(value: Json): bigint | undefined {
  if (typeof value !== "string") return undefined;
  const found = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/.exec(value);
  const [, day = "", time = "", fraction = "", zone = ""] = found ?? [];
  if (found === null || time.startsWith("24")) return undefined;
  const midnight = Date.parse(`${day}T00:00:00Z`);
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== day) return undefined;
  const milliseconds = Date.parse(`${day}T${time}${zone}`);
  return Number.isNaN(milliseconds) ? undefined : BigInt(milliseconds) * 1_000_000n + BigInt(fraction.padEnd(9, "0"));
}

/** `*` stands for any characters, `\*` for itself and `\\` for a backslash. Time is at most the product of both lengths. */
function matches(text: string, pattern: string): boolean {
  const tokens = pattern.match(/\\[*\\]|[\s\S]/g) ?? [];
  let [at, token, starAt, starToken] = [0, 0, 0, -1];
  while (at < text.length) {
    const expected = tokens[token];
    if (expected === "*") {
      [starAt, starToken] = [at, token];
      token += 1;
    } else if (expected !== undefined && text[at] === expected.at(-1)) {
      at += 1;
      token += 1;
    } else if (starToken >= 0) {
      starAt += 1;
      [at, token] = [starAt, starToken + 1];
    } else {
      return false;
    }
  }
  return tokens.slice(token).every((rest) => rest === "*");
}
