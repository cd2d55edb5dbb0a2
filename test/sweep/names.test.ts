import { describe, expect, it } from "vitest";
import { matchesName } from "../../src/sweep/sweep-filter.ts";

describe("a pattern of names", () => {
  it.each([
    ["orders", "orders", true],
    ["orders", "orders-2", false],
    ["order*", "orders", true],
    ["order*", "order", true],
    ["*-eu-*", "orders-eu-west", true],
    ["*-eu-*", "orders-us-west", false],
    ["o?ders", "orders", true],
    ["o?ders", "oders", false],
    ["?", "✅", true],
    ["?", "🙂", true],
    ["a.c", "abc", false],
    ["[ab]*", "abc", false],
    ["*a*b", "xaxbxb", true],
    ["*", "", true],
    ["Ship it?", "Ship it?", true],
    ["line*end", "line\nend", true],
  ])("%s and %s: %s", (pattern, name, matches) => expect(matchesName(pattern, name)).toBe(matches));

  it("is never slow, however many stars it has", () => {
    const startedAt = performance.now();
    expect(matchesName(`${"*a".repeat(40)}b`, "a".repeat(80))).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });
});
