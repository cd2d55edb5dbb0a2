import type { Nesting } from "./nesting.ts";
import type { SweptTask } from "./swept-task.ts";

/** So many tasks are held back at once for the executions around them. */
const mostHeld = 1000;

/** To whom a sweep tells what it finds, and how much of it. */
export interface Telling {
  /** At most so many tasks. */
  readonly limit?: number;
  /** A task of a machine that others begin executions of is told at the end, linked to these, as long as no more than 1,000 are held back. */
  readonly holdsCalled?: boolean;
  /** Told of each task as it is found, with its token where that is certain and the task was not held back: no row keeps it. */
  onTask?(task: SweptTask, taskToken: string | null): Promise<void>;
}

/** Tells each task once, when it is found or, where that is asked for, once all that is to be known of what is around it is known. */
export class FoundTasks {
  readonly #telling: Telling;
  readonly #nesting: Nesting;
  /** A listing may name an execution twice where others come and go while its pages are read. */
  readonly #ids = new Set<string>();
  readonly #held: SweptTask[] = [];

  constructor(telling: Telling, nesting: Nesting) {
    this.#telling = telling;
    this.#nesting = nesting;
  }

  get count(): number {
    return this.#ids.size;
  }

  get isFull(): boolean {
    return this.#ids.size >= (this.#telling.limit ?? Number.POSITIVE_INFINITY);
  }

  has(task: SweptTask): boolean {
    return this.#ids.has(task.id);
  }

  async add(task: SweptTask, taskToken: string | null): Promise<void> {
    const { onTask, holdsCalled = false } = this.#telling;
    this.#ids.add(task.id);
    const isHeld = holdsCalled && this.#nesting.mayBeLinkedYet(task);
    // What is around a task that is told at once comes too late for it.
    if (isHeld || !holdsCalled) this.#nesting.lookAround(task);
    if (!isHeld) return onTask?.(task, taskToken);
    this.#held.push(task);
    if (this.#held.length > mostHeld) await this.#tell(this.#held.shift());
  }

  async tellHeld(): Promise<void> {
    for (const task of this.#held.splice(0)) await this.#tell(task);
  }

  async #tell(task: SweptTask | undefined): Promise<void> {
    if (task !== undefined) await this.#telling.onTask?.(this.#nesting.withAncestors(task), null);
  }
}
