import { type AslError, runtimeError } from "./asl-error.ts";
import type { Json } from "./json.ts";
import { type Path, parsePath } from "./json-path.ts";
import { TextCursor } from "./text-cursor.ts";

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

/** All that there are; AWS refuses a definition with any other. */
const functionNames: ReadonlySet<string> = new Set([
  ...["States.Format", "States.StringToJson", "States.JsonToString", "States.Array", "States.ArrayPartition", "States.ArrayContains"],
  ...["States.ArrayRange", "States.ArrayGetItem", "States.ArrayLength", "States.ArrayUnique", "States.Base64Encode"],
  ...["States.Base64Decode", "States.Hash", "States.JsonMerge", "States.MathRandom", "States.MathAdd", "States.StringSplit", "States.UUID"],
]);
const MAX_CALL_CHARACTERS = 100_000;
// AWS takes ten levels of nested calls; the bound here only protects the stack.
const MAX_CALL_DEPTH = 50;

/** Reads the text of an intrinsic function call; throws AslError `States.Runtime` for text that is none. */
export function parseCall(text: string): Call {
  const parser = new CallParser(text);
  return parser.wholeCall();
}

class CallParser {
  readonly #cursor: TextCursor;

  constructor(text: string) {
    this.#cursor = new TextCursor(text);
  }

  wholeCall(): Call {
    if (this.#cursor.text.length > MAX_CALL_CHARACTERS) throw runtimeError("Invalid intrinsic function call: it is too long.");
    const call = this.#call(1);
    this.#cursor.space();
    if (!this.#cursor.isAtEnd) throw this.#bad();
    return call;
  }

  #bad(): AslError {
    return runtimeError(`Invalid intrinsic function call '${this.#cursor.text}' at position ${this.#cursor.at}.`);
  }

  #call(depth: number): Call {
    if (depth > MAX_CALL_DEPTH) throw this.#bad();
    const startsAt = this.#cursor.at;
    const name = this.#cursor.match(/States\.\w+/y);
    this.#cursor.space();
    if (name === undefined || !functionNames.has(name) || !this.#cursor.take("(")) throw this.#bad();
    const args: Argument[] = [];
    this.#cursor.space();
    if (!this.#cursor.take(")")) {
      do {
        this.#cursor.space();
        args.push(this.#argument(depth));
        this.#cursor.space();
      } while (this.#cursor.take(","));
      if (!this.#cursor.take(")")) throw this.#bad();
    }
    return { name, text: this.#cursor.text.slice(startsAt, this.#cursor.at), args };
  }

  #argument(depth: number): Argument {
    const first = this.#cursor.next;
    if (first === "$") return { kind: "path", path: parsePath(this.#pathText()) };
    if (first === "S") return { kind: "call", call: this.#call(depth + 1) };
    if (first === "'") {
      // Any other escape AWS refuses with the definition (measured by others).
      const quoted = this.#cursor.match(/'(?:[^'\\]|\\['\\{}])*'/y);
      if (quoted === undefined) throw this.#bad();
      return { kind: "string", raw: quoted.slice(1, -1) };
    }
    const value = this.#cursor.literal();
    if (value === undefined) throw this.#bad();
    return { kind: "literal", value };
  }

  /** A path ends at the comma or bracket of the call; those inside its own brackets and quotes are its own. */
  #pathText(): string {
    const startsAt = this.#cursor.at;
    let open = 0;
    for (; !this.#cursor.isAtEnd; this.#cursor.at += 1) {
      const character = this.#cursor.next;
      if (open === 0 && (character === "," || character === ")")) break;
      if (open > 0 && (character === "'" || character === '"')) {
        const quoted = this.#cursor.match(character === "'" ? /'(?:[^'\\]|\\[\s\S])*'/y : /"(?:[^"\\]|\\[\s\S])*"/y);
        if (quoted === undefined) throw this.#bad();
        this.#cursor.at -= 1;
      } else if (character === "[" || character === "(") open += 1;
      else if (character === "]" || character === ")") open -= 1;
    }
    return this.#cursor.text.slice(startsAt, this.#cursor.at).trim();
  }
}
