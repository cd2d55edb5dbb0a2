import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AslError } from "../../../src/local/asl/asl-error.ts";
import type { Json } from "../../../src/local/asl/json.ts";
import { isDefinite, parsePath, readPath } from "../../../src/local/asl/json-path.ts";

const input: Json = {
  a: { b: 1, "b c": 2, list: [10, 20, 30, 40] },
  items: [
    { a: "x", b: 1 },
    { a: "x", b: 2 },
    { a: "y", b: 3, n: null },
  ],
};
const context: Json = { Task: { Token: "token" } };
const variables = { name: { list: [1, { b: 2 }] }, größe: 3, x1_y: null };
const noScope = { context: {}, variables: {} };
const read = (path: string): Json => readPath(parsePath(path), input, { context, variables }, "F");

describe("a path", () => {
  it.each<[string, Json]>([
    ["$", input],
    ["$$.Task.Token", "token"],
    ["$$.Task.Token ", "token"],
    ["$$", context],
    ["$name", { list: [1, { b: 2 }] }],
    ["$name.list[1].b", 2],
    ["$name['list'][0]", 1],
    ["$name[*]", [[1, { b: 2 }]]],
    ["$name..b", [2]],
    ["$größe", 3],
    ["$x1_y", null],
    ["$.items[?(@.b == $größe)].a", ["y"]],
    ["$.a.b", 1],
    ["$['a'][\"b\"]", 1],
    ["$.a.['b c']", 2],
    ["$.a['\\u0062']", 1],
    ['$.a["b\\ c"]', 2],
    ["$.items.[0].b", 1],
    ["$.a.list[-1]", 40],
    ["$.a.list[*]", [10, 20, 30, 40]],
    ["$.a.list[1:3]", [20, 30]],
    ["$.a.list[-2:]", [30, 40]],
    ["$.a.list[::2]", [10, 30]],
    ["$.a.list[0,3]", [10, 40]],
    ["$.a.list.length()", 4],
    ["$.a['b','b c']", { b: 1, "b c": 2 }],
    ["$.items[*].b", [1, 2, 3]],
    ["$..b", [1, 1, 2, 3]],
    ["$..missing", []],
    ["$.missing[*]", []],
    ["$.a.*", [1, 2, [10, 20, 30, 40]]],
    ["$.items[?(@.a == 'x' && @.b > 1)]", [{ a: "x", b: 2 }]],
    ["$.items[?(@.a=='y'||@.b<2)].b", [1, 3]],
    ["$.items[?(@.n)].b", [3]],
    ["$.items[?(!(@.n))].b", [1, 2]],
    ["$.items[?(@.b in [1, 3])].b", [1, 3]],
    ["$.items[?(@.b nin [1, 3])].b", [2]],
    ["$.items[?(@.a =~ /X/i && @.b < 2)].b", [1]],
    ["$.items[?(@.a =~ /x\\/y|y/)].b", [3]],
    ["$.items[?(@.b =~ /1/)].b", []],
    ["$.a[?(@.list anyof [10, 99])].b", [1]],
    ["$.a[?(@.list noneof [10, 99])].b", []],
    ["$.a[?(@.list subsetof [40, 30, 20, 10, 0])].b", [1]],
    ["$.a[?(@.list subsetof [10, 20])].b", []],
    ["$.a[?(@.list contains 20)].b", [1]],
    ["$.a[?(@.list size 4)].b", [1]],
    ["$.a[?(@.list empty false)].b", [1]],
    ["$.items[?(@.b == $.a.b)].b", [1]],
    ["$.a[?(@.b == 1)].b", [1]],
    ["$.items[?(@.a==x)].b", [1, 2]],
    ["$.items[?(@.a != x-1 && @.a == y )].b", [3]],
  ])("%s selects what AWS selects", (path, expected) => {
    expect(read(path)).toEqual(expected);
  });

  it.each([
    "",
    "a",
    "$.",
    "$[",
    "$['a",
    "$.a b",
    "$[?(@.a]",
    "$[?(@.a ==)]",
    "$[?(@.a =~ x)]",
    "$[?(@.a =~ /(/)]",
    "$_",
    "$1",
    "$-x",
    "$x y",
    "$$x",
    "$.a[1",
    "$[::0]",
  ])("%j is refused", (path) => {
    expect(() => parsePath(path)).toThrow(AslError);
  });

  it("with a regular expression that would take for ever fails in a moment", () => {
    const path = parsePath("$[?(@ =~ /(a+)+/)]");
    expect(() => readPath(path, [`${"a".repeat(40)}!`], noScope, "F")).toThrow("States.Runtime: The regular expression");
  });

  it("that is definite and leads nowhere fails in AWS's words", () => {
    expect(() => readPath(parsePath("$.x"), { a: 1 }, noScope, "F")).toThrow(
      "States.Runtime: The JSONPath '$.x' specified for the field 'F' could not be found in the input '{\"a\":1}'",
    );
  });

  it.each([
    ["$x", '{"y":1}'],
    ["$x[*]", '{"y":1}'],
    ["$y.z", '{"y":1}'],
  ])("%s over a variable that is not there fails in the same words", (path, searched) => {
    expect(() => readPath(parsePath(path), { a: 1 }, { context: {}, variables: { y: 1 } }, "F")).toThrow(
      `States.Runtime: The JSONPath '${path}' specified for the field 'F' could not be found in the input '${searched}'`,
    );
  });

  it.each(["$toString", "$__proto__", "$.toString", "$.__proto__", "$.constructor.name", "$.a.list.length", "$.a.list[9]", "$.a.b.c"])(
    "%s finds nothing",
    (path) => {
      expect(() => read(path)).toThrow(AslError);
    },
  );

  it("knows whether it can select several values", () => {
    expect(["$", "$.a[0]", "$['a']", "$x.a"].every((path) => isDefinite(parsePath(path)))).toBe(true);
    expect(["$..a", "$.a[*]", "$.a[0,1]", "$.a[0:1]", "$.a[?(@.b)]", "$x[*]"].some((path) => isDefinite(parsePath(path)))).toBe(false);
  });

  it("of many descents ends in a bounded time", () => {
    let deep: Json = 1;
    for (let depth = 0; depth < 5_000; depth += 1) deep = [deep];
    expect(() => readPath(parsePath("$..[*]..[*]..[*]"), deep, noScope, "F")).toThrow(AslError);
  });

  it("of any text over any value fails as AslError or not at all", () => {
    const part = fc.constantFrom(
      "$",
      "@",
      ".",
      "..",
      "[",
      "]",
      "*",
      "?(",
      ")",
      "'a'",
      "a",
      "0",
      "-1",
      ":",
      ",",
      "==",
      "&&",
      "=~",
      "/a/i",
      "!",
      " ",
      "__proto__",
      "$a",
    );
    const text = fc.array(part, { maxLength: 14 }).map((parts) => `$${parts.join("")}`);
    fc.assert(
      fc.property(fc.oneof(text, fc.string()), fc.jsonValue(), (path, value) => {
        try {
          readPath(parsePath(path), JSON.parse(JSON.stringify(value)), noScope, "F");
        } catch (error) {
          expect(error).toBeInstanceOf(AslError);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
