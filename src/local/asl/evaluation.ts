import type { Json } from "./json.ts";

/** `Map.Item` of the context object; Source is where a distributed Map has its items from. */
export interface ContextItem {
  readonly Index: number;
  readonly Key?: string;
  readonly Value: Json;
  readonly Source?: string;
}

/** What a phase of a state asks of JSONata (see ../jsonata/evaluator.ts): the interpreter is synchronous, JSONata is not. */
export interface EvaluationRequest {
  /** In order; the item of a Map that a field is for is its context object's Map.Item. */
  readonly fields: readonly (readonly [name: string, template: Json, mapItem?: ContextItem])[];
  readonly states: { readonly input: Json; readonly context: Json; readonly result?: Json; readonly errorOutput?: Json };
  readonly variables: Readonly<Record<string, Json>>;
  /** The instant that `$now` and `$millis` tell, in epoch milliseconds. */
  readonly at: number;
}

export type EvaluationReply =
  | { readonly values: readonly Json[] }
  | { readonly failedField: number; readonly cause: string; readonly location: string };

/** A request that a step leaves behind, with the replies that its phase has had already. The number names the wait in the state. */
export interface Evaluation {
  readonly number: number;
  readonly request: EvaluationRequest;
  readonly replies: readonly EvaluationReply[];
}

/** Thrown within a phase that needs a value which is not there yet. A phase evaluates before it appends, so it can simply be run again. */
export class NeedsEvaluation extends Error {
  readonly request: EvaluationRequest;

  constructor(request: EvaluationRequest) {
    super("JSONata is to be evaluated first");
    this.request = request;
  }
}

/** Gives the replies to a phase's requests in order: a phase is deterministic, so the same run asks the same questions. */
export class Replies {
  readonly #replies: readonly EvaluationReply[];
  #taken = 0;

  constructor(replies: readonly EvaluationReply[]) {
    this.#replies = replies;
  }

  /** `request` is only made where there is no reply to it yet. */
  next(request: () => EvaluationRequest): EvaluationReply {
    const reply = this.#replies[this.#taken];
    if (reply === undefined) throw new NeedsEvaluation(request());
    this.#taken += 1;
    return reply;
  }
}
