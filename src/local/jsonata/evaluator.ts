import type { Json } from "../asl/json.ts";
import type { Job } from "./expressions.ts";
import { failureText } from "./failure-text.ts";
import { neededStates, neededVariables } from "./needed.ts";
import { type Hole, openTemplates, put } from "./template.ts";
import { type Outcome, Thread } from "./thread.ts";

/** Templates of one state at one moment, and what their expressions may refer to. */
export interface JsonataRequest {
  /**
   * Evaluated in this order; the first failure ends it. In a template, strings that are wholly `{% … %}` are expressions and the rest stands as
   * it is. An item of a Map is the `Map.Item` of this field's context object, so that one request does for all items.
   */
  readonly fields: readonly (readonly [name: string, template: Json, mapItem?: MapItem])[];
  /** Bound as `$states`. A member that does not apply is left out, so that to ask for it gives nothing, which is a failure. */
  readonly states: { readonly input: Json; readonly context: Json; readonly result?: Json; readonly errorOutput?: Json };
  /** Each bound as `$name`. */
  readonly variables: Readonly<Record<string, Json>>;
  /** What `$millis()` gives. */
  readonly at: number;
}

/** `$states.context.Map.Item` (documented). */
export interface MapItem {
  readonly Index: number;
  readonly Key?: string;
  readonly Value: Json;
  readonly Source?: string;
}

/**
 * A value for each field; or the field that failed, with `cause` and `location` for EvaluationFailed, whose error is `States.QueryEvaluationError`.
 * The cause is without "An error occurred while executing the state …", which an execution puts before it. A location is such as `Output/a/b[0]`.
 */
export type JsonataReply =
  | { readonly values: readonly Json[] }
  | { readonly failedField: number; readonly cause: string; readonly location: string };

/** Evaluates JSONata in threads that can be ended, so that no expression can hold the process up, and none another for long. */
export interface JsonataEvaluator extends AsyncDisposable {
  /**
   * Answers whatever the expressions do: endless recursion, a regular expression without end and a value too large all fail their field. Rejects
   * only where the evaluator is closed before the answer, or no thread can be started.
   */
  evaluate(request: JsonataRequest): Promise<JsonataReply>;
}

/** Bounds of our own, beside those of AWS in guard.ts. */
export interface JsonataLimits {
  /** How long one request may take in its thread; 5 where absent. */
  readonly seconds?: number;
  /** The heap of a thread; 128 where absent. */
  readonly megabytes?: number;
}

/** How long a request waits for the one thread before it gets a second. */
const PATIENCE_MILLISECONDS = 50;
const MAX_THREADS = 2;
/** The API's limit on the length of EvaluationFailed's location (documented). */
const MAX_LOCATION_LENGTH = 256;

/** An evaluator that starts no thread before the first request with an expression in it. */
export function createJsonataEvaluator(limits: JsonataLimits = {}): JsonataEvaluator {
  const threads = new Threads(limits.seconds ?? 5, limits.megabytes ?? 128);
  return {
    async evaluate(request) {
      const { values, holes } = openTemplates(request.fields);
      const [first] = holes;
      if (first === undefined) return { values };
      const job = jobText(request, holes);
      if (job === null) return failure(first, failureText.tooDeep);
      const outcome = await threads.run(job);
      if ("failed" in outcome) return failure(holes[outcome.failed] ?? first, outcome.how);
      for (const [index, hole] of holes.entries()) put(hole, outcome.values[index] ?? null);
      return { values };
    },
    [Symbol.asyncDispose]: () => threads.close(),
  };
}

/** Null for a value nested more deeply than JSON text can be written of. */
function jobText({ fields, states, variables, at }: JsonataRequest, holes: readonly Hole[]): string | null {
  const sources = holes.map(({ source }) => source);
  const job: Job = {
    expressions: holes.map(({ source, field }) => [source, field]),
    mapItems: fields.map(([, , mapItem]) => mapItem ?? null),
    states: neededStates(sources, states),
    variables: neededVariables(sources, variables),
    at,
  };
  try {
    return JSON.stringify(job);
  } catch {
    return null;
  }
}

function failure({ field, location, source }: Hole, how: string): JsonataReply {
  return {
    failedField: field,
    cause: `The JSONata expression '${source}' specified for the field '${location}' ${how}`,
    location: location.slice(0, MAX_LOCATION_LENGTH),
  };
}

interface Waiting {
  readonly job: string;
  readonly resolve: (outcome: Outcome | Promise<Outcome>) => void;
  readonly reject: (error: Error) => void;
}

/** One thread, two while one is busy for long. A job is with one thread only, so that a thread that is ended takes none but its own along. */
class Threads {
  readonly #seconds: number;
  readonly #megabytes: number;
  readonly #waiting: Waiting[] = [];
  #threads: Thread[] = [];
  #impatience: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(seconds: number, megabytes: number) {
    this.#seconds = seconds;
    this.#megabytes = megabytes;
  }

  run(job: string): Promise<Outcome> {
    if (this.#isClosed) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, resolve, reject });
      this.#handOut(1);
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#calm();
    for (const { reject } of this.#waiting.splice(0)) reject(closedError());
    await Promise.all(this.#threads.splice(0).map((thread) => thread.close()));
  }

  #handOut(maxThreads: number): void {
    for (;;) {
      const [next] = this.#waiting;
      if (next === undefined) return this.#calm();
      const thread = this.#freeThread(maxThreads);
      if (thread === undefined) break;
      this.#waiting.shift();
      next.resolve(thread.run(next.job).finally(() => this.#freed()));
    }
    if (this.#threads.length === MAX_THREADS) return;
    this.#impatience ??= setTimeout(() => {
      this.#impatience = null;
      this.#handOut(MAX_THREADS);
    }, PATIENCE_MILLISECONDS);
  }

  #freeThread(maxThreads: number): Thread | undefined {
    this.#threads = this.#threads.filter(({ isDead }) => !isDead);
    const idle = this.#threads.find(({ isBusy }) => !isBusy);
    if (idle !== undefined || this.#threads.length >= maxThreads) return idle;
    const thread = new Thread(this.#seconds, this.#megabytes);
    this.#threads.push(thread);
    return thread;
  }

  #freed(): void {
    this.#handOut(1);
    // The second one was for need.
    if (this.#threads.every(({ isBusy }) => !isBusy)) for (const thread of this.#threads.splice(1)) void thread.close();
  }

  #calm(): void {
    if (this.#impatience !== null) clearTimeout(this.#impatience);
    this.#impatience = null;
  }
}

function closedError(): Error {
  return new Error("the JSONata evaluator is closed");
}
