import { formProblems } from "../../answering/contracts.ts";
import { checkOutput } from "../../callback/answer.ts";
import { type ContractOutcome, fieldsOf, requiredFields } from "../../callback/contract.ts";
import { asObject, type JsonObject } from "../../callback/definition/defined-states.ts";
import { parsedJson } from "../../callback/json-value.ts";
import type { Context } from "../../context.ts";
import { usageError } from "../../errors.ts";
import { editJson, editorOf } from "./edit-json.ts";

/** One field of a form as it is asked for. */
interface Field {
  readonly name: string;
  readonly schema: JsonObject;
  readonly message: string;
  readonly isRequired: boolean;
  /** What was given or filled in before. */
  readonly before: unknown;
  /** What is wrong with a value of it, or undefined. */
  check(value: unknown): string | undefined;
}

/**
 * Asks for the fields of an outcome one by one, those in `given` left out, and checks each and then all of them. A field that may be left out and is left empty is not
 * there afterwards: nothing becomes null by itself. Null where the person gives up.
 */
export async function fillForm(context: Context, outcome: ContractOutcome, given: JsonObject): Promise<JsonObject | null> {
  let before: JsonObject = given;
  for (let isFirst = true; ; isFirst = false) {
    const filled = await askFields(context, outcome, before, isFirst ? given : {});
    if (filled === null) return null;
    const problems = await formProblems(outcome, filled);
    if (problems.length === 0) return filled;
    for (const problem of problems) context.terminal.warn(problem);
    if (!(await context.prompts.confirm("Fill it in again?", true))) return null;
    before = filled;
  }
}

/** What `--set` gave for the fields; a usage error that names what is missing or wrong. */
export async function checkedForm(outcome: ContractOutcome, given: JsonObject): Promise<JsonObject> {
  const problems = await formProblems(outcome, given);
  if (problems.length === 0) return given;
  const missing = requiredFields(outcome.form).filter((name) => !Object.hasOwn(given, name));
  const hint = missing.length === 0 ? "--set gives its fields" : `give ${missing.map((name) => `--set ${name}=…`).join(" ")}`;
  throw usageError(`${outcome.word} cannot be answered so: ${problems.join("; ")}`, hint);
}

async function askFields(context: Context, outcome: ContractOutcome, before: JsonObject, given: JsonObject): Promise<JsonObject | null> {
  const filled: Record<string, unknown> = {};
  const { compileSchema } = await import("../../answering/json-schema.ts");
  for (const [name, value] of Object.entries(fieldsOf(outcome.form))) {
    if (Object.hasOwn(given, name)) {
      filled[name] = given[name];
      continue;
    }
    const schema = asObject(value) ?? {};
    const parts = { $defs: outcome.form?.["$defs"] ?? {}, definitions: outcome.form?.["definitions"] ?? {} };
    const check = compileSchema({ ...schema, ...parts }, `the field ${name}`);
    const field: Field = {
      name,
      schema,
      message: messageFor(name, schema),
      isRequired: requiredFields(outcome.form).includes(name),
      before: Object.hasOwn(before, name) ? before[name] : schema["default"],
      check: (candidate) => check(candidate)[0]?.replace(/^it /, ""),
    };
    const answered = await askField(context, field);
    if (answered === gaveUp) return null;
    if (answered !== undefined) filled[name] = answered;
  }
  return { ...given, ...filled };
}

const gaveUp = Symbol("gave up");

/** Undefined where it is left out. */
async function askField(context: Context, field: Field): Promise<unknown> {
  const { schema } = field;
  const constant = schema["const"];
  if (constant !== undefined) return field.isRequired ? constant : undefined;
  const values = schema["enum"];
  if (Array.isArray(values)) return askChoice(context, field, values);
  switch (schema["type"]) {
    case "boolean":
      return askChoice(context, field, [true, false]);
    case "string":
      return askText(context, field, (text) => text);
    case "number":
    case "integer":
      return askText(context, field, (text) => (/^-?\d/.test(text.trim()) ? Number(text) : Number.NaN));
    default:
      return askJson(context, field);
  }
}

async function askChoice({ prompts }: Context, { message, isRequired, before }: Field, values: readonly unknown[]): Promise<unknown> {
  const named = values.map((value, index) => ({ value: String(index), name: nameOf(value) }));
  const first = values.indexOf(before);
  const ordered = first > 0 ? [...named.slice(first, first + 1), ...named.slice(0, first), ...named.slice(first + 1)] : named;
  const chosen = await prompts.select(message, [...ordered, ...(isRequired ? [] : [{ value: "none", name: "(leave it out)" }])]);
  return chosen === "none" ? undefined : values[Number(chosen)];
}

function nameOf(value: unknown): string {
  return value === true ? "yes" : value === false ? "no" : typeof value === "string" ? value : JSON.stringify(value);
}

async function askText({ prompts }: Context, field: Field, read: (text: string) => unknown): Promise<unknown> {
  const { message, isRequired, before } = field;
  const text = await prompts.input(isRequired ? message : `${message} (empty: left out)`, {
    ...(before === undefined ? {} : { initial: String(before) }),
    check(text) {
      if (text.trim() === "") return isRequired ? "it is needed" : undefined;
      const value = read(text);
      return Number.isNaN(value) ? "this is not a number" : field.check(value);
    },
  });
  return text.trim() === "" ? undefined : read(text);
}

async function askJson(context: Context, field: Field): Promise<unknown> {
  const check = (text: string): string | undefined => checkOutput(text) ?? field.check(JSON.parse(text));
  const initial = field.before === undefined ? (field.schema["type"] === "array" ? "[]" : "{}") : JSON.stringify(field.before, null, 2);
  const editor = editorOf(context);
  if (editor === null) {
    const text = await context.prompts.input(`${field.message} (JSON)`, {
      check: (text) => (text.trim() === "" && !field.isRequired ? undefined : check(text)),
    });
    return text.trim() === "" ? undefined : parsedJson(text);
  }
  const text = await editJson(context, editor, { about: [field.message], initial, check });
  return text === null ? (field.isRequired ? gaveUp : undefined) : parsedJson(text);
}

function messageFor(name: string, { title, description }: JsonObject): string {
  const label = typeof title === "string" ? title : name;
  return typeof description === "string" ? `${label}: ${description}` : label;
}
