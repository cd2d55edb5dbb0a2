import { setTimeout as delay } from "node:timers/promises";
import type { Evaluation, EvaluationReply, EvaluationRequest } from "./asl/evaluation.ts";

/** Where JSONata is evaluated, off the server's thread (see jsonata/evaluator.ts). */
export interface Evaluator extends AsyncDisposable {
  evaluate(request: EvaluationRequest): Promise<EvaluationReply>;
}

interface InFlight {
  readonly work: Promise<void>;
  readonly since: number;
}

/**
 * Carries what executions ask of JSONata to the evaluator, and the replies back: those of one execution in the order of their numbers, so that
 * its history does not hang on which expression, or which thread, was the faster one.
 */
export class Evaluations {
  readonly #evaluator: Evaluator;
  readonly #answered: (executionId: number, number: number, replies: readonly EvaluationReply[]) => void;
  /** By execution and number. */
  readonly #inFlight = new Map<number, Map<number, InFlight>>();

  constructor(evaluator: Evaluator, answered: (executionId: number, number: number, replies: readonly EvaluationReply[]) => void) {
    this.#evaluator = evaluator;
    this.#answered = answered;
  }

  ask(executionId: number, { number, request, replies }: Evaluation): void {
    const ofExecution = this.#inFlight.get(executionId) ?? new Map<number, InFlight>();
    this.#inFlight.set(executionId, ofExecution);
    const since = ofExecution.get(number)?.since ?? performance.now();
    const work = this.#evaluator.evaluate(request).then(async (reply) => {
      for (let before = firstBefore(ofExecution, number); before !== undefined; before = firstBefore(ofExecution, number)) {
        await before.work.catch(() => {});
      }
      this.#answered(executionId, number, [...replies, reply]);
    });
    ofExecution.set(number, { work, since });
    // Where the file can no longer be written the execution keeps its wait, and whoever opens the file next asks again.
    const forget = () => {
      if (ofExecution.get(number)?.work === work) ofExecution.delete(number);
      if (ofExecution.size === 0 && this.#inFlight.get(executionId) === ofExecution) this.#inFlight.delete(executionId);
    };
    work.then(forget, forget);
  }

  /** The reply to a request that no execution waits for. */
  evaluate(request: EvaluationRequest): Promise<EvaluationReply> {
    return this.#evaluator.evaluate(request);
  }

  isAsked(executionId: number, number: number): boolean {
    return this.#inFlight.get(executionId)?.has(number) ?? false;
  }

  get isIdle(): boolean {
    return this.#inFlight.size === 0;
  }

  /**
   * Resolves when nothing is being evaluated but what has taken `milliseconds` already, and after so long at the latest: neither an endless
   * expression nor an endless row of them must hold anybody up. Whether nothing is being evaluated at all.
   */
  async settled(milliseconds: number): Promise<boolean> {
    const until = performance.now() + milliseconds;
    for (;;) {
      const all = [...this.#inFlight.values()].flatMap((ofExecution) => [...ofExecution.values()]);
      const young = all.filter(({ since }) => performance.now() - since < milliseconds);
      if (young.length === 0 || performance.now() >= until) return this.isIdle;
      const patience = Math.max(Math.min(until, ...young.map(({ since }) => since + milliseconds)) - performance.now(), 0);
      const done = new AbortController();
      const settled = Promise.allSettled(young.map(({ work }) => work)).then(() => done.abort());
      await Promise.race([settled, delay(patience, undefined, { signal: done.signal }).catch(() => {})]);
    }
  }

  async close(): Promise<void> {
    await this.#evaluator[Symbol.asyncDispose]();
  }
}

function firstBefore(ofExecution: ReadonlyMap<number, InFlight>, number: number): InFlight | undefined {
  for (const [other, inFlight] of ofExecution) if (other < number) return inFlight;
  return undefined;
}
