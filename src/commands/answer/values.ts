import type { Command } from "commander";
import { isExactNumber, parseExactly } from "../../callback/exact-json.ts";
import { jsonErrorPlace } from "../../callback/json-error.ts";
import type { Files } from "../../context.ts";
import { usageError } from "../../errors.ts";
import { repeatable, textOption, textOptions } from "../parsed-options.ts";

/** Where a JSON value comes from: one whole value, or members set one by one. */
export interface ValueOptions {
  /** `'<json>'`, `@file` or `-`. */
  readonly value?: string;
  /** `key=value` with dotted keys; `true`, `false`, `null` and numbers are taken as JSON, anything else as a string. */
  readonly set: readonly string[];
  readonly setString: readonly string[];
  readonly setJson: readonly string[];
}

/** Puts --set, --set-string and --set-json on a command. Collectors, since a variadic option would swallow the task. */
export function addSetOptions(command: Command): Command {
  return command
    .option("--set <key=value>", "set one member, dotted keys; true, false, null and numbers are taken as JSON; repeatable", repeatable)
    .option("--set-string <key=value>", "set one member to a string; repeatable", repeatable)
    .option("--set-json <key=json>", "set one member to a JSON value; repeatable", repeatable);
}

/** The value options of a command's parsed options; `name` is the option that holds the whole value (`output`, `input`). */
export function valueOptions(options: Record<string, unknown>, name: string): ValueOptions {
  const value = textOption(options, name);
  return {
    ...(value === undefined ? {} : { value }),
    set: textOptions(options, "set"),
    setString: textOptions(options, "setString"),
    setJson: textOptions(options, "setJson"),
  };
}

/** Refuses (usage error) more than one `-` among the values of a command: standard input can be read once. */
export function allowOneStdin(values: Readonly<Record<string, string | undefined>>): void {
  const readers = Object.entries(values).filter(([, value]) => value === "-");
  if (readers.length > 1) {
    throw usageError(`only one option can read standard input (-), and here ${readers.map(([name]) => name).join(" and ")} do`);
  }
}

/** A text option's value: as it stands, the text of a file for `@file`, all of standard input for `-`. */
export async function readText(files: Files, value: string): Promise<string> {
  if (value === "-") return files.readStdin();
  return value.startsWith("@") ? files.read(value.slice(1)) : value;
}

/**
 * The JSON text that the options give, or undefined where they give none. The text of a whole value is kept as it was written;
 * usage errors: no JSON (with the place), both a whole value and members, a bad key. `option` is the flag named in messages.
 */
export async function readJson(files: Files, options: ValueOptions, option: string): Promise<string | undefined> {
  const settings = [...options.set, ...options.setString, ...options.setJson];
  if (options.value === undefined) return settings.length === 0 ? undefined : JSON.stringify(fromSettings(options));
  if (settings.length > 0) throw usageError(`${option} gives the whole value, so --set cannot stand beside it`, `use ${option} or --set`);
  const text = (await readText(files, options.value)).replace(/^\uFEFF/, "").trim();
  parseJson(text, option, options.value);
  return text;
}

/** Parses JSON; a usage error that shows where it stops being JSON, and for plain text how to quote it. `given` is what was typed. */
function parseJson(text: string, option: string, given = text): unknown {
  const place = jsonErrorPlace(text);
  if (place === undefined) return parseExactly(text);
  const fromElsewhere = given === "-" ? " (standard input)" : given.startsWith("@") ? ` (${given.slice(1)})` : "";
  throw usageError(`${option}${fromElsewhere} is not JSON: ${faultAt(text, place)}`, hintFor(text, option));
}

function faultAt(text: string, { line, column }: { readonly line: number; readonly column: number }): string {
  if (text === "") return "it is empty";
  const found = text.split("\n")[line - 1]?.slice(column - 1, column + 11);
  return `${found ? `unexpected ${JSON.stringify(found)}` : "it ends too early"}, line ${line}, column ${column}`;
}

function hintFor(text: string, option: string): string {
  if (option !== "--set-json" && /^[^{["'\n][^\n]{0,60}$/.test(text))
    return `a plain text is quoted twice: ${option} '${JSON.stringify(text)}'`;
  if (option === "--set-json") return `for example: --set-json 'items=["a","b"]'`;
  return `write JSON in single quotes, ${option} '{"approved":true}', or give a file: ${option} @answer.json`;
}

type JsonObject = { [key: string]: unknown };

function fromSettings(options: ValueOptions): JsonObject {
  const result: JsonObject = {};
  for (const setting of options.set) assign(result, "--set", setting, guessed);
  for (const setting of options.setString) assign(result, "--set-string", setting, (text) => text);
  for (const setting of options.setJson) assign(result, "--set-json", setting, (text) => parseJson(text, "--set-json"));
  return result;
}

function guessed(text: string): unknown {
  return /^(true|false|null|-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?)$/.test(text) ? parseExactly(text) : text;
}

function assign(root: JsonObject, option: string, setting: string, read: (text: string) => unknown): void {
  const equals = setting.indexOf("=");
  const keys = setting.slice(0, Math.max(equals, 0)).split(".");
  if (equals < 1 || keys.includes(""))
    throw usageError(`${option} ${JSON.stringify(setting)} is not key=value`, `for example: ${option} approved=true`);
  let target = root;
  for (const key of keys.slice(0, -1)) {
    const inner = Object.hasOwn(target, key) ? target[key] : undefined;
    if (inner !== undefined && !isObject(inner))
      throw usageError(`${option} ${setting}: ${key} was already set to a value that has no members`);
    const next: JsonObject = inner ?? {};
    define(target, key, next);
    target = next;
  }
  define(target, keys.at(-1) ?? "", read(setting.slice(equals + 1)));
}

// Not a plain assignment: a key named __proto__ must become a member as any other.
function define(target: JsonObject, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isExactNumber(value);
}
