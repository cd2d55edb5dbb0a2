/*
 * C0, DEL and C1; soft hyphen-like and zero-width marks; line and paragraph separators; bidi marks, embeddings, overrides and
 * isolates; invisible operators; interlinear marks; half surrogates; tag characters. All of them can hide, reorder or move text.
 */
const unsafe =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this file is about
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\u{e0000}-\u{e007f}]/gu;

const shortNames: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/**
 * The same text with every control, escape, bidi and zero-width character made visible (`\n`, `\x1b`, `\u202e`), so that it cannot
 * move a terminal's cursor or read other than it is. Safe text comes back unchanged.
 */
export function safeText(text: string): string {
  return text.replace(unsafe, (character) => shortNames[character] ?? visible(character.codePointAt(0) ?? 0));
}

/** As `safeText`, but line breaks and tabs stay: for a text a person asked for as it is. */
export function safeLines(text: string): string {
  return text.replace(unsafe, (character) =>
    character === "\n" || character === "\t" ? character : (shortNames[character] ?? visible(character.codePointAt(0) ?? 0)),
  );
}

/** JSON text whose strings mean the same, with DEL, C1, bidi and zero-width characters written as `\uXXXX`. Its own line breaks stay. */
export function safeJson(json: string): string {
  return json.replace(unsafe, (character) => {
    // JSON.stringify has escaped every C0 character inside a string, so a line break here is its indentation.
    if (character === "\n") return character;
    return Array.from({ length: character.length }, (_, at) => unicodeEscape(character.charCodeAt(at))).join("");
  });
}

function visible(codePoint: number): string {
  if (codePoint > 0xffff) return `\\u{${codePoint.toString(16)}}`;
  return codePoint > 0xff ? unicodeEscape(codePoint) : `\\x${codePoint.toString(16).padStart(2, "0")}`;
}

function unicodeEscape(codeUnit: number): string {
  return `\\u${codeUnit.toString(16).padStart(4, "0")}`;
}
