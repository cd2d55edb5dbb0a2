import type { HistoryEvent } from "../aws/step-functions.ts";
import type { Definition } from "../callback/definition/definition.ts";
import { machineOf } from "../callback/execution-arn.ts";
import { nestedExecutions, startedBy } from "../callback/history/history-tail.ts";
import type { Reading } from "./execution-reader.ts";
import type { SweptTask } from "./swept-task.ts";

/** Executions that only wait for others' are read to show the way to what waits, so many at most: they cost calls and hold nothing themselves. */
const mostCallers = 500;
const isExecutionArn = /^arn:[^:]+:states:[^:]+:[^:]+:execution:[^:]+:[^:]+$/;
/** One for all: a sweep may find a hundred thousand that nothing else waits for. */
const none: readonly string[] = [];

/**
 * Which executions began which others and wait for them, as far as it was seen. Held is what others may be linked to: an execution that began none
 * is told of those around it once, when it is read.
 */
export class Nesting {
  /** By the execution that was begun. */
  readonly #parents = new Map<string, string>();
  #callers: Reading[] = [];
  /** Machines that a definition names as those it begins executions of. */
  readonly #called = new Set<string>();
  /** Machines of the outermost executions around which more is to be looked for. */
  readonly #outermost = new Set<string>();
  /** Machines of which one that was not read may have begun executions; null stands for any. */
  readonly #begunUnseen = new Set<string | null>();
  #isEverythingSeen = false;

  /** A definition that executions may run on. */
  defined(definition: Definition): void {
    for (const machine of definition.nestedMachines) if (machine !== null) this.#called.add(machine);
  }

  /** Links the executions that one waits for to it. Gives those around itself, outermost first. */
  learn({ execution, mapRun }: Pick<Reading, "execution" | "mapRun">, events: readonly HistoryEvent[]): readonly string[] {
    const { arn } = execution;
    const ancestors = mapRun === null ? this.#aroundBegun(arn, events) : this.#withAbove(mapRun.ancestorExecutionArns);
    const begun = nestedExecutions(events);
    if (begun.length === 0) return ancestors;
    let inner = arn;
    for (const outer of ancestors.toReversed()) {
      this.#parents.set(inner, outer);
      inner = outer;
    }
    for (const child of begun) {
      this.#parents.set(child, arn);
      if (this.#outermost.has(machineOf(child).arn)) this.#outermost.add(machineOf(inner).arn);
    }
    return ancestors;
  }

  /** What is around the task's execution is to be looked for. */
  lookAround({ stateMachineArn, ancestorExecutionArns: [outermost] }: SweptTask): void {
    this.#outermost.add(outermost === undefined ? stateMachineArn : machineOf(outermost).arn);
  }

  /** Whether executions of the outermost one's machine are begun by others: then the one that began it may yet be seen. */
  mayBeLinkedYet({ stateMachineArn, ancestorExecutionArns: [outermost] }: SweptTask): boolean {
    return this.#called.has(outermost === undefined ? stateMachineArn : machineOf(outermost).arn);
  }

  /** Keeps an execution in which nothing can wait, but which may wait for others that do. */
  keepCaller(reading: Reading): void {
    if (this.#callers.length < mostCallers) this.#callers.push(reading);
    else this.leaveUnread(reading.definition);
  }

  /** Takes the kept ones that may have begun one of the outermost executions. */
  takeCallers(): Reading[] {
    const mayHaveBegun = ({ definition }: Reading) =>
      definition?.nestedMachines.some((machine) => (machine === null ? this.#outermost.size > 0 : this.#outermost.has(machine))) === true;
    const callers = this.#callers.filter(mayHaveBegun);
    this.#callers = this.#callers.filter((caller) => !mayHaveBegun(caller));
    return callers;
  }

  /** An execution that runs on this definition, as far as it is known, is not read: nobody knows what it began. */
  leaveUnread(definition: Definition | null): void {
    for (const machine of definition?.nestedMachines ?? [null]) this.#begunUnseen.add(machine);
  }

  /** Every machine and execution of the account was seen, but for those that were left unread. */
  everythingSeen(): void {
    this.#isEverythingSeen = true;
  }

  /** A task with all that is known by now of the executions around its own. */
  withAncestors(task: SweptTask): SweptTask {
    const ancestorExecutionArns = this.#withAbove([...task.ancestorExecutionArns, task.executionArn]).slice(0, -1);
    const outermost = ancestorExecutionArns[0];
    const machine = outermost === undefined ? task.stateMachineArn : machineOf(outermost).arn;
    const ancestorsComplete = this.#isEverythingSeen && !this.#begunUnseen.has(null) && !this.#begunUnseen.has(machine);
    return { ...task, ancestorExecutionArns, ancestorsComplete };
  }

  #aroundBegun(executionArn: string, events: readonly HistoryEvent[]): readonly string[] {
    const parent = this.#parents.get(executionArn) ?? namedParent(executionArn, events);
    return parent === null ? none : this.#withAbove([parent]).filter((arn) => arn !== executionArn);
  }

  /** A line of executions, outermost first, with those that are known to be around its first. */
  #withAbove(line: readonly string[]): readonly string[] {
    let at = this.#parents.get(line[0] ?? "");
    if (at === undefined) return line;
    const all = [...line];
    // What inputs tell may go round in a circle.
    for (; at !== undefined && !all.includes(at); at = this.#parents.get(at)) all.unshift(at);
    return all;
  }
}

/** The one that the execution's input names. Anybody may write anything into an input. */
function namedParent(executionArn: string, events: readonly HistoryEvent[]): string | null {
  const named = startedBy(events);
  return named !== null && named !== executionArn && isExecutionArn.test(named) ? named : null;
}
