import { isFileFault } from "./store/database.ts";

/** Work that is taken up turn by turn, requests between the turns. */
export class Turns {
  readonly #take: () => boolean;
  #isScheduled = false;

  /** `take` does a turn's work, and says whether there is more. */
  constructor(take: () => boolean) {
    this.#take = take;
  }

  wake(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      inBackground(() => this.takeNext());
    });
  }

  /** Takes a turn at once, unless one is about to be taken in any case. */
  takeNext(): void {
    if (!this.#isScheduled && this.#take()) this.wake();
  }
}

/**
 * Does work that nobody waits for. A file that cannot be read or written just now, such as on a full disk, is no reason to end: the work is still in
 * it and is looked for again and again (see local.ts), and who asks for something meanwhile is told.
 */
export function inBackground(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!isFileFault(error)) throw error;
  }
}
