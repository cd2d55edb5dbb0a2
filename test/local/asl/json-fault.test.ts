import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonFault } from "../../../src/local/asl/json-fault.ts";

const source = "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled)";
const values = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

describe("the fault in a text that is no JSON", () => {
  it.each([
    // Measured on AWS by others.
    ["{bad json}", "Unexpected character ('b' (code 98)): was expecting double-quote to start field name", 1, 2],
    ["undefined", `Unrecognized token 'undefined': was expecting ${values}`, 1, 10],
    ['{"a":1', `Unexpected end-of-input: expected close marker for Object (start marker at ${source}; line: 1, column: 1])`, 1, 7],
    // The parser's other messages.
    ['{\n"a" 1}', "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value", 2, 5],
    ["[1 2]", "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries", 1, 4],
    ['{"a":1 "b":2}', "Unexpected character ('\"' (code 34)): was expecting comma to separate Object entries", 1, 8],
    ["[1,]", `Unexpected character (']' (code 93)): expected a valid value ${values}`, 1, 4],
    ["[1}", `Unexpected close marker '}': expected ']' (for Array starting at ${source}; line: 1, column: 1])`, 1, 3],
    ['"abc', "Unexpected end-of-input: was expecting closing quote for a string value", 1, 5],
    ['{"a"', "Unexpected end-of-input within/between Object entries", 1, 5],
  ])("of %j is that of AWS's parser", (text, what, line, column) => {
    expect(jsonFault(text)).toBe(`${what}\n at ${source}; line: ${line}, column: ${column}]`);
  });

  it.each(["01", "NaN", '{"a":1} x', '"\t"', "1."])("of %j is not known", (text) => {
    expect(jsonFault(text)).toBeNull();
  });

  it("is none in any JSON, and is found in no time in any text", () => {
    fc.assert(fc.property(fc.json(), (text) => jsonFault(text) === null));
    fc.assert(fc.property(fc.stringMatching(/^[[\]{}",:\\ 1a-]*$/), (text) => jsonFault(text) !== ""));
    for (const part of ["[", '{"a":', '"\\', "[1,", '"a']) jsonFault(part.repeat(100_000));
  });
});
