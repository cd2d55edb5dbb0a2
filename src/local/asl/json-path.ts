import { AslError, runtimeError } from "./asl-error.ts";
import { matchesInTime } from "./bounded-pattern.ts";
import { isJsonObject, type Json, type JsonObject, jsonEquals, jsonText, ownMember, setMember } from "./json.ts";
import { type Filter, type Operand, type Path, parsePathText, type Segment } from "./json-path-syntax.ts";

export type { Path } from "./json-path-syntax.ts";

/** What a path can read besides the state's input: the context object (`$$`) and the variables that Assign has set (`$name`). */
export interface Scope {
  readonly context: Json;
  readonly variables: Readonly<Record<string, Json>>;
}

const MAX_CACHED_PATHS = 500;
const MAX_VISITED_VALUES = 2_000_000;
const cachedPaths = new Map<string, Path>();

/** Parses a path (`$`, `$$`, `$name`) of AWS's dialect; throws AslError `States.Runtime` on bad syntax. Some hundreds are remembered. */
export function parsePath(text: string): Path {
  const cached = cachedPaths.get(text);
  if (cached !== undefined) return cached;
  const path = parsePathText(text);
  if (cachedPaths.size >= MAX_CACHED_PATHS) cachedPaths.clear();
  cachedPaths.set(text, path);
  return path;
}

/** Whether the path can select at most one value, which is then given itself; any other path gives an array, even for one match. */
export function isDefinite(path: Path): boolean {
  return path.segments.every((segment, index) => {
    if (segment.isDeep) return false;
    // Jayway: several names at the end of a path give one object with those members.
    if (segment.kind === "names") return segment.names.length === 1 || index === path.segments.length - 1;
    return segment.kind === "length" || (segment.kind === "indices" && segment.indices.length === 1);
  });
}

/** The value at the path, or undefined when a definite path leads nowhere or its variable is not assigned. Any other gives an array. */
export function findPath(path: Path, input: Json, scope: Scope): Json | undefined {
  return new Reader(input, scope).read(path, null);
}

/** AWS reads no path of an input that is null, not even `$` (reported by others). Throws AslError `States.Runtime`. */
export function refuseNull(path: Path, input: Json): void {
  if (input === null && path.root === "input") throw runtimeError("Unable to apply Path transformation to null or empty input.");
}

/** The value at the path; throws AslError `States.Runtime`, in AWS's words, when a definite path leads nowhere (recorded). */
export function readPath(path: Path, input: Json, scope: Scope, field = "InputPath"): Json {
  refuseNull(path, input);
  const value = findPath(path, input, scope);
  if (value !== undefined) return value;
  const searched = jsonText(rootOf(path, input, scope));
  throw runtimeError(`The JSONPath '${path.text}' specified for the field '${field}' could not be found in the input '${searched}'`);
}

/**
 * The value at the path as a payload template takes it: an index past the end of an array gives null there, and nowhere else (measured by
 * others). Throws as readPath does.
 */
export function readTemplatePath(path: Path, input: Json, scope: Scope, field: string): Json {
  const last = path.segments.at(-1);
  if (last?.kind === "indices" && isDefinite(path)) {
    const holder = findPath({ ...path, segments: path.segments.slice(0, -1) }, input, scope);
    if (Array.isArray(holder)) return findPath(path, input, scope) ?? null;
  }
  return readPath(path, input, scope, field);
}

/** What the first index of a definite path meets where it meets no array; undefined where it is not that which makes the path lead nowhere. */
export function metByIndex(path: Path, input: Json, scope: Scope): { readonly index: number; readonly value: Json } | undefined {
  for (const [at, segment] of path.segments.entries()) {
    const value = segment.kind === "indices" ? findPath({ ...path, segments: path.segments.slice(0, at) }, input, scope) : undefined;
    const [index] = segment.kind === "indices" ? segment.indices : [];
    if (value !== undefined && index !== undefined && !Array.isArray(value)) return { index, value };
  }
  return undefined;
}

export interface Missing {
  /** Which of the path's steps leads nowhere. */
  readonly at: number;
  readonly step: string | number;
  /** What that step was to be taken in. */
  readonly holder: Json;
  /** What the path begins at. */
  readonly root: Json;
}

/** Where a definite path leads nowhere; null where it leads somewhere, or begins at nothing. */
export function missingStep(path: Path, input: Json, scope: Scope): Missing | null {
  const root = rootOf(path, input, scope);
  if (root === null || !isDefinite(path)) return null;
  let holder: Json = root;
  for (const [at, segment] of path.segments.entries()) {
    const found = findPath({ ...path, segments: path.segments.slice(0, at + 1) }, input, scope);
    if (found === undefined) {
      const [step] = segment.kind === "names" ? segment.names : segment.kind === "indices" ? segment.indices : ["length()"];
      return { at, step: step ?? "", holder, root };
    }
    holder = found;
  }
  return null;
}

/** The value that the path begins at. */
function rootOf(path: Path, input: Json, scope: Scope): Json {
  return path.root === "context" ? scope.context : path.root === "variables" ? scope.variables : input;
}

class Reader {
  readonly #input: Json;
  readonly #scope: Scope;
  #visited = 0;

  constructor(input: Json, scope: Scope) {
    this.#input = input;
    this.#scope = scope;
  }

  read(path: Path, current: Json): Json | undefined {
    let values: Json[] = [path.root === "current" ? current : rootOf(path, this.#input, this.#scope)];
    for (const [index, segment] of path.segments.entries()) {
      const next: Json[] = [];
      for (const value of values) this.#step(segment, value, next);
      // A variable that was never assigned is missing, whatever the rest of the path might select (inferred).
      if (index === 0 && path.root === "variables" && next.length === 0) return undefined;
      values = next;
    }
    return isDefinite(path) ? values[0] : values;
  }

  #visit(): void {
    this.#visited += 1;
    if (this.#visited > MAX_VISITED_VALUES) throw new AslError("States.Runtime", "The path selects too many values.");
  }

  #step(segment: Segment, value: Json, into: Json[]): void {
    if (!segment.isDeep) {
      this.#select(segment, value, into);
      return;
    }
    const pending: Json[] = [value];
    for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
      this.#visit();
      if (segment.kind !== "filter") this.#select(segment, node, into);
      else if (isJsonObject(node) && this.#holds(segment.filter, node)) into.push(node);
      const inside = children(node);
      for (let index = inside.length - 1; index >= 0; index -= 1) pending.push(inside[index] ?? null);
    }
  }

  #select(segment: Segment, value: Json, into: Json[]): void {
    this.#visit();
    const add = (found: Json | undefined): void => {
      this.#visit();
      if (found !== undefined) into.push(found);
    };
    if (segment.kind === "names") {
      if (isJsonObject(value)) add(namedMembers(segment.names, value));
    } else if (segment.kind === "wildcard") {
      for (const child of children(value)) add(child);
    } else if (segment.kind === "length") {
      add(lengthOf(value));
    } else if (segment.kind === "filter") {
      // Jayway asks the filter of an object itself, and of each item of an array.
      for (const item of Array.isArray(value) ? value : isJsonObject(value) ? [value] : [])
        if (this.#holds(segment.filter, item)) add(item);
    } else if (Array.isArray(value)) {
      if (segment.kind === "indices") for (const index of segment.indices) add(value.at(index));
      else for (const item of sliced(segment, value)) add(item);
    }
  }

  #holds(filter: Filter, current: Json): boolean {
    this.#visit();
    if (filter.kind === "compare") {
      const left = this.#value(filter.left, current);
      if (filter.right.kind === "pattern") return typeof left === "string" && matchesInTime(filter.right.pattern, left);
      return compares(filter.operator, left, this.#value(filter.right, current));
    }
    if (filter.kind === "exists") return this.#exists(filter.operand, current);
    if (filter.kind === "not") return !this.#holds(filter.term, current);
    const test = (term: Filter): boolean => this.#holds(term, current);
    return filter.kind === "and" ? filter.terms.every(test) : filter.terms.some(test);
  }

  #exists(operand: Operand, current: Json): boolean {
    const value = this.#value(operand, current);
    if (operand.kind !== "path") return value === true;
    return isDefinite(operand.path) ? value !== undefined : Array.isArray(value) && value.length > 0;
  }

  #value(operand: Operand, current: Json): Json | undefined {
    if (operand.kind === "literal") return operand.value;
    return operand.kind === "path" ? this.read(operand.path, current) : undefined;
  }
}

function children(value: Json): Json[] {
  if (Array.isArray(value)) return value;
  return isJsonObject(value) ? Object.values(value) : [];
}

function namedMembers(names: readonly string[], value: JsonObject): Json | undefined {
  const [only] = names;
  if (names.length === 1 && only !== undefined) return ownMember(value, only);
  const merged: JsonObject = {};
  for (const name of names) {
    const member = ownMember(value, name);
    if (member !== undefined) setMember(merged, name, member);
  }
  return merged;
}

function lengthOf(value: Json): number | undefined {
  if (typeof value === "string") return value.length;
  return typeof value === "object" && value !== null ? children(value).length : undefined;
}

function sliced(segment: { from: number | null; to: number | null; step: number }, value: Json[]): Json[] {
  return value.slice(segment.from ?? 0, segment.to ?? value.length).filter((_, index) => index % segment.step === 0);
}

function compares(operator: string, left: Json | undefined, right: Json | undefined): boolean {
  if (operator === "==") return looselyEqual(left, right);
  if (operator === "!=") return !looselyEqual(left, right);
  if (left === undefined || right === undefined) return false;
  if (operator === "in" || operator === "nin") {
    return Array.isArray(right) && right.some((item) => looselyEqual(left, item)) === (operator === "in");
  }
  if (operator === "subsetof" || operator === "anyof" || operator === "noneof") {
    if (!Array.isArray(left) || !Array.isArray(right)) return false;
    const isIn = (item: Json): boolean => right.some((other) => looselyEqual(item, other));
    return operator === "subsetof" ? left.every(isIn) : left.some(isIn) === (operator === "anyof");
  }
  if (operator === "contains") {
    if (typeof left === "string") return typeof right === "string" && left.includes(right);
    return Array.isArray(left) && left.some((item) => looselyEqual(item, right));
  }
  if (operator === "size") return lengthOf(left) === right;
  if (operator === "empty") return (lengthOf(left) === 0) === right;
  return isOrdered(operator, left, right);
}

/** Jayway compares a number with a string of digits as numbers. */
function looselyEqual(left: Json | undefined, right: Json | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  if (typeof left === "number" && typeof right === "string") return right.trim() !== "" && left === Number(right);
  if (typeof left === "string" && typeof right === "number") return left.trim() !== "" && Number(left) === right;
  return jsonEquals(left, right);
}

function isOrdered(operator: string, left: Json, right: Json): boolean {
  const isNumbers = typeof left === "number" && typeof right === "number";
  const isStrings = typeof left === "string" && typeof right === "string";
  if (!isNumbers && !isStrings) return false;
  if (operator === "<") return left < right;
  if (operator === "<=") return left <= right;
  return operator === ">" ? left > right : left >= right;
}
