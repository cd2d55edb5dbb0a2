import { packedTask, unpackedTask, Words } from "./packed-task.ts";
import type { SweptTask } from "./swept-task.ts";

/** In bytes. */
const chunkSize = 1 << 20;

/**
 * Tasks that are kept until all are found, each packed into some hundred bytes outside of V8's heap: as objects, a hundred thousand take more than a
 * whole sweep may, and the garbage collector goes through all of them again and again.
 */
export class PackedTasks {
  readonly #words = new Words();
  /** Of `chunkSize` bytes, but for one that holds a single longer text. Each text is a line. */
  readonly #chunks: Buffer[] = [];
  /** Where the next text goes. A place is a number of a byte, as if all chunks before were of `chunkSize`. */
  #next = 0;
  readonly #places: number[] = [];
  readonly #waitingSince: number[] = [];

  get length(): number {
    return this.#places.length;
  }

  add(task: SweptTask): void {
    const text = `${packedTask(task, this.#words)}\n`;
    const size = Buffer.byteLength(text);
    if (this.#next + size > this.#chunks.length * chunkSize) {
      this.#next = this.#chunks.length * chunkSize;
      this.#chunks.push(Buffer.allocUnsafeSlow(Math.max(size, chunkSize)));
    }
    this.#chunks.at(-1)?.write(text, this.#next % chunkSize);
    this.#places.push(this.#next);
    this.#waitingSince.push(task.waitingSince.getTime());
    this.#next = Math.min(this.#next + size, this.#chunks.length * chunkSize);
  }

  /**
   * The longest waiting first; or the lowest by a number of their own, and the longest waiting first among equals. Equals in all are in one order,
   * whichever was found first.
   */
  inOrder(numberOf?: (task: SweptTask) => number): OrderedTasks {
    const byAge = this.#byAge();
    const at = (index: number) => this.#at(index);
    if (numberOf === undefined) return new OrderedTasks(at, byAge);
    const numbers = Float64Array.from(byAge, (index) => numberOf(at(index)));
    const ranks = Uint32Array.from(byAge.keys()).sort((one, other) => (numbers[one] ?? 0) - (numbers[other] ?? 0) || one - other);
    return new OrderedTasks(
      at,
      ranks.map((rank) => byAge[rank] ?? 0),
    );
  }

  #at(index: number): SweptTask {
    const place = this.#places[index] ?? 0;
    const from = place % chunkSize;
    const chunk = this.#chunks[Math.floor(place / chunkSize)];
    return unpackedTask(chunk?.toString("utf8", from, chunk.indexOf("\n", from)) ?? "", this.#words);
  }

  #byAge(): Uint32Array {
    const since = this.#waitingSince;
    const order = Uint32Array.from(since.keys()).sort((one, other) => (since[one] ?? 0) - (since[other] ?? 0));
    for (let from = 0, to = 1; from < order.length; from = to, to += 1) {
      while (to < order.length && since[order[from] ?? 0] === since[order[to] ?? 0]) to += 1;
      if (to - from > 1) order.set(this.#byName(order.subarray(from, to)), from);
    }
    return order;
  }

  #byName(indexes: Uint32Array): number[] {
    const named = Array.from(indexes, (index) => {
      const { executionArn, task } = this.#at(index);
      return { index, executionArn, eventId: task?.eventId ?? 0 };
    });
    named.sort((one, other) =>
      one.executionArn === other.executionArn ? one.eventId - other.eventId : one.executionArn < other.executionArn ? -1 : 1,
    );
    return named.map(({ index }) => index);
  }
}

/** Kept tasks in an order. They are unpacked one by one, each time that they are gone through. */
export class OrderedTasks implements Iterable<SweptTask> {
  readonly #at: (index: number) => SweptTask;
  readonly #order: Uint32Array;

  constructor(at: (index: number) => SweptTask, order: Uint32Array) {
    this.#at = at;
    this.#order = order;
  }

  get length(): number {
    return this.#order.length;
  }

  *[Symbol.iterator](): Iterator<SweptTask> {
    for (const index of this.#order) yield this.#at(index);
  }

  first(count: number): OrderedTasks {
    return new OrderedTasks(this.#at, this.#order.subarray(0, count));
  }

  map(change: (task: SweptTask) => SweptTask): OrderedTasks {
    return new OrderedTasks((index) => change(this.#at(index)), this.#order);
  }
}
