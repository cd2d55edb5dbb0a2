import { isJsonObject, type Json, type JsonObject, setMember } from "../asl/json.ts";

/** A place in a copy of a template. */
interface Place {
  readonly into: Json[] | JsonObject;
  readonly key: string | number;
}

/** An expression in a template: which field it is in, where, as AWS names it (`Output/a/b[0]`), and its text without the `{% %}`. */
export interface Hole extends Place {
  readonly field: number;
  readonly location: string;
  readonly source: string;
}

/** What is still to be copied. */
interface Part extends Place {
  readonly field: number;
  readonly location: string;
  readonly template: Json;
}

/** The expression of a string that is wholly `{% … %}`, or null. Anything else about it, a blank before the brace too, makes it plain text (recorded). */
export function expressionOf(text: string): string | null {
  return text.length >= 4 && text.startsWith("{%") && text.endsWith("%}") ? text.slice(2, -2).trim() : null;
}

/** Copies of the fields' templates, and the expressions in them in the order they stand there, each with the place its value goes to. */
export function openTemplates(fields: readonly (readonly [name: string, template: Json, ...unknown[]])[]): {
  readonly values: Json[];
  readonly holes: readonly Hole[];
} {
  const values = fields.map((): Json => null);
  const holes: Hole[] = [];
  // The next one is the last of them.
  const rest = fields.map(([location, template], field): Part => ({ field, location, template, into: values, key: field })).reverse();
  for (let part = rest.pop(); part !== undefined; part = rest.pop()) {
    const { field, location, template, into, key } = part;
    const source = typeof template === "string" ? expressionOf(template) : null;
    if (source !== null) holes.push({ field, location, source, into, key });
    if (typeof template !== "object" || template === null) {
      put(part, template);
      continue;
    }
    const copy = Array.isArray(template) ? [] : {};
    put(part, copy);
    const inner = Array.isArray(template)
      ? template.map((item, index): Part => ({ field, location: `${location}[${index}]`, template: item, into: copy, key: index }))
      : Object.entries(template).map(([name, value]) => ({
          field,
          location: `${location}/${name}`,
          template: value,
          into: copy,
          key: name,
        }));
    for (const one of inner.reverse()) rest.push(one);
  }
  return { values, holes };
}

/** Puts a value where an expression stands. */
export function put({ into, key }: Place, value: Json): void {
  if (isJsonObject(into)) setMember(into, String(key), value);
  else into[Number(key)] = value;
}
