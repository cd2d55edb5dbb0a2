import { safeJson } from "./safe-text.ts";
import type { Secrets } from "./secrets.ts";

const indent = 2;

/**
 * The text of a JSON document, indented as JSON.stringify does it. A member that is a list is written item by item, as it may be longer than what is to be
 * held. Secrets are hidden, and what could move a terminal's cursor is escaped.
 */
export function* longDocument(members: Readonly<Record<string, unknown>>, secrets: Pick<Secrets, "cleanJson">): Iterable<string> {
  const text = (value: unknown, depth: number): string =>
    safeJson(JSON.stringify(secrets.cleanJson(value), null, indent)).replaceAll("\n", `\n${" ".repeat(indent * depth)}`);
  let before = "{";
  for (const [name, value] of Object.entries(members)) {
    yield `${before}\n  ${text(name, 0)}: `;
    before = ",";
    if (!isIterable(value)) {
      yield text(value, 1);
      continue;
    }
    let beforeItem = "[";
    for (const item of value) {
      yield `${beforeItem}\n    ${text(item, 2)}`;
      beforeItem = ",";
    }
    yield beforeItem === "[" ? "[]" : "\n  ]";
  }
  yield before === "{" ? "{}\n" : "\n}\n";
}

/** The same as a value, its lists as arrays. */
export function wholeDocument(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [name, isIterable(value) ? [...value] : value]));
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}
