import type { QueryLanguage } from "../definition.ts";
import { isJsonObject, type Json, type JsonObject } from "../json.ts";
import { inCatcher } from "../jsonata-check.ts";
import { checkFields, checkRequired } from "./fields.ts";
import type { Findings } from "./findings.ts";
import { checkAssign, checkEvaluated, type Scope } from "./templates.ts";
import { checkEnum, checkNumber, checkPath, checkString } from "./values.ts";

const retrierFields = new Set([
  ...["ErrorEquals", "Comment", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy"],
]);
const catcherFields = new Set(["ErrorEquals", "Comment", "Next", "ResultPath", "Assign", "Output"]);
const MAX_ATTEMPTS = 99_999_999;
const MAX_DELAY_SECONDS = 31_622_400;

/** Checks a Retry field. The bounds are measured ones: an interval of 0 is accepted, whatever the documentation says. */
export function checkRetry(findings: Findings, retry: Json | undefined, at: string): void {
  checkRules(findings, retry, at, (retrier, place) => {
    checkFields(findings, retrier, place, retrierFields, null);
    checkRequired(findings, retrier, place, ["ErrorEquals"]);
    checkNumber(findings, retrier, "IntervalSeconds", place, { min: 0 });
    checkNumber(findings, retrier, "MaxAttempts", place, { min: 0, max: MAX_ATTEMPTS });
    checkNumber(findings, retrier, "BackoffRate", place, { min: 1, isWhole: false });
    checkNumber(findings, retrier, "MaxDelaySeconds", place, { min: 1, max: MAX_DELAY_SECONDS });
    checkEnum(findings, retrier, "JitterStrategy", place, ["NONE", "FULL"]);
    const { IntervalSeconds: interval, MaxDelaySeconds: longest } = retrier;
    if (typeof interval === "number" && typeof longest === "number" && longest >= 1 && longest <= interval)
      findings.schema("'MaxDelaySeconds' must be greater than 'IntervalSeconds'", `${place}/MaxDelaySeconds`);
  });
}

/** Checks a Catch field, but for where its Next leads. */
export function checkCatch(findings: Findings, rules: Json | undefined, at: string, language: QueryLanguage, outer: Scope | null): void {
  checkRules(findings, rules, at, (catcher, place) => {
    checkFields(findings, catcher, place, catcherFields, language);
    checkRequired(findings, catcher, place, ["ErrorEquals", "Next"]);
    checkString(findings, catcher, "Next", place);
    checkAssign(findings, catcher["Assign"], `${place}/Assign`, language, outer, inCatcher);
    if (language === "JSONata") checkEvaluated(findings, catcher["Output"], `${place}/Output`, language, inCatcher);
    else checkPath(findings, catcher, "ResultPath", place, "referenceToInput", true);
  });
}

function checkRules(findings: Findings, rules: Json | undefined, at: string, check: (rule: JsonObject, place: string) => void): void {
  if (rules === undefined) return;
  if (!Array.isArray(rules)) return findings.wrongType("ARRAY", at);
  for (const [index, rule] of rules.entries()) {
    const place = `${at}[${index}]`;
    if (!isJsonObject(rule)) findings.wrongType("OBJECT", place);
    else {
      check(rule, place);
      checkErrors(findings, rule["ErrorEquals"], `${place}/ErrorEquals`, index === rules.length - 1);
    }
  }
}

/** Names of errors; `States.ALL` only alone and in the last rule (wording and place as AWS gave them). */
function checkErrors(findings: Findings, errors: Json | undefined, at: string, isLast: boolean): void {
  if (errors === undefined) return;
  if (!Array.isArray(errors)) return findings.wrongType("ARRAY", at);
  if (errors.length === 0) return findings.schema("Value cannot be empty", at);
  for (const [index, error] of errors.entries()) {
    const place = `${at}[${index}]`;
    if (typeof error !== "string") findings.wrongType("STRING", place);
    else if (error === "States.ALL" && (errors.length > 1 || !isLast))
      findings.schema("States.ALL must appear alone and at end of list", place);
  }
}
