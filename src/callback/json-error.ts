const token =
  /[ \t\n\r]*(?:([[\]{}:,])|("(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*")|(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![0-9A-Za-z.])|(?:true|false|null)(?![0-9A-Za-z])))/y;

/** Where a text stops being JSON, as a line and a column that count from 1, or undefined where it is JSON. */
export function jsonErrorPlace(text: string): { readonly line: number; readonly column: number } | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch {
    const before = text.slice(0, errorIndex(text)).split("\n");
    return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
  }
}

type Expected = "value" | "valueOrEnd" | "key" | "keyOrEnd" | "colon" | "comma";

/** JSON.parse names no position in many of its messages, so the text is read once more up to the first token out of place. */
function errorIndex(text: string): number {
  const open: string[] = [];
  let expected: Expected = "value";
  for (let index = 0; ; ) {
    const start = index + (/^[ \t\n\r]*/.exec(text.slice(index, index + 10_000))?.[0].length ?? 0);
    token.lastIndex = index;
    const found: RegExpExecArray | null = token.exec(text);
    const after: Expected | null =
      found === null ? null : follow(found[1] ?? (found[2] === undefined ? "literal" : "string"), expected, open);
    if (after === null) return start;
    expected = after;
    index = token.lastIndex;
  }
}

/** What may come after this token, or null where it may not stand here. */
function follow(kind: string, expected: Expected, open: string[]): Expected | null {
  const value = expected === "value" || expected === "valueOrEnd";
  if (kind === "{" || kind === "[") {
    if (!value) return null;
    open.push(kind);
    return kind === "{" ? "keyOrEnd" : "valueOrEnd";
  }
  if (kind === "}" || kind === "]") return close(kind, expected, open);
  if (kind === ":") return expected === "colon" ? "value" : null;
  if (kind === ",") {
    if (expected !== "comma" || open.length === 0) return null;
    return open.at(-1) === "{" ? "key" : "value";
  }
  if (kind === "string" && (expected === "key" || expected === "keyOrEnd")) return "colon";
  return value ? "comma" : null;
}

function close(kind: string, expected: Expected, open: string[]): Expected | null {
  const opener = kind === "}" ? "{" : "[";
  const mayEnd = expected === "comma" || expected === (kind === "}" ? "keyOrEnd" : "valueOrEnd");
  if (!mayEnd || open.at(-1) !== opener) return null;
  open.pop();
  return "comma";
}
