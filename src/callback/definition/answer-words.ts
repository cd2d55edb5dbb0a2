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
  /** The states of the branches that it satisfies, the first to be asked first; none where it satisfies none, and the Default is left. */
  readonly leadsTo: readonly string[];
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
    const said = saidByResult(state, queryLanguage(machine, state), assignment, inputKeys);
    const output = said.reduce<Json | null | undefined>(
      (whole, { keys, value }) => (whole === undefined ? whole : placed(whole, keys, value)),
      null,
    );
    if (said.length === 0 || output === undefined) return [];
    return [{ word: said.map(wordFor).join("-"), output: JSON.stringify(output), leadsTo: leadsTo === null ? [] : [leadsTo] }];
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

/** A value that the answer has to have, and where it has to have it. */
interface Said {
  readonly at: ValuePlace;
  /** Under which keys of the result. */
  readonly keys: readonly string[];
  readonly value: Value;
}

/** What of an assignment the answer itself can say; the rest is up to the execution's other data. */
function saidByResult(
  state: JsonObject,
  language: "JSONPath" | "JSONata",
  assignment: Assignment,
  inputKeys: readonly string[] | null,
): Said[] {
  return [...assignment.values()].flatMap(({ at, value }) => {
    const place: ValuePlace | null = at.root !== "input" ? at : inputKeys === null ? null : { ...at, keys: [...inputKeys, ...at.keys] };
    const keys = place === null ? null : resultSource(state, language, place);
    return keys === null ? [] : [{ at, keys, value }];
  });
}

/** The output (null for none yet) with the value put under the keys; undefined where something else is in the way. */
function placed(output: Json | null, [key, ...rest]: readonly string[], value: Value): Json | undefined {
  if (key === undefined) return output === null || output === value ? value : undefined;
  if (output !== null && typeof output !== "object") return undefined;
  const inner = placed(output !== null && Object.hasOwn(output, key) ? (output[key] ?? null) : null, rest, value);
  return inner === undefined ? undefined : { ...output, [key]: inner };
}

function wordFor({ at: { root, keys }, value }: Said): string {
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
    const known = byOutput.get(each.output);
    if (known !== undefined) byOutput.set(each.output, { ...known, leadsTo: [...known.leadsTo, ...each.leadsTo] });
    if (each.word === "" || known !== undefined) continue;
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
