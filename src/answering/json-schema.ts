import { createContext, Script } from "node:vm";
import { type ErrorObject, MissingRefError, Ajv2020 as SchemaCompiler } from "ajv/dist/2020.js";
import type { RegExpEngine } from "ajv/dist/types/index.js";
import { usageError } from "../errors.ts";

/** What is wrong with a value by a JSON Schema, one sentence each; nothing where it fits. */
export type SchemaCheck = (value: unknown) => readonly string[];

/** Enough for any honest pattern over what a person fills in, on a machine under load too. */
const patternLimitMilliseconds = 1000;

/**
 * Makes a check of a JSON Schema (2020-12; draft-07 is read as that), `what` being its name in messages. A usage error where the schema has a fault, or refers to
 * anything but its own parts: nothing is fetched. A pattern that takes longer than a second is a usage error when it is tried.
 */
export function compileSchema(schema: object, what: string): SchemaCheck {
  const { $schema: draft, ...rest } = schema as { readonly $schema?: unknown };
  if (draft !== undefined && !/^https?:\/\/json-schema\.org\/(draft-07|draft\/2020-12)\/schema#?$/.test(String(draft))) {
    throw usageError(`${what}: a JSON Schema of 2020-12 or draft-07 is wanted, not ${String(draft)}`);
  }
  try {
    compiler ??= new SchemaCompiler(options);
    const validate = compiler.compile(rest);
    return (value) => (validate(value) ? [] : sentences(validate.errors ?? []));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (error instanceof MissingRefError) {
      throw usageError(`${what} refers to ${error.missingRef}; a schema may refer to its own parts only, as "#/$defs/…"`);
    }
    throw usageError(`${what} is not a JSON Schema that can be used: ${reason}`);
  }
}

/** To make one takes as long as to compile a dozen schemas. */
let compiler: SchemaCompiler | undefined;

/** A regular expression can take for ever, so each is tried where it can be ended. */
const boundedPatterns: RegExpEngine = Object.assign(
  (pattern: string, flags: string) => {
    const context = createContext({ pattern: new RegExp(pattern, flags), text: "" });
    return {
      // ajv tells patterns apart by this.
      toString: () => `/${pattern}/${flags}`,
      test(text: string): boolean {
        context["text"] = text;
        try {
          return patternTest.runInContext(context, { timeout: patternLimitMilliseconds }) === true;
        } catch (error) {
          if ((error as { readonly code?: string }).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw error;
          throw usageError(`the contract's pattern ${pattern} takes longer than ${patternLimitMilliseconds} milliseconds on this value`);
        }
      },
    };
  },
  { code: "new RegExp" },
);

const patternTest = new Script("pattern.test(text)");

const options = {
  allErrors: true,
  strict: true,
  strictTypes: false,
  strictRequired: false,
  strictTuples: false,
  addUsedSchema: false,
  code: { regExp: boundedPatterns },
  formats: {
    date: (text: string) => isDate(text),
    "date-time": (text: string) =>
      /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/.test(text) && isDate(text.slice(0, 10)),
    email: /^[^\s@]{1,64}@[^\s@.]{1,63}(?:\.[^\s@.]{1,63}){1,8}$/,
    uri: (text: string) => URL.canParse(text),
    uuid: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  },
};

function isDate(text: string): boolean {
  const at = /^\d{4}-\d\d-\d\d$/.test(text) ? new Date(`${text}T00:00:00Z`) : null;
  return at !== null && !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

function sentences(errors: readonly ErrorObject[]): string[] {
  const told = errors.filter(({ keyword }) => keyword !== "if" && keyword !== "anyOf").map(sentence);
  return [...new Set(told.length === 0 ? errors.map(sentence) : told)];
}

function sentence({ instancePath, keyword, message = "is wrong", params }: ErrorObject): string {
  const where = instancePath === "" ? "it" : instancePath.slice(1).replaceAll("/", ".").replaceAll("~1", "/").replaceAll("~0", "~");
  const detail =
    keyword === "additionalProperties"
      ? `: ${String(params["additionalProperty"])}`
      : keyword === "const" || keyword === "enum"
        ? `: ${JSON.stringify(params["allowedValue"] ?? params["allowedValues"])}`
        : "";
  return `${where} ${message}${detail}`;
}
