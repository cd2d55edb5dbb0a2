import { setTimeout as delay, setImmediate as immediate } from "node:timers/promises";
import type { Engine } from "./engine.ts";
import type { Evaluations } from "./evaluations.ts";
import { inBackground, Turns } from "./turns.ts";

/** How many calls that executions make to Step Functions itself are made in one turn. */
const maxCallsAtOnce = 25;
/** How long a turn is taken in applying deadlines: how long nobody else is answered. */
const turnMilliseconds = 50;
/** How long another process that writes is left to it before the next look. */
const othersMilliseconds = 10;
/**
 * How long a request is held up for what has fallen due before it, and for the JSONata that was set off: so that who asks sees what came of it.
 * Nobody is to wait for more than a second, on a machine that does other work too.
 */
const heldUpMilliseconds = 300;

/** What is made up for, and how. */
export interface Work {
  /** Whether anything is due. */
  isBehind(): boolean;
  applyDeadline(executionId: number, at: number): void;
  /** Makes the first of the calls to Step Functions itself that are due by `until`; whether there was one. */
  makeCall(until: number): boolean;
  /** Takes a turn for the map run that has been due longest, if any is. */
  moveMapRunOn(): void;
  /** Takes the next step of an execution whose last one was broken off, if there is one. */
  goOn(): void;
}

/**
 * Makes up for what has fallen due, as if a process had been there all along: turn by turn, with requests between the turns, so that nobody is held
 * up by what others have set off, and without waiting for another process's lock.
 */
export class CatchUp {
  readonly #engine: Engine;
  readonly #evaluations: Evaluations;
  readonly #work: Work;
  readonly #turns = new Turns(() => !this.#engine.isClosed && this.#turn());
  /** Another process writes, which may well be doing the same. */
  #isLeftToOthers = false;
  /** What is due is left to any other process that goes on with it: that one has clients. */
  #isYielding = false;
  #hasClients = false;

  constructor(engine: Engine, evaluations: Evaluations, work: Work) {
    this.#engine = engine;
    this.#evaluations = evaluations;
    this.#work = work;
  }

  /** Has turns taken until nothing is due. */
  wake(): void {
    this.#turns.wake();
  }

  /** Resolves when nothing is due and JSONata has answered, or after a moment; the rest goes on by itself. */
  async beforeRequest(): Promise<void> {
    this.#hasClients = true;
    if (this.#work.isBehind() || !this.#evaluations.isIdle) await this.#forAMoment();
  }

  /** Resolves once every deadline that has come is applied, map runs have come to where they wait, and all of it is written. */
  async wholly(): Promise<void> {
    const { database, executions, mapRuns } = this.#engine.store;
    database.othersHaveWritten();
    this.#isYielding = !this.#hasClients;
    try {
      do await this.#forAMoment();
      while (executions.firstDue(this.#engine.now()) !== null || mapRuns.firstDue(this.#engine.now()) !== null);
    } finally {
      this.#isYielding = false;
    }
    await this.#engine.store.written;
  }

  /** Takes turns for so long at the most. Faults of the file end it. */
  async atTheEnd(milliseconds: number): Promise<void> {
    const until = performance.now() + milliseconds;
    for (let goesOn = true; goesOn && performance.now() < until; ) {
      goesOn = false;
      inBackground(() => {
        goesOn = this.#turn() || this.#isLeftToOthers;
      });
      if (this.#isLeftToOthers) await delay(othersMilliseconds);
    }
  }

  async #forAMoment(): Promise<void> {
    const since = performance.now();
    this.#turns.takeNext();
    while (performance.now() - since < heldUpMilliseconds) {
      if (this.#work.isBehind()) await (this.#isLeftToOthers || this.#isYielding ? delay(othersMilliseconds) : immediate());
      else if (this.#evaluations.isIdle || !(await this.#evaluations.settled(heldUpMilliseconds))) return;
    }
  }

  /** Takes a turn, unless nothing is due or it is left to others; whether to take another at once. */
  #turn(): boolean {
    this.#isLeftToOthers = false;
    if (!this.#work.isBehind()) return false;
    if (this.#isYielding && this.#engine.store.database.othersHaveWritten()) this.#isLeftToOthers = true;
    else this.#doWork();
    if (!this.#work.isBehind()) return false;
    if (!this.#isLeftToOthers && !this.#isYielding) return true;
    setTimeout(() => this.wake(), othersMilliseconds).unref();
    return false;
  }

  /** A map run's turn comes after the deadlines before it. */
  #doWork(): void {
    if (this.#applyDue() && this.#mayWrite()) this.#work.moveMapRunOn();
    if (this.#mayWrite()) this.#work.goOn();
  }

  /**
   * Applies the deadlines that have come, earliest first and each at its own time, and between them the calls that executions make to Step Functions
   * itself: up to the first map run that is due. Whether that came to its end within a moment. Of calls there may be no end; then some are left for
   * the next turn.
   */
  #applyDue(): boolean {
    const { executions, mapRuns } = this.#engine.store;
    const until = performance.now() + turnMilliseconds;
    let calls = maxCallsAtOnce;
    while (performance.now() < until && this.#mayWrite()) {
      const now = this.#engine.now();
      const due = executions.firstDue(now);
      const mapRun = mapRuns.firstDue(due?.dueAt ?? now);
      if (calls > 0 && this.#work.makeCall(mapRun?.dueAt ?? due?.dueAt ?? now)) {
        calls -= 1;
        continue;
      }
      if (due === null || mapRun !== null) return true;
      this.#work.applyDeadline(due.id, due.dueAt);
    }
    return false;
  }

  /** Whether this process may write at once: it does not wait for another. */
  #mayWrite(): boolean {
    this.#isLeftToOthers = !this.#engine.store.database.tryToBegin();
    return !this.#isLeftToOthers;
  }
}
