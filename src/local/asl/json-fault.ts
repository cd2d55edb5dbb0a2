/*
 * What is wrong with a text that is no JSON, in the words of AWS's parser (Jackson). Three of its causes were measured by others; the rest are
 * that parser's own messages.
 */

const source = "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled)";
const values = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
const word = /[\p{L}_$][\p{L}\p{N}_$]*/uy;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\p{L}\p{N}_$.])/uy;
const quoted = /"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;

type Expected = "value" | "first" | "name" | "colon" | "end";

/** Null where nothing of it is known here. Reads the text once, however deep it is. */
export function jsonFault(text: string): string | null {
  const open: { readonly kind: "Object" | "Array"; readonly at: number }[] = [];
  let at = 0;
  let expected: Expected = "value";
  const fault = (what: string, where = at): string => `${what}\n at ${place(text, where)}`;
  const unexpected = (why: string): string => {
    const code = text.codePointAt(at) ?? 0;
    return fault(`Unexpected character ('${String.fromCodePoint(code)}' (code ${code})): ${why}`);
  };
  const passed = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    at += found?.length ?? 0;
    return found;
  };
  for (;;) {
    passed(/[ \t\r\n]*/y);
    const inner = open.at(-1);
    const next = text[at];
    if (inner === undefined && expected === "end") return null;
    if (next === undefined) {
      if (expected === "colon") return fault("Unexpected end-of-input within/between Object entries");
      if (inner === undefined) return null;
      return fault(`Unexpected end-of-input: expected close marker for ${inner.kind} (start marker at ${place(text, inner.at)})`);
    }
    const closes = inner?.kind === "Object" ? "}" : "]";
    if (inner !== undefined && next === closes && (expected === "end" || expected === "first")) {
      open.pop();
      at += 1;
      expected = "end";
    } else if (inner !== undefined && expected === "end") {
      if (next === "}" || next === "]") {
        return fault(`Unexpected close marker '${next}': expected '${closes}' (for ${inner.kind} starting at ${place(text, inner.at)})`);
      }
      if (next !== ",") return unexpected(`was expecting comma to separate ${inner.kind} entries`);
      at += 1;
      expected = inner.kind === "Object" ? "name" : "value";
    } else if (expected === "colon") {
      if (next !== ":") return unexpected("was expecting a colon to separate field name and value");
      at += 1;
      expected = "value";
    } else if (expected === "name" || (expected === "first" && inner?.kind === "Object")) {
      if (next !== '"') return unexpected("was expecting double-quote to start field name");
      if (passed(quoted) === undefined) return null;
      expected = "colon";
    } else if (next === "{" || next === "[") {
      open.push({ kind: next === "{" ? "Object" : "Array", at });
      at += 1;
      expected = "first";
    } else if (next === '"') {
      if (passed(quoted) === undefined) {
        const isOpen = /^"(?:[ !#-[\]-\uffff]|\\["\\/bfnrtu])*$/.test(text.slice(at));
        return isOpen ? fault("Unexpected end-of-input: was expecting closing quote for a string value", text.length) : null;
      }
      expected = "end";
    } else if (/[-\d]/.test(next)) {
      if (passed(number) === undefined) return null;
      expected = "end";
    } else {
      const token = passed(word);
      if (token === undefined) return unexpected(`expected a valid value ${values}`);
      if (token === "NaN" || token === "Infinity") return null;
      if (!["true", "false", "null"].includes(token)) return fault(`Unrecognized token '${token}': was expecting ${values}`);
      expected = "end";
    }
  }
}

function place(text: string, at: number): string {
  const before = text.slice(0, at).split(/\r\n|\r|\n/);
  return `${source}; line: ${before.length}, column: ${(before.at(-1) ?? "").length + 1}]`;
}
