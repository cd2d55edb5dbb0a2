import { expect, it } from "vitest";
import type { Definition } from "../../../src/local/asl/definition.ts";
import { variableReferences } from "../../../src/local/asl/variable-references.ts";
import { machine } from "../peer.ts";

const referencesIn = (states: Record<string, object>, more: object = {}) => variableReferences(machine(states, more) as Definition);
const end = { Type: "Pass", End: true };
const set = { Type: "Pass", Assign: { a: 1, "b.$": "$.b", total: 0 }, Next: "Use" };

it.each<[string, object, readonly string[]]>([
  ["in a template, deep", { ...end, Parameters: { x: [{ "y.$": "$a.items[0]" }] } }, ["a"]],
  ["in an intrinsic function", { ...end, Parameters: { "x.$": "States.Format('{}', States.MathAdd($b, $total))" } }, ["b", "total"]],
  ["in a path of its own", { ...end, InputPath: "$b.x", OutputPath: "$" }, ["b"]],
  ["in a filter", { ...end, Parameters: { "x.$": "$.list[?(@.id == $a.id)]" } }, ["a"]],
  ["in what it assigns", { ...end, Assign: { "total.$": "States.MathAdd($total, 1)" } }, ["total"]],
  [
    "in a choice",
    { Type: "Choice", Choices: [{ And: [{ Variable: "$a.n", NumericEqualsPath: "$b" }], Next: "Set" }], Default: "Set" },
    ["a", "b"],
  ],
  ["twice, once", { ...end, Parameters: { "x.$": "$a", "y.$": "$a.b" } }, ["a"]],
  ["that nobody assigns, too", { ...end, Parameters: { "x.$": "$other" } }, ["other"]],
])("a JSONPath state refers to a variable %s", (_, state, names) => expect(referencesIn({ Set: set, Use: state })).toEqual({ Use: names }));

it.each<[string, object]>([
  ["its input and the context object", { ...end, Parameters: { "x.$": "$.a", "y.$": "$$.Execution.Id" } }],
  ["text that looks like one", { ...end, Result: "$a", Comment: "$a" }],
])("a JSONPath state does not by %s", (_, state) => expect(referencesIn({ Set: set, Use: state })).toBeNull());

it.each<[string, string, readonly string[]]>([
  ["as they stand there", "$b + $a.x", ["b", "a"]],
  ["within a function's arguments and body", "$map([1], function($x) { $x + $total })", ["total"]],
  ["but none that it binds itself", "($a := 1; $a + $b)", ["b"]],
  ["but neither $states nor functions", "$sum($states.input) & $string(1)", []],
])("a JSONata state refers to variables %s", (_, expression, names) => {
  const assigning = { Type: "Pass", Assign: { a: 1, b: 2, total: 3 }, Next: "Use" };
  const references = referencesIn({ Set: assigning, Use: { ...end, Output: { x: `{% ${expression} %}` } } }, { QueryLanguage: "JSONata" });
  expect(references).toEqual(names.length === 0 ? null : { Use: names });
});

it("states within others are told of under their own names, in their own language", () => {
  const inner = machine({ Inner: { ...end, QueryLanguage: "JSONata", Output: "{% $a %}" } });
  const Use = {
    Type: "Map",
    ItemsPath: "$b",
    ItemProcessor: inner,
    Catch: [{ ErrorEquals: ["States.ALL"], Assign: { "c.$": "$total" }, Next: "Set" }],
    End: true,
  };
  expect(referencesIn({ Set: set, Use })).toEqual({ Use: ["b", "total"], Inner: ["a"] });
});

it("there is nothing to tell of a machine without variables", () =>
  expect(referencesIn({ Use: { ...end, Parameters: { "x.$": "$.a" } } })).toBeNull());
