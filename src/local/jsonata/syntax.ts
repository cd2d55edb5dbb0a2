import jsonata from "jsonata";

/** What AWS says of an expression when its definition is created: a fault in its syntax, or what it refuses about it otherwise. */
export type CheckedExpression = { readonly fault: string } | { readonly unsupported: readonly string[] };

/**
 * Checks a JSONata expression, without its `{% %}`, in AWS's words (published, measured by others). A fault is JSONata's message, as AWS gives it
 * in INVALID_JSONATA_EXPRESSION; an expression nested too deeply to be read has one, too. Else the messages of UNSUPPORTED_JSONATA_EXPRESSION: a
 * name or `$` where there is no document to look it up in, `$$` anywhere, and a member of `$states` that the field does not have. Never throws.
 */
export function checkedExpression(expression: string, absentStates: readonly ("result" | "errorOutput")[] = []): CheckedExpression {
  const parsed = parse(expression);
  if ("fault" in parsed) return parsed;
  const newer = newerOperatorIn(parsed.ast as Part, expression);
  return newer === null ? { unsupported: unsupportedIn(parsed.ast as Part, absentStates) } : { fault: newer };
}

/**
 * The variables that an expression, without its `{% %}`, refers to and does not bind itself, in the order in which they stand there. `$states` and
 * built-in functions are among them; a function that is called is not. None for what is no expression.
 */
export function variablesIn(expression: string): readonly string[] {
  const parsed = parse(expression);
  if ("fault" in parsed) return [];
  const found: { readonly name: string; readonly position: number }[] = [];
  const bound = new Set<string>();
  const rest: Part[] = [parsed.ast as Part];
  for (let part = rest.pop(); part !== undefined; part = rest.pop()) {
    for (const [member, value] of Object.entries(part)) {
      const parts = [value].flat(2).filter((one) => typeof one === "object" && one !== null) as Part[];
      if (given.has(`${part.type} ${member}`)) for (const { value: name } of parts) bound.add(String(name));
      else rest.push(...parts.filter(({ type }) => !(member === "procedure" && type === "variable")));
    }
    if (part.type === "variable") found.push({ name: String(part.value), position: Number(part["position"]) });
  }
  const names = found.sort((left, right) => left.position - right.position).map(({ name }) => name);
  return [...new Set(names)].filter((name) => !bound.has(name));
}

/** AWS's JSONata is 2.0.6, which has neither `??` nor `?:`: it takes the second character for a fault in a condition (its refusal is measured by others). */
function newerOperatorIn(ast: Part, expression: string): string | null {
  const rest: Part[] = [ast];
  for (let part = rest.pop(); part !== undefined; part = rest.pop()) {
    const sign = part.type === "condition" ? expression.slice(Number(part["position"]) - 2, Number(part["position"])) : "";
    if (sign === "??" || sign === "?:") return `The symbol "${sign.charAt(1)}" cannot be used as a unary operator`;
    for (const inner of Object.values(part).flat(2)) if (typeof inner === "object" && inner !== null) rest.push(inner as Part);
  }
  return null;
}

function unsupportedIn(ast: Part, absentStates: readonly string[]): readonly string[] {
  const found = new Set<string>();
  const rest: Context[] = [{ part: ast, isTop: true }];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const { part, isTop } = next;
    const [member] = membersOfStates(part).filter((name) => absentStates.some((absent) => absent === name));
    if (member !== undefined) found.add(`Field '$states.${member}' does not exist.`);
    if (part.type === "variable" && part.value === "$") found.add("Reference to '$$' is not supported.");
    const name = part.type === "name" ? part.value : part.type === "variable" && part.value === "" ? "$" : undefined;
    if (name !== undefined && isTop) found.add(`Reference to '${name}' at the top level is not supported.`);
    for (const one of within(part, isTop).reverse()) rest.push(one);
  }
  return [...found];
}

function parse(expression: string): { readonly ast: object } | { readonly fault: string } {
  try {
    return { ast: jsonata(expression).ast() };
  } catch (error) {
    if (error instanceof RangeError) return { fault: "The expression is nested too deeply" };
    // JSONata throws plain objects; a faulty regular expression is the engine's SyntaxError.
    return { fault: (error as { readonly message?: string }).message ?? String(error) };
  }
}

/** A part of a parsed expression. */
interface Part {
  readonly type?: string;
  readonly value?: unknown;
  readonly steps?: readonly Part[];
  readonly [member: string]: unknown;
}

/** A part, and whether it is evaluated over the document that there is none of. */
interface Context {
  readonly part: Part;
  readonly isTop: boolean;
}

/** What is evaluated over a value that the expression itself has found. */
const inner = new Set(["predicate", "stages", "group", "terms", "pattern", "update", "delete"]);
/** Names that are given, not looked up. */
const given = new Set(["lambda arguments", "bind lhs"]);

function within({ steps, ...part }: Part, isTop: boolean): Context[] {
  const contexts = (steps ?? []).map((step, index) => ({ part: step, isTop: isTop && index === 0 }));
  for (const [name, value] of Object.entries(part)) {
    if (given.has(`${part.type} ${name}`)) continue;
    const parts = Array.isArray(value) ? value.flat() : [value];
    for (const one of parts) if (typeof one === "object" && one !== null) contexts.push({ part: one, isTop: isTop && !inner.has(name) });
  }
  return contexts;
}

/** The name in `$states.name`. */
function membersOfStates({ type, steps }: Part): unknown[] {
  const [first, second] = steps ?? [];
  return type === "path" && first?.type === "variable" && first.value === "states" && second?.type === "name" ? [second.value] : [];
}
