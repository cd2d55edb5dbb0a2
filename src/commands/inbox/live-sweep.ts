import { hasQuotas, pacerFor } from "../../answering/pacing.ts";
import type { Clock, Connection, TaskIndex } from "../../context.ts";
import { CliError } from "../../errors.ts";
import { type Sweep, type SweepProgress, sweep } from "../../sweep/sweep.ts";
import type { SweptTask } from "../../sweep/swept-task.ts";
import { addressOf } from "../pending/waiting-task-json.ts";

/** Who is told what the looking finds. */
export interface SweepListener {
  began(): void;
  found(tasks: readonly SweptTask[]): void;
  progressed(at: SweepProgress): void;
  /** Looked through to the end; `seen` are the addresses of what waited then. Resolves when it was taken in. */
  looked(seen: ReadonlySet<string>, found: Sweep): Promise<void>;
  failed(message: string): void;
}

interface Means {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly taskIndex: TaskIndex;
  readonly signal: AbortSignal;
}

/** How long it rests between two looks, and how that grows while nothing changes. */
export interface Rest {
  readonly firstMilliseconds: number;
  readonly longestMilliseconds: number;
}

/** On AWS others need the quotas too; the embedded Step Functions has none. */
export const restOnAws: Rest = { firstMilliseconds: 5000, longestMilliseconds: 60_000 };
export const restOnLocal: Rest = { firstMilliseconds: 1000, longestMilliseconds: 2000 };

const growth = 1.5;
/** The embedded Step Functions runs in this very process: a key has to get its turn between two of its replies. */
const readersOnLocal = 2;
/** What is found is told in batches: the screen need not be drawn for each. */
const batchMilliseconds = 50;

/** The rest after so many looks in a row that brought nothing new; never shorter than the look itself took. */
export function restAfter({ firstMilliseconds, longestMilliseconds }: Rest, unchanged: number, lookMilliseconds: number): number {
  return Math.max(Math.min(longestMilliseconds, firstMilliseconds * growth ** unchanged), lookMilliseconds);
}

/** Looks for waiting tasks again and again, within the share of the quotas that a single sweep has. */
export class LiveSweep {
  readonly #means: Means;
  readonly #listener: SweepListener;
  #wake = new AbortController();
  #isWoken = false;
  #hasLooked = false;
  /** What is in the index of task ids by now. */
  readonly #remembered = new Set<string>();

  constructor(means: Means, listener: SweepListener) {
    this.#means = means;
    this.#listener = listener;
  }

  /** Looks at once, or as soon as the present look is done. */
  wake(): void {
    this.#isWoken = true;
    this.#wake.abort();
  }

  /** Ends by the signal only, or by an error that no later look would be without. */
  async run(): Promise<void> {
    const { connection, clock, signal } = this.#means;
    const rest = hasQuotas(connection.place) ? restOnAws : restOnLocal;
    const pacer = pacerFor(connection.place, clock);
    let before: ReadonlySet<string> = new Set();
    let unchanged = 0;
    while (!signal.aborted) {
      this.#isWoken = false;
      const beganAt = clock.now().getTime();
      const seen = await this.#look(pacer);
      if (seen !== null) {
        unchanged = seen.size === before.size && [...seen].every((key) => before.has(key)) ? unchanged + 1 : 0;
        before = seen;
      }
      await this.#rest(restAfter(rest, unchanged, clock.now().getTime() - beganAt));
      if (this.#isWoken) unchanged = 0;
    }
  }

  async #rest(milliseconds: number): Promise<void> {
    if (this.#isWoken) return;
    this.#wake = new AbortController();
    const { clock, signal } = this.#means;
    await clock.sleep(milliseconds, AbortSignal.any([signal, this.#wake.signal])).catch(() => {});
  }

  async #remember(tasks: readonly SweptTask[]): Promise<void> {
    const { place } = this.#means.connection;
    const fresh = tasks.filter((task) => !this.#remembered.has(addressOf(task)));
    for (const task of fresh) this.#remembered.add(addressOf(task));
    const entries = fresh.map(({ id, executionArn, task }) => ({ id, executionArn, eventId: task?.eventId ?? 0, place }));
    await this.#means.taskIndex.remember(entries);
  }

  /** Null where it could not be done, or was interrupted. */
  async #look(pacer: ReturnType<typeof pacerFor>): Promise<ReadonlySet<string> | null> {
    const { connection, signal } = this.#means;
    const seen = new Set<string>();
    const batch = new Batch(this.#means, async (tasks) => {
      this.#listener.found(tasks);
      await this.#remember(tasks);
    });
    this.#listener.began();
    try {
      const found = await sweep(connection.stepFunctions, pacer, {
        signal,
        ...(connection.place.kind === "local" ? { readers: readersOnLocal } : {}),
        onTask: async (task) => {
          seen.add(addressOf(task));
          batch.add(task);
        },
        onProgress: (at) => this.#listener.progressed(at),
      });
      await batch.flush();
      this.#hasLooked = true;
      if (found.interrupted) return null;
      await this.#listener.looked(seen, found);
      return seen;
    } catch (error) {
      if (signal.aborted) return null;
      // Without a right at the start there is nothing to show. Later it may come back: credentials are renewed, a network returns.
      if (!(error instanceof CliError) || (error.kind !== "failure" && !this.#hasLooked)) throw error;
      this.#listener.failed(error.message);
      return null;
    }
  }
}

/** Gives tasks on together that were found within a moment. */
class Batch {
  readonly #means: Means;
  readonly #give: (tasks: readonly SweptTask[]) => Promise<void>;
  #tasks: SweptTask[] = [];

  constructor(means: Means, give: (tasks: readonly SweptTask[]) => Promise<void>) {
    this.#means = means;
    this.#give = give;
  }

  add(task: SweptTask): void {
    this.#tasks.push(task);
    if (this.#tasks.length === 1)
      this.#means.clock.sleep(batchMilliseconds, this.#means.signal).then(
        () => this.flush(),
        () => {},
      );
  }

  async flush(): Promise<void> {
    const tasks = this.#tasks;
    this.#tasks = [];
    if (tasks.length > 0) await this.#give(tasks);
  }
}
