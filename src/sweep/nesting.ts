import type { HistoryEvent } from "../aws/step-functions.ts";
import { machineOf } from "../callback/execution-arn.ts";
import { nestedExecutions, startedBy } from "../callback/history/history-tail.ts";
import type { Reading } from "./execution-reader.ts";

/** Executions that only wait for others' are read to show the way to what waits, so many at most: they cost calls and hold nothing themselves. */
const mostCallers = 500;
const isExecutionArn = /^arn:[^:]+:states:[^:]+:[^:]+:execution:[^:]+:[^:]+$/;
/** One for all: a sweep may find a hundred thousand that nothing else waits for. */
const none: readonly string[] = [];

/** Which executions began which others and wait for them, as far as it was seen. */
export class Nesting {
  readonly #parents = new Map<string, string>();
  #callers: Reading[] = [];

  /** The executions around one, outermost first. */
  ancestorsOf(executionArn: string): readonly string[] {
    if (!this.#parents.has(executionArn)) return none;
    const ancestors: string[] = [];
    for (let at = this.#parents.get(executionArn); at !== undefined && !ancestors.includes(at); at = this.#parents.get(at))
      ancestors.unshift(at);
    return ancestors;
  }

  link(childArn: string, parentArn: string): void {
    this.#parents.set(childArn, parentArn);
  }

  /** Links an execution to those that its tasks wait for, and to the one that began it where its input says so. */
  learn(executionArn: string, events: readonly HistoryEvent[]): void {
    for (const child of nestedExecutions(events)) this.link(child, executionArn);
    const parentArn = startedBy(events);
    // Anybody may write anything into an input.
    if (parentArn !== null && isExecutionArn.test(parentArn) && !this.#parents.has(executionArn)) this.link(executionArn, parentArn);
  }

  /** Keeps an execution in which nothing can wait, but which may wait for others that do. */
  keepCaller(reading: Reading): void {
    if (this.#callers.length < mostCallers) this.#callers.push(reading);
  }

  /** Takes the kept ones that may have begun one of these executions or one around it, of those whose beginner is not known. */
  takeCallersOf(executionArns: Iterable<string>): Reading[] {
    if (this.#callers.length === 0) return [];
    const machines = new Set<string>();
    for (const arn of executionArns) machines.add(machineOf(this.ancestorsOf(arn)[0] ?? arn).arn);
    const mayHaveBegun = ({ definition }: Reading) =>
      machines.size > 0 && definition?.nestedMachines.some((machine) => machine === null || machines.has(machine)) === true;
    const callers = this.#callers.filter(mayHaveBegun);
    this.#callers = this.#callers.filter((caller) => !mayHaveBegun(caller));
    return callers;
  }
}
