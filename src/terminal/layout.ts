import type { Layout } from "../context/screen.ts";
import type { Text } from "../text.ts";
import { safeText } from "./safe-text.ts";
import { mapStrings, plainText } from "./styles.ts";
import { cutText, textWidth } from "./table.ts";

/** The layout of a screen. Secrets are hidden before anything is measured or cut, so no part of one can remain. */
export function createLayout(hideSecrets: (text: string) => string): Layout {
  const clean = (text: Text): Text => mapStrings(text, (plain) => safeText(hideSecrets(plain)));
  return {
    width: (text) => textWidth(clean(text)),
    fit: (text, width) => {
      if (width <= 0) return "";
      const cut = cutText(clean(text), width);
      const padding = " ".repeat(Math.max(0, width - textWidth(cut)));
      return padding === "" ? cut : [cut, padding];
    },
    wrap: (text, width) => wrap(clean(text), Math.max(1, width)),
  };
}

function wrap(text: Text, width: number): readonly Text[] {
  return lineRanges(plainText(text), width).map(([from, to]) => slice(text, from, to));
}

/** Where each line begins and ends: at the last space that is on it, which goes, or else where it is full. One pass, since a text may be as long as an output. */
function lineRanges(plain: string, width: number): (readonly [from: number, to: number])[] {
  const ranges: [number, number][] = [];
  let [from, at, used, space] = [0, 0, 0, -1];
  for (const character of plain) {
    const cells = characterWidth(character);
    if (used + cells > width && at > from) {
      if (character === " ") space = at;
      // An indented line without another space in it would never get shorter.
      const isSpace = space > from && plain.slice(from, space).trim() !== "";
      ranges.push([from, isSpace ? space : at]);
      from = isSpace ? space + 1 : at;
      used = from > at ? -cells : textWidth(plain.slice(from, at));
      space = -1;
    }
    if (character === " " && at >= from) space = at;
    used += cells;
    at += character.length;
  }
  return [...ranges, [from, plain.length]];
}

function characterWidth(character: string): number {
  return character >= " " && character <= "~" ? 1 : textWidth(character);
}

/** A part of the text by its characters; styles stay. */
function slice(text: Text, from: number, to: number): Text {
  let at = 0;
  return mapStrings(text, (plain) => {
    const part = plain.slice(Math.max(0, from - at), Math.max(0, to - at));
    at += plain.length;
    return part;
  });
}
