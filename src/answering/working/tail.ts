/** The last bytes of a stream that may be endless, in memory that does not grow. */
export class Tail {
  readonly #ring: Uint8Array;
  #total = 0;

  constructor(keepBytes: number) {
    this.#ring = new Uint8Array(keepBytes);
  }

  add(bytes: Uint8Array): void {
    const kept = bytes.subarray(Math.max(0, bytes.length - this.#ring.length));
    const at = (this.#total + bytes.length - kept.length) % this.#ring.length;
    const untilEnd = kept.subarray(0, this.#ring.length - at);
    this.#ring.set(untilEnd, at);
    this.#ring.set(kept.subarray(untilEnd.length), 0);
    this.#total += bytes.length;
  }

  /** How many bytes came in all. */
  get totalBytes(): number {
    return this.#total;
  }

  /** The last bytes: all that came, where that is no more than is kept. */
  bytes(): Uint8Array {
    if (this.#total <= this.#ring.length) return this.#ring.slice(0, this.#total);
    const at = this.#total % this.#ring.length;
    const bytes = new Uint8Array(this.#ring.length);
    bytes.set(this.#ring.subarray(at), 0);
    bytes.set(this.#ring.subarray(0, at), this.#ring.length - at);
    return bytes;
  }
}
