import type { ActivityTask } from "../../aws/step-functions.ts";
import type { Clock } from "../../context.ts";
import { CliError } from "../../errors.ts";

export interface ActivityWorker {
  /** How many tasks it works on at once. */
  readonly concurrency: number;
  /** How many it takes in all; null for no end. */
  readonly maxTasks: number | null;
  readonly clock: Clock;
  /** No polls begin once it is raised. */
  readonly stop: AbortSignal;
  /** Waits for a task; null where none came. */
  poll(): Promise<ActivityTask | null>;
  work(task: ActivityTask): Promise<void>;
  onPollFailure(failure: CliError, failures: number): void;
}

const firstRetryMilliseconds = 1000;
const longestRetryMilliseconds = 30_000;

/**
 * Takes an activity's tasks and works on them. There are never more polls than tasks it may still take, and none is given up: AWS may have handed it
 * a task already. Polls that fail for a while are tried again; one that is refused for good, or work that throws, ends it once all that runs has ended.
 */
export async function workOnActivity(worker: ActivityWorker): Promise<void> {
  const lanes = new Lanes(worker);
  const count = Math.min(worker.concurrency, worker.maxTasks ?? worker.concurrency);
  const ends = await Promise.allSettled(Array.from({ length: count }, () => lanes.run()));
  const failed = ends.find((end) => end.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

/** Each takes one task after the other; together they keep to the numbers. */
class Lanes {
  readonly #worker: ActivityWorker;
  #polling = 0;
  #taken = 0;
  #isBroken = false;

  constructor(worker: ActivityWorker) {
    this.#worker = worker;
  }

  async run(): Promise<void> {
    try {
      for (let failures = 0; this.#mayPoll(); ) {
        const polled = await this.#poll();
        failures = polled instanceof CliError ? failures + 1 : 0;
        if (polled instanceof CliError) await this.#pause(polled, failures);
        else if (polled !== null) await this.#worker.work(polled);
      }
    } catch (error) {
      this.#isBroken = true;
      throw error;
    }
  }

  #mayPoll(): boolean {
    const { stop, maxTasks } = this.#worker;
    return !stop.aborted && !this.#isBroken && (maxTasks === null || this.#taken + this.#polling < maxTasks);
  }

  async #poll(): Promise<ActivityTask | CliError | null> {
    this.#polling += 1;
    try {
      const task = await this.#worker.poll();
      if (task !== null) this.#taken += 1;
      return task;
    } catch (error) {
      if (error instanceof CliError && error.kind === "failure") return error;
      throw error;
    } finally {
      this.#polling -= 1;
    }
  }

  async #pause(failure: CliError, failures: number): Promise<void> {
    const { clock, stop, onPollFailure } = this.#worker;
    onPollFailure(failure, failures);
    await clock.sleep(Math.min(firstRetryMilliseconds * 2 ** (failures - 1), longestRetryMilliseconds), stop).catch(() => {});
  }
}
