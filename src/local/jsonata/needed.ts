import { isJsonObject, type Json, type JsonObject } from "../asl/json.ts";
import type { JsonataRequest } from "./evaluator.ts";

/** `$states`, and the one or two members after it. */
const reference = /\$states\b(?:\s*\.\s*([A-Za-z_]\w*)(?:\s*\.\s*([A-Za-z_]\w*))?)?/g;

/**
 * What of `$states` expressions can read: an input of hundreds of kilobytes need not go to the thread with each of a Parallel's branches that only wants its
 * token. All of it where an expression does anything with `$states` but to name a member of it, or can look around (`%`).
 */
export function neededStates(sources: readonly string[], states: JsonataRequest["states"]): Readonly<Record<string, Json>> {
  const members = new Set<string>();
  const ofContext = new Set<string>();
  for (const source of sources) {
    for (const [, member, next] of source.matchAll(reference)) {
      if (member === undefined || source.includes("%")) return states;
      if (member === "context" && next !== undefined) ofContext.add(next);
      else members.add(member);
    }
  }
  const needed = only(states, (name) => members.has(name) || (name === "context" && ofContext.size > 0));
  if (members.has("context") || !isJsonObject(needed["context"])) return needed;
  return { ...needed, context: only(needed["context"], (name) => ofContext.has(name)) };
}

/** Those of the variables that expressions can read. */
export function neededVariables(sources: readonly string[], variables: Readonly<Record<string, Json>>): Readonly<Record<string, Json>> {
  return only(variables, (name) => sources.some((source) => source.includes(`$${name}`)));
}

/** Members that are not wanted are not read either: they may be made only then. */
function only(from: Readonly<Record<string, Json>>, isWanted: (name: string) => boolean): JsonObject {
  return Object.fromEntries(Object.keys(from).flatMap((name) => (isWanted(name) ? [[name, from[name] ?? null]] : [])));
}
