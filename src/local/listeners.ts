/** Who is to be called, by what they wait for. */
export class Listeners<Key> {
  readonly #of = new Map<Key, Set<() => void>>();

  /** Calls `listener` from now on, until what is returned is called. */
  add(key: Key, listener: () => void): () => void {
    const listeners = this.#of.get(key) ?? new Set();
    this.#of.set(key, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#of.get(key) === listeners) this.#of.delete(key);
    };
  }

  of(key: Key): ReadonlySet<() => void> {
    return this.#of.get(key) ?? nobody;
  }
}

const nobody: ReadonlySet<() => void> = new Set();
