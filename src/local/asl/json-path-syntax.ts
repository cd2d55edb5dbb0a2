import { type AslError, runtimeError } from "./asl-error.ts";
import type { Json } from "./json.ts";
import { TextCursor } from "./text-cursor.ts";

/** What one step of a path selects; `isDeep` applies it to the value and to all its descendants (`..`). */
export type Segment = { readonly isDeep: boolean } & (
  | { readonly kind: "names"; readonly names: readonly string[] }
  | { readonly kind: "indices"; readonly indices: readonly number[] }
  | { readonly kind: "slice"; readonly from: number | null; readonly to: number | null; readonly step: number }
  | { readonly kind: "wildcard" }
  | { readonly kind: "filter"; readonly filter: Filter }
  | { readonly kind: "length" }
);

export type Operand =
  | { readonly kind: "literal"; readonly value: Json }
  | { readonly kind: "path"; readonly path: Path }
  | { readonly kind: "pattern"; readonly pattern: RegExp };

/** A filter in Jayway's dialect. */
export type Filter =
  | { readonly kind: "or" | "and"; readonly terms: readonly Filter[] }
  | { readonly kind: "not"; readonly term: Filter }
  | { readonly kind: "exists"; readonly operand: Operand }
  | { readonly kind: "compare"; readonly operator: string; readonly left: Operand; readonly right: Operand };

/**
 * A parsed path: `input` for `$`, `context` for `$$`, `current` for `@` inside a filter. `$name.a` reads the member `name` of the
 * `variables`, so that its first segment is always the variable's name.
 */
export interface Path {
  readonly text: string;
  readonly root: "input" | "context" | "variables" | "current";
  readonly segments: readonly Segment[];
}

const MAX_PATH_CHARACTERS = 10_000;
const MAX_SEGMENTS = 1_000;
const MAX_FILTER_DEPTH = 32;
const QUOTE = /['"]/;
const OPERATORS = /==|!=|=~|<=|>=|<|>|(?:in|nin|subsetof|anyof|noneof|contains|size|empty)(?![\w-])/y;

/** Reads the syntax of one path, no cache; throws AslError `States.Runtime` for text that is no path. */
export function parsePathText(text: string): Path {
  if (text.length > MAX_PATH_CHARACTERS) throw runtimeError(`Invalid path: it is longer than ${MAX_PATH_CHARACTERS} characters.`);
  const parser = new PathParser(text);
  return parser.wholePath();
}

class PathParser {
  readonly #cursor: TextCursor;
  #filterDepth = 0;

  constructor(text: string) {
    this.#cursor = new TextCursor(text);
  }

  wholePath(): Path {
    if (!this.#cursor.text.startsWith("$")) throw this.#bad("it must begin with '$'");
    const path = this.#path();
    // A sample of AWS's own has "$$.Execution.Name ".
    this.#cursor.space();
    if (!this.#cursor.isAtEnd) throw this.#bad(`unexpected character at position ${this.#cursor.at}`);
    return path;
  }

  #bad(why: string): AslError {
    return runtimeError(`Invalid path '${this.#cursor.text}': ${why}.`);
  }

  #expect(part: string): void {
    if (!this.#cursor.take(part)) throw this.#bad(`expected '${part}' at position ${this.#cursor.at}`);
  }

  #path(): Path {
    const startsAt = this.#cursor.at;
    const { root, segments } = this.#root();
    for (;;) {
      const isDeep = this.#cursor.take("..");
      const isDotted = isDeep || this.#cursor.take(".");
      // AWS takes `$.a.['b c']` and `$.[0]`, so a dot may stand before a bracket.
      if (this.#cursor.take("[")) segments.push(this.#bracket(isDeep));
      else if (isDotted) segments.push(this.#dotted(isDeep));
      else break;
      if (segments.length > MAX_SEGMENTS) throw this.#bad("it has too many steps");
    }
    return { text: this.#cursor.text.slice(startsAt, this.#cursor.at), root, segments };
  }

  #root(): { root: Path["root"]; segments: Segment[] } {
    if (this.#cursor.take("$$")) return { root: "context", segments: [] };
    if (!this.#cursor.take("$")) {
      this.#expect("@");
      return { root: "current", segments: [] };
    }
    // A variable's name is a Unicode identifier (documented).
    const variable = this.#cursor.match(/\p{ID_Start}\p{ID_Continue}*/uy);
    if (variable === undefined) return { root: "input", segments: [] };
    return { root: "variables", segments: [{ kind: "names", names: [variable], isDeep: false }] };
  }

  #dotted(isDeep: boolean): Segment {
    if (this.#cursor.take("*")) return { kind: "wildcard", isDeep };
    if (!isDeep && this.#cursor.take("length()")) return { kind: "length", isDeep };
    const name = this.#cursor.match(this.#filterDepth > 0 ? /[^\s.[\](),'"=<>!&|]+/y : /[^\s.[\](),'"]+/y);
    if (name === undefined) throw this.#bad(`expected a name at position ${this.#cursor.at}`);
    return { kind: "names", names: [name], isDeep };
  }

  #bracket(isDeep: boolean): Segment {
    this.#cursor.space();
    const segment = this.#selector(isDeep);
    this.#cursor.space();
    this.#expect("]");
    return segment;
  }

  #selector(isDeep: boolean): Segment {
    if (this.#cursor.take("*")) return { kind: "wildcard", isDeep };
    if (this.#cursor.take("?")) {
      this.#cursor.space();
      this.#expect("(");
      const filter = this.#or();
      this.#expect(")");
      return { kind: "filter", filter, isDeep };
    }
    if (QUOTE.test(this.#cursor.next)) return { kind: "names", names: this.#list(() => this.#quoted()), isDeep };
    const from = this.#integer();
    this.#cursor.space();
    if (this.#cursor.take(":")) return this.#slice(from, isDeep);
    if (from === null) throw this.#bad(`expected a name, an index or '*' at position ${this.#cursor.at}`);
    const rest = this.#cursor.take(",") ? this.#list(() => this.#requiredInteger()) : [];
    return { kind: "indices", indices: [from, ...rest], isDeep };
  }

  #slice(from: number | null, isDeep: boolean): Segment {
    this.#cursor.space();
    const to = this.#integer();
    this.#cursor.space();
    const step = this.#cursor.take(":") ? (this.#integer() ?? 1) : 1;
    if (step < 1) throw this.#bad("the step of a slice must be positive");
    return { kind: "slice", from, to, step, isDeep };
  }

  #list<Item>(item: () => Item): Item[] {
    const items: Item[] = [];
    do {
      this.#cursor.space();
      items.push(item());
      this.#cursor.space();
    } while (this.#cursor.take(","));
    return items;
  }

  #integer(): number | null {
    const digits = this.#cursor.match(/-?\d{1,15}/y);
    return digits === undefined ? null : Number(digits);
  }

  #requiredInteger(): number {
    const value = this.#integer();
    if (value === null) throw this.#bad(`expected an index at position ${this.#cursor.at}`);
    return value;
  }

  #quoted(): string {
    const value = this.#cursor.quoted();
    if (value === undefined) throw this.#bad(`expected a quoted text at position ${this.#cursor.at}`);
    return value;
  }

  #or(): Filter {
    this.#filterDepth += 1;
    if (this.#filterDepth > MAX_FILTER_DEPTH) throw this.#bad("its filters are nested too deeply");
    const filter = this.#joined("or", "||", () => this.#joined("and", "&&", () => this.#term()));
    this.#filterDepth -= 1;
    return filter;
  }

  #joined(kind: "or" | "and", sign: string, term: () => Filter): Filter {
    const terms: Filter[] = [];
    do {
      this.#cursor.space();
      terms.push(term());
      this.#cursor.space();
    } while (this.#cursor.take(sign));
    const [only] = terms;
    return terms.length === 1 && only !== undefined ? only : { kind, terms };
  }

  #term(): Filter {
    const negations = this.#cursor.match(/(?:!\s*)+/y)?.replaceAll(/\s/g, "").length ?? 0;
    const term = this.#positiveTerm();
    return negations % 2 === 1 ? { kind: "not", term } : term;
  }

  #positiveTerm(): Filter {
    if (this.#cursor.take("(")) {
      const inner = this.#or();
      this.#expect(")");
      return inner;
    }
    const left = this.#operand();
    this.#cursor.space();
    const operator = this.#cursor.match(OPERATORS);
    if (operator === undefined) return { kind: "exists", operand: left };
    this.#cursor.space();
    return { kind: "compare", operator, left, right: operator === "=~" ? this.#pattern() : (this.#bareWord() ?? this.#operand()) };
  }

  /** `/text/` or `/text/i`; it must match the whole of a value, as in Java. */
  #pattern(): Operand {
    const text = this.#cursor.match(/\/(?:[^/\\]|\\[\s\S])+\/[ims]*/y);
    if (text === undefined) throw this.#bad(`expected a regular expression at position ${this.#cursor.at}`);
    const end = text.lastIndexOf("/");
    try {
      return { kind: "pattern", pattern: new RegExp(`^(?:${text.slice(1, end)})$`, text.slice(end + 1)) };
    } catch {
      throw this.#bad(`${text} is no regular expression`);
    }
  }

  /** A text without quotes: samples of AWS's own compare with one (`?(@.Name==Receipt)`). */
  #bareWord(): Operand | undefined {
    const word = this.#cursor.match(/(?!(?:true|false|null)(?!\w))[\p{L}_][\p{L}\d_-]*/uy);
    return word === undefined ? undefined : { kind: "literal", value: word };
  }

  #operand(): Operand {
    const first = this.#cursor.next;
    if (first === "@" || first === "$") return { kind: "path", path: this.#path() };
    return { kind: "literal", value: this.#literal() };
  }

  #literal(): Json {
    if (!this.#cursor.take("[")) return this.#scalar();
    this.#cursor.space();
    if (this.#cursor.take("]")) return [];
    const items = this.#list(() => this.#scalar());
    this.#expect("]");
    return items;
  }

  #scalar(): Json {
    if (QUOTE.test(this.#cursor.next)) return this.#quoted();
    const value = this.#cursor.literal();
    if (value === undefined) throw this.#bad(`expected a value at position ${this.#cursor.at}`);
    return value;
  }
}
