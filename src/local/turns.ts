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
      if (this.#take()) this.wake();
    });
  }
}
