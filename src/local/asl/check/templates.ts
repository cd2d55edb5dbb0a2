import type { QueryLanguage } from "../definition.ts";
import { isJsonObject, type Json } from "../json.ts";
import { type Absent, checkJsonata } from "../jsonata-check.ts";
import type { Findings } from "./findings.ts";
import { isPathOrCall, looksEvaluated } from "./values.ts";

const MAX_VARIABLE_NAME = 80;

/** What may not be assigned within a Parallel or a Map: what is assigned on a way into it, or into one around it. */
export interface Scope {
  isAssigned(variable: string): boolean;
  readonly outer: Scope | null;
}

/** Checks a JSONPath payload template: a member `name.$` needs a path or an intrinsic function. AWS reports it at the object (measured). */
export function checkTemplate(findings: Findings, template: Json | undefined, at: string): void {
  if (Array.isArray(template)) {
    for (const [index, item] of template.entries()) checkTemplate(findings, item, `${at}[${index}]`);
  } else if (isJsonObject(template)) {
    for (const [key, value] of Object.entries(template)) checkMember(findings, key, value, at);
  }
}

function checkMember(findings: Findings, key: string, value: Json, at: string): void {
  if (!key.endsWith(".$")) {
    if (typeof value === "string" && looksEvaluated(value))
      findings.warning(
        "NO_DOLLAR",
        `No '.$' on field '${key}', whose value appears to be a JSONPath or an intrinsic function`,
        `${at}/${key}`,
      );
    return checkTemplate(findings, value, `${at}/${key}`);
  }
  if (typeof value !== "string" || !isPathOrCall(value))
    findings.schema(`The value for the field '${key}' must be a valid JSONPath or a valid intrinsic function call`, at);
}

/** Checks a field that is a template in JSONPath and holds expressions in JSONata. */
export function checkEvaluated(findings: Findings, value: Json | undefined, at: string, language: QueryLanguage, absent?: Absent): void {
  if (language === "JSONata") checkJsonata(findings, value, at, absent);
  else checkTemplate(findings, value, at);
}

/**
 * Checks an Assign field: its values, and the names of its variables, which are Unicode identifiers of at most 80 characters, not `states`
 * (codes and words as measured), and none that a machine around assigns (documented; the words are ours).
 */
export function checkAssign(
  findings: Findings,
  assign: Json | undefined,
  at: string,
  language: QueryLanguage,
  outer: Scope | null,
  absent?: Absent,
): void {
  if (assign === undefined) return;
  if (!isJsonObject(assign)) return findings.wrongType("OBJECT", at);
  for (const name of assignedNames(assign)) checkName(findings, name, `${at}/${name}`, outer);
  checkEvaluated(findings, assign, at, language, absent);
}

/** The variables that an Assign field names: `total` for `total` and, in JSONPath, for `total.$`. */
export function assignedNames(assign: Json | undefined): readonly string[] {
  return isJsonObject(assign) ? Object.keys(assign).map((key) => (key.endsWith(".$") ? key.slice(0, -2) : key)) : [];
}

function checkName(findings: Findings, name: string, at: string, outer: Scope | null): void {
  if (name === "states") return findings.error("RESERVED_VARIABLE_NAME", "Cannot assign to reserved variable '$states'.", at);
  const invalid = (why: string) =>
    findings.error("INVALID_VARIABLE_NAME", `Invalid variable name '${name}': the variable name ${why}.`, at);
  if ([...name].length > MAX_VARIABLE_NAME) return invalid(`exceeds the ${MAX_VARIABLE_NAME}-character limit allowed by the service`);
  if (!/^\p{ID_Start}\p{ID_Continue}*$/u.test(name)) return invalid("contains invalid characters");
  for (let scope = outer; scope !== null; scope = scope.outer)
    if (scope.isAssigned(name)) {
      return findings.error("DUPLICATE_VARIABLE_NAME", `The variable name '${name}' was already defined in a parent scope.`, at);
    }
}
