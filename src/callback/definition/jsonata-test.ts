import type { BranchTest } from "./branch-test.ts";
import { jsonataPlace } from "./value-place.ts";

/**
 * What a JSONata condition asks, where it is made of comparisons of a path with a value (`=`, `in [...]`), bare paths and `$exists`, joined by
 * `and`, `or`, `$not(...)` and parentheses. Any other part is told as `other`.
 */
export function jsonataTest(expression: string): BranchTest {
  const reader = new TokenReader(tokensOf(expression));
  const test = readEither(reader);
  return reader.isAtEnd ? test : { kind: "other" };
}

type Token = { readonly kind: "symbol" | "path" | "text" | "number" | "word" | "junk"; readonly text: string };

const tokenPattern =
  /\s*(?:(?<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<number>-?\d+(?:\.\d+)?)|(?<path>\$[A-Za-z_]\w*(?:\s*\.\s*(?:[A-Za-z_]\w*|`[^`]*`|"[^"\\]*"))*)|(?<word>[A-Za-z_]\w*)|(?<symbol>!=|[=()[\],])|(?<junk>\S))/gy;

function tokensOf(expression: string): Token[] {
  return [...expression.trim().matchAll(tokenPattern)].flatMap(({ groups = {} }) =>
    Object.entries(groups).flatMap(([kind, text]) => (text === undefined ? [] : [{ kind, text } as Token])),
  );
}

class TokenReader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#tokens.length;
  }

  peek(): Token | undefined {
    return this.#tokens[this.#at];
  }

  /** The next token, which is used up. */
  next(): Token | undefined {
    const token = this.#tokens[this.#at];
    this.#at += 1;
    return token;
  }

  /** Whether this very text came next; then it is used up. */
  takes(text: string): boolean {
    const token = this.peek();
    const isIt = token?.text === text && token.kind !== "text";
    if (isIt) this.#at += 1;
    return isIt;
  }
}

const other: BranchTest = { kind: "other" };

function readEither(reader: TokenReader): BranchTest {
  const tests = [readBoth(reader)];
  while (reader.takes("or")) tests.push(readBoth(reader));
  return joined("any", tests);
}

function readBoth(reader: TokenReader): BranchTest {
  const tests = [readOne(reader)];
  while (reader.takes("and")) tests.push(readOne(reader));
  return joined("all", tests);
}

function joined(kind: "all" | "any", tests: readonly BranchTest[]): BranchTest {
  const [only] = tests;
  return tests.length === 1 && only !== undefined ? only : { kind, tests };
}

function readOne(reader: TokenReader): BranchTest {
  if (reader.takes("(")) return closed(reader, readEither(reader));
  if (reader.takes("$not")) return reader.takes("(") ? closed(reader, { kind: "not", test: readEither(reader) }) : other;
  if (reader.takes("$exists")) {
    // What is compared as well is there by that.
    if (reader.takes("(")) closed(reader, readEither(reader));
    return other;
  }
  return readComparison(reader);
}

function closed(reader: TokenReader, test: BranchTest): BranchTest {
  return reader.takes(")") ? test : other;
}

function readComparison(reader: TokenReader): BranchTest {
  const left = reader.next();
  if (reader.takes("in")) return readMembership(reader, left);
  const isNegated = reader.peek()?.text === "!=";
  if (!reader.takes("=") && !reader.takes("!=")) return equality(left, { kind: "word", text: "true" });
  const right = reader.next();
  const test = left?.kind === "path" ? equality(left, right) : equality(right, left);
  return isNegated ? { kind: "not", test } : test;
}

function readMembership(reader: TokenReader, left: Token | undefined): BranchTest {
  if (!reader.takes("[")) return other;
  const tests: BranchTest[] = [];
  do tests.push(equality(left, reader.next()));
  while (reader.takes(","));
  return reader.takes("]") ? { kind: "any", tests } : other;
}

function equality(path: Token | undefined, value: Token | undefined): BranchTest {
  const at = path?.kind === "path" ? jsonataPlace(path.text) : null;
  const literal = value === undefined ? undefined : literalOf(value);
  return at === null || literal === undefined ? other : { kind: "equals", at, value: literal };
}

function literalOf({ kind, text }: Token): string | number | boolean | undefined {
  if (kind === "number") return Number(text);
  if (kind === "word") return text === "true" ? true : text === "false" ? false : undefined;
  if (kind !== "text") return undefined;
  const inner = text.slice(1, -1);
  return inner.includes("\\") ? undefined : inner;
}
