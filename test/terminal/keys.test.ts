import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Key } from "../../src/context/screen.ts";
import { KeyReader } from "../../src/terminal/keys.ts";

const esc = "\u001b";

function read(...chunks: readonly (string | Buffer)[]): Key[] {
  const reader = new KeyReader();
  return [...chunks.flatMap((chunk) => reader.read(chunk)), ...reader.flush()];
}

const key = (name: string, text = ""): Key => ({ name, text });

describe("keys", () => {
  it.each<[string, string, readonly Key[]]>([
    ["a character", "a", [key("a", "a")]],
    ["a space", " ", [key("space", " ")]],
    ["enter, tab and backspace", "\r\t\u007f", [key("enter"), key("tab"), key("backspace")]],
    ["a control key", "\u0003", [key("ctrl-c")]],
    ["arrows of both kinds", `${esc}[A${esc}OB`, [key("up"), key("down")]],
    ["an arrow with a modifier", `${esc}[1;5C`, [key("right")]],
    ["a page key with a modifier", `${esc}[5;2~`, [key("page-up")]],
    ["home and end of three terminals", `${esc}[H${esc}[1~${esc}OF`, [key("home"), key("home"), key("end")]],
    ["ESC by itself", esc, [key("escape")]],
    ["ESC twice", esc + esc, [key("escape"), key("escape")]],
    ["a character beyond the BMP", "🙂x", [key("🙂", "🙂"), key("x", "x")]],
    ["a paste, with what is no key in it", `${esc}[200~a\r${esc}[A${esc}[201~b`, [key("paste", `a\r${esc}[A`), key("b", "b")]],
    ["Ctrl-C in a paste whose end was lost", `${esc}[200~qx\u0003`, [key("ctrl-c")]],
    ["nothing for a sequence that means no key", `${esc}[?1;2c${esc}[I`, []],
  ])("%s", (_what, typed, expected) => {
    expect(read(typed)).toEqual(expected);
  });

  it("are the same wherever the line breaks them up", () => {
    const typed = Buffer.from(`aé漢🙂${esc}[A${esc}[200~x\ny${esc}[201~${esc}OH\r`);
    const whole = read(typed);
    fc.assert(
      fc.property(fc.array(fc.nat(typed.length)), (cuts) => {
        const places = [0, ...cuts.toSorted((one, other) => one - other), typed.length];
        const chunks = places.slice(1).map((place, at) => typed.subarray(places[at], place));
        expect(read(...chunks)).toEqual(whole);
      }),
    );
  });

  it("that have begun are open, and ESC is told once nothing follows", () => {
    const reader = new KeyReader();
    expect(reader.read(esc)).toEqual([]);
    expect(reader.isOpen).toBe(true);
    expect(reader.read("[B")).toEqual([key("down")]);
    expect(reader.isOpen).toBe(false);
  });
});
