import { checkedExpression } from "../jsonata/syntax.ts";
import { reportLanguage } from "./check/fields.ts";
import type { Findings } from "./check/findings.ts";
import { isJsonObject, type Json } from "./json.ts";

/** Whether a value of a JSONata state is meant as an expression; any other string is itself. */
export function isExpression(value: Json): value is string {
  return typeof value === "string" && value.startsWith("{%");
}

/** The members of `$states` that are not there in a field: `errorOutput` is in a catcher only, `result` where a Task, a Parallel or a Map ends (measured by others). */
export type Absent = readonly ("result" | "errorOutput")[];
const inMostFields: Absent = ["result", "errorOutput"];
export const inCatcher: Absent = ["result"];
export const inResult: Absent = ["errorOutput"];

/**
 * Checks one `{% … %}`: its end, its syntax, and that it reads nothing but variables and what there is of `$states`. All is worded as
 * measured; for the syntax AWS gives JSONata's own message without its code.
 */
export function checkExpression(findings: Findings, text: string, at: string, absent = inMostFields): void {
  if (text.length < 4 || !text.endsWith("%}")) return findings.schema("JSONata string must start with {% and end with %}", at);
  const checked = checkedExpression(text.slice(2, -2), absent);
  if ("fault" in checked) return findings.error("INVALID_JSONATA_EXPRESSION", checked.fault.replace(/^[A-Z]\d{4}: /, ""), at);
  for (const message of checked.unsupported) findings.error("UNSUPPORTED_JSONATA_EXPRESSION", message, at);
}

/** Checks every expression in a field that JSONata evaluates, each at its own place (`/States/E/Output/list[0]`, measured). */
export function checkJsonata(findings: Findings, value: Json | undefined, at: string, absent = inMostFields): void {
  if (value === undefined) return;
  if (isExpression(value)) checkExpression(findings, value, at, absent);
  else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) checkJsonata(findings, item, `${at}[${index}]`, absent);
  } else if (isJsonObject(value)) {
    for (const [key, member] of Object.entries(value)) {
      // JSONPath's way to say that a member is evaluated; JSONata states may not have it (documented).
      if (key.endsWith(".$")) reportLanguage(findings, key, at, "JSONata", "JSONPath");
      checkJsonata(findings, member, `${at}/${key}`, absent);
    }
  }
}
