import { setImmediate as turn } from "node:timers/promises";
import type { Clock } from "../src/context.ts";

interface Sleeper {
  readonly milliseconds: number;
  readonly wakesAt: number;
  wake(): void;
}

/** A clock that stands still until it is told to go on. */
export class VirtualClock implements Clock {
  readonly #sleepers = new Set<Sleeper>();
  #now = Date.parse("2026-01-01T00:00:00Z");

  now(): Date {
    return new Date(this.#now);
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((done, fail) => {
      if (signal?.aborted) return fail(signal.reason);
      const stop = () => {
        this.#sleepers.delete(sleeper);
        fail(signal?.reason);
      };
      const wake = () => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener("abort", stop);
        done();
      };
      const sleeper = { milliseconds, wakesAt: this.#now + milliseconds, wake };
      signal?.addEventListener("abort", stop, { once: true });
      this.#sleepers.add(sleeper);
    });
  }

  /** Waits until somebody sleeps for a time that `isMeant`, and goes on to when the first of them wakes; no longer than until `isOver`. */
  async goOn(isMeant: (milliseconds: number) => boolean = () => true, isOver: () => boolean = () => false): Promise<void> {
    while (!isOver()) {
      const [first] = [...this.#sleepers].filter(({ milliseconds }) => isMeant(milliseconds)).sort((a, b) => a.wakesAt - b.wakesAt);
      if (first === undefined) {
        await turn();
        continue;
      }
      this.#now = Math.max(this.#now, first.wakesAt);
      first.wake();
      return;
    }
  }
}

/** A clock that runs so many times as fast as the machine's. */
export function fastClock(factor: number): Clock {
  const startedAt = Date.now();
  return {
    now: () => new Date(startedAt + (Date.now() - startedAt) * factor),
    sleep: (milliseconds, signal) =>
      new Promise((done, fail) => {
        if (signal?.aborted) return fail(signal.reason);
        const timer = setTimeout(done, milliseconds / factor);
        signal?.addEventListener("abort", () => {
          clearTimeout(timer);
          fail(signal.reason);
        });
      }),
  };
}
