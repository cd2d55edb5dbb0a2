import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { safeJson, safeLines, safeText } from "../../src/terminal/safe-text.ts";

const unsafe = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff\p{Cs}]/u;
const hostile = fc.string({
  unit: fc.oneof(
    fc.integer({ min: 0, max: 0xa0 }).map((code) => String.fromCharCode(code)),
    fc.integer({ min: 0x2000, max: 0x2070 }).map((code) => String.fromCharCode(code)),
    fc.constantFrom("\ufeff", "\ud800", "\udc00", "\u{e0041}", "é", "漢", "👍", '"', "\\"),
  ),
});

describe("safe text", () => {
  it("never holds a control, bidi or zero-width character", () => {
    fc.assert(fc.property(hostile, (text) => !unsafe.test(safeText(text))));
  });

  it("stays as it is when made safe again", () => {
    fc.assert(fc.property(hostile, (text) => safeText(safeText(text)) === safeText(text)));
  });

  it("shows what was there", () => {
    expect(safeText("a\nb\tc\r\x1b[2J\x7f\u009b\u202e\ufeff\u{e0041}")).toBe("a\\nb\\tc\\r\\x1b[2J\\x7f\\x9b\\u202e\\ufeff\\u{e0041}");
    expect(safeText("plain é 漢 👍 \\n")).toBe("plain é 漢 👍 \\n");
  });

  it("keeps line breaks and tabs, and nothing else, where lines are wanted", () => {
    expect(safeLines("a\n\tb\x1b\r")).toBe("a\n\tb\\x1b\\r");
  });
});

describe("safe JSON", () => {
  it("means the same and holds no control, bidi or zero-width character", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const json = safeJson(JSON.stringify({ [text]: text }));
        expect(JSON.parse(json)).toEqual({ [text]: text });
        expect(json).not.toMatch(unsafe);
      }),
    );
  });

  it("writes them as JSON escapes", () => {
    expect(safeJson(JSON.stringify("\x7f\u009b\u202e\u{e0041}"))).toBe('"\\u007f\\u009b\\u202e\\udb40\\udc41"');
  });
});
