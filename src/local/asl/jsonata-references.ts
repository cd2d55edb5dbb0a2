import jsonata from "jsonata";

/** A node of JSONata's syntax tree, as far as it is read here; the package's own type leaves out half of it. */
interface Node {
  readonly type: string;
  readonly value?: unknown;
  readonly steps?: readonly Node[];
  readonly lhs?: Node | readonly (readonly Node[])[];
  readonly rhs?: Node;
  readonly expression?: Node;
  readonly expressions?: readonly Node[];
  readonly procedure?: Node;
  readonly arguments?: readonly Node[];
  readonly body?: Node;
  readonly condition?: Node;
  readonly then?: Node;
  readonly else?: Node;
}

/**
 * What an expression reads from the value that JSONata evaluates it over, each once: names, `$`, `$$`. AWS evaluates over
 * no value and so refuses them (measured by others); input comes as `$states.input`. Only the first step of a path reads from there.
 * Null for an expression of wrong syntax.
 */
export function topLevelReferences(expression: string): readonly string[] | null {
  const tree = parsed(expression);
  if (tree === null) return null;
  const found = new Set<string>();
  const open = [tree];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.type === "name") found.add(String(node.value));
    else if (node.type === "variable" && (node.value === "" || node.value === "$")) found.add(`$${node.value}`);
    else open.push(...parts(node).reverse());
  }
  return [...found];
}

function parsed(expression: string): Node | null {
  try {
    return jsonata(expression).ast() as unknown as Node;
  } catch {
    return null;
  }
}

/** The parts that are evaluated over the same value as the node: not a path's later steps, nor a transformation's pattern. */
function parts(node: Node): Node[] {
  if (node.type === "path") return node.steps?.slice(0, 1) ?? [];
  if (node.type === "transform") return [];
  const { lhs } = node;
  const left = lhs === undefined || node.type === "bind" ? [] : "type" in lhs ? [lhs] : lhs.flat();
  const args = node.type === "lambda" ? [] : (node.arguments ?? []);
  const single = [node.rhs, node.expression, node.procedure, node.condition, node.then, node.else, node.body];
  return [...left, ...single.filter((part) => part !== undefined), ...(node.expressions ?? []), ...args];
}
