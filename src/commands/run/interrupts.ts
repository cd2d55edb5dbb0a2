import type { EndingSignal } from "../../context/programs.ts";

/** What reaches a command: a signal to us that is passed on, or the last resort. */
type Passed = EndingSignal | "SIGKILL";

/** The signals to us that are passed on to the commands that run. */
export class Interrupts {
  readonly #listeners = new Set<(signal: Passed) => void>();
  #received: EndingSignal | null = null;

  /** The first one that was passed on. */
  get received(): EndingSignal | null {
    return this.#received;
  }

  pass(signal: EndingSignal, as: Passed = signal): void {
    this.#received ??= signal;
    for (const listener of this.#listeners) listener(as);
  }

  /** Tells `listener` of each from now on, until the function that comes back is called. */
  listen(listener: (signal: Passed) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
