import { type AslError, runtimeError } from "./asl-error.ts";
import type { Json } from "./json.ts";
import { type Path, parsePath } from "./json-path.ts";

/** One argument of a call. A string keeps its escapes (`raw`), since `States.Format` must tell `\{` from `{`. */
export type Argument =
  | { readonly kind: "string"; readonly raw: string }
  | { readonly kind: "literal"; readonly value: Json }
  | { readonly kind: "path"; readonly path: Path }
  | { readonly kind: "call"; readonly call: Call };

export interface Call {
  readonly name: string;
  readonly text: string;
  readonly args: readonly Argument[];
}

const MAX_CALL_CHARACTERS = 100_000;
// AWS takes ten levels of nested calls; the bound here only protects the stack.
const MAX_CALL_DEPTH = 50;

/** Reads the text of an intrinsic function call; throws AslError `States.Runtime` for text that is none. */
export function parseCall(text: string): Call {
  const parser = new CallParser(text);
  return parser.wholeCall();
}

class CallParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  wholeCall(): Call {
    if (this.#text.length > MAX_CALL_CHARACTERS) throw runtimeError("Invalid intrinsic function call: it is too long.");
    const call = this.#call(1);
    this.#space();
    if (this.#at < this.#text.length) throw this.#bad();
    return call;
  }

  #bad(): AslError {
    return runtimeError(`Invalid intrinsic function call '${this.#text}' at position ${this.#at}.`);
  }

  #match(sticky: RegExp): string | undefined {
    sticky.lastIndex = this.#at;
    const found = sticky.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  #space(): void {
    this.#match(/\s*/y);
  }

  #call(depth: number): Call {
    if (depth > MAX_CALL_DEPTH) throw this.#bad();
    const startsAt = this.#at;
    const name = this.#match(/States\.\w+/y);
    this.#space();
    if (name === undefined || this.#match(/\(/y) === undefined) throw this.#bad();
    const args: Argument[] = [];
    this.#space();
    if (this.#match(/\)/y) === undefined) {
      do {
        this.#space();
        args.push(this.#argument(depth));
        this.#space();
      } while (this.#match(/,/y) !== undefined);
      if (this.#match(/\)/y) === undefined) throw this.#bad();
    }
    return { name, text: this.#text.slice(startsAt, this.#at), args };
  }

  #argument(depth: number): Argument {
    const first = this.#text[this.#at];
    if (first === "$") return { kind: "path", path: parsePath(this.#pathText()) };
    if (first === "S") return { kind: "call", call: this.#call(depth + 1) };
    if (first === "'") {
      const quoted = this.#match(/'(?:[^'\\]|\\[\s\S])*'/y);
      if (quoted === undefined) throw this.#bad();
      return { kind: "string", raw: quoted.slice(1, -1) };
    }
    const word = this.#match(/true(?!\w)|false(?!\w)|null(?!\w)|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y);
    // A number such as 1e999 has no place in JSON.
    if (word === undefined || Math.abs(Number(word)) === Number.POSITIVE_INFINITY) throw this.#bad();
    if (word === "null") return { kind: "literal", value: null };
    return { kind: "literal", value: word === "true" || word === "false" ? word === "true" : Number(word) };
  }

  /** A path ends at the comma or bracket of the call; those inside its own brackets and quotes are its own. */
  #pathText(): string {
    const startsAt = this.#at;
    let open = 0;
    for (; this.#at < this.#text.length; this.#at += 1) {
      const character = this.#text[this.#at] ?? "";
      if (open === 0 && (character === "," || character === ")")) break;
      if (open > 0 && (character === "'" || character === '"')) {
        const quoted = this.#match(character === "'" ? /'(?:[^'\\]|\\[\s\S])*'/y : /"(?:[^"\\]|\\[\s\S])*"/y);
        if (quoted === undefined) throw this.#bad();
        this.#at -= 1;
      } else if (character === "[" || character === "(") open += 1;
      else if (character === "]" || character === ")") open -= 1;
    }
    return this.#text.slice(startsAt, this.#at).trim();
  }
}
