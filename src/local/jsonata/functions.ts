import { createHash, randomUUID } from "node:crypto";
import type { Expression } from "jsonata";
import { JavaRandom } from "../asl/java.ts";
import { MemoryLimitError } from "./guard.ts";

/** What JSONata gives a function as `this`; the package's types leave the sequence out. */
interface Focus {
  readonly environment: { lookup(name: string): { readonly implementation: (...args: unknown[]) => unknown } };
  createSequence(): unknown[];
}

type Implementation = Parameters<Expression["registerFunction"]>[1];

/** `$range` gives at most so many items (measured on AWS by others: 360,145 are given, one more is refused for its memory). */
const MAX_RANGE_ITEMS = 360_145;

const HASHES: ReadonlyMap<unknown, string> = new Map([
  ["SHA-1", "sha1"],
  ["SHA-384", "sha384"],
  ["SHA-256", "sha256"],
  ["SHA-512", "sha512"],
  ["MD5", "md5"],
]);

/**
 * Adds the functions of Step Functions to a parsed expression: `$partition`, `$range`, `$hash`, `$random` with a seed, `$uuid` and `$parse`
 * (documented; how they take odd arguments was measured on AWS by others). `$eval` is no function there, so calling it is a T1006. `$now` and
 * `$millis` are JSONata's own, but for the clock (epoch milliseconds), which may have been moved ahead; Base64 holds UTF-8 there, and `+` is a blank
 * in what `$decodeUrlComponent` reads (measured on AWS by others).
 */
export function addStepFunctionsFunctions(expression: Expression, clock: () => number): void {
  expression.assign("eval", undefined);
  expression.registerFunction("parse", parse, "<s-:x>");
  expression.registerFunction("partition", partition, "<x-n?:a>");
  expression.registerFunction("range", range as unknown as Implementation, "<nnn?:x>");
  expression.registerFunction("hash", hash);
  expression.registerFunction("random", (seed?: number) => (seed === undefined ? Math.random() : seededRandom(seed)), "<n?:n>");
  expression.registerFunction("uuid", () => randomUUID(), "<:s>");
  expression.registerFunction("base64encode", (text?: string) => text && Buffer.from(text).toString("base64"), "<s-:s>");
  expression.registerFunction("base64decode", base64decode, "<s-:s>");
  expression.registerFunction("decodeUrlComponent", decodeUrlComponent, "<s-:s>");
  expression.registerFunction("millis", clock, "<:n>");
  const now = function (this: Focus, ...format: unknown[]) {
    return this.environment.lookup("fromMillis").implementation.call(this, clock(), ...format);
  };
  expression.registerFunction("now", now as unknown as Implementation, "<s?s?:s>");
}

/** An error as JSONata throws it; D3137 is the code whose message is given as it stands. */
function failure(message: string): object {
  return { code: "D3137", message };
}

/** What AWS tells nothing of, but that it failed within. */
export class InternalError extends Error {}

/** The UTF-8 text; padding may be left out, and any character that is none of Base64 fails (measured on AWS by others). */
function base64decode(text: string | undefined): string | undefined {
  if (text !== undefined && !/^[\w+/]*={0,2}$/.test(text)) throw new InternalError();
  return text && Buffer.from(text, "base64").toString();
}

/** What is no UTF-8 becomes U+FFFD, and an escape without its two digits fails (measured on AWS by others). */
function decodeUrlComponent(text: string | undefined): string | undefined {
  if (text !== undefined && /%(?![\da-f]{2})/i.test(text)) throw { code: "D3140", value: text, functionName: "decodeUrlComponent" };
  const bytes = text
    ?.replaceAll("+", " ")
    .split(/%([\da-f]{2})/i)
    .map((part, index) => Buffer.from(part, index % 2 === 0 ? "utf8" : "hex"));
  return bytes && Buffer.concat(bytes).toString();
}

/** A JSON text with its single-quoted texts, which AWS takes, in double quotes. */
function doublyQuoted(text: string): string {
  return text.replaceAll(/"(?:[^"\\]|\\.)*"|'((?:[^'\\]|\\.)*)'/g, (found, inner: string | undefined) =>
    inner === undefined ? found : `"${inner.replaceAll("\\'", "'").replaceAll(/(?<!\\)"/g, '\\"')}"`,
  );
}

/** The text's value. Stricter than JSON.parse, as AWS is: a name that stands twice and a number too large are no JSON. Quotes may be single ones. */
function parse(given: string | undefined): unknown {
  if (given === undefined) return undefined;
  const text = doublyQuoted(given);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw failure("Invalid JSON");
  }
  const written = (text.match(/"(?:[^"\\]|\\.)*"\s*:?/g) ?? []).filter((token) => token.endsWith(":")).length;
  if (membersOf(value) !== written) throw failure("Invalid JSON");
  return value;
}

/** How many members its objects have altogether; NaN, which equals no number, where one of its numbers is not finite. */
function membersOf(value: unknown): number {
  let members = 0;
  const parts = [value];
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    if (typeof part === "number" && !Number.isFinite(part)) return Number.NaN;
    if (typeof part !== "object" || part === null) continue;
    const inner = Object.values(part);
    if (!Array.isArray(part)) members += inner.length;
    for (const one of inner) parts.push(one);
  }
  return members;
}

/** Chunks of `size` items, the last one shorter; a fraction of the size is cut off. Without a size all items are one chunk. */
function partition(items: unknown, size?: number): unknown {
  if (items === undefined) return undefined;
  // JSONata's message for its own typed arrays, which AWS gives for this one without a type.
  if (!Array.isArray(items)) throw { code: "T0412", index: 1, token: "partition" };
  if (size === undefined) return [items];
  if (size <= -1) throw failure("Second argument must be zero or greater");
  const whole = Math.trunc(size);
  if (whole === 0 || items.length === 0) return undefined;
  return Array.from({ length: Math.ceil(items.length / whole) }, (_, index) => items.slice(index * whole, (index + 1) * whole));
}

/** From start by step to end, end included where the step meets it; fractions are cut off. A sequence: one number stands for itself. */
function range(this: Focus, ...bounds: (number | undefined)[]): unknown {
  const [start, end, step] = bounds.map((bound) => (bound === undefined ? undefined : Math.trunc(bound)));
  if (start === undefined || end === undefined || !step) return undefined;
  const count = Math.floor((end - start) / step) + 1;
  if (count > MAX_RANGE_ITEMS) throw new MemoryLimitError();
  const numbers = this.createSequence();
  for (let index = 0; index < count; index += 1) numbers.push(start + index * step);
  return numbers;
}

/**
 * The digest of the UTF-8 text in lowercase hexadecimal digits. It checks its arguments itself: JSONata's signatures cannot tell an algorithm
 * that is left out, which gives nothing, from one that is undefined, which fails.
 */
function hash(...args: unknown[]): string | undefined {
  const wrong = args.length === 0 ? 0 : args.findIndex((arg, index) => index > 1 || (arg !== undefined && typeof arg !== "string"));
  if (wrong >= 0) throw { code: "T0410", index: wrong + 1, token: "hash" };
  const [text, algorithm] = args;
  if (typeof text !== "string" || args.length === 1) return undefined;
  const name = HASHES.get(algorithm);
  if (name !== undefined) return createHash(name).update(text, "utf8").digest("hex");
  throw failure(`Hash algorithm '${algorithm ?? null}' must be one of ${[...HASHES.keys()].join(", ")}`);
}

/** As java.util.Random: seed 42 gives 0.7275636800328681 on AWS too (measured by others). */
function seededRandom(seed: number): number {
  return new JavaRandom(Number.isFinite(seed) ? Math.trunc(seed) : 0).nextDouble();
}
