import type { Expression } from "jsonata";

/** Expressions nest at most so deep (measured on AWS by others, by sums, parentheses, arrays and recursion alike). */
const MAX_DEPTH = 100;
/** The longest text and the longest array a value may be on AWS (measured by others: 2^22 characters yes, 2^23 no; 873,782 items yes). */
export const MAX_TEXT_LENGTH = 6_990_256;
/** See {@link MAX_TEXT_LENGTH}. */
export const MAX_ITEMS = 873_782;

/** A value has become too large. */
export class MemoryLimitError extends Error {}

/** An expression is nested, or calls itself, too deeply. */
export class DepthLimitError extends Error {}

/** A part of a parsed expression, as far as the guard looks at it. */
type Part = object;

/** What JSONata gives its hooks beside the part: a scope, which is the same object for parts evaluated in the same one. */
type Scope = object;

/** An array or an object that an expression builds. Its members take turns. */
interface Owner {
  /** Members of an object grouped from a stream with `@` or `#` have a scope each, within the one they share. */
  readonly hasScopeEach: boolean;
}

interface Turns {
  isTaken: boolean;
  readonly waiting: (() => void)[];
}

/**
 * Watches one evaluation at a time: how deep it is, and how large its values become. JSONata's own `stack` option cannot be used for the first:
 * it counts the members of an array or an object, which are evaluated at the same time, as if each were within the one before. So the guard
 * lets them take turns, which makes the count what it means.
 */
export class Guard {
  #depth = 0;
  #turns = new WeakMap<Scope, Map<Owner, Turns>>();
  readonly #outer = new WeakMap<Scope, Scope>();

  /** To be called before each evaluation. */
  reset(): void {
    this.#depth = 0;
    this.#turns = new WeakMap();
  }

  /** Hooks into every evaluation of a parsed expression. */
  watch(expression: Expression): void {
    const owners = ownersIn(expression.ast());
    // The types know names only; JSONata's hooks are named by symbols.
    const hook = expression.assign as (name: unknown, call: unknown) => void;
    hook(Symbol.for("jsonata.__createFrame_push"), (outer: Scope, scope: Scope) => this.#outer.set(scope, outer));
    hook(Symbol.for("jsonata.__evaluate_entry"), (part: Part, _input: unknown, scope: Scope) => {
      const owner = owners.get(part);
      return owner === undefined ? this.#enter() : this.#takeTurn(this.#turnsOf(owner, scope));
    });
    hook(Symbol.for("jsonata.__evaluate_exit"), (part: Part, _input: unknown, scope: Scope, result: unknown) => {
      this.#depth -= 1;
      const owner = owners.get(part);
      if (owner !== undefined) passOn(this.#turnsOf(owner, scope));
      if (isTooLarge(result)) throw new MemoryLimitError();
    });
  }

  #enter(): void {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new DepthLimitError();
  }

  #takeTurn(turns: Turns): Promise<void> | undefined {
    if (turns.isTaken) return new Promise<void>((resolve) => turns.waiting.push(resolve)).then(() => this.#enter());
    turns.isTaken = true;
    this.#enter();
    return undefined;
  }

  #turnsOf(owner: Owner, scope: Scope): Turns {
    const shared = owner.hasScopeEach ? (this.#outer.get(scope) ?? scope) : scope;
    const byOwner = this.#turns.get(shared) ?? new Map<Owner, Turns>();
    this.#turns.set(shared, byOwner);
    const turns = byOwner.get(owner) ?? { isTaken: false, waiting: [] };
    byOwner.set(owner, turns);
    return turns;
  }
}

function passOn(turns: Turns): void {
  const next = turns.waiting.shift();
  if (next === undefined) turns.isTaken = false;
  else next();
}

function isTooLarge(value: unknown): boolean {
  return (typeof value === "string" && value.length > MAX_TEXT_LENGTH) || (Array.isArray(value) && value.length > MAX_ITEMS);
}

/** Of each part that JSONata evaluates together with others: what it is a member of. */
function ownersIn(ast: Part): ReadonlyMap<Part, Owner> {
  const owners = new Map<Part, Owner>();
  const seen = new Set<Part>();
  const rest: { readonly part: Part; readonly hasScopeEach: boolean }[] = [{ part: ast, hasScopeEach: false }];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const { part, hasScopeEach } = next;
    if (seen.has(part)) continue;
    seen.add(part);
    const { value, expressions, lhs, steps } = part as Readonly<Record<string, unknown>>;
    const owner: Owner = { hasScopeEach };
    if (value === "[" && Array.isArray(expressions)) for (const member of expressions) owners.set(member, owner);
    if (Array.isArray(lhs)) for (const pair of lhs) if (Array.isArray(pair)) owners.set(pair[1], owner);
    const isStream = Array.isArray(steps) && steps.some((step: { tuple?: boolean }) => step.tuple === true);
    for (const [name, inner] of Object.entries(part)) {
      if (typeof inner === "object" && inner !== null) rest.push({ part: inner, hasScopeEach: isStream && name === "group" });
    }
  }
  return owners;
}
