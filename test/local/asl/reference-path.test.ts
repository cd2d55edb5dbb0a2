import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AslError } from "../../../src/local/asl/asl-error.ts";
import { type Json, jsonEquals } from "../../../src/local/asl/json.ts";
import { writePath } from "../../../src/local/asl/reference-path.ts";

describe("writing at a reference path", () => {
  it.each<[string, Json, Json]>([
    ["$", { a: 1 }, "v"],
    ["$.b", { a: 1 }, { a: 1, b: "v" }],
    ["$.a.b.c", {}, { a: { b: { c: "v" } } }],
    ["$.a[1]", { a: [1, 2] }, { a: [1, "v"] }],
    ["$['a b']", {}, { "a b": "v" }],
  ])("%s puts the value there and leaves the input alone", (path, input, expected) => {
    const before = JSON.stringify(input);
    expect(writePath(path, input, "v")).toEqual(expected);
    expect(JSON.stringify(input)).toBe(before);
  });

  it.each<[string, Json, string]>([
    ["$.a", 1, "ReferencePath $.a to input 1"],
    ["$.a", [1], 'step "a" to input [1]'],
    ["$.a.b", { a: "text" }, 'step "b" to input {"a":"text"}'],
    ["$.a[2]", { a: [1, 2] }, 'step "2" to input {"a":[1,2]}'],
    ["$.a[0]", {}, 'step "0" to input {}'],
  ])("%s is refused where the input %j has no room for it", (path, input, why) => {
    expect(() => writePath(path, input, "v")).toThrow(`States.ReferencePathConflict: Unable to apply ${why}`);
  });

  it.each(["$..a", "$.a[*]", "$$.a", "$.a[?(@.b)]", "$.a[0:1]"])("%s is no reference path", (path) => {
    expect(() => writePath(path, {}, 1)).toThrow("States.Runtime");
  });

  it("takes __proto__ as a plain name", () => {
    const written = writePath("$.__proto__.polluted", {}, true);
    expect(JSON.stringify(written)).toBe('{"__proto__":{"polluted":true}}');
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  });

  it("fails as AslError or not at all, and equality agrees with a copy", () => {
    const paths = fc
      .array(fc.constantFrom(".a", "['__proto__']", "[0]", "[-1]", ".b"), { maxLength: 5 })
      .map((parts) => `$${parts.join("")}`);
    fc.assert(
      fc.property(paths, fc.jsonValue(), (path, value) => {
        const input: Json = JSON.parse(JSON.stringify(value));
        expect(jsonEquals(input, JSON.parse(JSON.stringify(input)))).toBe(true);
        try {
          writePath(path, input, 1);
        } catch (error) {
          expect(error).toBeInstanceOf(AslError);
        }
      }),
    );
  });
});
