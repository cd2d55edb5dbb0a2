import jsonata, { type Expression } from "jsonata";
import { failureText } from "./failure-text.ts";
import { addStepFunctionsFunctions, InternalError } from "./functions.ts";
import { DepthLimitError, Guard, MAX_ITEMS, MAX_TEXT_LENGTH, MemoryLimitError } from "./guard.ts";

/** What the thread is asked. */
export interface Job {
  /** Without their `{% %}`, to be evaluated in order, each with the number of its field. */
  readonly expressions: readonly (readonly [source: string, field: number])[];
  /** For each field the `Map.Item` of its context object, or null to take the context object as it is. */
  readonly mapItems: readonly unknown[];
  readonly states: { readonly context?: unknown };
  readonly variables: Readonly<Record<string, unknown>>;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** The JSON text of each expression's value; or which one failed first and how, in the words of failure-text.ts. */
export type JobResult = { readonly values: readonly string[] } | { readonly failed: number; readonly how: string };

const MAX_REMEMBERED = 1000;
/** All values of a job in one message: far more than an execution may hold, and no strain on the process. */
const MAX_RESULT_LENGTH = 32 * 1024 * 1024;

/** Evaluates jobs, one at a time, within the thread. Parsed expressions are remembered. */
export class Expressions {
  readonly #guard = new Guard();
  readonly #parsed = new Map<string, Expression>();
  #at = 0;

  /** Never rejects. `begins` is told the index of each expression just before it is evaluated. */
  async evaluate(job: Job, begins: (index: number) => void): Promise<JobResult> {
    this.#at = job.at;
    const values: string[] = [];
    let length = 0;
    for (const [index, [source, field]] of job.expressions.entries()) {
      begins(index);
      try {
        this.#guard.reset();
        // AWS gives no input document: everything is reached through $states and the variables.
        const value: unknown = await this.#parse(source).evaluate(undefined, { ...job.variables, states: statesOf(job, field) });
        if (value === undefined) return { failed: index, how: failureText.nothing };
        const text = jsonOf(value);
        values.push(text);
        length += text.length;
        if (length > MAX_RESULT_LENGTH) throw new MemoryLimitError();
      } catch (error) {
        return { failed: index, how: tellFailure(error) };
      }
    }
    return { values };
  }

  #parse(source: string): Expression {
    const remembered = this.#parsed.get(source);
    if (remembered !== undefined) return remembered;
    const expression = jsonata(source, { sequence: MAX_ITEMS });
    addStepFunctionsFunctions(expression, () => this.#at);
    this.#guard.watch(expression);
    if (this.#parsed.size >= MAX_REMEMBERED) this.#parsed.clear();
    this.#parsed.set(source, expression);
    return expression;
  }
}

function statesOf({ states, mapItems }: Job, field: number): unknown {
  const item = mapItems[field];
  if (item == null) return states;
  const context = (states.context ?? {}) as { readonly Map?: object };
  return { ...states, context: { ...context, Map: { ...context.Map, Item: item } } };
}

class NoJsonError extends Error {}

/** JSON has no number for NaN and the infinities: they become the strings that name them (published, measured on AWS by others). */
function jsonOf(value: unknown): string {
  let length = 0;
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === "function" || isJsonataFunction(part)) throw new NoJsonError();
    if (typeof part === "number" && !Number.isFinite(part)) return String(part);
    length += typeof part === "string" ? part.length : 1;
    if (length > MAX_TEXT_LENGTH) throw new MemoryLimitError();
    return part;
  });
}

function isJsonataFunction(value: unknown): boolean {
  return typeof value === "object" && value !== null && ("_jsonata_function" in value || "_jsonata_lambda" in value);
}

/** JSONata throws plain objects with a code and a message; the engine below it throws a RangeError where stack or memory do not suffice. */
function tellFailure(error: unknown): string {
  const { code, message = String(error) } = error as { readonly code?: string; readonly message?: string };
  if (error instanceof NoJsonError) return failureText.noJson;
  if (error instanceof InternalError) return failureText.internal;
  if (error instanceof DepthLimitError || (error instanceof RangeError && message.includes("call stack"))) return failureText.tooDeep;
  const isLarge = error instanceof MemoryLimitError || error instanceof RangeError || code === "D2014" || code === "D2015";
  return isLarge ? failureText.tooLarge : failureText.thrown(code, message);
}
