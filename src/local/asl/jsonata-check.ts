import { jsonataSyntaxError } from "../jsonata/syntax.ts";
import { reportLanguage } from "./check/fields.ts";
import type { Findings } from "./check/findings.ts";
import { isJsonObject, type Json } from "./json.ts";
import { topLevelReferences } from "./jsonata-references.ts";

/** Whether a value of a JSONata state is meant as an expression; any other string is itself. */
export function isExpression(value: Json): value is string {
  return typeof value === "string" && value.startsWith("{%");
}

/**
 * Checks one `{% … %}`: its end, its syntax, and that it reads nothing but variables. All is worded as measured; for the syntax AWS gives
 * JSONata's own message without its code.
 */
export function checkExpression(findings: Findings, text: string, at: string): void {
  if (text.length < 4 || !text.endsWith("%}")) return findings.schema("JSONata string must start with {% and end with %}", at);
  const expression = text.slice(2, -2);
  const references = topLevelReferences(expression);
  if (references === null) {
    const fault = jsonataSyntaxError(expression) ?? "The expression cannot be read";
    return findings.error("INVALID_JSONATA_EXPRESSION", fault.replace(/^[A-Z]\d{4}: /, ""), at);
  }
  for (const name of references) {
    const where = name === "$$" ? "" : " at the top level";
    findings.error("UNSUPPORTED_JSONATA_EXPRESSION", `Reference to '${name}'${where} is not supported.`, at);
  }
}

/** Checks every expression in a field that JSONata evaluates, each at its own place (`/States/E/Output/list[0]`, measured). */
export function checkJsonata(findings: Findings, value: Json | undefined, at: string): void {
  if (value === undefined) return;
  if (isExpression(value)) checkExpression(findings, value, at);
  else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) checkJsonata(findings, item, `${at}[${index}]`);
  } else if (isJsonObject(value)) {
    for (const [key, member] of Object.entries(value)) {
      // JSONPath's way to say that a member is evaluated; JSONata states may not have it (documented).
      if (key.endsWith(".$")) reportLanguage(findings, key, at, "JSONata", "JSONPath");
      checkJsonata(findings, member, `${at}/${key}`);
    }
  }
}
