/** What one command has open. Each is closed once: by its owner, or at the end of the command, the last opened first. */
export class Closers {
  readonly #open = new Set<() => Promise<void>>();
  readonly #closing = new Set<PromiseLike<void>>();

  /** Remembers how something is closed; the function that comes back closes it now, and may be called again. */
  add(close: () => PromiseLike<void>): () => Promise<void> {
    const closeOnce = async (): Promise<void> => {
      if (!this.#open.delete(closeOnce)) return;
      const closing = close();
      this.#closing.add(closing);
      try {
        await closing;
      } finally {
        this.#closing.delete(closing);
      }
    };
    this.#open.add(closeOnce);
    return closeOnce;
  }

  /** Waits for what is just being closed; whether there was anything. */
  async closed(): Promise<boolean> {
    const closing = [...this.#closing];
    await Promise.allSettled(closing);
    return closing.length > 0;
  }

  async closeAll(): Promise<void> {
    for (const close of [...this.#open].reverse()) await close();
  }
}
