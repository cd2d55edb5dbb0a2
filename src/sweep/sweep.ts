import type { ExecutionSummary, ExecutionsOf, StateMachineSummary, StepFunctions } from "../aws/step-functions.ts";
import type { Definition } from "../callback/definition/definition.ts";
import { openMapRuns } from "../callback/history/history-tail.ts";
import { readCallers } from "./callers.ts";
import { ExecutionReader, type MapRunOrigin, type Read, type Reading } from "./execution-reader.ts";
import { type DefinedMachine, isToldBy, MachineDefinitions } from "./machine-definitions.ts";
import { Nesting } from "./nesting.ts";
import { Gaps, isBarred, type NotSeen } from "./not-seen.ts";
import type { Pacer } from "./pacing.ts";
import { type SweepFilter, Wanted } from "./sweep-filter.ts";
import { type SweepProgress, Tally } from "./sweep-progress.ts";
import { longestWaitingFirst, type SweptTask, sweptTask } from "./swept-task.ts";
import { wantedMachines } from "./wanted-machines.ts";
import { WorkQueue, work } from "./work-queue.ts";

export type { NotSeen, SweepProgress };

export interface Sweep {
  /** Longest waiting first. Empty where they were not to be kept. */
  readonly tasks: readonly SweptTask[];
  /** How many were found. */
  readonly count: number;
  readonly notSeen: readonly NotSeen[];
  /** False where anything was not seen, the limit cut it off, or it was interrupted. */
  readonly complete: boolean;
  readonly interrupted: boolean;
}

export interface SweepOptions extends SweepFilter {
  readonly limit?: number;
  readonly signal?: AbortSignal;
  /** Keeps each state's input with its row. */
  readonly withInput?: boolean;
  /** How many histories are read at once. Fewer leave more of this process's time to others where the endpoint is in it too. */
  readonly readers?: number;
  /** Where false, rows are given to `onTask` only. */
  readonly keepsTasks?: boolean;
  /** Told of each task as it is found, with its token where that is certain: no row keeps it. */
  onTask?(task: SweptTask, taskToken: string | null): Promise<void>;
  onProgress?(progress: SweepProgress): void;
}

const describers = 8;
const listers = 8;
/** Fewer, so that a machine with a callback never waits behind many without one for its turn within the quota. */
const idleListers = 2;
const usualReaders = 16;
/** Executions that wait to be read: enough to keep the readers busy, few enough to be held. */
const maxQueued = 1000;
const maxMachines = 10_000;

/** Something whose running executions are to be listed. */
interface Listing {
  readonly defined: DefinedMachine;
  readonly mapRun: MapRunOrigin | null;
}

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
  readonly #tasks: SweptTask[] = [];
  /** A listing may name an execution twice where others come and go while its pages are read. */
  readonly #found = new Set<string>();
  readonly #gaps = new Gaps();
  readonly #nesting = new Nesting();
  readonly #machines = new WorkQueue<StateMachineSummary>(maxMachines);
  readonly #listings = new WorkQueue<Listing>();
  /** Of machines in which nothing that starts now can wait. */
  readonly #idleListings = new WorkQueue<Listing>();
  readonly #readings = new WorkQueue<Reading>(maxQueued);
  /** Listings and readings that are not done yet. */
  #open = 0;
  #isDescribed = false;
  readonly #tally = new Tally();
  #isCutOff = false;
  readonly #keepsTasks: boolean;

  constructor(stepFunctions: StepFunctions, pacer: Pacer, options: SweepOptions) {
    this.#stepFunctions = stepFunctions.paced(pacer, options.signal);
    this.#pacer = pacer;
    this.#options = options;
    this.#wanted = new Wanted(options);
    this.#keepsTasks = options.keepsTasks !== false;
    this.#definitions = new MachineDefinitions(this.#stepFunctions);
    this.#reader = new ExecutionReader(this.#stepFunctions, this.#definitions);
  }

  async run(): Promise<Sweep> {
    const { signal } = this.#options;
    const stop = () => this.#stop();
    signal?.addEventListener("abort", stop, { once: true });
    try {
      await Promise.all([
        this.#findMachines(),
        work(this.#machines, describers, (machine) => this.#guarded(() => this.#describe(machine))).then(() => this.#described()),
        work(this.#listings, listers, (listing) => this.#guarded(() => this.#list(listing))),
        work(this.#idleListings, idleListers, (listing) => this.#guarded(() => this.#list(listing))),
        work(this.#readings, this.#options.readers ?? usualReaders, (reading) => this.#guarded(() => this.#read(reading))),
      ]);
      if (signal?.aborted !== true && !this.#gaps.isHopeless)
        await readCallers(this.#reader, this.#nesting, new Set(this.#tasks.map(({ executionArn }) => executionArn)));
    } catch (error) {
      this.#stop();
      if (signal?.aborted !== true) throw error;
    } finally {
      signal?.removeEventListener("abort", stop);
    }
    return this.#result(signal?.aborted === true);
  }

  #result(interrupted: boolean): Sweep {
    // A parent may have been read after its child.
    const linked = this.#tasks.map((task) => {
      const ancestorExecutionArns = this.#nesting.ancestorsOf(task.executionArn);
      return ancestorExecutionArns.length === task.ancestorExecutionArns.length ? task : { ...task, ancestorExecutionArns };
    });
    const tasks = linked.sort(longestWaitingFirst);
    const notSeen = this.#gaps.all;
    const complete = notSeen.length === 0 && !this.#isCutOff && !interrupted;
    return { tasks, count: this.#found.size, notSeen, complete, interrupted };
  }

  /** Takes the rest of the work away. */
  #stop(): void {
    this.#isCutOff = true;
    for (const queue of [this.#machines, this.#listings, this.#idleListings, this.#readings]) queue.close();
  }

  async #findMachines(): Promise<void> {
    let last: StateMachineSummary | null = null;
    const others = () => (last?.arn ?? "").replace(/[^:]*$/, "*");
    try {
      for await (const machine of wantedMachines(this.#stepFunctions, this.#wanted, this.#options.stateMachines ?? [])) {
        last = machine;
        if (this.#isCutOff) break;
        this.#tally.machineFound();
        if (!(await this.#machines.give(machine))) this.#gaps.leave(machine.arn, "ListExecutions");
      }
    } catch (error) {
      if (last === null || !isToldBy(error) || error.kind === "usage") throw error;
      this.#couldNotSee(others(), "ListStateMachines", error);
    }
    if (this.#isCutOff && last !== null) this.#gaps.leave(others(), "ListStateMachines");
    this.#machines.close();
  }

  async #describe(machine: StateMachineSummary): Promise<void> {
    if (this.#isCutOff) return this.#gaps.leave(machine.arn, "ListExecutions");
    const defined = await this.#definitions.describe(machine);
    const isIdle = this.#isIdle(defined.definition);
    this.#tally.machineDescribed(isIdle);
    this.#open += 1;
    const listings = isIdle ? this.#idleListings : this.#listings;
    if (!(await listings.give({ defined, mapRun: null }))) this.#gaps.leave(machine.arn, "ListExecutions");
  }

  #described(): void {
    this.#isDescribed = true;
    this.#closeWhenDone();
  }

  /** Whether nothing that is looked for can wait in an execution of the definition, one that started then where that is given. */
  #isIdle(definition: Definition | null, startedAt: Date | null = null): boolean {
    return definition !== null && !this.#wanted.definition(definition, startedAt);
  }

  async #list({ defined, mapRun }: Listing): Promise<void> {
    const arn = mapRun?.arn ?? defined.machine.arn;
    const of: ExecutionsOf = mapRun === null ? { stateMachineArn: arn } : { mapRunArn: arn };
    const wasIdle = this.#isIdle(defined.definition);
    let latest = defined;
    try {
      if (this.#isCutOff) this.#gaps.leave(arn, "ListExecutions");
      for await (const execution of this.#isCutOff ? [] : this.#stepFunctions.executions(of, "RUNNING")) {
        this.#gaps.succeeded();
        if (this.#isCutOff) {
          this.#gaps.leave(arn, "ListExecutions");
          break;
        }
        if (!this.#wanted.execution(execution, mapRun !== null)) continue;
        // Whatever started since may run on a definition that came since.
        if (wasIdle && execution.startedAt.getTime() > latest.describedAt) latest = await this.#definitions.describe(defined.machine);
        const reading = await this.#readingOf(latest, execution, mapRun);
        if (reading === null) continue;
        this.#open += 1;
        if (!(await this.#readings.give(reading))) this.#gaps.leave(execution.arn, "GetExecutionHistory");
      }
    } catch (error) {
      this.#couldNotSee(arn, "ListExecutions", error);
    }
    if (mapRun === null) this.#tally.machineListed(wasIdle);
    this.#done();
  }

  /** Null for an execution that is proven to have nothing to wait on. */
  async #readingOf(defined: DefinedMachine, execution: ExecutionSummary, mapRun: MapRunOrigin | null): Promise<Reading | null> {
    // EXPRESS children have no history, and nothing in them can wait for an answer (facts page 5.7).
    if (execution.arn.split(":")[5] === "express") return null;
    if (mapRun !== null) return { defined, execution, definition: mapRun.definition, mapRun };
    let definition = await this.#definitions.definitionOf(defined, execution);
    if (definition === null && this.#definitions.isWorthAsking(defined, this.#isIdle(defined.definition)) && this.#isQuickToAsk())
      definition = await this.#definitions.ask(defined, execution);
    const reading = { defined, execution, definition, mapRun };
    if (!this.#isIdle(definition, execution.startedAt)) return reading;
    if (this.#keepsTasks && definition !== null && definition.nestedMachines.length > 0) this.#nesting.keepCaller(reading);
    return null;
  }

  /** Asking has a quota of its own, of one call a second: it is used as long as that takes no longer than to read what waits to be read. */
  #isQuickToAsk(): boolean {
    const { timeFor } = this.#pacer;
    return timeFor({ DescribeStateMachineForExecution: 1 }) <= timeFor({ GetExecutionHistory: this.#readings.length + 1 });
  }

  async #read(reading: Reading): Promise<void> {
    const { execution, mapRun } = reading;
    if (this.#isCutOff) return this.#gaps.leave(execution.arn, "GetExecutionHistory");
    if (mapRun !== null) this.#nesting.link(execution.arn, mapRun.executionArn);
    try {
      const read = await this.#reader.read(reading);
      this.#gaps.succeeded();
      this.#nesting.learn(execution.arn, read.events);
      for (const task of read.tasks) {
        if (!this.#wanted.task(task, read.definition)) continue;
        await this.#add(reading, { ...task, path: [...(mapRun?.path ?? []), ...task.path] });
      }
      await this.#listMapRuns(reading, read);
    } catch (error) {
      this.#couldNotSee(execution.arn, "GetExecutionHistory", error);
      if (isToldBy(error) && isBarred(error) && this.#wanted.unread()) await this.#add(reading, null);
    }
    this.#tally.executionRead();
    this.#done();
  }

  async #listMapRuns({ defined, mapRun, execution }: Reading, { events, definition }: Read): Promise<void> {
    for (const { arn, map } of openMapRuns(events)) {
      if (definition !== null && !this.#wanted.map(definition, map)) continue;
      const path = [...(mapRun?.path ?? []), { child: map ?? "", mapRunArn: arn }];
      this.#open += 1;
      const children = { defined, mapRun: { arn, map, definition, path, executionArn: execution.arn } };
      if (!(await this.#listings.give(children))) this.#gaps.leave(arn, "ListExecutions");
    }
  }

  async #add({ defined, execution }: Reading, found: Read["tasks"][number] | null): Promise<void> {
    const { limit = Number.POSITIVE_INFINITY, onTask, withInput = false } = this.#options;
    if (this.#found.size >= limit) return;
    const task = sweptTask(defined.machine, execution, found, this.#nesting.ancestorsOf(execution.arn), withInput);
    if (this.#found.has(task.id)) return;
    this.#found.add(task.id);
    if (this.#keepsTasks) this.#tasks.push(task);
    if (this.#found.size === limit) this.#stop();
    await onTask?.(task, found?.isTokenCertain === true ? found.taskToken : null);
  }

  #done(): void {
    this.#open -= 1;
    this.#options.onProgress?.(this.#tally.progress(this.#readings.length, this.#found.size, this.#pacer));
    this.#closeWhenDone();
  }

  #closeWhenDone(): void {
    if (!this.#isDescribed || this.#open > 0) return;
    for (const queue of [this.#listings, this.#idleListings, this.#readings]) queue.close();
  }

  /** An error ends the whole sweep, and with it what the other workers wait for. */
  async #guarded(one: () => Promise<void>): Promise<void> {
    try {
      await one();
    } catch (error) {
      this.#stop();
      throw error;
    }
  }

  #couldNotSee(arn: string, operation: string, error: unknown): void {
    if (!isToldBy(error)) throw error;
    this.#gaps.add(arn, operation, error);
    if (this.#gaps.isHopeless) this.#stop();
  }
}
