import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AslError } from "../../../src/local/asl/asl-error.ts";
import { evaluateChoice } from "../../../src/local/asl/choice.ts";
import type { Json } from "../../../src/local/asl/json.ts";

const input: Json = { s: "log-a*b.txt", n: 5, m: 6, t: true, nil: null, at: "2024-01-02T03:04:05Z", later: "2024-01-02T03:04:05.5+00:00" };
const noScope = { context: {}, variables: {} };
const scope = { context: { Now: "2024-01-02T00:00:00Z" }, variables: { limit: 5, rules: { until: "2024-01-02T03:04:05Z" } } };
const holds = (rule: Json): boolean => evaluateChoice(rule, input, scope);

describe("a choice rule", () => {
  it.each<[string, string, Json, boolean]>([
    ["$.s", "StringEquals", "log-a*b.txt", true],
    ["$.s", "StringLessThan", "m", true],
    ["$.s", "StringGreaterThanEquals", "m", false],
    ["$.s", "StringMatches", "log-*.txt", true],
    ["$.s", "StringMatches", "log-a\\*b.txt", true],
    ["$.s", "StringMatches", "log-a\\*c*", false],
    ["$.s", "StringMatches", "*", true],
    ["$.n", "NumericEquals", 5, true],
    ["$.n", "NumericLessThanEqualsPath", "$.m", true],
    ["$.n", "NumericGreaterThanPath", "$.m", false],
    ["$.n", "StringEquals", "5", false],
    ["$.n", "NumericEqualsPath", "$.s", false],
    ["$.t", "BooleanEquals", true, true],
    ["$.t", "BooleanEqualsPath", "$.t", true],
    ["$.at", "TimestampEquals", "2024-01-02T04:04:05+01:00", true],
    ["$.at", "TimestampLessThanPath", "$.later", true],
    ["$.at", "TimestampGreaterThanPath", "$$.Now", true],
    ["$.at", "IsTimestamp", true, true],
    ["$.s", "IsTimestamp", false, true],
    ["$.nil", "IsNull", true, true],
    ["$.n", "IsNumeric", true, true],
    ["$.s", "IsString", true, true],
    ["$.t", "IsBoolean", false, false],
    ["$.nil", "IsPresent", true, true],
    ["$.missing", "IsPresent", false, true],
    ["$.missing.deeper", "IsPresent", true, false],
    ["$limit", "NumericEquals", 5, true],
    ["$.n", "NumericEqualsPath", "$limit", true],
    ["$.at", "TimestampEqualsPath", "$rules.until", true],
    ["$limit", "IsPresent", true, true],
    ["$unassigned", "IsPresent", false, true],
  ])("of %s %s %j is %j's", (variable, operator, expected, result) => {
    expect(holds({ Variable: variable, [operator]: expected, Next: "N" })).toBe(result);
  });

  it.each([
    "2024-01-02t03:04:05Z",
    "2024-01-02T03:04:05z",
    "2024-01-02T03:04:05",
    "2024-02-30T00:00:00Z",
    "2024-01-02",
    "2024-01-02T24:00:00Z",
  ])("takes %s for no timestamp", (text) => {
    expect(evaluateChoice({ Variable: "$", IsTimestamp: true }, text, noScope)).toBe(false);
  });

  it("joins rules with And, Or and Not", () => {
    const yes = { Variable: "$.n", NumericEquals: 5 };
    const no = { Not: yes };
    expect(holds({ And: [yes, { Or: [no, yes] }] })).toBe(true);
    expect(holds({ And: [yes, no] })).toBe(false);
    expect(holds({ Or: [yes, { Variable: "$.missing", IsNull: true }] })).toBe(true);
  });

  it("fails in AWS's words when its variable is missing", () => {
    const words = "States.Runtime: Invalid path '$.x': The choice state's condition path references an invalid value.";
    expect(() => holds({ Variable: "$.x", IsNull: true })).toThrow(words);
    expect(() => holds({ Variable: "$.n", NumericEqualsPath: "$.x" })).toThrow(words);
    expect(() => holds({ Variable: "$x", IsNull: true })).toThrow(words.replace("$.x", "$x"));
  });

  it("matches long patterns in a bounded time", () => {
    expect(evaluateChoice({ Variable: "$", StringMatches: `${"a*".repeat(500)}b` }, "a".repeat(5_000), noScope)).toBe(false);
  });

  it("fails as AslError or not at all", () => {
    const operator = fc.constantFrom(
      "StringEquals",
      "NumericLessThanPath",
      "TimestampEquals",
      "StringMatches",
      "IsPresent",
      "IsNull",
      "Nothing",
      "And",
      "Not",
    );
    fc.assert(
      fc.property(
        fc.constantFrom("$", "$.a", "$..a", "$[0]", "$a", "a"),
        operator,
        fc.jsonValue(),
        fc.jsonValue(),
        (variable, key, expected, value) => {
          try {
            evaluateChoice(JSON.parse(JSON.stringify({ Variable: variable, [key]: expected })), JSON.parse(JSON.stringify(value)), noScope);
          } catch (error) {
            expect(error).toBeInstanceOf(AslError);
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
