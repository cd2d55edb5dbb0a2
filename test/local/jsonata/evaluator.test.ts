import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { createJsonataEvaluator } from "../../../src/local/jsonata/evaluator.ts";
import { asked, nothing, thrown } from "./asked.ts";

const evaluator = createJsonataEvaluator();
afterAll(() => evaluator[Symbol.asyncDispose]());

const states = {
  input: { a: 1, list: [{ id: 1 }, { id: 2 }], none: null },
  context: { Execution: { Name: "e" }, Map: { Item: { Index: 9 } } },
};

describe("a template", () => {
  it("has its expressions replaced and nothing else", async () => {
    const literal = { n: null, f: 0.1, path: "$states.input", spaced: " {% $states.input %} ", open: "{% 1", empty: [{}, []] };
    const template = {
      literal,
      sum: "{% $states.input.a + $v %}",
      deep: [["{%$states.context.Execution.Name%}"]],
      ids: "{% $states.input.list.id %}",
    };
    expect(await evaluator.evaluate({ fields: [["Arguments", template]], states, variables: { v: 2 }, at: 0 })).toEqual({
      values: [{ literal, sum: 3, deep: [["e"]], ids: [1, 2] }],
    });
    expect(template.sum).toBe("{% $states.input.a + $v %}");
  });

  it("keeps a member named __proto__ a member", async () => {
    const template = JSON.parse('{"__proto__":{"x":"{% 1 %}"}}');
    const reply = await evaluator.evaluate({ fields: [["Output", template]], states, variables: {}, at: 0 });
    expect(JSON.stringify(reply)).toBe('{"values":[{"__proto__":{"x":1}}]}');
  });

  it.each<[string, unknown, string]>([
    ["{% $x %}", "Output", "Output"],
    [JSON.stringify({ v: "{% $x %}" }), "Output", "Output/v"],
    [JSON.stringify({ a: { b: [[1, "{% $x %}"]] } }), "Output", "Output/a/b[0][1]"],
    [JSON.stringify({ first: "{% 1 %}", second: ["{% $x %}", "{% $y %}"] }), "Assign", "Assign/second[0]"],
    ["{% $x %}", "Choices[1]/Condition", "Choices[1]/Condition"],
  ])("names the first expression that fails by its place: %s", async (text, field, location) => {
    const template = text.startsWith("{%") ? text : JSON.parse(text);
    const reply = await evaluator.evaluate({
      fields: [
        ["Seconds", "{% 1 %}"],
        [String(field), template],
        ["Later", "{% $z %}"],
      ],
      states,
      variables: {},
      at: 0,
    });
    const cause = `The JSONata expression '$x' specified for the field '${location}' returned nothing (undefined).`;
    expect(reply).toEqual({ failedField: 1, cause, location });
  });

  it("is evaluated for one item of a Map where the field names it", async () => {
    const template = { value: "{% $states.context.Map.Item.Value %}", name: "{% $states.context.Execution.Name %}" };
    const selected = ["x", { y: 1 }].map((Value, Index) => ["ItemSelector", template, { Index, Value }] as const);
    const reply = await evaluator.evaluate({
      fields: [...selected, ["Label", "{% $states.context.Map.Item %}"]],
      states,
      variables: {},
      at: 0,
    });
    expect(reply).toEqual({ values: [{ value: "x", name: "e" }, { value: { y: 1 }, name: "e" }, { Index: 9 }] });
  });
});

describe("an expression's value", () => {
  it.each<[string, unknown]>([
    ["$states.input.none", null],
    ["$exists($states.input.none)", true],
    ["$states.input.list[id = 2]", { id: 2 }],
    ["$states.input.list[id = 2][]", [{ id: 2 }]],
    ["[$states.input.list.id]", [1, 2]],
    ["[]", []],
    ["[[1], [2]]", [[1], [2]]],
    ["{'there': 1, 'not': $states.input.missing}", { there: 1 }],
    ["$count(null)", 1],
    ["1/0", "Infinity"],
    ["-1/0", "-Infinity"],
    ["0/0", "NaN"],
    ["{'k': [1/0]}", { k: ["Infinity"] }],
    ["$string(1e20) & ' ' & $string(1e21) & ' ' & $string(1/3)", "100000000000000000000 1e+21 0.333333333333333"],
    ["$states.result", nothing],
    ["$states.errorOutput.Error", nothing],
    ["$$", nothing],
    ["name", nothing],
    ["$sum", { fails: "returned an unsupported result type." }],
    ["function($x){$x}", { fails: "returned an unsupported result type." }],
    ["/a/", { fails: "returned an unsupported result type." }],
    ["{'in': [$sum]}", { fails: "returned an unsupported result type." }],
    ["1 +", thrown("S0207: Unexpected end of expression")],
    ["1 < 'a'", thrown('T2009: The values 1 and "a" either side of operator "<" must be of the same data type')],
    ["$sum(['a'])", thrown('T0412: Argument 1 of function "sum" must be an array of "numbers"')],
    ["$sqrt(-1)", thrown("D3060: The sqrt function cannot be applied to a negative number: -1")],
    ["$error('my own')", thrown("D3137: my own")],
  ])("%s", async (expression, expected) => expect(await asked(evaluator, expression, { states })).toEqual(expected));

  it("sees what a state has: its result, the error it caught, its variables", async () => {
    const given = { states: { ...states, result: [1, 2], errorOutput: { Error: "E" } }, variables: { v: { w: 3 }, sum: 5 } };
    expect(await asked(evaluator, "[$states.result, $states.errorOutput.Error, $v.w, $sum]", given)).toEqual([1, 2, "E", 3, 5]);
  });

  it("does not depend on what was evaluated before", async () => {
    expect(await asked(evaluator, "($kept := 1; $kept)")).toBe(1);
    expect(await asked(evaluator, "$kept")).toEqual(nothing);
    const [first, second] = [await asked(evaluator, "$millis()"), await asked(evaluator, "$millis()")];
    expect(Number(second)).toBeGreaterThanOrEqual(Number(first));
  });
});

it("lets the process end while its thread waits", async () => {
  const file = new URL("../../../src/local/jsonata/evaluator.ts", import.meta.url);
  const script = `const { createJsonataEvaluator } = await import(${JSON.stringify(file.href)});
    const request = { fields: [["Output", "{% 6 * 7 %}"]], states: { input: 1, context: {} }, variables: {}, at: 0 };
    console.log(JSON.stringify(await createJsonataEvaluator().evaluate(request)));`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], { timeout: 15_000 });
  expect(stdout).toBe('{"values":[42]}\n');
});
