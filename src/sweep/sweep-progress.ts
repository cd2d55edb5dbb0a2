import type { Pacer } from "./pacing.ts";

/** How far a sweep is. */
export interface SweepProgress {
  /** Machines whose running executions are not listed yet, and how many of them may hold what is looked for. */
  readonly machinesLeft: number;
  readonly callbackMachinesLeft: number;
  readonly executionsRead: number;
  readonly executionsLeft: number;
  readonly tasks: number;
  /** At the pace that the quotas allow. */
  readonly millisecondsLeft: number;
}

/** Counts what a sweep has done and what it knows it has yet to do. */
export class Tally {
  #undescribed = 0;
  #machinesLeft = 0;
  /** Of those machines: described ones of which it is proven that what starts now cannot hold what is looked for. */
  #idleMachinesLeft = 0;
  #executionsRead = 0;

  machineFound(): void {
    this.#undescribed += 1;
    this.#machinesLeft += 1;
  }

  machineDescribed(isIdle: boolean): void {
    this.#undescribed -= 1;
    if (isIdle) this.#idleMachinesLeft += 1;
  }

  machineListed(wasIdle: boolean): void {
    this.#machinesLeft -= 1;
    if (wasIdle) this.#idleMachinesLeft -= 1;
  }

  executionRead(): void {
    this.#executionsRead += 1;
  }

  progress(executionsLeft: number, tasks: number, pacer: Pacer): SweepProgress {
    const machinesLeft = this.#machinesLeft;
    const calls = { DescribeStateMachine: this.#undescribed, ListExecutions: machinesLeft, GetExecutionHistory: executionsLeft };
    return {
      machinesLeft,
      callbackMachinesLeft: machinesLeft - this.#idleMachinesLeft,
      executionsRead: this.#executionsRead,
      executionsLeft,
      tasks,
      millisecondsLeft: pacer.timeFor(calls),
    };
  }
}
