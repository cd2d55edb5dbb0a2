import { createHash, randomInt, randomUUID } from "node:crypto";
import { AslError, runtimeError } from "./asl-error.ts";
import { type Argument, type Call, parseCall } from "./intrinsic-syntax.ts";
import { canonicalText, isJsonObject, type Json, type JsonObject, jsonEquals, jsonText } from "./json.ts";
import { findPath, rootOf, type Scope } from "./json-path.ts";

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

/**
 * The value of an intrinsic function call such as `States.Format('{}', $.name)`, calls nested or not. Throws AslError:
 * `States.IntrinsicFailure` for arguments the function does not take, `States.Runtime` for bad syntax and for a path that leads nowhere.
 */
export function evaluateIntrinsic(text: string, input: Json, scope: Scope, options: IntrinsicOptions = {}): Json {
  const argument = (call: Call, arg: Argument): Json => {
    if (arg.kind === "literal") return arg.value;
    if (arg.kind === "string") return unescaped(arg.raw);
    if (arg.kind === "call") return evaluate(arg.call);
    const value = findPath(arg.path, input, scope);
    if (value !== undefined) return value;
    const searched = jsonText(rootOf(arg.path, input, scope));
    const why = `The JsonPath argument for the field '${arg.path.text}' could not be found in the input '${searched}'`;
    throw runtimeError(`The function '${call.text}' had the following error: ${why}`);
  };
  const evaluate = (call: Call): Json => {
    const args = call.args.map((arg) => argument(call, arg));
    try {
      const [first] = call.args;
      if (call.name === "States.Format") return format(first?.kind === "string" ? first.raw : args[0], args.slice(1));
      const fn = FUNCTIONS.get(call.name);
      if (fn === undefined) throw failure("there is no such function");
      return fn(args, options);
    } catch (error) {
      if (!(error instanceof AslError) || error.errorName !== "States.IntrinsicFailure") throw error;
      throw failure(`The function '${call.text}' had the following error: ${error.causeText}`);
    }
  };
  return evaluate(parseCall(text));
}

function failure(causeText: string): AslError {
  return new AslError("States.IntrinsicFailure", causeText);
}

function unescaped(raw: string): string {
  return raw.replaceAll(/\\([\s\S])/g, (_, character: string) => {
    if (!"'{}\\".includes(character)) throw failure(`'\\${character}' is no escape`);
    return character;
  });
}

function counted(args: Json[], least: number, most = least): void {
  if (args.length < least || args.length > most) throw failure(`wrong number of arguments: ${args.length}`);
}

function arrayOf(value: Json | undefined): Json[] {
  if (!Array.isArray(value)) throw failure("an argument must be an array");
  return value;
}

function stringOf(value: Json | undefined): string {
  if (typeof value !== "string") throw failure("an argument must be a string");
  return value;
}

function limitedString(value: Json | undefined): string {
  const text = stringOf(value);
  if (text.length > MAX_CHARACTERS) throw failure(`an argument is longer than ${MAX_CHARACTERS} characters`);
  return text;
}

/** AWS rounds to the nearest integer, halves upwards. */
function integerOf(value: Json | undefined): number {
  if (typeof value !== "number" || !Number.isFinite(value)) throw failure("an argument must be a number");
  return Math.round(value) + 0;
}

function format(template: Json | undefined, values: Json[]): string {
  let used = 0;
  const text = stringOf(template).replaceAll(/\\([\s\S])|\{\}|[{}]/g, (found, escaped: string | undefined) => {
    if (escaped !== undefined) return unescaped(found);
    if (found !== "{}") throw failure("a brace in the template has no partner");
    const value = values[used];
    used += 1;
    if (value === undefined) throw failure("there are more {} than arguments");
    return shown(value, 0);
  });
  if (used !== values.length) throw failure("there are more arguments than {}");
  return text;
}

/** Arrays and objects are written as Java writes them, `[1, 2]` and `{a=1}`: no JSON. */
function shown(value: Json, depth: number): string {
  if (depth > 500) throw failure("an argument is nested too deeply");
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return `[${value.map((item) => shown(item, depth + 1)).join(", ")}]`;
  if (!isJsonObject(value)) return String(value);
  return `{${Object.entries(value)
    .map(([key, member]) => `${key}=${shown(member, depth + 1)}`)
    .join(", ")}}`;
}

function stringToJson(args: Json[]): Json {
  counted(args, 1);
  const text = stringOf(args[0]);
  if (text.trim() === "") return null;
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    throw failure("the string is no JSON");
  }
}

function partition(args: Json[]): Json {
  counted(args, 2);
  const items = arrayOf(args[0]);
  const size = integerOf(args[1]);
  if (size < 1) throw failure("the chunk size must be positive");
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
}

function range(args: Json[]): Json {
  counted(args, 3);
  const [first, last, step] = [integerOf(args[0]), integerOf(args[1]), integerOf(args[2])];
  if (step === 0) throw failure("the step must not be 0");
  const count = Math.max(0, Math.floor((last - first) / step) + 1);
  if (count > MAX_RANGE_ITEMS) throw failure(`the range has more than ${MAX_RANGE_ITEMS} items`);
  return Array.from({ length: count }, (_, index) => first + index * step);
}

function getItem(args: Json[]): Json {
  counted(args, 2);
  const item = arrayOf(args[0])[integerOf(args[1])];
  if (item === undefined) throw failure("the index is out of the bounds of the array");
  return item;
}

function unique(args: Json[]): Json {
  counted(args, 1);
  const kept = new Map<string, Json>();
  for (const item of arrayOf(args[0])) {
    const key = canonicalText(item);
    if (!kept.has(key)) kept.set(key, item);
  }
  return [...kept.values()];
}

function decode(args: Json[]): Json {
  counted(args, 1);
  const text = limitedString(args[0]);
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.replaceAll("=", "").length % 4 === 1) throw failure("the string is no Base64");
  return Buffer.from(text, "base64").toString("utf8");
}

function hash(args: Json[]): Json {
  counted(args, 2);
  const [data = null, name = null] = args;
  const algorithm = HASHES.get(name);
  if (algorithm === undefined) throw failure("the algorithm must be MD5, SHA-1, SHA-256, SHA-384 or SHA-512");
  const text = limitedString(typeof data === "string" ? data : jsonText(data));
  return createHash(algorithm).update(text, "utf8").digest("hex");
}

function merge(args: Json[]): Json {
  counted(args, 3);
  const [left = null, right = null, isDeep] = args;
  if (!isJsonObject(left) || !isJsonObject(right)) throw failure("the arguments must be objects");
  if (isDeep !== false) throw failure("only shallow merging (false) is supported");
  const merged: JsonObject = { ...left, ...right };
  return merged;
}

function random(args: Json[], options: IntrinsicOptions): Json {
  counted(args, 2, 3);
  const [start, end] = [integerOf(args[0]), integerOf(args[1])];
  if (start >= end || end - start > 2 ** 32 || !Number.isSafeInteger(start) || !Number.isSafeInteger(end)) {
    throw failure("the start must be less than the end");
  }
  if (args.length === 2) return (options.randomInteger ?? randomInt)(start, end);
  // Which generator AWS seeds is not documented; what counts is that one seed gives one number.
  const digest = createHash("sha256")
    .update(String(integerOf(args[2])))
    .digest();
  return start + Math.floor((digest.readUInt32BE(0) / 2 ** 32) * (end - start));
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

function of(count: number, fn: (first: Json, second: Json) => Json): Fn {
  return (args) => {
    counted(args, count);
    return fn(args[0] ?? null, args[1] ?? null);
  };
}

function uuid(args: Json[], options: IntrinsicOptions): Json {
  counted(args, 0);
  return (options.randomUuid ?? randomUUID)();
}

const FUNCTIONS: ReadonlyMap<string, Fn> = new Map<string, Fn>([
  ["States.StringToJson", stringToJson],
  ["States.JsonToString", of(1, (value) => jsonText(value))],
  ["States.Array", (args) => args],
  ["States.ArrayPartition", partition],
  ["States.ArrayContains", of(2, (items, sought) => arrayOf(items).some((item) => jsonEquals(item, sought)))],
  ["States.ArrayRange", range],
  ["States.ArrayGetItem", getItem],
  ["States.ArrayLength", of(1, (items) => arrayOf(items).length)],
  ["States.ArrayUnique", unique],
  ["States.Base64Encode", of(1, (text) => Buffer.from(limitedString(text), "utf8").toString("base64"))],
  ["States.Base64Decode", decode],
  ["States.Hash", hash],
  ["States.JsonMerge", merge],
  ["States.MathRandom", random],
  ["States.MathAdd", of(2, (left, right) => integerOf(left) + integerOf(right))],
  ["States.StringSplit", split],
  ["States.UUID", uuid],
]);
