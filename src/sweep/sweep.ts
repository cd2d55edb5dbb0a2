import type { ExecutionsOf, StateMachineSummary, StepFunctions } from "../aws/step-functions.ts";
import { openMapRuns } from "../callback/history/history-tail.ts";
import type { CallbackTask } from "../callback/history/waiting-tasks.ts";
import { readCallers } from "./callers.ts";
import { ExecutionReader, type Read, type Reading } from "./execution-reader.ts";
import { FoundTasks, type Telling } from "./found-tasks.ts";
import { isToldBy, MachineDefinitions } from "./machine-definitions.ts";
import { Nesting } from "./nesting.ts";
import { Gaps, isBarred, type NotSeen } from "./not-seen.ts";
import { type Listing, OpenWork } from "./open-work.ts";
import type { Pacer } from "./pacing.ts";
import { Sieve } from "./sieve.ts";
import { type SweepFilter, Wanted } from "./sweep-filter.ts";
import { type SweepProgress, Tally } from "./sweep-progress.ts";
import { type SweptTask, sweptTask } from "./swept-task.ts";
import { wantedMachines } from "./wanted-machines.ts";
import { work } from "./work-queue.ts";

export type { NotSeen, SweepProgress };

/** How a sweep ended. What it found was told meanwhile. */
export interface Sweep {
  /** How many tasks were found. */
  readonly count: number;
  readonly notSeen: readonly NotSeen[];
  /** False where anything was not seen, the limit cut it off, or it was interrupted. */
  readonly complete: boolean;
  readonly interrupted: boolean;
  /** Whether the task was found here. */
  has(task: SweptTask): boolean;
  /** The task with all executions around its own that were seen until the end: one may have been read after the task was told. */
  withAncestors(task: SweptTask): SweptTask;
}

export interface SweepOptions extends SweepFilter, Telling {
  readonly signal?: AbortSignal;
  /** Keeps each state's input with its row. */
  readonly withInput?: boolean;
  /** How many histories are read at once. Fewer leave more of this process's time to others where the endpoint is in it too. */
  readonly readers?: number;
  /** Also reads, at the end, executions that only wait for others where they may wait for what was found: 500 at most, a call each. */
  readonly readsCallers?: boolean;
  onProgress?(progress: SweepProgress): void;
}

const describers = 8;
const listers = 8;
/** Fewer, so that a machine with a callback never waits behind many without one for its turn within the quota. */
const idleListers = 2;
const usualReaders = 16;

/**
 * Finds what waits in the account's running STANDARD executions. An execution is passed over only when its definition, proven, has nothing
 * to wait on. Only a failure to list the first machines throws, and a name that no machine has; any other is in `notSeen`. An abort ends it
 * with what was found, and so do credentials or an endpoint that fail for good.
 */
export function sweep(stepFunctions: StepFunctions, pacer: Pacer, options: SweepOptions): Promise<Sweep> {
  return new Sweeping(stepFunctions, pacer, options).run();
}

class Sweeping {
  readonly #stepFunctions: StepFunctions;
  readonly #pacer: Pacer;
  readonly #options: SweepOptions;
  readonly #wanted: Wanted;
  readonly #definitions: MachineDefinitions;
  readonly #reader: ExecutionReader;
  readonly #sieve: Sieve;
  readonly #work = new OpenWork();
  readonly #gaps = new Gaps();
  readonly #nesting = new Nesting();
  readonly #found: FoundTasks;
  readonly #tally = new Tally();

  constructor(stepFunctions: StepFunctions, pacer: Pacer, options: SweepOptions) {
    this.#stepFunctions = stepFunctions.paced(pacer, options.signal);
    this.#pacer = pacer;
    this.#options = options;
    this.#wanted = new Wanted(options, stepFunctions.now);
    this.#definitions = new MachineDefinitions(this.#stepFunctions);
    this.#reader = new ExecutionReader(this.#stepFunctions, this.#definitions);
    this.#sieve = new Sieve({
      ...{ wanted: this.#wanted, definitions: this.#definitions, pacer, work: this.#work },
      callers: options.readsCallers === true ? this.#nesting : null,
    });
    this.#found = new FoundTasks(options, this.#nesting);
  }

  async run(): Promise<Sweep> {
    const { signal } = this.#options;
    const stop = () => this.#work.cutOff();
    signal?.addEventListener("abort", stop, { once: true });
    try {
      await this.#lookThrough();
      await this.#lookAround();
    } catch (error) {
      this.#work.cutOff();
      if (signal?.aborted !== true) throw error;
    } finally {
      signal?.removeEventListener("abort", stop);
    }
    await this.#found.tellHeld();
    return this.#result(signal?.aborted === true);
  }

  #result(interrupted: boolean): Sweep {
    const notSeen = this.#gaps.all;
    return {
      count: this.#found.count,
      notSeen,
      complete: notSeen.length === 0 && !this.#work.isCutOff && !interrupted,
      interrupted,
      has: (task) => this.#found.has(task),
      withAncestors: (task) => this.#nesting.withAncestors(task),
    };
  }

  async #lookThrough(): Promise<void> {
    const { machines, listings, idleListings, readings } = this.#work;
    await Promise.all([
      this.#findMachines(),
      work(machines, describers, (machine) => this.#guarded(() => this.#describe(machine))).then(() => this.#work.described()),
      work(listings, listers, (listing) => this.#guarded(() => this.#list(listing))),
      work(idleListings, idleListers, (listing) => this.#guarded(() => this.#list(listing))),
      work(readings, this.#options.readers ?? usualReaders, (reading) => this.#guarded(() => this.#read(reading))),
    ]);
  }

  /** Links what was found to the executions that wait for it. */
  async #lookAround(): Promise<void> {
    const { signal, readsCallers, stateMachines, execution } = this.#options;
    if (readsCallers !== true || signal?.aborted === true || this.#gaps.isHopeless) return;
    await readCallers(this.#reader, this.#nesting);
    const isNarrowed = stateMachines !== undefined || execution !== undefined;
    if (isNarrowed || this.#work.isCutOff || this.#gaps.all.some(({ operation }) => operation !== "GetExecutionHistory")) return;
    this.#nesting.everythingSeen();
  }

  async #findMachines(): Promise<void> {
    let last: StateMachineSummary | null = null;
    const others = () => (last?.arn ?? "").replace(/[^:]*$/, "*");
    try {
      for await (const machine of wantedMachines(this.#stepFunctions, this.#wanted, this.#options.stateMachines ?? [])) {
        last = machine;
        if (this.#work.isCutOff) break;
        this.#tally.machineFound();
        if (!(await this.#work.machines.give(machine))) this.#gaps.leave(machine.arn, "ListExecutions");
      }
    } catch (error) {
      if (last === null || !isToldBy(error) || error.kind === "usage") throw error;
      this.#couldNotSee(others(), "ListStateMachines", error);
    }
    if (this.#work.isCutOff && last !== null) this.#gaps.leave(others(), "ListStateMachines");
    this.#work.machines.close();
  }

  async #describe(machine: StateMachineSummary): Promise<void> {
    if (this.#work.isCutOff) return this.#gaps.leave(machine.arn, "ListExecutions");
    const defined = await this.#definitions.describe(machine);
    if (defined.definition !== null) this.#nesting.defined(defined.definition);
    const isIdle = this.#wanted.isIdle(defined.definition);
    this.#tally.machineDescribed(isIdle);
    if (!(await this.#work.list({ defined, mapRun: null }, isIdle))) this.#gaps.leave(machine.arn, "ListExecutions");
  }

  async #list(listing: Listing): Promise<void> {
    const { defined, mapRun } = listing;
    const arn = mapRun?.arn ?? defined.machine.arn;
    try {
      if (this.#work.isCutOff) this.#gaps.leave(arn, "ListExecutions");
      else await this.#listExecutions(listing, arn);
    } catch (error) {
      this.#couldNotSee(arn, "ListExecutions", error);
    }
    if (mapRun === null) this.#tally.machineListed(this.#wanted.isIdle(defined.definition));
    this.#done();
  }

  async #listExecutions({ defined, mapRun }: Listing, arn: string): Promise<void> {
    const of: ExecutionsOf = mapRun === null ? { stateMachineArn: arn } : { mapRunArn: arn };
    const wasIdle = this.#wanted.isIdle(defined.definition);
    let latest = defined;
    for await (const execution of this.#stepFunctions.executions(of, "RUNNING")) {
      this.#gaps.succeeded();
      if (this.#work.isCutOff) return this.#gaps.leave(arn, "ListExecutions");
      if (!this.#wanted.execution(execution, mapRun !== null)) continue;
      // Whatever started since may run on a definition that came since.
      if (wasIdle && execution.startedAt.getTime() > latest.describedAt) latest = await this.#definitions.describe(defined.machine);
      const reading = await this.#sieve.readingOf(latest, execution, mapRun);
      if (reading !== null && !(await this.#work.read(reading))) this.#gaps.leave(execution.arn, "GetExecutionHistory");
    }
  }

  async #read(reading: Reading): Promise<void> {
    const { execution, mapRun, definition } = reading;
    if (this.#work.isCutOff) return this.#gaps.leave(execution.arn, "GetExecutionHistory");
    try {
      const read = await this.#reader.read(reading);
      this.#gaps.succeeded();
      const ancestors = this.#nesting.learn(reading, read.events);
      for (const task of read.tasks) {
        if (!this.#wanted.task(task, read.definition)) continue;
        await this.#add(reading, { ...task, path: [...(mapRun?.path ?? []), ...task.path] }, ancestors);
      }
      await this.#listMapRuns(reading, read, [...ancestors, execution.arn]);
    } catch (error) {
      if (this.#couldNotSee(execution.arn, "GetExecutionHistory", error)) this.#nesting.leaveUnread(definition);
      if (isToldBy(error) && isBarred(error) && this.#wanted.unread()) await this.#add(reading, null, this.#nesting.learn(reading, []));
    }
    this.#tally.executionRead();
    this.#done();
  }

  async #listMapRuns({ defined, mapRun }: Reading, { events, definition }: Read, ancestorExecutionArns: readonly string[]): Promise<void> {
    for (const { arn, map } of openMapRuns(events)) {
      if (definition !== null && !this.#wanted.map(definition, map)) {
        this.#nesting.leaveUnread(definition);
        continue;
      }
      const path = [...(mapRun?.path ?? []), { child: map ?? "", mapRunArn: arn }];
      const children = { defined, mapRun: { arn, map, definition, path, ancestorExecutionArns } };
      if (!(await this.#work.list(children, false))) this.#gaps.leave(arn, "ListExecutions");
    }
  }

  async #add({ defined, execution }: Reading, found: CallbackTask | null, ancestors: readonly string[]): Promise<void> {
    if (this.#found.isFull) return;
    const task = sweptTask(defined.machine, execution, found, ancestors, this.#options.withInput === true);
    if (this.#found.has(task)) return;
    const told = this.#found.add(task, found?.isTokenCertain === true ? found.taskToken : null);
    if (this.#found.isFull) this.#work.cutOff();
    await told;
  }

  #done(): void {
    this.#options.onProgress?.(this.#tally.progress(this.#work.readings.length, this.#found.count, this.#pacer));
    this.#work.done();
  }

  /** An error ends the whole sweep, and with it what the other workers wait for. */
  async #guarded(one: () => Promise<void>): Promise<void> {
    try {
      await one();
    } catch (error) {
      this.#work.cutOff();
      throw error;
    }
  }

  /** Whether that is a gap. Throws what AWS did not tell. */
  #couldNotSee(arn: string, operation: string, error: unknown): boolean {
    if (!isToldBy(error)) throw error;
    const isGap = this.#gaps.add(arn, operation, error);
    if (this.#gaps.isHopeless) this.#work.cutOff();
    return isGap;
  }
}
