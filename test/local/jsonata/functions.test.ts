import { createHash } from "node:crypto";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { createJsonataEvaluator } from "../../../src/local/jsonata/evaluator.ts";
import { asked, nothing, thrown, tooLarge } from "./asked.ts";

const evaluator = createJsonataEvaluator();
afterAll(() => evaluator[Symbol.asyncDispose]());

const mismatch = (index: number, name: string) =>
  thrown(`T0410: Argument ${index} of function "${name}" does not match function signature`);
const notAnArray = thrown('T0412: Argument 1 of function "partition" must be an array of undefined');
const noAlgorithm = (name: string) => thrown(`D3137: Hash algorithm '${name}' must be one of SHA-1, SHA-384, SHA-256, SHA-512, MD5`);

// The answers to odd arguments are those that others measured on AWS.
describe("the functions that Step Functions adds to JSONata", () => {
  it.each<[string, unknown]>([
    ["$partition([1,2,3,4,5], 2)", [[1, 2], [3, 4], [5]]],
    ["$partition([1,2,3,4,5], 2.9)", [[1, 2], [3, 4], [5]]],
    ["$partition([1,2,3])", [[1, 2, 3]]],
    ["$partition([1,2,3], $nothing)", [[1, 2, 3]]],
    ["$partition([], $nothing)", [[]]],
    ["$partition([], 2)", nothing],
    ["$partition([1,2,3], 0)", nothing],
    ["$partition([1,2,3], -0.5)", nothing],
    ["$partition($nothing, 2)", nothing],
    ["$partition([1,2,3], -1)", thrown("D3137: Second argument must be zero or greater")],
    ["$partition(null, 2)", notAnArray],
    ["$partition('not-array', 2)", notAnArray],
    ["$partition([1,2,3], '2')", mismatch(2, "partition")],
    ["$partition([1,2,3], null)", mismatch(2, "partition")],
    ["$partition([1,2,3], 2, 99)", mismatch(3, "partition")],
  ])("%s", async (expression, expected) => expect(await asked(evaluator, expression)).toEqual(expected));

  it.each<[string, unknown]>([
    ["$range(0, 10, 2)", [0, 2, 4, 6, 8, 10]],
    ["$range(0, 9, 4)", [0, 4, 8]],
    ["$range(10, 0, -2)", [10, 8, 6, 4, 2, 0]],
    ["$range(1.4, 5.6, 2.2)", [1, 3, 5]],
    ["$range(-1.5, 2.5, 1)", [-1, 0, 1, 2]],
    ["$range(5, 1, -1.5)", [5, 4, 3, 2, 1]],
    ["$range(3, 3, 1)", 3],
    ["[$range(3, 3, 1)]", [3]],
    ["[$range(3, 0, 1)]", []],
    ["$range(5, 1, 1)", nothing],
    ["$range(1, 5, 0)", nothing],
    ["$range(1, 10, 0.49)", nothing],
    ["$range(1, 5)", nothing],
    ["$range($nothing, 3, 1)", nothing],
    ["$range(0, 3, $nothing)", nothing],
    ["$range('a', 5, 1)", mismatch(1, "range")],
    ["$range(1, 5, null)", mismatch(3, "range")],
    ["$range(1, 5, 1, 99)", mismatch(4, "range")],
    ["$count($range(1, 360145, 1))", 360_145],
    ["$range(1, 360146, 1)", tooLarge],
    ["$range(1, 1e12, 1)", tooLarge],
    ["$count($range(-9223372036854775808, 9223372036854775807, 9223372036854775807))", 3],
  ])("%s", async (expression, expected) => expect(await asked(evaluator, expression)).toEqual(expected));

  it.each<[string, unknown]>([
    ["$hash('input', 'SHA-1')", "140f86aae51ab9e1cda9b4254fe98a74eb54c1a1"],
    ["$hash('ñ', 'MD5')", "94e9342ecbb1458b6043ecd3bfcbc192"],
    ["$hash('a')", nothing],
    ["$hash($nothing, 'MD5')", nothing],
    ["$hash('a', $nothing)", noAlgorithm("null")],
    ["$hash('a', 'md5')", noAlgorithm("md5")],
    ["$hash('a', 'SHA3-256')", noAlgorithm("SHA3-256")],
    ["$hash()", mismatch(1, "hash")],
    ["$hash(42, 'MD5')", mismatch(1, "hash")],
    ["$hash(null, 'MD5')", mismatch(1, "hash")],
    ["$hash('a', 5)", mismatch(2, "hash")],
    ["$hash('a', 'MD5', 'x')", mismatch(3, "hash")],
    ["$random(42)", 0.7275636800328681],
    ["$random(0)", 0.730967787376657],
    ["$random(7)", 0.7306990420600421],
    ["$random(0.9) = $random(0)", true],
    ["$random() = $random()", false],
    ["$random('seed')", mismatch(1, "random")],
    ["$random(null)", mismatch(1, "random")],
    ["$random(1, 2)", mismatch(2, "random")],
    ["$uuid()", expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)],
    ["$uuid() = $uuid()", false],
    ["$uuid('x')", mismatch(1, "uuid")],
  ])("%s", async (expression, expected) => expect(await asked(evaluator, expression)).toEqual(expected));

  it.each<[string, unknown]>([
    ["$parse($states.input)", { b: 1, a: { b: [2] } }],
    ["$parse($states.input).a.b[0]", 2],
    ["$parse('null')", null],
    ["$parse()", nothing],
    ["$parse($nothing)", nothing],
    ["$parse(null)", mismatch(1, "parse")],
    ["$parse(123)", mismatch(1, "parse")],
    ["$parse('{}', 1)", mismatch(2, "parse")],
    ...["", "  ", "{", "[1,2] [3,4]", "1e400", "[1,[-1e999]]"].map((text): [string, unknown] => [
      `$parse('${text}')`,
      thrown("D3137: Invalid JSON"),
    ]),
    ['$parse(\'{"a":1,"a":2}\')', thrown("D3137: Invalid JSON")],
    [`$parse("{'a': 'it', 'b': [\\"x'y\\"]}")`, { a: "it", b: ["x'y"] }],
    ["$map(['[1]', '[2]'], $parse)", [[1], [2]]],
    ["$eval('1+1')", thrown("T1006: Attempted to invoke a non-function")],
  ])("%s", async (expression, expected) => {
    const states = { input: '{"b":1,"a":{"b":[2]}}', context: {} };
    expect(await asked(evaluator, expression, { states })).toEqual(expected);
  });

  it.each<[string, unknown]>([
    ["$base64encode('é')", "w6k="],
    ["$base64encode('')", ""],
    ["$base64encode($nothing)", nothing],
    ["$base64decode('5pel5pysIGE=')", "日本 a"],
    ["$base64decode('YWJ')", "ab"],
    ["$base64decode('!!')", { fails: "threw an internal error during evaluation." }],
    ["$decodeUrlComponent('a+b%2Bc%20d')", "a b+c d"],
    ["$decodeUrlComponent('%E6%97%A5')", "日"],
    ["$decodeUrlComponent('%E6')", "\ufffd"],
    ["$decodeUrlComponent($nothing)", nothing],
    ["$decodeUrlComponent('%zz')", thrown('D3140: Malformed URL passed to $decodeUrlComponent(): "%zz"')],
  ])("%s", async (expression, expected) => expect(await asked(evaluator, expression)).toEqual(expected));

  it("$parse reads whatever JSON text there is, awkward names included", async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        const [states, text] = [{ input: JSON.stringify(value, null, 1), context: {} }, JSON.stringify(value)];
        expect(JSON.stringify(await asked(evaluator, "{'it': $parse($states.input)}", { states }))).toBe(`{"it":${text}}`);
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ["$millis()", 1_772_356_500_250],
    ["$now()", "2026-03-01T09:15:00.250Z"],
    ["$now('[H01]:[m01] [z]', '+0200')", "11:15 GMT+02:00"],
    ["$fromMillis($millis()) = $now()", true],
  ])("%s is told by the clock that the request comes with", async (expression, expected) => {
    expect(await asked(evaluator, expression, { at: 1_772_356_500_250 })).toBe(expected);
  });

  it("$hash is the digest of the UTF-8 text by every algorithm", async () => {
    const names = { MD5: "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512" };
    for (const [name, digest] of Object.entries(names)) {
      const variables = { text: "Größe 💯", name };
      expect(await asked(evaluator, "$hash($text, $name)", { variables })).toBe(createHash(digest).update(variables.text).digest("hex"));
    }
  });
});
