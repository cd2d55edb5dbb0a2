import { type AslError, runtimeError } from "./asl-error.ts";
import type { Json } from "./json.ts";

/** What one step of a path selects; `isDeep` applies it to the value and to all its descendants (`..`). */
export type Segment = { readonly isDeep: boolean } & (
  | { readonly kind: "names"; readonly names: readonly string[] }
  | { readonly kind: "indices"; readonly indices: readonly number[] }
  | { readonly kind: "slice"; readonly from: number | null; readonly to: number | null; readonly step: number }
  | { readonly kind: "wildcard" }
  | { readonly kind: "filter"; readonly filter: Filter }
  | { readonly kind: "length" }
);

export type Operand = { readonly kind: "literal"; readonly value: Json } | { readonly kind: "path"; readonly path: Path };

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
const OPERATORS = /(==|!=|<=|>=|<|>|(?:in|nin|contains|size|empty)(?![\w-]))/y;
const ESCAPES: ReadonlyMap<string, string> = new Map(Object.entries({ n: "\n", t: "\t", r: "\r", b: "\b", f: "\f" }));

/** Reads the syntax of one path, no cache; throws AslError `States.Runtime` for text that is no path. */
export function parsePathText(text: string): Path {
  if (text.length > MAX_PATH_CHARACTERS) throw runtimeError(`Invalid path: it is longer than ${MAX_PATH_CHARACTERS} characters.`);
  const parser = new PathParser(text);
  return parser.wholePath();
}

class PathParser {
  readonly #text: string;
  #at = 0;
  #filterDepth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  wholePath(): Path {
    if (!this.#text.startsWith("$")) throw this.#bad("it must begin with '$'");
    const path = this.#path();
    if (this.#at < this.#text.length) throw this.#bad(`unexpected character at position ${this.#at}`);
    return path;
  }

  #bad(why: string): AslError {
    return runtimeError(`Invalid path '${this.#text}': ${why}.`);
  }

  #take(part: string): boolean {
    if (!this.#text.startsWith(part, this.#at)) return false;
    this.#at += part.length;
    return true;
  }

  #expect(part: string): void {
    if (!this.#take(part)) throw this.#bad(`expected '${part}' at position ${this.#at}`);
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

  #path(): Path {
    const startsAt = this.#at;
    const { root, segments } = this.#root();
    for (;;) {
      const isDeep = this.#take("..");
      const isDotted = isDeep || this.#take(".");
      // AWS takes `$.a.['b c']` and `$.[0]`, so a dot may stand before a bracket.
      if (this.#take("[")) segments.push(this.#bracket(isDeep));
      else if (isDotted) segments.push(this.#dotted(isDeep));
      else break;
      if (segments.length > MAX_SEGMENTS) throw this.#bad("it has too many steps");
    }
    return { text: this.#text.slice(startsAt, this.#at), root, segments };
  }

  #root(): { root: Path["root"]; segments: Segment[] } {
    if (this.#take("$$")) return { root: "context", segments: [] };
    if (!this.#take("$")) {
      this.#expect("@");
      return { root: "current", segments: [] };
    }
    // A variable's name is a Unicode identifier (documented).
    const variable = this.#match(/\p{ID_Start}\p{ID_Continue}*/uy);
    if (variable === undefined) return { root: "input", segments: [] };
    return { root: "variables", segments: [{ kind: "names", names: [variable], isDeep: false }] };
  }

  #dotted(isDeep: boolean): Segment {
    if (this.#take("*")) return { kind: "wildcard", isDeep };
    if (!isDeep && this.#take("length()")) return { kind: "length", isDeep };
    const name = this.#match(this.#filterDepth > 0 ? /[^\s.[\](),'"=<>!&|]+/y : /[^\s.[\](),'"]+/y);
    if (name === undefined) throw this.#bad(`expected a name at position ${this.#at}`);
    return { kind: "names", names: [name], isDeep };
  }

  #bracket(isDeep: boolean): Segment {
    this.#space();
    const segment = this.#selector(isDeep);
    this.#space();
    this.#expect("]");
    return segment;
  }

  #selector(isDeep: boolean): Segment {
    if (this.#take("*")) return { kind: "wildcard", isDeep };
    if (this.#take("?")) {
      this.#space();
      this.#expect("(");
      const filter = this.#or();
      this.#expect(")");
      return { kind: "filter", filter, isDeep };
    }
    if (/['"]/.test(this.#text[this.#at] ?? "")) return { kind: "names", names: this.#list(() => this.#quoted()), isDeep };
    const from = this.#integer();
    this.#space();
    if (this.#take(":")) return this.#slice(from, isDeep);
    if (from === null) throw this.#bad(`expected a name, an index or '*' at position ${this.#at}`);
    const rest = this.#take(",") ? this.#list(() => this.#requiredInteger()) : [];
    return { kind: "indices", indices: [from, ...rest], isDeep };
  }

  #slice(from: number | null, isDeep: boolean): Segment {
    this.#space();
    const to = this.#integer();
    this.#space();
    const step = this.#take(":") ? (this.#integer() ?? 1) : 1;
    if (step < 1) throw this.#bad("the step of a slice must be positive");
    return { kind: "slice", from, to, step, isDeep };
  }

  #list<Item>(item: () => Item): Item[] {
    const items: Item[] = [];
    do {
      this.#space();
      items.push(item());
      this.#space();
    } while (this.#take(","));
    return items;
  }

  #integer(): number | null {
    const digits = this.#match(/-?\d{1,15}/y);
    return digits === undefined ? null : Number(digits);
  }

  #requiredInteger(): number {
    const value = this.#integer();
    if (value === null) throw this.#bad(`expected an index at position ${this.#at}`);
    return value;
  }

  #quoted(): string {
    const quote = this.#text[this.#at];
    if (quote !== "'" && quote !== '"') throw this.#bad(`expected a quoted name at position ${this.#at}`);
    let value = "";
    for (this.#at += 1; this.#at < this.#text.length; this.#at += 1) {
      const character = this.#text[this.#at] ?? "";
      if (character === quote) {
        this.#at += 1;
        return value;
      }
      value += character === "\\" ? this.#escaped() : character;
    }
    throw this.#bad("a quoted name has no end");
  }

  #escaped(): string {
    this.#at += 1;
    const character = this.#text[this.#at] ?? "";
    const code = /^u[0-9a-fA-F]{4}/.exec(this.#text.slice(this.#at, this.#at + 5))?.[0];
    if (code === undefined) return ESCAPES.get(character) ?? character;
    this.#at += 4;
    return String.fromCharCode(Number.parseInt(code.slice(1), 16));
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
      this.#space();
      terms.push(term());
      this.#space();
    } while (this.#take(sign));
    const [only] = terms;
    return terms.length === 1 && only !== undefined ? only : { kind, terms };
  }

  #term(): Filter {
    const negations = this.#match(/(?:!\s*)+/y)?.replaceAll(/\s/g, "").length ?? 0;
    const term = this.#positiveTerm();
    return negations % 2 === 1 ? { kind: "not", term } : term;
  }

  #positiveTerm(): Filter {
    if (this.#take("(")) {
      const inner = this.#or();
      this.#expect(")");
      return inner;
    }
    const left = this.#operand();
    this.#space();
    const operator = this.#match(OPERATORS);
    if (operator === undefined) return { kind: "exists", operand: left };
    this.#space();
    return { kind: "compare", operator, left, right: this.#operand() };
  }

  #operand(): Operand {
    const first = this.#text[this.#at] ?? "";
    if (first === "@" || first === "$") return { kind: "path", path: this.#path() };
    return { kind: "literal", value: this.#literal() };
  }

  #literal(): Json {
    if (this.#take("[")) {
      this.#space();
      if (this.#take("]")) return [];
      const items = this.#list(() => this.#scalar());
      this.#expect("]");
      return items;
    }
    return this.#scalar();
  }

  #scalar(): Json {
    const first = this.#text[this.#at];
    if (first === "'" || first === '"') return this.#quoted();
    const word = this.#match(/true(?!\w)|false(?!\w)|null(?!\w)|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y);
    if (word === undefined) throw this.#bad(`expected a value at position ${this.#at}`);
    if (word === "null") return null;
    return word === "true" || word === "false" ? word === "true" : Number(word);
  }
}
