/** Work that one pool of workers hands to another. */
export class WorkQueue<Item> {
  readonly #capacity: number;
  readonly #items: Item[] = [];
  readonly #takers: ((item: Item | undefined) => void)[] = [];
  readonly #givers: (() => void)[] = [];
  #isClosed = false;

  constructor(capacity = Number.POSITIVE_INFINITY) {
    this.#capacity = capacity;
  }

  /** How many items wait to be taken. */
  get length(): number {
    return this.#items.length;
  }

  /** Resolves at once, or when there is room; to false where the queue is closed and takes nothing more. */
  async give(item: Item): Promise<boolean> {
    while (this.length >= this.#capacity && !this.#isClosed) await new Promise<void>((resolve) => this.#givers.push(resolve));
    if (this.#isClosed) return false;
    const taker = this.#takers.shift();
    if (taker === undefined) this.#items.push(item);
    else taker(item);
    return true;
  }

  /** Undefined when the queue is closed and empty. */
  take(): Promise<Item | undefined> {
    const item = this.#items.shift();
    if (item === undefined && !this.#isClosed) return new Promise((resolve) => this.#takers.push(resolve));
    this.#givers.shift()?.();
    return Promise.resolve(item);
  }

  close(): void {
    this.#isClosed = true;
    for (const taker of this.#takers.splice(0)) taker(undefined);
    for (const giver of this.#givers.splice(0)) giver();
  }
}

/** So many workers that take from the queue until it is closed. */
export async function work<Item>(queue: WorkQueue<Item>, workers: number, one: (item: Item) => Promise<void>): Promise<void> {
  const worker = async () => {
    for (let item = await queue.take(); item !== undefined; item = await queue.take()) await one(item);
  };
  await Promise.all(Array.from({ length: workers }, worker));
}
