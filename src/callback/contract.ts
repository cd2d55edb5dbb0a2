import { asObject, type JsonObject } from "./definition/defined-states.ts";
import type { Answer } from "./history/outcome.ts";

/** How tasks of one state may be answered, as a contract file has it. */
export interface StateContract {
  /** A template of one line that says what is asked. */
  readonly title: string | null;
  readonly outcomes: readonly ContractOutcome[];
}

/** A named way to answer: with success and an output, or with failure, an error and a cause. */
export interface ContractOutcome {
  readonly word: string;
  readonly label: string;
  /** A JSON Schema of an object: what the person fills in. */
  readonly form: JsonObject | null;
  readonly answer: { readonly success: unknown } | { readonly failure: { readonly error?: string; readonly cause?: string } };
}

/** What a template's `{{…}}` may name. */
export interface TemplateValues {
  readonly form: JsonObject;
  readonly input: unknown;
  readonly payload: unknown;
  readonly execution: { readonly name: string; readonly arn: string };
  readonly task: { readonly id: string; readonly state: string };
}

/** Names a value that a template wants and that is not there. */
export class MissingValue extends Error {
  readonly path: string;

  constructor(path: string) {
    super(`{{${path}}} has no value`);
    this.path = path;
  }
}

/** A JSON Schema of contract files. */
export const contractSchema = {
  type: "object",
  required: ["stateMachines"],
  additionalProperties: false,
  properties: {
    $schema: { type: "string" },
    stateMachines: { type: "object", additionalProperties: { type: "object", additionalProperties: { $ref: "#/$defs/state" } } },
  },
  $defs: {
    state: {
      type: "object",
      required: ["outcomes"],
      additionalProperties: false,
      properties: {
        title: { type: "string", maxLength: 500 },
        outcomes: {
          type: "object",
          minProperties: 1,
          propertyNames: { pattern: "^\\S+$" },
          additionalProperties: { $ref: "#/$defs/outcome" },
        },
      },
    },
    outcome: {
      type: "object",
      additionalProperties: false,
      properties: {
        label: { type: "string", maxLength: 200 },
        form: { type: "object", required: ["properties"], properties: { type: { const: "object" }, properties: { type: "object" } } },
        success: true,
        failure: {
          type: "object",
          additionalProperties: false,
          properties: { error: { type: "string", maxLength: 256 }, cause: { type: "string", maxLength: 32768 } },
        },
      },
      oneOf: [{ required: ["success"] }, { required: ["failure"] }],
    },
  },
} as const;

/** What a contract that fits the schema says of a state, by the machine's ARN or else its name; null where it says nothing. */
export function stateContract(
  contract: JsonObject,
  machine: { readonly arn: string; readonly name: string },
  state: string,
): StateContract | null {
  const machines = asObject(contract["stateMachines"]) ?? {};
  const states = own(machines, machine.arn) ?? own(machines, machine.name);
  const found = states === null ? null : own(states, state);
  if (found === null) return null;
  const title = found["title"];
  const outcomes = Object.entries(asObject(found["outcomes"]) ?? {}).map(([word, value]) => outcomeOf(word, asObject(value) ?? {}));
  return { title: typeof title === "string" ? title : null, outcomes };
}

function own(object: JsonObject, key: string): JsonObject | null {
  return Object.hasOwn(object, key) ? asObject(object[key]) : null;
}

function outcomeOf(word: string, { label, form, success, failure }: JsonObject): ContractOutcome {
  const answer = success === undefined ? { failure: (asObject(failure) ?? {}) as { error?: string; cause?: string } } : { success };
  return { word, label: typeof label === "string" ? label : word, form: asObject(form), answer };
}

/** The answer that an outcome stands for. Throws MissingValue where its template names something that is not there. */
export function contractAnswer({ answer }: ContractOutcome, values: TemplateValues): Answer {
  if ("success" in answer) return { kind: "success", output: JSON.stringify(filled(answer.success, values) ?? null) };
  const { error, cause } = answer.failure;
  return {
    kind: "failure",
    ...(error === undefined ? {} : { error: filledText(error, values) }),
    ...(cause === undefined ? {} : { cause: filledText(cause, values) }),
  };
}

const placeholder = /\{\{\s*((?:form|input|payload|execution|task)(?:\.[^{}.\s]+)*)\s*\}\}/g;

/** A text with the values in it; one that is a single placeholder becomes the value itself. A field of the form that was left out leaves its member out. */
function filled(template: unknown, values: TemplateValues): unknown {
  if (typeof template === "string") return filledValue(template, values);
  if (Array.isArray(template)) return template.map((item) => filled(item, values)).filter((item) => item !== undefined);
  if (typeof template !== "object" || template === null) return template;
  const members = Object.entries(template).map(([key, item]) => [key, filled(item, values)] as const);
  return Object.fromEntries(members.filter(([, value]) => value !== undefined));
}

function filledValue(template: string, values: TemplateValues): unknown {
  const path = wholePlaceholder(template);
  if (path === null) return filledText(template, values);
  const value = valueAt(values, path);
  if (value === undefined && !path.startsWith("form.")) throw new MissingValue(path);
  return value;
}

function filledText(template: string, values: TemplateValues): string {
  return template.replaceAll(placeholder, (_, path: string) => {
    const value = valueAt(values, path);
    if (value === undefined && !path.startsWith("form.")) throw new MissingValue(path);
    return shown(value);
  });
}

/** The title with the values in it; what is not there is told by its path. */
export function titleText(template: string, values: TemplateValues): string {
  return template.replaceAll(placeholder, (_, path: string) => {
    const value = valueAt(values, path);
    return value === undefined ? `(no ${path})` : shown(value);
  });
}

function shown(value: unknown): string {
  return value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);
}

function wholePlaceholder(template: string): string | null {
  const [match] = template.matchAll(placeholder);
  return match?.[0] === template ? (match[1] ?? null) : null;
}

function valueAt(values: TemplateValues, path: string): unknown {
  return path.split(".").reduce<unknown>((at, key) => {
    if (Array.isArray(at)) return /^\d+$/.test(key) ? at[Number(key)] : undefined;
    const object = asObject(at);
    return object !== null && Object.hasOwn(object, key) ? object[key] : undefined;
  }, values);
}

/** A JSON Schema of the outputs that an outcome with success can make; null for one with failure. Members that the template does not have are refused. */
export function outputSchema({ answer, form }: ContractOutcome): JsonObject | null {
  if (!("success" in answer)) return null;
  return { ...templateSchema(answer.success, form), $defs: form?.["$defs"] ?? {}, definitions: form?.["definitions"] ?? {} };
}

function templateSchema(template: unknown, form: JsonObject | null): JsonObject {
  if (typeof template === "string") {
    const path = wholePlaceholder(template);
    if (path !== null) return path.startsWith("form.") ? (asObject(fieldsOf(form)[path.slice("form.".length)]) ?? {}) : {};
    return template.search(placeholder) === -1 ? { const: template } : { type: "string" };
  }
  if (Array.isArray(template)) {
    return { type: "array", prefixItems: template.map((item) => templateSchema(item, form)), minItems: template.length, items: false };
  }
  if (typeof template !== "object" || template === null) return { const: template };
  const entries = Object.entries(template);
  return {
    type: "object",
    properties: Object.fromEntries(entries.map(([key, item]) => [key, templateSchema(item, form)])),
    required: entries.filter(([, item]) => !isOptional(item, form)).map(([key]) => key),
    additionalProperties: false,
  };
}

function isOptional(template: unknown, form: JsonObject | null): boolean {
  const path = typeof template === "string" ? wholePlaceholder(template) : null;
  return path?.startsWith("form.") === true && !requiredFields(form).includes(path.slice("form.".length));
}

export function fieldsOf(form: JsonObject | null): JsonObject {
  return asObject(form?.["properties"]) ?? {};
}

export function requiredFields(form: JsonObject | null): readonly string[] {
  const required = form?.["required"];
  return Array.isArray(required) ? required.filter((name) => typeof name === "string") : [];
}
