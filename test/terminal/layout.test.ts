import stringWidth from "string-width";
import { describe, expect, it } from "vitest";
import { createLayout } from "../../src/terminal/layout.ts";
import { plainText } from "../../src/terminal/styles.ts";
import { bold } from "../../src/text.ts";

const layout = createLayout((text) => text.replaceAll("s3cret", "<task token>"));

describe("fit", () => {
  it.each([
    ["short", 8, "short   "],
    ["exactly8", 8, "exactly8"],
    ["more than eight", 8, "more th…"],
    ["注文の承認", 6, "注文… "],
    ["e\u0301e\u0301e\u0301", 4, "e\u0301e\u0301e\u0301 "],
    ["a\u001b[31mb", 12, "a\\x1b[31mb  "],
    ["s3cret s3cret", 13, "<task token>…"],
    ["x", 0, ""],
  ])("%j on %i cells", (text, width, expected) => {
    expect(plainText(layout.fit(text, width))).toBe(expected);
  });

  it("keeps styles", () => {
    expect(layout.fit(["a", bold("bcd")], 3)).toEqual(["a", { style: "bold", text: "b…" }]);
  });
});

describe("wrap", () => {
  it.each([
    ["one two three", 7, ["one two ", "three"]],
    ["one two three", 8, ["one two ", "three"]],
    ["aaaaaaaaaa", 4, ["aaaa", "aaaa", "aa"]],
    ["  aaaaaaaaaa", 4, ["  aa", "aaaa", "aaaa"]],
    ["注文の承認", 4, ["注文", "の承", "認"]],
    ["", 4, [""]],
  ])("%j on %i cells", (text, width, expected) => {
    const lines = layout.wrap(text, width).map(plainText);
    expect(lines.map((line) => line.trimEnd())).toEqual(expected.map((line) => line.trimEnd()));
    expect(lines.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
    for (const line of lines) expect(stringWidth(line.trimEnd())).toBeLessThanOrEqual(width);
  });

  it("ends where a character is wider than the line", () => {
    expect(layout.wrap("注文", 1).map(plainText)).toEqual(["注", "文"]);
  });
});
