const ESCAPES: ReadonlyMap<string, string> = new Map(Object.entries({ n: "\n", t: "\t", r: "\r", b: "\b", f: "\f" }));

/** A text that a parser reads from left to right. */
export class TextCursor {
  readonly text: string;
  /** The position of the next character. */
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  get isAtEnd(): boolean {
    return this.at >= this.text.length;
  }

  /** The next character, or an empty text at the end. */
  get next(): string {
    return this.text[this.at] ?? "";
  }

  /** Passes over the part, if it comes next. */
  take(part: string): boolean {
    if (!this.text.startsWith(part, this.at)) return false;
    this.at += part.length;
    return true;
  }

  /** Passes over what matches the sticky expression here, and gives it. */
  match(sticky: RegExp): string | undefined {
    sticky.lastIndex = this.at;
    const found = sticky.exec(this.text)?.[0];
    this.at += found?.length ?? 0;
    return found;
  }

  /** Passes over true, false, null or a number; undefined where there is none, or one that JSON has no place for (1e999). */
  literal(): boolean | number | null | undefined {
    const word = this.match(/true(?!\w)|false(?!\w)|null(?!\w)|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y);
    if (word === undefined || Math.abs(Number(word)) === Number.POSITIVE_INFINITY) return undefined;
    if (word === "null") return null;
    return word === "true" || word === "false" ? word === "true" : Number(word);
  }

  /** Passes over a text in single or double quotes and gives it without its escapes; undefined where there is none, or it has no end. */
  quoted(): string | undefined {
    const quoted = this.match(/'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*"/y);
    return quoted
      ?.slice(1, -1)
      .replaceAll(/\\(?:u([0-9a-fA-F]{4})|([\s\S]))/g, (_, code: string | undefined, character: string) =>
        code === undefined ? (ESCAPES.get(character) ?? character) : String.fromCharCode(Number.parseInt(code, 16)),
      );
  }

  space(): void {
    this.match(/\s*/y);
  }
}
