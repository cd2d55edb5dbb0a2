import { isJsonObject, type Json, type JsonObject } from "../json.ts";
import type { Findings } from "./findings.ts";

/** More than any real definition needs, and what every recursion over a checked definition can bear. */
const MAX_DEPTH = 400;
const MAX_QUOTED = 500;

/** The definition's text as an object that is not nested too deeply, or null with the reason among the findings. */
export function readDefinition(findings: Findings, text: string): JsonObject | null {
  const document = text.trim() === "" ? null : parsed(findings, text);
  if (document === undefined) return null;
  if (!isJsonObject(document)) {
    // Without a location (recorded).
    findings.error("SCHEMA_VALIDATION_FAILED", "Definition must be a valid JSON object", null);
    return null;
  }
  if (!isTooDeep(document)) return document;
  findings.error("TOO_DEEPLY_NESTED", `The definition is nested more than ${MAX_DEPTH} levels deep`, null);
  return null;
}

function parsed(findings: Findings, text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    const { what, position } = fault(text, error instanceof Error ? error.message : "");
    const before = text.slice(0, position).split("\n");
    const quoted = text.length > MAX_QUOTED ? `"${text.slice(0, MAX_QUOTED)}"[truncated ${text.length - MAX_QUOTED} chars]` : `"${text}"`;
    const location = `[Source: (String)${quoted}; line: ${before.length}, column: ${(before.at(-1) ?? "").length + 1}]`;
    findings.error("INVALID_JSON_DESCRIPTION", `${what}\n at ${location}`, location);
    return undefined;
  }
}

/** What is wrong and where: an unknown word as AWS says it (recorded), anything else in the engine's own words. */
function fault(text: string, message: string): { readonly what: string; readonly position: number } {
  const [start = "", word] = /^\s*([A-Za-z_$][\w$]*)/.exec(text) ?? [];
  if (word !== undefined && !["null", "true", "false"].includes(word)) {
    const what = `Unrecognized token '${word}': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')`;
    return { what, position: start.length };
  }
  const [said, position = String(text.length)] = / in JSON at position (\d+).*$/.exec(message) ?? [];
  return { what: said === undefined ? message : message.replace(said, ""), position: Number(position) };
}

function isTooDeep(document: Json): boolean {
  const open: [Json, number][] = [[document, 1]];
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    const [value, depth] = item;
    if (typeof value !== "object" || value === null) continue;
    if (depth > MAX_DEPTH) return true;
    for (const part of Array.isArray(value) ? value : Object.values(value)) open.push([part, depth + 1]);
  }
  return false;
}
