/** What one command has open. Each is closed once: by its owner, or at the end of the command, the last opened first. */
export class Closers {
  readonly #open = new Set<() => Promise<void>>();

  /** Remembers how something is closed; the function that comes back closes it now, and may be called again. */
  add(close: () => PromiseLike<void>): () => Promise<void> {
    const closeOnce = async (): Promise<void> => {
      if (this.#open.delete(closeOnce)) await close();
    };
    this.#open.add(closeOnce);
    return closeOnce;
  }

  async closeAll(): Promise<void> {
    for (const close of [...this.#open].reverse()) await close();
  }
}
