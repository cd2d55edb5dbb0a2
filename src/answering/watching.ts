import type { Execution, HistoryEvent } from "../aws/step-functions.ts";
import { startsNested } from "../callback/history/history-tail.ts";
import { type CallbackTask, callbackTasks } from "../callback/history/waiting-tasks.ts";
import type { Clock, Connection } from "../context.ts";
import { CliError } from "../errors.ts";
import { readHistory } from "./history-reading.ts";
import { pacerFor } from "./pacing.ts";
import { runningChildren } from "./running-children.ts";
import { lookDelaysMilliseconds } from "./send.ts";

export type Until = "waiting" | "answered" | "ended";

/** What is watched, and until when. */
export interface Watching {
  readonly executionArn: string;
  readonly until: Until;
  /** Null for no end. */
  readonly timeoutMilliseconds: number | null;
  isMeant(seen: WatchedTask): boolean;
  /** It was started just now: AWS may not tell of it yet. */
  readonly isNew?: boolean;
  /** Whether the tasks in the children of its distributed Maps and in nested executions may be meant as well. */
  readonly looksInside: boolean;
}

/** A task that was seen, and the execution in whose history it is: the one that is watched, or one that runs for it. */
export interface WatchedTask {
  readonly executionArn: string;
  readonly task: CallbackTask;
}

/** An execution as it was seen last. */
export interface Watched {
  readonly execution: Execution;
  /** What waits of what is meant. Of the tasks in executions that run for it no more than a hundred. */
  readonly waiting: readonly WatchedTask[];
  /** False where the timeout passed first. */
  readonly reached: boolean;
}

interface Watcher {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const firstDelayMilliseconds = 100;
const longestDelayMilliseconds = 5000;
/** So many tasks of executions within are named; a sweep names all. */
const mostInside = 100;
/** How long it may take to look through the executions within once the time is up. */
const patienceMilliseconds = 5000;

/** Looks again and again, ever more slowly, until that is so, the execution ended, or the time is up. Rejects where the signal is raised. */
export async function watch(watcher: Watcher, connection: Connection, watching: Watching): Promise<Watched> {
  const { clock, signal } = watcher;
  const { timeoutMilliseconds } = watching;
  const giveUpAt = timeoutMilliseconds === null ? Number.POSITIVE_INFINITY : clock.now().getTime() + timeoutMilliseconds;
  const looking = new Looking(watcher, connection, watching);
  for (let delay = firstDelayMilliseconds; ; delay = Math.min(delay * 1.5, longestDelayMilliseconds)) {
    const seen = await looking.look(giveUpAt);
    const leftMilliseconds = giveUpAt - clock.now().getTime();
    if (seen.reached || leftMilliseconds <= 0) return seen;
    await clock.sleep(Math.min(delay, leftMilliseconds), signal);
  }
}

class Looking {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #connection: Connection;
  readonly #paced: Connection["stepFunctions"];
  readonly #watching: Watching;
  /** Whether anything that is meant was ever seen. */
  #wasSeen = false;

  constructor({ clock, signal }: Watcher, connection: Connection, watching: Watching) {
    this.#clock = clock;
    this.#signal = signal;
    this.#connection = connection;
    // A Map may have ten thousand children, and each look reads them anew.
    this.#paced = connection.stepFunctions.paced(pacerFor(connection.place, clock), signal);
    this.#watching = watching;
  }

  async look(giveUpAt: number): Promise<Watched> {
    const { executionArn, until, isMeant } = this.#watching;
    const { stepFunctions } = this.#connection;
    const execution = await this.#execution();
    const ended = execution.status !== "RUNNING";
    if (until === "ended") return { execution, waiting: [], reached: ended };
    const events = await readHistory(stepFunctions, executionArn);
    const own = callbackTasks(events)
      .map((task) => ({ executionArn, task }))
      .filter(isMeant);
    const inside = await this.#waitingInside(events, Math.max(giveUpAt, this.#clock.now().getTime() + patienceMilliseconds));
    const waiting = [...own.filter(({ task }) => task.closed === null), ...inside];
    this.#wasSeen ||= own.length > 0 || inside.length > 0;
    if (ended && !this.#wasSeen && until === "answered" && !events.some(beginsAnother)) {
      throw new CliError("closed", `the execution is ${execution.status} and held no such task: ${executionArn}`);
    }
    const reached = until === "waiting" ? waiting.length > 0 : this.#wasSeen && waiting.length === 0;
    return { execution, waiting, reached: reached || ended };
  }

  /** Describing is eventually consistent (facts page 2.2). */
  async #execution(): Promise<Execution> {
    const { executionArn, isNew = false } = this.#watching;
    for (const delayMilliseconds of isNew ? lookDelaysMilliseconds.slice(1) : []) {
      try {
        return await this.#connection.stepFunctions.execution(executionArn);
      } catch (error) {
        if (!(error instanceof CliError) || error.code !== "ExecutionDoesNotExist") throw error;
        await this.#clock.sleep(delayMilliseconds, this.#signal);
      }
    }
    return this.#connection.stepFunctions.execution(executionArn);
  }

  async #waitingInside(events: readonly HistoryEvent[], giveUpAt: number): Promise<readonly WatchedTask[]> {
    const { isMeant, looksInside } = this.#watching;
    const found: WatchedTask[] = [];
    if (!looksInside) return found;
    for await (const { executionArn, path, waiting } of runningChildren(this.#paced, events)) {
      found.push(...waiting.map((task) => ({ executionArn, task: { ...task, path: [...path, ...task.path] } })).filter(isMeant));
      if (found.length >= mostInside || this.#clock.now().getTime() >= giveUpAt) break;
    }
    return found.slice(0, mostInside);
  }
}

/** What waited in executions that ran for it, the history of one that has ended does not tell. */
function beginsAnother(event: HistoryEvent): boolean {
  return event.mapRunStartedEventDetails !== undefined || startsNested(event);
}
