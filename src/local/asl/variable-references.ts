import { variablesIn } from "../jsonata/syntax.ts";
import { assignedNames } from "./check/templates.ts";
import type { Definition, QueryLanguage, State, StateGraph } from "./definition.ts";
import { parseCall } from "./intrinsic-syntax.ts";
import type { Json, JsonObject } from "./json.ts";
import { parsePath } from "./json-path.ts";
import { isExpression } from "./jsonata-check.ts";

/** The names of the variables that states refer to, without their `$`, by the states' names. */
export type VariableReferences = Readonly<Record<string, readonly string[]>>;

/** Fields that hold states of their own, which are told of under their own names. */
const graphFields = new Set(["Branches", "ItemProcessor", "Iterator"]);

const maxRemembered = 100;
const remembered = new Map<string, VariableReferences | null>();

/** As `variableReferences`, for the text of a checked definition. One with thousands of expressions takes a while, and is asked for again. */
export function variableReferencesIn(text: string): VariableReferences | null {
  if (!text.includes('"Assign"')) return null;
  let references = remembered.get(text);
  if (references === undefined) {
    references = variableReferences(JSON.parse(text) as Definition);
    if (remembered.size >= maxRemembered) remembered.clear();
    remembered.set(text, references);
  }
  return references;
}

/**
 * Which variables each state of a machine refers to, at any depth; a state that refers to none is left out (documented, but for the order: here
 * that in which they stand in the state). Null where none does.
 */
export function variableReferences(definition: Definition): VariableReferences | null {
  const states = [...statesIn(definition)];
  const assigned = new Set(states.flatMap(([, state]) => namesAssigned(state as unknown as Json)));
  if (assigned.size === 0) return null;
  const references = states.map(([name, state]) => [name, referencesOf(state, definition.QueryLanguage ?? "JSONPath", assigned)] as const);
  const told = references.filter(([, names]) => names.length > 0);
  return told.length === 0 ? null : Object.fromEntries(told);
}

function* statesIn({ States: states }: StateGraph): Generator<[string, State]> {
  for (const [name, state] of Object.entries(states)) {
    yield [name, state];
    if (state.Type === "Parallel") for (const branch of state.Branches) yield* statesIn(branch);
    const processor = state.Type === "Map" ? (state.ItemProcessor ?? state.Iterator) : undefined;
    if (processor !== undefined) yield* statesIn(processor);
  }
}

/** By the state's own Assign, and those of its choices and catchers. */
function namesAssigned(state: Json): readonly string[] {
  return [...membersOf(state)].flatMap(([key, value]) => (key === "Assign" ? assignedNames(value) : []));
}

function referencesOf(state: State, language: QueryLanguage, assigned: ReadonlySet<string>): readonly string[] {
  const isJsonata = (state.QueryLanguage ?? language) === "JSONata";
  const found = new Set<string>();
  for (const [key, value] of membersOf(state as unknown as Json)) {
    if (typeof value !== "string") continue;
    const names = isJsonata ? inExpression(value, assigned) : inPath(key, value);
    for (const name of names) found.add(name);
  }
  return [...found];
}

/** Every member of a state's own fields, with the members of those. */
function* membersOf(holder: Json): Generator<[key: string, value: Json]> {
  const members: Iterable<[string, Json]> = Array.isArray(holder) ? holder.map((item) => ["", item]) : Object.entries(holder as JsonObject);
  for (const [key, value] of members) {
    if (graphFields.has(key)) continue;
    yield [key, value];
    if (typeof value === "object" && value !== null) yield* membersOf(value);
  }
}

/** A built-in function that is handed on looks like a variable: only what is assigned somewhere is one. */
function inExpression(text: string, assigned: ReadonlySet<string>): readonly string[] {
  if (!isExpression(text) || ![...assigned].some((name) => text.includes(`$${name}`))) return [];
  return variablesIn(text.slice(2, -2)).filter((name) => assigned.has(name));
}

function inPath(key: string, text: string): readonly string[] {
  if (!/(\.\$|Path|^Variable)$/.test(key) || !text.includes("$")) return [];
  try {
    return variablesAt(text.startsWith("States.") ? parseCall(text) : parsePath(text));
  } catch {
    // No path, whatever the field is called.
    return [];
  }
}

/** The variables that the paths in what was parsed begin at. */
function variablesAt(parsed: unknown): readonly string[] {
  if (Array.isArray(parsed)) return parsed.flatMap(variablesAt);
  if (typeof parsed !== "object" || parsed === null) return [];
  const { root, segments } = parsed as { readonly root?: unknown; readonly segments?: readonly { readonly names?: readonly string[] }[] };
  const [name] = root === "variables" ? (segments?.[0]?.names ?? []) : [];
  return [...(name === undefined ? [] : [name]), ...Object.values(parsed).flatMap(variablesAt)];
}
