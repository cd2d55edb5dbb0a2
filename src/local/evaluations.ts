import { setTimeout as delay } from "node:timers/promises";
import type { Evaluation, EvaluationReply, EvaluationRequest } from "./asl/evaluation.ts";

/** Where JSONata is evaluated, off the server's thread (see jsonata/evaluator.ts). */
export interface Evaluator extends AsyncDisposable {
  evaluate(request: EvaluationRequest): Promise<EvaluationReply>;
}

/** Carries what executions ask of JSONata to the evaluator, and the replies back. */
export class Evaluations {
  readonly #evaluator: Evaluator;
  readonly #answered: (executionId: number, number: number, replies: readonly EvaluationReply[]) => void;
  readonly #inFlight = new Map<string, { readonly work: Promise<void>; readonly since: number }>();

  constructor(evaluator: Evaluator, answered: (executionId: number, number: number, replies: readonly EvaluationReply[]) => void) {
    this.#evaluator = evaluator;
    this.#answered = answered;
  }

  ask(executionId: number, { number, request, replies }: Evaluation): void {
    const key = `${executionId}:${number}`;
    const since = this.#inFlight.get(key)?.since ?? performance.now();
    const work = this.#evaluator.evaluate(request).then((reply) => {
      this.#answered(executionId, number, [...replies, reply]);
    });
    this.#inFlight.set(key, { work, since });
    // Where the file can no longer be written the execution keeps its wait, and whoever opens the file next asks again.
    const forget = () => {
      if (this.#inFlight.get(key)?.work === work) this.#inFlight.delete(key);
    };
    work.then(forget, forget);
  }

  /** The reply to a request that no execution waits for. */
  evaluate(request: EvaluationRequest): Promise<EvaluationReply> {
    return this.#evaluator.evaluate(request);
  }

  isAsked(executionId: number, number: number): boolean {
    return this.#inFlight.has(`${executionId}:${number}`);
  }

  get isIdle(): boolean {
    return this.#inFlight.size === 0;
  }

  /**
   * Resolves when nothing is being evaluated but what has taken `milliseconds` already: an endless expression must hold nobody up. Whether
   * nothing is at all.
   */
  async settled(milliseconds: number): Promise<boolean> {
    for (;;) {
      const young = [...this.#inFlight.values()].filter(({ since }) => performance.now() - since < milliseconds);
      if (young.length === 0) return this.isIdle;
      const patience = Math.min(...young.map(({ since }) => since)) + milliseconds - performance.now();
      const done = new AbortController();
      const settled = Promise.allSettled(young.map(({ work }) => work)).then(() => done.abort());
      await Promise.race([settled, delay(patience, undefined, { signal: done.signal }).catch(() => {})]);
    }
  }

  async close(): Promise<void> {
    await this.#evaluator[Symbol.asyncDispose]();
  }
}
