import { type Assignment, type BranchTest, branchTest, comparedPlaces, placeKey, solutions } from "./branch-test.ts";
import { asObject, type JsonObject, parseMachine, queryLanguage, stateNamed } from "./defined-states.ts";
import { resultSource } from "./result-source.ts";
import type { ValuePlace } from "./value-place.ts";

/** A word that a task can be answered with, as the Choice after it has it. */
export interface ChoiceWord {
  /** `approve` for a text, `approved` and `not-approved` for a boolean. */
  readonly word: string;
  /** JSON text of the least output that says it. */
  readonly output: string;
  /** The state that the Choice is meant to go on with; null where that is not one branch's own. */
  readonly leadsTo: string | null;
}

type Value = string | number | boolean;
type Json = Value | { [key: string]: Json };

/** More branches and values than a person would choose from. */
const mostWords = 40;

/**
 * The answers that a Choice right after the state tells apart: one word for each text that it compares the answer with, two for a boolean. Each comes with
 * the output from which ResultSelector, ResultPath, OutputPath, Output and Assign make what the branch wants. Whether the execution really
 * goes there depends on its other data, and on branches that come first: a preview tells.
 */
export function wordsOfChoice(definition: string, stateName: string): ChoiceWord[] {
  const machine = parseMachine(definition);
  const state = stateNamed(machine, stateName);
  const next = state?.["Next"];
  const choice = typeof next === "string" ? stateNamed(machine, next) : null;
  if (state === null || choice?.["Type"] !== "Choice" || !Array.isArray(choice["Choices"])) return [];
  const language = queryLanguage(machine, choice);
  const branches = choice["Choices"].flatMap((branch: unknown): JsonObject[] => {
    const object = asObject(branch);
    return object === null ? [] : [object];
  });
  const inputKeys = language === "JSONPath" ? keysOfPath(choice["InputPath"]) : [];
  const tested = branches.map((branch) => ({ test: branchTest(branch, language), leadsTo: textOf(branch["Next"]) }));
  const meant = [
    ...tested.flatMap(({ test, leadsTo }) => solutions(test).map((assignment) => ({ assignment, leadsTo }))),
    ...complements(tested.map(({ test }) => test)).map((assignment) => ({ assignment, leadsTo: null })),
  ];
  const words = meant.flatMap(({ assignment, leadsTo }) => {
    const output = outputFor(state, queryLanguage(machine, state), assignment, inputKeys);
    return output === null ? [] : [{ word: wordFor(assignment), output: JSON.stringify(output), leadsTo }];
  });
  return distinct(words).slice(0, mostWords);
}

/** Of each boolean that is compared both values, as the other one leads somewhere too. */
function complements(tests: readonly BranchTest[]): Assignment[] {
  return tests.flatMap(comparedPlaces).flatMap(({ at, value }) => {
    if (typeof value !== "boolean") return [];
    return [true, false].map((either) => new Map([[placeKey(at), { at, value: either }]]));
  });
}

function outputFor(
  state: JsonObject,
  language: "JSONPath" | "JSONata",
  assignment: Assignment,
  inputKeys: readonly string[] | null,
): Json | null {
  let output: Json | null = null;
  for (const { at, value } of assignment.values()) {
    const place: ValuePlace | null = at.root !== "input" ? at : inputKeys === null ? null : { ...at, keys: [...inputKeys, ...at.keys] };
    const source = place === null ? null : resultSource(state, language, place);
    if (source === null) return null;
    output = placed(output, source, value);
    if (output === null) return null;
  }
  return output;
}

/** The output with the value put under the keys; null where something else is in the way. */
function placed(output: Json | null, [key, ...rest]: readonly string[], value: Value): Json | null {
  if (key === undefined) return output === null || output === value ? value : null;
  if (output !== null && typeof output !== "object") return null;
  const inner = placed(output !== null && Object.hasOwn(output, key) ? (output[key] ?? null) : null, rest, value);
  return inner === null ? null : { ...output, [key]: inner };
}

function wordFor(assignment: Assignment): string {
  return [...assignment.values()].map(({ at, value }) => wordForValue(at, value)).join("-");
}

function wordForValue({ root, keys }: ValuePlace, value: Value): string {
  if (typeof value === "string") return slug(value).toLowerCase();
  const name = slug(keys.at(-1) ?? (typeof root === "object" ? root.variable : ""));
  if (typeof value === "number") return name === "" ? String(value) : `${name}-${value}`;
  if (name === "") return value ? "yes" : "no";
  return value ? name : `not-${name}`;
}

/** As it is typed in a shell without quotes. */
function slug(text: string): string {
  return text.replace(/[^\p{L}\p{N}_.]+/gu, "-").replace(/^-+|-+$/g, "");
}

/** One word for one output, and one output for one word: of two texts that make the same word the later gets a number. */
function distinct(words: readonly ChoiceWord[]): ChoiceWord[] {
  const byOutput = new Map<string, ChoiceWord>();
  const taken = new Set<string>();
  for (const each of words) {
    if (each.word === "" || byOutput.has(each.output)) continue;
    let word = each.word;
    for (let number = 2; taken.has(word); number += 1) word = `${each.word}-${number}`;
    taken.add(word);
    byOutput.set(each.output, { ...each, word });
  }
  return [...byOutput.values()];
}

/** The keys of a Choice's InputPath: none without one, null where it is no plain path. */
function keysOfPath(path: unknown): readonly string[] | null {
  if (path === undefined || path === "$") return [];
  return typeof path === "string" && /^\$(\.\w+)+$/.test(path) ? path.split(".").slice(1) : null;
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
