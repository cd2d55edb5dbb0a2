import type { QueryLanguage } from "../definition.ts";
import { isJsonObject, type Json, type JsonObject } from "../json.ts";
import { checkExpression, isExpression } from "../jsonata-check.ts";
import { checkFields, checkRequired } from "./fields.ts";
import type { Findings } from "./findings.ts";
import { checkAssign, checkEvaluated, type Scope } from "./templates.ts";
import { checkChoicePath, checkString, looksEvaluated } from "./values.ts";

type Operand = "STRING" | "NUMBER" | "BOOLEAN" | "PATH";

/** In the order in which AWS lists them (measured). */
const operatorNames = [
  ...["StringEquals", "IsBoolean", "StringLessThan", "IsNumeric", "BooleanEquals"],
  ...["StringLessThanEqualsPath", "NumericLessThan", "NumericGreaterThan", "NumericLessThanPath", "StringMatches"],
  ...[
    "TimestampLessThanEqualsPath",
    "NumericEquals",
    "TimestampGreaterThan",
    "StringGreaterThanEqualsPath",
    "TimestampGreaterThanEqualsPath",
  ],
  ...["TimestampLessThanEquals", "NumericLessThanEqualsPath", "TimestampEquals", "BooleanEqualsPath", "IsTimestamp"],
  ...["StringLessThanEquals", "NumericLessThanEquals", "StringLessThanPath", "TimestampGreaterThanPath", "StringGreaterThan"],
  ...["StringGreaterThanPath", "IsString", "StringEqualsPath", "TimestampEqualsPath", "TimestampLessThan"],
  ...["StringGreaterThanEquals", "NumericGreaterThanPath", "NumericGreaterThanEquals", "NumericEqualsPath", "TimestampLessThanPath"],
  ...["IsNull", "IsPresent", "TimestampGreaterThanEquals", "NumericGreaterThanEqualsPath"],
];

const operators: ReadonlyMap<string, Operand> = new Map(operatorNames.map((name) => [name, operandOf(name)]));

function operandOf(operator: string): Operand {
  if (operator.endsWith("Path")) return "PATH";
  if (/^(Is|Boolean)/.test(operator)) return "BOOLEAN";
  return operator.startsWith("Numeric") ? "NUMBER" : "STRING";
}

const kinds = ["And", "Or", "Not", "Variable", "Condition"];
const innerFields = new Set(["Comment", ...kinds, ...operators.keys()]);
const ruleFields = new Set([...innerFields, "Next", "Assign", "Output"]);

/** Checks the Choices of a Choice state, but for where they lead. */
export function checkChoices(findings: Findings, rules: Json | undefined, at: string, language: QueryLanguage, outer: Scope | null): void {
  if (rules === undefined) return;
  if (!Array.isArray(rules)) return findings.wrongType("ARRAY", at);
  if (rules.length === 0) return findings.schema("Value cannot be empty", at);
  for (const [index, rule] of rules.entries()) {
    const place = `${at}[${index}]`;
    if (!isJsonObject(rule)) findings.wrongType("OBJECT", place);
    else checkRule(findings, rule, place, language, outer);
  }
}

function checkRule(findings: Findings, rule: JsonObject, at: string, language: QueryLanguage, outer: Scope | null): void {
  checkFields(findings, rule, at, ruleFields, language);
  checkRequired(findings, rule, at, ["Next"]);
  checkString(findings, rule, "Next", at);
  checkAssign(findings, rule["Assign"], `${at}/Assign`, language, outer);
  if (language === "JSONata") checkEvaluated(findings, rule["Output"], `${at}/Output`, language);
  checkTest(findings, rule, at);
}

/** What a rule tests: exactly one of And, Or, Not, Variable with one operator, and JSONata's Condition (worded as measured). */
function checkTest(findings: Findings, rule: JsonObject, at: string): void {
  if (kinds.filter((kind) => rule[kind] !== undefined).length !== 1)
    return findings.schema(`The object must have only one of the following fields, [${kinds.join(", ")}]`, at);
  if (rule["Variable"] !== undefined) return checkComparison(findings, rule, at);
  if (rule["Condition"] !== undefined) return checkCondition(findings, rule["Condition"], `${at}/Condition`);
  if (rule["Not"] !== undefined) return checkInner(findings, rule["Not"], `${at}/Not`);
  const joint = rule["And"] === undefined ? "Or" : "And";
  const parts = rule[joint];
  if (!Array.isArray(parts)) return findings.wrongType("ARRAY", `${at}/${joint}`);
  if (parts.length === 0) return findings.schema("Value cannot be empty", `${at}/${joint}`);
  for (const [index, part] of parts.entries()) checkInner(findings, part, `${at}/${joint}[${index}]`);
}

function checkInner(findings: Findings, part: Json, at: string): void {
  if (!isJsonObject(part)) return findings.wrongType("OBJECT", at);
  checkFields(findings, part, at, innerFields, "JSONPath");
  checkTest(findings, part, at);
}

function checkComparison(findings: Findings, rule: JsonObject, at: string): void {
  checkChoicePath(findings, rule, "Variable", at);
  const given = Object.keys(rule).filter((field) => operators.has(field));
  const [operator] = given;
  if (operator === undefined)
    return findings.schema(`This object should have only one of the following fields: [${[...operators.keys()].join(", ")}]`, at);
  if (given.length > 1) return findings.schema(`There should only be one of the following fields: [${given.join(", ")}]`, at);
  const expected = operators.get(operator);
  const value = rule[operator];
  if (expected === "PATH") checkChoicePath(findings, rule, operator, at);
  else if (expected !== undefined && (typeof value).toUpperCase() !== expected) findings.wrongType(expected, `${at}/${operator}`);
  else if (typeof value === "string" && looksEvaluated(value))
    findings.warning(
      "NO_PATH",
      `The value of '${operator}' looks like a path, but the field's name does not end with 'Path'`,
      `${at}/${operator}`,
    );
}

/** An expression, or `true` or `false` itself. */
function checkCondition(findings: Findings, condition: Json, at: string): void {
  if (isExpression(condition)) checkExpression(findings, condition, at);
  else if (typeof condition !== "boolean") findings.schema("JSONata string must start with {% and end with %}", at);
}
