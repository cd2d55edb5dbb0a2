import type { Engine } from "./engine.ts";
import { Turns } from "./turns.ts";

/** How long AWS keeps an ended execution (facts page 4, documented). */
const retentionMilliseconds = 90 * 86_400_000;
/** How often it is looked for executions that have been kept long enough; until then they are merely not found. */
const expiryMilliseconds = 3_600_000;
/** What is done in one go: few enough that a request never waits long. */
const [stopsPerTurn, rowsPerTurn, pagesPerTurn] = [20, 1000, 256];

/** Removes deleted machines and executions that have been kept long enough, and gives their space in the file back, a bit at a time. */
export class RemovalPump {
  readonly #engine: Engine;
  readonly #turns = new Turns(() => !this.#engine.isClosed && this.#turn());
  #isFileToShrink = false;
  #expiryAt = Number.NEGATIVE_INFINITY;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Executions that ended at this time or before are not kept any more: they cannot be found, and their names are free. */
  get keptSince(): number {
    return this.#engine.now() - retentionMilliseconds;
  }

  /** Takes up removals that are due, whoever began them. */
  look(): void {
    if (this.#isExpiryDue() || this.#engine.store.stateMachines.deletingArns().length > 0) this.#turns.wake();
  }

  /** Goes on with the removal of a machine for some milliseconds, and leaves the rest for later. */
  remove(machineArn: string, milliseconds: number): void {
    const { store } = this.#engine;
    const until = performance.now() + milliseconds;
    while (store.stateMachines.get(machineArn) !== null && performance.now() < until) {
      store.transaction(() => this.#removeSome(machineArn));
    }
    this.#turns.wake();
  }

  /** Takes the next step of what there is to remove; whether there was any. */
  #turn(): boolean {
    const { store } = this.#engine;
    const [deleting] = store.stateMachines.deletingArns();
    if (deleting !== undefined) store.transaction(() => this.#removeSome(deleting));
    else if (this.#isExpiryDue()) this.#expireSome();
    else if (this.#isFileToShrink) this.#isFileToShrink = store.database.shrink(pagesPerTurn);
    else return false;
    return true;
  }

  /** Running executions are aborted first, so that whoever waits for one is told. */
  #removeSome(machineArn: string): void {
    const { store } = this.#engine;
    for (const id of store.executionLists.runningIds({ machineArn }, stopsPerTurn)) {
      const execution = store.executions.get({ id });
      if (execution !== null) this.#engine.happen(execution, { kind: "stopped" }, this.#engine.now());
    }
    if (store.executionLists.runningIds({ machineArn }, 1).length > 0 || !this.#removeEnded(machineArn, Number.MAX_SAFE_INTEGER)) return;
    store.removal.machine(machineArn);
  }

  #expireSome(): void {
    const { store } = this.#engine;
    const endedBy = this.keptSince;
    const arn = store.stateMachines.arns().find((machineArn) => store.removal.endedIds(machineArn, endedBy, 1).length > 0);
    if (arn === undefined) this.#expiryAt = this.#engine.now() + expiryMilliseconds;
    else store.transaction(() => this.#removeEnded(arn, endedBy));
  }

  /** Whether none is left of those that a machine's executions ended by the given time. */
  #removeEnded(machineArn: string, endedBy: number): boolean {
    const { removal } = this.#engine.store;
    const budget = { rows: rowsPerTurn };
    for (const id of removal.endedIds(machineArn, endedBy, rowsPerTurn)) {
      this.#isFileToShrink = true;
      if (budget.rows <= 0 || !removal.execution(id, budget)) return false;
    }
    return removal.endedIds(machineArn, endedBy, 1).length === 0;
  }

  #isExpiryDue(): boolean {
    return this.#engine.now() >= this.#expiryAt;
  }
}
