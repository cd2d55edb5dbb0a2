import { afterAll, describe, expect, it } from "vitest";
import { createJsonataEvaluator } from "../../../src/local/jsonata/evaluator.ts";
import { asked, tooDeep, tooLarge } from "./asked.ts";

// Its time is never over, however busy the machine.
const evaluator = createJsonataEvaluator({ seconds: 60 });
const hasty = createJsonataEvaluator({ seconds: 0.5 });
afterAll(async () => {
  await evaluator[Symbol.asyncDispose]();
  await hasty[Symbol.asyncDispose]();
});

const endless = "($f := function($x){ $f($x + 1) }; $f(0))";
const hopeless = '$match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", /^(a+)+$/)';
const tooLong = {
  fails: "threw an error during evaluation: Expression evaluation timeout: Check for infinite loop (it took longer than 0.5 seconds)",
};
const nested = (count: number, open: string, close: string) => `${open.repeat(count)}1${close.repeat(count)}`;
const recursion = (count: number) => `($f := function($x){ $x <= 0 ? 0 : 1 + $f($x - 1) }; $f(${count}))`;
const doubled = (count: number) => `($f := function($s, $n){ $n = 0 ? $s : $f($s & $s, $n - 1) }; $length($f('x', ${count})))`;

// The places of the bounds are those that others measured on AWS.
describe("how deep and how large an expression may be", () => {
  it.each<[string, string, string]>([
    ["sums", `1${"+1".repeat(99)}`, `1${"+1".repeat(100)}`],
    ["parentheses", nested(99, "(", ")"), nested(100, "(", ")")],
    ["arrays", `$exists(${nested(98, "[", "]")})`, nested(100, "[", "]")],
    ["chains", `1${"~>$string".repeat(99)}`, `1${"~>$string".repeat(100)}`],
    ["recursion that is no tail call", recursion(31), recursion(32)],
  ])("%s nest a hundred deep", async (_, last, first) => {
    expect(await asked(evaluator, last)).not.toHaveProperty("fails");
    expect(await asked(evaluator, first)).toEqual(tooDeep);
  });

  it.each<[string, string, unknown]>([
    ["an array", `$count([${Array.from({ length: 300 }, (_, n) => `$uppercase($string(1+1+${n}))`)}])`, 300],
    ["an object", `$count($keys({${Array.from({ length: 300 }, (_, n) => `"k${n}": $string(1+1+${n})`)}}))`, 300],
    ["objects in a loop", "$count($map([1..300], function($n){ [$n, {'a': $string($n), 'b': [$n, $n]}] }))", 300],
    ["groups", "$count($keys($states.input{$string($): $string(1 + $)}))", 300],
    ["groups of a stream", "$count($keys($states.input@$i{$string($i): $string(1 + $i)}))", 300],
    ["members of both within each other", "[[1, [2, $string({'a': [3, 4], 'b': 5})]], $sum([6, 7])]", [[1, [2, '{"a":[3,4],"b":5}']], 13]],
  ])("but width is no depth: %s", async (_, expression, expected) => {
    const states = { input: Array.from({ length: 300 }, (_, n) => n), context: {} };
    expect(await asked(evaluator, expression, { states })).toEqual(expected);
  });

  it.each<[string, unknown]>([
    ["[1..873782] ~> $count()", 873_782],
    ["[1..873783] ~> $count()", tooLarge],
    [doubled(22), 4_194_304],
    [doubled(23), tooLarge],
  ])("%s", async (expression, expected) => expect(await asked(evaluator, expression)).toEqual(expected));
});

describe("a hostile expression fails its own field", () => {
  it.each<[string, string, unknown]>([
    ["endless recursion", "($f := function($x){ 1 + $f($x + 1) }; $f(0))", tooDeep],
    ["endless recursion by tail calls", endless, tooLong],
    ["a regular expression without end", hopeless, tooLong],
  ])("%s", async (_, expression, expected) => expect(await asked(hasty, expression)).toEqual(expected));

  it.each<[string, string, unknown]>([
    ["a long array of long arrays", "[1..10000000].[1..10000000]", tooLarge],
    ["a text of a billion characters", '$pad("x", 1000000000)', tooLarge],
    ["a value that shares one text often", '($a := $pad("x", 6000000); [$a, $a])', tooLarge],
    ["ten thousand parentheses", nested(10_000, "(", ")"), tooDeep],
  ])("%s, however slow the machine", async (_, expression, expected) => expect(await asked(evaluator, expression)).toEqual(expected));

  it("that fills the thread's heap", async () => {
    await using small = createJsonataEvaluator({ megabytes: 32, seconds: 60 });
    expect(await asked(small, "($f := function($a){ $f({'a': $a, 'b': [1..1000]}) }; $f(1))")).toEqual(tooLarge);
    expect(await asked(small, "1 + 1")).toBe(2);
  });

  it("which is named, though the thread could not say so itself", async () => {
    const template = { a: "{% 1 %}", b: [`{% ${hopeless} %}`] };
    const reply = await hasty.evaluate({ fields: [["Output", template]], states: { input: 1, context: {} }, variables: {}, at: 0 });
    expect(reply).toMatchObject({ failedField: 0, location: "Output/b[0]" });
  });

  it("and many values that are too large together", async () => {
    const template = Array.from({ length: 8 }, () => '{% $pad("x", 6000000) %}');
    const reply = await evaluator.evaluate({ fields: [["Output", template]], states: { input: 1, context: {} }, variables: {}, at: 0 });
    expect(reply).toMatchObject({ location: "Output[5]", cause: expect.stringContaining("memory limit exceeded") });
  });

  it("and a value nested more deeply than can be written", async () => {
    const input = JSON.parse(nested(100_000, "[", "]"));
    expect(await asked(evaluator, "$count($states.input)", { states: { input, context: {} } })).toEqual(tooDeep);
  });
});

describe("while one expression takes all its time", () => {
  it("the others are answered", async () => {
    await using slow = createJsonataEvaluator({ seconds: 30 });
    expect(await asked(slow, "1")).toBe(1);
    const stuck = asked(slow, hopeless).catch((error: Error) => error.message);
    const others = Array.from({ length: 50 }, (_, n) => asked(slow, `${n} + 1`));
    expect(await Promise.all(others)).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
    await slow[Symbol.asyncDispose]();
    expect(await stuck).toBe("the JSONata evaluator is closed");
  });

  it("and its thread is ended, those behind it are answered", async () => {
    const replies = await Promise.all([
      asked(hasty, endless),
      asked(hasty, hopeless),
      asked(hasty, "2 * 3"),
      asked(hasty, endless),
      asked(hasty, "7"),
    ]);
    expect(replies).toEqual([tooLong, tooLong, 6, tooLong, 7]);
  });

  it("closing rejects what is under way and what comes after", async () => {
    const closing = createJsonataEvaluator();
    const asks = [asked(closing, endless), asked(closing, "1"), asked(closing, "2")];
    const settled = Promise.allSettled(asks);
    await closing[Symbol.asyncDispose]();
    expect((await settled).map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    await expect(asked(closing, "1")).rejects.toThrow("the JSONata evaluator is closed");
  });
});
