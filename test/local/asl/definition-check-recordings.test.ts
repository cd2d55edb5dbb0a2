import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkDefinition } from "../../../src/local/asl/definition-check.ts";

const file = new URL("../../../../shared/recordings/executions.jsonl", import.meta.url);
const isPresent = existsSync(file);
const title = `definitions that ran on AWS${isPresent ? "" : " (skipped: ../shared/recordings is absent)"}`;

const definitions = isPresent
  ? readFileSync(file, "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { readonly name: string; readonly definition: unknown })
  : [];

describe.skipIf(!isPresent)(title, () => {
  it("are all accepted", () => {
    expect(definitions.length).toBeGreaterThan(300);
    const refused = definitions.flatMap(({ name, definition }) => {
      const { diagnostics } = checkDefinition(JSON.stringify(definition));
      return diagnostics.some(({ severity }) => severity === "ERROR") ? [{ name, diagnostics }] : [];
    });
    expect(refused).toEqual([]);
  });

  it("never make the check throw, however one value in them is changed", () => {
    const change = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom("$", "{% (", "{%%}", "States.Format(", "$$.a", "__proto__"));
    fc.assert(
      fc.property(fc.constantFrom(...definitions), fc.nat(), fc.option(change), ({ definition }, at, value) => {
        const changed = mutated(definition, at, value);
        const checked = checkDefinition(JSON.stringify(changed));
        expect("definition" in checked).toBe(checked.diagnostics.every(({ severity }) => severity === "WARNING"));
      }),
      { numRuns: 500 },
    );
  });
});

/** A copy with one value changed, or taken away for null: the `at`-th of all, counted from the top and round again. */
function mutated(definition: unknown, at: number, value: unknown): unknown {
  const copy = structuredClone(definition);
  const places: { readonly holder: Record<string, unknown>; readonly key: string }[] = [];
  const open: unknown[] = [copy];
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    if (typeof part !== "object" || part === null) continue;
    const holder = part as Record<string, unknown>;
    for (const key of Object.keys(holder)) {
      places.push({ holder, key });
      open.push(holder[key]);
    }
  }
  const place = places[at % places.length];
  if (place === undefined) return copy;
  if (value === null) delete place.holder[place.key];
  else place.holder[place.key] = value;
  return copy;
}
