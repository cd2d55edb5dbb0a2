import { asObject, type JsonObject } from "./defined-states.ts";
import { jsonataTest } from "./jsonata-test.ts";
import { jsonataIn, jsonPathPlace, type ValuePlace } from "./value-place.ts";

/** What a branch of a Choice asks of its input, as far as it is understood. */
export type BranchTest =
  | { readonly kind: "all" | "any"; readonly tests: readonly BranchTest[] }
  | { readonly kind: "not"; readonly test: BranchTest }
  | { readonly kind: "equals"; readonly at: ValuePlace; readonly value: string | number | boolean }
  /** Holds or not whatever is answered, or is not understood. */
  | { readonly kind: "other" };

/** The values, by place, that make a test come out as wanted. */
export type Assignment = ReadonlyMap<string, { readonly at: ValuePlace; readonly value: string | number | boolean }>;

/** More ways than these to satisfy a test are none that a person would choose from. */
const mostSolutions = 40;

/** The test of a branch (an item of a Choice's `Choices`). */
export function branchTest(branch: JsonObject, language: "JSONPath" | "JSONata"): BranchTest {
  if (language === "JSONPath") return jsonPathTest(branch);
  const expression = jsonataIn(branch["Condition"]);
  return expression === null ? { kind: "other" } : jsonataTest(expression);
}

const comparisons: ReadonlySet<string> = new Set(["StringEquals", "BooleanEquals", "NumericEquals"]);

function jsonPathTest(rule: JsonObject): BranchTest {
  for (const [operator, kind] of [
    ["And", "all"],
    ["Or", "any"],
  ] as const) {
    const parts = rule[operator];
    if (Array.isArray(parts)) return { kind, tests: parts.map((part: unknown) => jsonPathTest(asObject(part) ?? {})) };
  }
  const negated = asObject(rule["Not"]);
  if (negated !== null) return { kind: "not", test: jsonPathTest(negated) };
  const variable = rule["Variable"];
  const at = typeof variable === "string" ? jsonPathPlace(variable, "input") : null;
  const comparison = Object.entries(rule).find(([key]) => comparisons.has(key));
  const value = comparison?.[1];
  if (at === null || (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean")) return { kind: "other" };
  return { kind: "equals", at, value };
}

/** Every way to make the test come out as wanted by giving places a value; a part that is not understood asks for nothing. */
export function solutions(test: BranchTest, wanted = true): Assignment[] {
  switch (test.kind) {
    case "not":
      return solutions(test.test, !wanted);
    case "equals": {
      // Of what a text or a number must not be, no one value can be named.
      if (!wanted && typeof test.value !== "boolean") return [];
      const value = wanted ? test.value : !test.value;
      return [new Map([[placeKey(test.at), { at: test.at, value }]])];
    }
    case "other":
      return [new Map()];
    default: {
      const parts = test.tests.map((part) => solutions(part, wanted));
      return (test.kind === "all") === wanted ? combined(parts) : parts.flat().slice(0, mostSolutions);
    }
  }
}

/** The places that a test compares, and with what. */
export function comparedPlaces(test: BranchTest): readonly { readonly at: ValuePlace; readonly value: string | number | boolean }[] {
  if (test.kind === "equals") return [test];
  if (test.kind === "not") return comparedPlaces(test.test);
  return test.kind === "other" ? [] : test.tests.flatMap(comparedPlaces);
}

export function placeKey({ root, keys }: ValuePlace): string {
  return JSON.stringify([root, ...keys]);
}

function combined(parts: readonly Assignment[][]): Assignment[] {
  return parts.reduce<Assignment[]>(
    (whole, part) => whole.flatMap((one) => part.flatMap((other) => merged(one, other))).slice(0, mostSolutions),
    [new Map()],
  );
}

/** Both together; nothing where they disagree. */
function merged(one: Assignment, other: Assignment): Assignment[] {
  for (const [key, { value }] of other) {
    const own = one.get(key);
    if (own !== undefined && own.value !== value) return [];
  }
  return [new Map([...one, ...other])];
}
