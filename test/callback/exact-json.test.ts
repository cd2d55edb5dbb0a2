import fc from "fast-check";
import { expect, it } from "vitest";
import { isExactNumber, parseExactly } from "../../src/callback/exact-json.ts";

it.each(["1234567890123456789", "-0.12345678901234567890123", "1e400", '[1234567890123456789,{"a":9007199254740993}]'])(
  "%s is written again as it was",
  (text) => {
    expect(JSON.stringify(parseExactly(text))).toBe(text);
  },
);

it.each(["0", "-1.5e3", "0.1", "123456789012345", "9007199254740991", "1.0000000000000002"])("%s is a number as any other", (text) => {
  expect(isExactNumber(parseExactly(text))).toBe(false);
  expect(parseExactly(text)).toBe(JSON.parse(text));
});

it("any value that JavaScript holds is what JSON.parse makes of it", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      expect(parseExactly(text)).toEqual(JSON.parse(text));
    }),
  );
});
