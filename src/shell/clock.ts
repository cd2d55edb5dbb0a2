import type { Clock } from "../context.ts";

/** Node's longest timer, 25 days: a longer one fires at once. A third of a year's HeartbeatSeconds is more. */
const longestTimerMilliseconds = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => new Date(),
  async sleep(milliseconds, signal) {
    let left = milliseconds;
    for (; left > longestTimerMilliseconds; left -= longestTimerMilliseconds) await timer(longestTimerMilliseconds, signal);
    await timer(left, signal);
  },
};

function timer(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((done, fail) => {
    if (signal?.aborted) return fail(signal.reason);
    const stop = () => {
      clearTimeout(timeout);
      fail(signal?.reason);
    };
    const timeout = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      done();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
