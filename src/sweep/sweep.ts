import type { ExecutionSummary, ExecutionsOf, HistoryEvent, StateMachineSummary, StepFunctions } from "../aws/step-functions.ts";
import type { Definition } from "../callback/definition.ts";
import { historyTail, nestedExecutions, openMapRuns } from "../callback/history-tail.ts";
import { taskId } from "../callback/task-id.ts";
import { type CallbackTask, type PathStep, waitingTasks } from "../callback/waiting-tasks.ts";
import { CliError } from "../errors.ts";
import { type DefinedMachine, isToldBy, MachineDefinitions } from "./machine-definitions.ts";
import type { Pacer } from "./pacing.ts";
import { WorkQueue, work } from "./work-queue.ts";

/** A waiting task and where it is. Its payload and token are not kept: a sweep may find a hundred thousand. */
export interface SweptTask {
  readonly id: string;
  readonly executionArn: string;
  readonly executionName: string;
  readonly stateMachineArn: string;
  readonly stateMachineName: string;
  /** The execution whose `.sync` task or `startExecution` began this one, where that was seen. */
  readonly parentExecutionArn: string | null;
  /** Null where the history may not be read: then it is not known whether and on what the execution waits. */
  readonly task: WaitingTask | null;
  /** When the task was scheduled; of an unread execution, when it started. */
  readonly waitingSince: Date;
}

/** As much of a waiting task as a row shows. */
export interface WaitingTask extends Omit<CallbackTask, "payload" | "taskToken" | "closed"> {
  readonly hasToken: boolean;
}

/** What a sweep could not look at, and why. */
export interface NotSeen {
  readonly arn: string;
  readonly operation: string;
  readonly reason: string;
}

export interface Sweep {
  /** Longest waiting first. */
  readonly tasks: readonly SweptTask[];
  readonly notSeen: readonly NotSeen[];
  /** False where anything was not seen, the limit cut it off, or it was interrupted. */
  readonly complete: boolean;
  readonly interrupted: boolean;
}

export interface SweepFilter {
  readonly stateMachineName?: string;
  readonly state?: string;
  /** Only what has waited since then or longer. */
  readonly waitingSince?: Date;
}

export interface SweepProgress {
  /** Machines of which it is not known yet whether they have running executions, and how many of those can call back. */
  readonly machinesLeft: number;
  readonly callbackMachinesLeft: number;
  readonly executionsRead: number;
  readonly executionsLeft: number;
  readonly tasks: number;
  /** At the pace that the quotas allow. */
  readonly millisecondsLeft: number;
}

export interface SweepOptions extends SweepFilter {
  readonly limit?: number;
  readonly signal?: AbortSignal;
  /** Keeps each state's input with its row. */
  readonly withInput?: boolean;
  /** Told of each task as it is found. */
  onTask?(task: SweptTask): Promise<void>;
  onProgress?(progress: SweepProgress): void;
}

const describers = 8;
const listers = 8;
const readers = 16;
/** Executions that wait to be read: enough to keep the readers busy, few enough to be held. */
const maxQueued = 1000;
/** A lone callback's last events: a few attempts and the state's own. */
const firstPageSize = 32;
const pageSize = 1000;

/** Something whose running executions are to be listed. */
type Listing = { readonly defined: DefinedMachine } | { readonly defined: DefinedMachine; readonly mapRun: MapRunOrigin };

/** A distributed Map's run, and where it is. */
interface MapRunOrigin {
  readonly arn: string;
  readonly map: string | null;
  readonly definition: Definition | null;
  readonly path: readonly PathStep[];
}

interface Reading {
  readonly defined: DefinedMachine;
  readonly execution: ExecutionSummary;
  /** Proven; null makes the whole history be read. */
  readonly definition: Definition | null;
  readonly mapRun: MapRunOrigin | null;
}

/**
 * Finds what waits in the account's running STANDARD executions. An execution is passed over only when its definition, proven, has nothing
 * to wait on. Only a failure to list the machines throws; any other is in `notSeen`. An abort ends it with what was found.
 */
export function sweep(stepFunctions: StepFunctions, pacer: Pacer, options: SweepOptions): Promise<Sweep> {
  return new Sweeping(stepFunctions, pacer, options).run();
}

class Sweeping {
  readonly #stepFunctions: StepFunctions;
  readonly #pacer: Pacer;
  readonly #options: SweepOptions;
  readonly #definitions: MachineDefinitions;
  readonly #tasks: SweptTask[] = [];
  readonly #notSeen: NotSeen[] = [];
  readonly #parents = new Map<string, string>();
  readonly #machines = new WorkQueue<StateMachineSummary>(100);
  readonly #listings = new WorkQueue<Listing>();
  readonly #readings = new WorkQueue<Reading>(maxQueued);
  /** Listings and readings that are not done yet. */
  #open = 0;
  #isDescribed = false;
  #callbackMachinesLeft = 0;
  #machinesLeft = 0;
  #executionsRead = 0;
  #machinesSeen = 0;
  #isCutOff = false;

  constructor(stepFunctions: StepFunctions, pacer: Pacer, options: SweepOptions) {
    this.#stepFunctions = stepFunctions.paced(pacer, options.signal);
    this.#pacer = pacer;
    this.#options = options;
    this.#definitions = new MachineDefinitions(this.#stepFunctions);
  }

  async run(): Promise<Sweep> {
    const { signal } = this.#options;
    const stop = () => this.#stop();
    signal?.addEventListener("abort", stop, { once: true });
    try {
      await Promise.all([
        this.#describeMachines(),
        work(this.#listings, listers, (listing) => this.#guarded(() => this.#list(listing))),
        work(this.#readings, readers, (reading) => this.#guarded(() => this.#read(reading))),
      ]);
    } catch (error) {
      this.#stop();
      if (signal?.aborted !== true) throw error;
    } finally {
      signal?.removeEventListener("abort", stop);
    }
    return this.#result(signal?.aborted === true);
  }

  #result(interrupted: boolean): Sweep {
    const wanted = this.#options.stateMachineName;
    if (wanted !== undefined && this.#machinesSeen === 0 && !interrupted) {
      throw new CliError("usage", `there is no STANDARD state machine named ${wanted} here`, { code: "StateMachineDoesNotExist" });
    }
    const linked = this.#tasks.map((task) => ({
      ...task,
      parentExecutionArn: this.#parents.get(task.executionArn) ?? task.parentExecutionArn,
    }));
    const tasks = linked.sort((one, other) => one.waitingSince.getTime() - other.waitingSince.getTime());
    return { tasks, notSeen: this.#notSeen, complete: this.#notSeen.length === 0 && !this.#isCutOff && !interrupted, interrupted };
  }

  /** Takes the rest of the work away. */
  #stop(): void {
    this.#isCutOff = true;
    for (const queue of [this.#machines, this.#listings, this.#readings]) queue.close();
  }

  async #describeMachines(): Promise<void> {
    const found = async () => {
      for await (const machine of this.#stepFunctions.stateMachines()) {
        if (this.#isCutOff) break;
        if (machine.type !== "STANDARD" || !this.#isWanted(machine)) continue;
        this.#machinesSeen += 1;
        this.#machinesLeft += 1;
        await this.#machines.give(machine);
      }
      this.#machines.close();
    };
    await Promise.all([found(), work(this.#machines, describers, (machine) => this.#guarded(() => this.#describe(machine)))]);
    this.#isDescribed = true;
    this.#closeWhenDone();
  }

  #isWanted({ name }: StateMachineSummary): boolean {
    return this.#options.stateMachineName === undefined || this.#options.stateMachineName === name;
  }

  async #describe(machine: StateMachineSummary): Promise<void> {
    if (this.#isCutOff) return;
    const defined = await this.#definitions.describe(machine);
    const canWait = defined.definition?.canWait ?? true;
    if (canWait) this.#callbackMachinesLeft += 1;
    this.#open += 1;
    await this.#listings.give({ defined }, canWait);
  }

  async #list(listing: Listing): Promise<void> {
    const { defined } = listing;
    const mapRun = "mapRun" in listing ? listing.mapRun : null;
    const of: ExecutionsOf = mapRun === null ? { stateMachineArn: defined.machine.arn } : { mapRunArn: mapRun.arn };
    try {
      for await (const execution of this.#stepFunctions.executions(of, "RUNNING")) {
        if (this.#isCutOff) break;
        const reading = await this.#readingOf(defined, execution, mapRun);
        if (reading === null) continue;
        this.#open += 1;
        await this.#readings.give(reading);
      }
    } catch (error) {
      this.#couldNotSee(mapRun?.arn ?? defined.machine.arn, "ListExecutions", error);
    }
    if (mapRun === null) {
      this.#machinesLeft -= 1;
      if (defined.definition?.canWait ?? true) this.#callbackMachinesLeft -= 1;
    }
    this.#done();
  }

  /** Null for an execution that is proven to have nothing to wait on. */
  async #readingOf(defined: DefinedMachine, execution: ExecutionSummary, mapRun: MapRunOrigin | null): Promise<Reading | null> {
    // EXPRESS children have no history, and nothing in them can wait for an answer (facts page 5.7).
    if (/:express:/.test(execution.arn)) return null;
    if (mapRun !== null) return { defined, execution, definition: mapRun.definition, mapRun };
    // To pass over many it is worth to ask when the machine was updated; to read one history it is not.
    const definition = await this.#definitions.definitionOf(defined, execution, defined.definition?.canWait === false);
    return definition?.canWait === false ? null : { defined, execution, definition, mapRun };
  }

  async #read(reading: Reading): Promise<void> {
    const { execution, defined } = reading;
    if (this.#isCutOff) return;
    try {
      const { events, definition } = await this.#tail(reading);
      const path = reading.mapRun === null ? [] : reading.mapRun.path;
      for (const child of nestedExecutions(events).keys()) this.#parents.set(child, execution.arn);
      for (const task of waitingTasks(events, definition ?? undefined))
        await this.#found(reading, { ...task, path: [...path, ...task.path] }, events);
      for (const run of openMapRuns(events)) {
        if (definition !== null && !mapCanWait(definition, run.map)) continue;
        const child: PathStep = { child: run.map ?? "", mapRunArn: run.arn };
        this.#open += 1;
        await this.#listings.give({ defined, mapRun: { arn: run.arn, map: run.map, definition, path: [...path, child] } }, true);
      }
    } catch (error) {
      this.#couldNotSee(execution.arn, "GetExecutionHistory", error);
      if (isToldBy(error) && error.kind === "access") await this.#barred(reading);
    }
    this.#executionsRead += 1;
    this.#done();
  }

  /** As much of the history as tells what goes on now, read newest first, with the definition where it is known. */
  async #tail({ execution, definition: proven, mapRun }: Reading): Promise<{ events: HistoryEvent[]; definition: Definition | null }> {
    let definition = proven;
    const newestFirst: HistoryEvent[] = [];
    const sizes = definition === null ? { first: pageSize, others: pageSize } : { first: firstPageSize, others: pageSize };
    for await (const page of this.#stepFunctions.history(execution.arn, "newestFirst", sizes)) {
      newestFirst.push(...page);
      const events = historyTail(newestFirst, definition, mapRun?.map ?? null);
      if (events !== null) return { events, definition };
      // A history of thousands of events is worth a call that tells where in it to stop.
      if (definition === null && mapRun === null) definition = await this.#definitions.askFor(execution.arn);
    }
    return { events: newestFirst.reverse(), definition };
  }

  async #found(reading: Reading, found: CallbackTask, events: readonly HistoryEvent[]): Promise<void> {
    const { state, waitingSince } = this.#options;
    if (state !== undefined && found.state !== state) return;
    if (waitingSince !== undefined && found.waitingSince > waitingSince) return;
    const { payload: _payload, taskToken, closed: _closed, input, ...task } = found;
    const kept = this.#options.withInput === true ? input : null;
    await this.#add(
      reading,
      { ...task, input: kept, hasToken: taskToken !== null },
      taskId(reading.execution.arn, task.eventId),
      startedBy(events),
    );
  }

  /** An execution whose history may not be read still is a row, so that nobody takes it for one that does not wait. */
  async #barred(reading: Reading): Promise<void> {
    if (this.#options.state === undefined) await this.#add(reading, null, taskId(reading.execution.arn, 0), null);
  }

  async #add({ defined, execution }: Reading, task: WaitingTask | null, id: string, parentExecutionArn: string | null): Promise<void> {
    const { limit, onTask } = this.#options;
    if (this.#isCutOff) return;
    if (limit !== undefined && this.#tasks.length >= limit) return this.#stop();
    const { arn: stateMachineArn, name: stateMachineName } = defined.machine;
    const swept: SweptTask = {
      id,
      executionArn: execution.arn,
      executionName: execution.name,
      stateMachineArn,
      stateMachineName,
      parentExecutionArn: this.#parents.get(execution.arn) ?? parentExecutionArn,
      task,
      waitingSince: task?.waitingSince ?? execution.startedAt,
    };
    this.#tasks.push(swept);
    await onTask?.(swept);
  }

  #done(): void {
    this.#open -= 1;
    this.#options.onProgress?.(this.#progress());
    this.#closeWhenDone();
  }

  #closeWhenDone(): void {
    if (!this.#isDescribed || this.#open > 0) return;
    this.#listings.close();
    this.#readings.close();
  }

  #progress(): SweepProgress {
    const executionsLeft = this.#readings.length;
    const calls = { ListExecutions: this.#machinesLeft, GetExecutionHistory: executionsLeft };
    return {
      machinesLeft: this.#machinesLeft,
      callbackMachinesLeft: this.#callbackMachinesLeft,
      executionsRead: this.#executionsRead,
      executionsLeft,
      tasks: this.#tasks.length,
      millisecondsLeft: this.#pacer.timeFor(calls),
    };
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
    // An execution or machine that went away meanwhile holds nothing that waits.
    if (error.kind === "closed") return;
    this.#notSeen.push({ arn, operation, reason: error.message });
  }
}

/** Whether anything within a distributed Map waits for an answer; a Map that is not known may. */
function mapCanWait(definition: Definition, map: string | null): boolean {
  if (map === null || !definition.states.has(map)) return true;
  return definition.waitingStates.some(({ containers }) => containers.some((container) => "map" in container && container.map === map));
}

/** Step Functions' own convention: who starts a nested execution puts its own ARN into the input (documented). */
function startedBy(events: readonly HistoryEvent[]): string | null {
  const input = events[0]?.executionStartedEventDetails?.input;
  return /"AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID"\s*:\s*"([^"]+)"/.exec(input ?? "")?.[1] ?? null;
}
