import { createHash, randomInt, randomUUID } from "node:crypto";
import { runtimeError } from "./asl-error.ts";
import { type Argument, type Call, parseCall } from "./intrinsic-syntax.ts";
import { hashSetOrder, JavaRandom, javaText } from "./java.ts";
import { canonicalText, isJsonObject, type Json, type JsonObject, jsonText } from "./json.ts";
import { jsonFault } from "./json-fault.ts";
import { findPath, metByIndex, type Path, type Scope } from "./json-path.ts";

/** Where the chance of `States.UUID` and of `States.MathRandom` without a seed comes from; node:crypto unless given. */
export interface IntrinsicOptions {
  readonly randomUuid?: () => string;
  /** An integer from `start`, included, to `end`, excluded. */
  readonly randomInteger?: (start: number, end: number) => number;
}

type Fn = (args: Json[], options: IntrinsicOptions) => Json;

const MAX_CHARACTERS = 10_000;
const MAX_RANGE_ITEMS = 1_000;
const HASHES: ReadonlyMap<Json, string> = new Map([
  ["MD5", "md5"],
  ["SHA-1", "sha1"],
  ["SHA-256", "sha256"],
  ["SHA-384", "sha384"],
  ["SHA-512", "sha512"],
]);

/** Arguments that a function does not take. AWS says no more of them than that (measured by others); `causeText` is for where it does. */
class IntrinsicError extends Error {
  readonly causeText: string | undefined;

  constructor(causeText?: string) {
    super(causeText ?? "invalid arguments");
    this.causeText = causeText;
  }
}

/**
 * The value of an intrinsic function call such as `States.Format('{}', $.name)`, calls nested or not. Throws AslError `States.Runtime` for
 * arguments the function does not take, bad syntax and a path that leads nowhere (measured by others; the documented
 * `States.IntrinsicFailure` was seen of none of them).
 */
export function evaluateIntrinsic(text: string, input: Json, scope: Scope, options: IntrinsicOptions = {}): Json {
  const argument = (arg: Argument): Json => {
    if (arg.kind === "literal") return arg.value;
    if (arg.kind === "string") return unescaped(arg.raw);
    if (arg.kind === "call") return evaluate(arg.call);
    const value = findPath(arg.path, input, scope);
    if (value !== undefined) return value;
    throw runtimeError(`The function '${text}' had the following error: ${whyMissing(arg.path, input, scope)}`);
  };
  const evaluate = (call: Call): Json => {
    try {
      const args = call.args.map(argument);
      const [first] = call.args;
      if (call.name === "States.Format") return format(first?.kind === "string" ? first.raw : args[0], args.slice(1));
      const fn = FUNCTIONS.get(call.name);
      if (fn === undefined) throw new Error(`${call.name} has a name and is not there`);
      return fn(args, options);
    } catch (error) {
      if (!(error instanceof IntrinsicError)) throw error;
      // The whole text is told, whichever call in it fails.
      const why = error.causeText ?? `Invalid arguments in ${call.name}`;
      throw runtimeError(`There was an error while evaluating the intrinsic function: ${text}. ${why}`);
    }
  };
  return evaluate(parseCall(text));
}

/** In AWS's words, odd as they are: a path into the context object is told as if it were one into the input (measured by others). */
function whyMissing(path: Path, input: Json, scope: Scope): string {
  const met = metByIndex(path, input, scope);
  if (met !== undefined) return `Filter: [${met.index}] can only be applied to arrays. Current context is: ${jsonText(met.value)}`;
  return `The JsonPath argument for the field '${path.text.replace(/^\$\$/, "$")}' could not be found in the input '${jsonText(input)}'`;
}

function unescaped(raw: string): string {
  return raw.replaceAll(/\\(['\\{}])/g, "$1");
}

function counted(args: Json[], least: number, most = least): void {
  if (args.length < least || args.length > most) throw new IntrinsicError();
}

function arrayOf(value: Json | undefined): Json[] {
  if (!Array.isArray(value)) throw new IntrinsicError();
  return value;
}

function stringOf(value: Json | undefined): string {
  if (typeof value !== "string") throw new IntrinsicError();
  return value;
}

function limitedString(value: Json | undefined): string {
  const text = stringOf(value);
  if (text.length > MAX_CHARACTERS) throw new IntrinsicError();
  return text;
}

/** AWS cuts fractions off (measured by others), where it documents to round; it does round what States.MathAdd adds (recorded). */
function integerOf(value: Json | undefined, whole: (value: number) => number = Math.trunc): number {
  if (typeof value !== "number" || !Number.isFinite(value)) throw new IntrinsicError();
  return whole(value) + 0;
}

/** An int of Java's. */
function intOf(value: number): number {
  if (value !== (value | 0)) throw new IntrinsicError();
  return value;
}

function format(template: Json | undefined, values: Json[]): string {
  let used = 0;
  const text = stringOf(template).replaceAll(/\\([\s\S])|\{\}|[{}]/g, (found, escaped: string | undefined) => {
    if (escaped !== undefined) return unescaped(found);
    if (found !== "{}") throw unmatched(found);
    used += 1;
    return shown(values[used - 1] ?? null);
  });
  if (used === values.length) return text;
  throw new IntrinsicError("Invalid arguments in States.Format: number of arguments do not match the occurrences of {}.");
}

function unmatched(brace: string): IntrinsicError {
  const partner = brace === "{" ? "}" : "{";
  return new IntrinsicError(`Invalid template in States.Format: matching '${partner}' not found for '${brace}'.`);
}

function shown(value: Json): string {
  try {
    return javaText(value);
  } catch (error) {
    if (error instanceof RangeError) throw new IntrinsicError();
    throw error;
  }
}

function stringToJson(args: Json[]): Json {
  counted(args, 1);
  const text = stringOf(args[0]);
  if (text.trim() === "") return null;
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch (error) {
    throw new IntrinsicError(
      `Cannot convert String to Json in States.StringToJson, caused by: ${jsonFault(text) ?? (error as Error).message}`,
    );
  }
}

function partition(args: Json[]): Json {
  counted(args, 2);
  const items = arrayOf(args[0]);
  const size = integerOf(args[1]);
  if (size < 1) throw new IntrinsicError();
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
}

function range(args: Json[]): Json {
  counted(args, 3);
  const [first, last, step] = [integerOf(args[0]), integerOf(args[1]), integerOf(args[2])];
  if (step === 0) throw new IntrinsicError();
  const count = Math.max(0, Math.floor((last - first) / step) + 1);
  if (count > MAX_RANGE_ITEMS) throw new IntrinsicError();
  return Array.from({ length: count }, (_, index) => first + index * step);
}

/** An empty array gives null for every index, where AWS fails otherwise (measured by others). */
function getItem(args: Json[]): Json {
  counted(args, 2);
  const [items, index] = [arrayOf(args[0]), integerOf(args[1])];
  if (items.length === 0) return null;
  const item = items[index];
  if (item === undefined) throw new IntrinsicError();
  return item;
}

/** AWS compares what items look like as text: the number 1 is found where a text "1" stands (measured by others). */
function contains(args: Json[]): Json {
  counted(args, 2);
  const sought = shown(args[1] ?? null);
  return arrayOf(args[0]).some((item) => shown(item) === sought);
}

function unique(args: Json[]): Json {
  counted(args, 1);
  const items = arrayOf(args[0]);
  const kept = new Map<string, Json>();
  for (const item of items) {
    const key = canonicalText(item);
    if (!kept.has(key)) kept.set(key, item);
  }
  return hashSetOrder([...kept.values()], items.length);
}

/** What is no Base64 is passed over, and the first `=` ends the text (measured by others). */
function decode(args: Json[]): Json {
  counted(args, 1);
  const [text = ""] = limitedString(args[0]).split("=");
  return Buffer.from(text.replaceAll(/[^\w+/-]/g, ""), "base64").toString("utf8");
}

function hash(args: Json[]): Json {
  counted(args, 2);
  const [data = null, name = null] = args;
  const algorithm = HASHES.get(name);
  if (algorithm === undefined) throw new IntrinsicError();
  const text = limitedString(typeof data === "string" ? data : jsonText(data));
  return createHash(algorithm).update(text, "utf8").digest("hex");
}

/** A third argument that is no boolean is taken for false (measured by others). */
function merge(args: Json[]): Json {
  counted(args, 3);
  const [left = null, right = null, isDeep] = args;
  if (!isJsonObject(left) || !isJsonObject(right) || isDeep === true) throw new IntrinsicError();
  const merged: JsonObject = { ...left, ...right };
  return merged;
}

function random(args: Json[], options: IntrinsicOptions): Json {
  counted(args, 2, 3);
  const [start, end] = [intOf(integerOf(args[0])), intOf(integerOf(args[1]))];
  if (start >= end) throw new IntrinsicError();
  if (args.length === 2) return (options.randomInteger ?? randomInt)(start, end);
  return start + new JavaRandom(integerOf(args[2])).nextInt(intOf(end - start));
}

function add(args: Json[]): Json {
  counted(args, 2);
  const [left, right] = [integerOf(args[0], Math.round), integerOf(args[1], Math.round)];
  return intOf(intOf(left) + intOf(right));
}

/** Every character of the second string splits, and empty parts are dropped. */
function split(args: Json[]): Json {
  counted(args, 2);
  const splitters = new Set(stringOf(args[1]));
  const parts: string[] = [""];
  for (const character of stringOf(args[0])) {
    if (splitters.has(character)) parts.push("");
    else parts.push((parts.pop() ?? "") + character);
  }
  return parts.filter((part) => part !== "");
}

function ofOne(fn: (value: Json) => Json): Fn {
  return (args) => {
    counted(args, 1);
    return fn(args[0] ?? null);
  };
}

function uuid(args: Json[], options: IntrinsicOptions): Json {
  counted(args, 0);
  return (options.randomUuid ?? randomUUID)();
}

const FUNCTIONS: ReadonlyMap<string, Fn> = new Map<string, Fn>([
  ["States.StringToJson", stringToJson],
  ["States.JsonToString", ofOne((value) => jsonText(value))],
  ["States.Array", (args) => args],
  ["States.ArrayPartition", partition],
  ["States.ArrayContains", contains],
  ["States.ArrayRange", range],
  ["States.ArrayGetItem", getItem],
  ["States.ArrayLength", ofOne((items) => arrayOf(items).length)],
  ["States.ArrayUnique", unique],
  ["States.Base64Encode", ofOne((text) => Buffer.from(limitedString(text), "utf8").toString("base64"))],
  ["States.Base64Decode", decode],
  ["States.Hash", hash],
  ["States.JsonMerge", merge],
  ["States.MathRandom", random],
  ["States.MathAdd", add],
  ["States.StringSplit", split],
  ["States.UUID", uuid],
]);
