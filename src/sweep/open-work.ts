import type { StateMachineSummary } from "../aws/step-functions.ts";
import type { MapRunOrigin, Reading } from "./execution-reader.ts";
import type { DefinedMachine } from "./machine-definitions.ts";
import { WorkQueue } from "./work-queue.ts";

/** Executions that wait to be read: enough to keep the readers busy, few enough to be held. */
const mostReadings = 1000;
const mostMachines = 10_000;

/** Something whose running executions are to be listed. */
export interface Listing {
  readonly defined: DefinedMachine;
  readonly mapRun: MapRunOrigin | null;
}

/** What a sweep has yet to do, by the pool of workers that does it. Listings and readings bring more of either; when none is left, all pools end. */
export class OpenWork {
  readonly machines = new WorkQueue<StateMachineSummary>(mostMachines);
  readonly listings = new WorkQueue<Listing>();
  /** Of machines in which nothing that starts now can wait. */
  readonly idleListings = new WorkQueue<Listing>();
  readonly readings = new WorkQueue<Reading>(mostReadings);
  /** Listings and readings that are not done yet. */
  #open = 0;
  #isDescribed = false;
  #isCutOff = false;

  /** Whether the rest is not to be done any more. */
  get isCutOff(): boolean {
    return this.#isCutOff;
  }

  /** Resolves to false where nothing more is done. */
  list(listing: Listing, isIdle: boolean): Promise<boolean> {
    this.#open += 1;
    return (isIdle ? this.idleListings : this.listings).give(listing);
  }

  /** As `list`, when there is room. */
  read(reading: Reading): Promise<boolean> {
    this.#open += 1;
    return this.readings.give(reading);
  }

  /** A listing or a reading is done. */
  done(): void {
    this.#open -= 1;
    this.#closeWhenDone();
  }

  /** All machines are described, and their listings given. */
  described(): void {
    this.#isDescribed = true;
    this.#closeWhenDone();
  }

  /** Takes the rest away. */
  cutOff(): void {
    this.#isCutOff = true;
    this.machines.close();
    this.#close();
  }

  #closeWhenDone(): void {
    if (this.#isDescribed && this.#open === 0) this.#close();
  }

  #close(): void {
    for (const queue of [this.listings, this.idleListings, this.readings]) queue.close();
  }
}
