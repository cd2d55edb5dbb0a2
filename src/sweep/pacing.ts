import { type Quota, quotaOf } from "./quotas.ts";

/** Keeps the calls of a sweep within a share of the account's quotas. */
export interface Pacer {
  /** Resolves when the operation may be called. Rejects with the signal's reason. */
  take(operation: string, signal?: AbortSignal): Promise<void>;
  /** AWS refused a call for its rate: others use the quota too. */
  throttled(operation: string): void;
  /** Resolves when a call that failed so often may be made once more. Rejects with the signal's reason. */
  pause(failures: number, signal?: AbortSignal): Promise<void>;
  /** How long so many more calls of each operation will take, in milliseconds. */
  timeFor(calls: Readonly<Record<string, number>>): number;
}

export interface Clock {
  now(): Date;
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** Of the rate that the share allows, when throttled again and again. */
const slowest = 0.05;
/** How much of the share's rate comes back each second after a throttling. */
const recoveryPerSecond = 0.02;
/** Calls that were under way together are throttled together: that is one reason to slow down. */
const slowDownMilliseconds = 1000;
const firstPauseMilliseconds = 100;
const longestPauseMilliseconds = 2000;

/** Half of a quota's refill and bursts within half of its bucket, for a `share` of 0.5. Slows down where AWS throttles, and recovers. */
export function createPacer(region: string, share: number, clock: Clock): Pacer {
  return pacer(region, share, clock, true);
}

/** For endpoints that need have no quotas, embedded and loopback ones: keeps all of AWS's quota of an operation once one was throttled. */
export function createLazyPacer(region: string, clock: Clock): Pacer {
  return pacer(region, 1, clock, false);
}

function pacer(region: string, share: number, clock: Clock, holds: boolean): Pacer {
  const buckets = new Map<string, Bucket | null>();
  const bucketOf = (operation: string): Bucket | null => {
    let bucket = buckets.get(operation);
    if (bucket === undefined) {
      const quota = quotaOf(operation, region);
      bucket = quota === null ? null : new Bucket(quota, share, clock, holds);
      buckets.set(operation, bucket);
    }
    return bucket;
  };
  return {
    take: async (operation, signal) => bucketOf(operation)?.take(signal),
    throttled: (operation) => bucketOf(operation)?.slowDown(),
    pause: (failures, signal) => clock.sleep(Math.min(longestPauseMilliseconds, firstPauseMilliseconds * 2 ** (failures - 1)), signal),
    timeFor: (calls) => Math.max(0, ...Object.entries(calls).map(([operation, count]) => bucketOf(operation)?.timeFor(count) ?? 0)),
  };
}

class Bucket {
  readonly #clock: Clock;
  readonly #size: number;
  readonly #fullRate: number;
  /** Negative while calls wait: each has its place in the line. */
  #level: number;
  #slowness = 1;
  #slowedAt = Number.NEGATIVE_INFINITY;
  #at: number;
  #holds: boolean;

  constructor({ bucket, refill }: Quota, share: number, clock: Clock, holds: boolean) {
    this.#clock = clock;
    this.#size = Math.max(1, bucket * share);
    this.#fullRate = refill * share;
    this.#level = this.#size;
    this.#at = clock.now().getTime();
    this.#holds = holds;
  }

  async take(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (!this.#holds) return;
    this.#fill();
    this.#level -= 1;
    if (this.#level >= 0) return;
    await this.#clock.sleep((-this.#level / this.#rate) * 1000, signal);
  }

  slowDown(): void {
    this.#fill();
    // What AWS's bucket held is gone.
    this.#level = Math.min(this.#level, 0);
    const wasHeld = this.#holds;
    this.#holds = true;
    if (!wasHeld || this.#at - this.#slowedAt < slowDownMilliseconds) return;
    this.#slowedAt = this.#at;
    this.#slowness = Math.max(slowest, this.#slowness / 2);
  }

  timeFor(calls: number): number {
    if (!this.#holds) return 0;
    this.#fill();
    return Math.max(0, (calls - this.#level) / this.#rate) * 1000;
  }

  get #rate(): number {
    return this.#fullRate * this.#slowness;
  }

  #fill(): void {
    const now = this.#clock.now().getTime();
    const seconds = Math.max(0, (now - this.#at) / 1000);
    this.#at = now;
    this.#level = Math.min(this.#size, this.#level + seconds * this.#rate);
    this.#slowness = Math.min(1, this.#slowness + seconds * recoveryPerSecond);
  }
}
