import { safeJson } from "./safe-text.ts";
import type { Secrets } from "./secrets.ts";

const indent = 2;

/**
 * The text of a JSON document, indented as JSON.stringify does it, whose first member is a list and whose others follow. Item by item, as a list may be
 * longer than what is to be held. Secrets are hidden, and what could move a terminal's cursor is escaped.
 */
export function* listDocument(
  name: string,
  items: Iterable<unknown>,
  others: Readonly<Record<string, unknown>>,
  secrets: Pick<Secrets, "clean" | "cleanJson">,
): Iterable<string> {
  const text = (value: unknown, depth: number): string =>
    safeJson(JSON.stringify(secrets.cleanJson(value), null, indent)).replaceAll("\n", `\n${" ".repeat(indent * depth)}`);
  yield `{\n  ${text(name, 0)}: [`;
  let isFirst = true;
  for (const item of items) {
    yield `${isFirst ? "" : ","}\n    ${text(item, 2)}`;
    isFirst = false;
  }
  yield isFirst ? "]" : "\n  ]";
  for (const [member, value] of Object.entries(others)) yield `,\n  ${text(member, 0)}: ${text(value, 1)}`;
  yield "\n}\n";
}
