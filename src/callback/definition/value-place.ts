/** Where a value is: under these keys of a state's input, of its task's result, or of a workflow variable. */
export interface ValuePlace {
  readonly root: "input" | "result" | { readonly variable: string };
  readonly keys: readonly string[];
}

/** Reads a JSONPath that means one member of an object: `$.a.b`, `$['a'].b`, `$variable.a`; null for any other. `$` is what `dollar` says. */
export function jsonPathPlace(path: string, dollar: "input" | "result"): ValuePlace | null {
  const match = /^\$([A-Za-z_]\w*)?((?:\.[\p{L}_][\p{L}\p{N}_-]*|\['[^'\\]*'\]|\["[^"\\]*"\])*)$/u.exec(path);
  if (match === null) return null;
  const [, variable, rest = ""] = match;
  const keys = [...rest.matchAll(/\.([^.[]+)|\['([^']*)'\]|\["([^"]*)"\]/gu)].map(
    ([, name, single, double]) => name ?? single ?? double ?? "",
  );
  return { root: variable === undefined ? dollar : { variable }, keys };
}

/** Reads a JSONata path to one member: `$states.input.a`, `$states.result.a`, `$variable.a`, with names quoted where they have to be; null for any other. */
export function jsonataPlace(expression: string): ValuePlace | null {
  const match = /^\$([A-Za-z_]\w*)((?:\s*\.\s*(?:[A-Za-z_]\w*|`[^`]*`|"[^"\\]*"))*)$/.exec(expression.trim());
  if (match === null) return null;
  const [, name = "", rest = ""] = match;
  const keys = [...rest.matchAll(/\.\s*(?:([A-Za-z_]\w*)|`([^`]*)`|"([^"]*)")/g)].map(
    ([, bare, tick, quoted]) => bare ?? tick ?? quoted ?? "",
  );
  if (name !== "states") return { root: { variable: name }, keys };
  const [root, ...below] = keys;
  return root === "input" || root === "result" ? { root, keys: below } : null;
}

/** What is between `{%` and `%}`; null where the text is no JSONata expression. */
export function jsonataIn(text: unknown): string | null {
  const match = typeof text === "string" ? /^\s*\{%([\s\S]*)%\}\s*$/.exec(text) : null;
  return match === null ? null : (match[1] ?? "").trim();
}
