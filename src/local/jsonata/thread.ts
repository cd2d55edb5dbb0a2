import { Worker } from "node:worker_threads";
import type { Json } from "../asl/json.ts";
import { failureText } from "./failure-text.ts";

/** What became of a job: a value for each expression, or which one failed and how. */
export type Outcome = { readonly values: readonly Json[] } | { readonly failed: number; readonly how: string };

interface Running {
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: Error) => void;
  clock: NodeJS.Timeout | null;
}

/** The thread's own file: beside this one in the sources, and under its name as an entry (tsup.config.ts) in the bundle. */
const file = new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./jsonata-worker.js", import.meta.url);

/** A thread that evaluates one job at a time. It keeps the process alive only while it does. Once it is dead it stays so. */
export class Thread {
  readonly #worker: Worker;
  readonly #seconds: number;
  /** The index of the expression being evaluated, written by the thread: a thread that never comes back can tell nothing else. */
  readonly #current = new Int32Array(new SharedArrayBuffer(4));
  #running: Running | null = null;
  #isReady = false;
  #isDead = false;

  constructor(seconds: number, megabytes: number) {
    this.#seconds = seconds;
    this.#worker = new Worker(file, {
      workerData: this.#current.buffer,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: megabytes },
    });
    this.#worker.unref();
    this.#worker.on("message", (text: string) => this.#hear(text));
    this.#worker.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ERR_WORKER_OUT_OF_MEMORY") this.#fail(failureText.tooLarge);
      else if (this.#isReady) this.#fail(failureText.thrown(undefined, error.message));
      else this.#die(error);
    });
    this.#worker.on("exit", () => this.#die(new Error("the JSONata thread ended")));
  }

  get isBusy(): boolean {
    return this.#running !== null;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** Evaluates a job (expressions.ts) given as JSON text. Rejects where the thread cannot work at all, or is closed meanwhile. */
  run(job: string): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.#running = { resolve, reject, clock: null };
      this.#worker.ref();
      Atomics.store(this.#current, 0, 0);
      this.#worker.postMessage(job);
      if (this.#isReady) this.#startClock();
    });
  }

  /** Ends the thread; a job it has is rejected. */
  async close(): Promise<void> {
    this.#die(new Error("the JSONata evaluator is closed"));
    await this.#worker.terminate();
  }

  #hear(text: string): void {
    if (text === "ready") {
      this.#isReady = true;
      this.#startClock();
    } else this.#settle()?.resolve(JSON.parse(text) as Outcome);
  }

  /** The time to start the thread is not the expression's. */
  #startClock(): void {
    const running = this.#running;
    if (running === null) return;
    const timeIsOver = () => {
      if (this.#running === running) this.#fail(failureText.tooLong(this.#seconds));
    };
    // After the turn's messages: a main thread that was busy itself may find the time over and the answer there.
    running.clock = setTimeout(() => setImmediate(timeIsOver), this.#seconds * 1000);
  }

  #fail(how: string): void {
    const running = this.#settle();
    this.#isDead = true;
    void this.#worker.terminate();
    running?.resolve({ failed: Atomics.load(this.#current, 0), how });
  }

  #die(error: Error): void {
    this.#isDead = true;
    this.#settle()?.reject(error);
  }

  #settle(): Running | null {
    const running = this.#running;
    this.#running = null;
    if (running?.clock != null) clearTimeout(running.clock);
    this.#worker.unref();
    return running;
  }
}
