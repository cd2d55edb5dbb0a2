import { jsonErrorPlace } from "./json-error.ts";

const outputLimitBytes = 262_144;
const errorLimitCharacters = 256;
const causeLimitCharacters = 32_768;

/** What is wrong with an output before it is sent: not JSON, or over 262,144 bytes of UTF-8. Undefined where AWS would take it. */
export function checkOutput(text: string): string | undefined {
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > outputLimitBytes) return `the output is ${count(bytes)} bytes long; AWS takes at most ${count(outputLimitBytes)}`;
  if (text.trim() === "") return "the output is empty; it must be JSON, for example {} or null";
  const place = jsonErrorPlace(text);
  if (place === undefined) return undefined;
  const where = `the output is not JSON: line ${place.line}, column ${place.column}`;
  const looksPlain = text.length <= 200 && !/^\s*[[{"]/.test(text);
  return looksPlain ? `${where}; a text needs its own quotes: ${quoted(text.trim())}` : where;
}

/** What is wrong with an error name: over 256 characters. */
export function checkError(text: string): string | undefined {
  return checkLength("error", text, errorLimitCharacters);
}

/** What is wrong with a cause: over 32,768 characters. */
export function checkCause(text: string): string | undefined {
  return checkLength("cause", text, causeLimitCharacters);
}

function checkLength(what: string, text: string, limitCharacters: number): string | undefined {
  if (text.length <= limitCharacters) return undefined;
  return `the ${what} is ${count(text.length)} characters long; AWS takes at most ${count(limitCharacters)}`;
}

/** As it is typed in a POSIX shell. */
function quoted(text: string): string {
  return `'${JSON.stringify(text).replaceAll("'", "'\\''")}'`;
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}
