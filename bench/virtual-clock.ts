import { setImmediate as turn } from "node:timers/promises";
import type { Clock } from "../src/sweep/pacing.ts";

/** So many turns of the event loop without anything on its way mean that whoever could do something has done it. */
const quietTurns = 12;

/**
 * A clock for what runs in this process: it stands still while anything is on its way, and goes on to when the first sleeper wakes once nothing is.
 * So minutes of waiting for quotas pass in seconds, and a loaded machine measures the same.
 */
export class VirtualClock implements Clock {
  #now = Date.parse("2026-03-01T09:00:00.000Z");
  #isRunning = false;
  readonly #sleepers: { readonly at: number; readonly wake: () => void }[] = [];
  readonly #onTheirWay: () => number;

  /** `onTheirWay` says how many calls have been made and not answered. */
  constructor(onTheirWay: () => number) {
    this.#onTheirWay = onTheirWay;
  }

  now(): Date {
    return new Date(this.#now);
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((wake) => {
      this.#sleepers.push({ at: this.#now + milliseconds, wake });
      if (!this.#isRunning) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#sleepers.length > 0) {
      await this.#quiet();
      this.#sleepers.sort((one, other) => one.at - other.at);
      const next = this.#sleepers.shift();
      if (next === undefined) break;
      this.#now = Math.max(this.#now, next.at);
      next.wake();
    }
    this.#isRunning = false;
  }

  async #quiet(): Promise<void> {
    for (let turns = 0; turns < quietTurns; turns += 1) {
      await turn();
      if (this.#onTheirWay() > 0) turns = 0;
    }
  }
}
