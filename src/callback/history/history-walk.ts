import type { HistoryEvent } from "@aws-sdk/client-sfn";
import type { Definition } from "../definition/definition.ts";
import { containerRestarts } from "./container-restarts.ts";

/** An event that ended whatever was open. */
export interface Ending {
  readonly eventId: number;
  readonly at: Date;
}

/** A state that was entered, once. A retry does not enter it again. */
export interface StateEntry {
  readonly eventId: number;
  readonly name: string;
  readonly type: string;
  readonly input: string | null;
  readonly scope: Scope | null;
  /** Of a Map or Parallel: its latest start. */
  run: Scope | null;
  exitEventId: number | null;
  attempts: number;
}

/** One start of a Map or Parallel (`index` null), or one iteration inside such a start. */
export interface Scope {
  readonly container: StateEntry;
  readonly index: number | null;
  readonly outer: Scope | null;
  readonly endings: Ending[];
  readonly iterations: Map<number, Scope>;
}

/** One attempt of a callback or activity task, with the events of its chain. */
export interface TaskAttempt {
  readonly scheduled: HistoryEvent;
  readonly entry: StateEntry | null;
  readonly scope: Scope | null;
  readonly attempt: number;
  started: HistoryEvent | null;
  submitted: HistoryEvent | null;
  closedBy: HistoryEvent | null;
}

/** What a history comes to. */
export interface Walk {
  /** What was walked, oldest first. */
  readonly events: readonly HistoryEvent[];
  readonly attempts: readonly TaskAttempt[];
  readonly executionInput: string | null;
  /** The ends of the execution, more than one after redrives, with the status that each gave. */
  readonly executionEndings: readonly (Ending & { readonly status: string })[];
  /** The state that was entered right after an event, by that event's id. */
  readonly enteredAfter: ReadonlyMap<number, string>;
}

interface Position {
  readonly entry: StateEntry | null;
  readonly scope: Scope | null;
  readonly task: TaskAttempt | null;
}

const nowhere: Position = { entry: null, scope: null, task: null };

const executionStatuses: Readonly<Record<string, string>> = {
  ExecutionSucceeded: "SUCCEEDED",
  ExecutionFailed: "FAILED",
  ExecutionAborted: "ABORTED",
  ExecutionTimedOut: "TIMED_OUT",
};

/**
 * Folds over the history, oldest first. Each event's position follows from that of the event it links back to, whose id is always
 * smaller: that is the walk back of facts page section 6 with every walk remembered, so the whole is linear.
 */
export function walkHistory(events: readonly HistoryEvent[], definition?: Definition): Walk {
  const ordered = [...events].sort((a, b) => idOf(a) - idOf(b));
  const walker = new Walker(ordered, containerRestarts(ordered, definition));
  for (const event of ordered) walker.take(event);
  return walker;
}

class Walker implements Walk {
  readonly events: readonly HistoryEvent[];
  readonly attempts: TaskAttempt[] = [];
  readonly executionEndings: (Ending & { readonly status: string })[] = [];
  readonly enteredAfter = new Map<number, string>();
  executionInput: string | null = null;
  readonly #restarts: ReadonlyMap<number, string>;
  readonly #positions = new Map<number, Position>();
  /** Containers whose own Entered event is not among the pages read. */
  readonly #unseen = new Map<string, StateEntry>();
  /** Starts of containers of which an own event has told the end. */
  readonly #finished = new Set<Scope | null>();
  #last: Position = nowhere;

  constructor(events: readonly HistoryEvent[], restarts: ReadonlyMap<number, string>) {
    this.events = events;
    this.#restarts = restarts;
  }

  take(event: HistoryEvent): void {
    const previous = this.#positions.get(event.previousEventId ?? 0) ?? nowhere;
    const position = this.#step(event, previous);
    this.#positions.set(idOf(event), position);
    if (position.entry !== null) this.#last = position;
  }

  #step(event: HistoryEvent, previous: Position): Position {
    const type = event.type ?? "";
    if (type.endsWith("StateEntered")) return this.#enter(event, previous);
    if (type.endsWith("StateExited")) return this.#exit(event, previous);
    if (type.endsWith("StateAborted") && type !== "MapStateAborted" && type !== "ParallelStateAborted") {
      // It links to the failing event, whose container thereby has failed; it cannot be tied to a task.
      this.#end(runOf(nearest(previous, () => true)), event);
      return previous;
    }
    if (type === "MapStateStarted" || type === "ParallelStateStarted") return this.#start(event, previous);
    if (/^(Map|Parallel)State(Failed|Aborted|Succeeded)$/.test(type)) return this.#finish(event, previous);
    if (type.startsWith("MapIteration")) return this.#iteration(event, previous);
    if (type.startsWith("Task") || type.startsWith("Activity")) return this.#task(event, previous);
    if (type.startsWith("Execution")) return this.#execution(event, previous);
    return { ...previous, task: null };
  }

  #enter(event: HistoryEvent, previous: Position): Position {
    const details = event.stateEnteredEventDetails;
    const name = details?.name ?? "";
    const entry = newEntry(idOf(event), name, (event.type ?? "").slice(0, -"StateEntered".length), details?.input ?? null, previous.scope);
    this.enteredAfter.set(event.previousEventId ?? 0, name);
    return { entry, scope: previous.scope, task: null };
  }

  #exit(event: HistoryEvent, previous: Position): Position {
    const name = event.stateExitedEventDetails?.name;
    const entry = nearest(previous, (entry) => entry.name === name, true);
    if (entry === null) return { ...previous, task: null };
    entry.exitEventId = idOf(event);
    this.#end(entry.run, event);
    return { entry, scope: entry.scope, task: null };
  }

  #start(event: HistoryEvent, previous: Position): Position {
    const kind = event.type === "MapStateStarted" ? "Map" : "Parallel";
    const name = this.#restarts.get(idOf(event));
    const named = name === undefined ? null : nearest(previous, (entry) => entry.name === name, true);
    const entry = named ?? nearest(previous, (entry) => entry.type === kind) ?? this.#unseenEntry(name ?? "", kind);
    this.#end(entry.run, event);
    entry.run = newScope(entry, null, entry.scope);
    return { entry, scope: entry.run, task: null };
  }

  #finish(event: HistoryEvent, previous: Position): Position {
    const kind = (event.type ?? "").startsWith("Map") ? "Map" : "Parallel";
    // An outer container's end may link to the same failing event as the inner one's: the nearest that has none yet is meant.
    const open = nearest(previous, (entry) => entry.type === kind && !this.#finished.has(entry.run));
    const entry = open ?? nearest(previous, (entry) => entry.type === kind);
    if (entry === null) return { ...previous, task: null };
    this.#finished.add(entry.run);
    this.#end(entry.run, event);
    return { entry, scope: entry.scope, task: null };
  }

  #iteration(event: HistoryEvent, previous: Position): Position {
    const details = event.mapIterationStartedEventDetails ?? event.mapIterationFailedEventDetails ?? event.mapIterationAbortedEventDetails;
    if (details === undefined) return { ...previous, task: null };
    const name = details.name ?? "";
    const index = details.index ?? 0;
    const found = nearest(previous, (entry) => entry.name === name, true);
    if (event.type !== "MapIterationStarted") {
      // In nested Maps the aborted one may lie elsewhere; then the outer iteration's own event ends it.
      this.#end(found?.run?.iterations.get(index) ?? null, event);
      return { ...previous, task: null };
    }
    const entry = found ?? this.#unseenEntry(name, "Map");
    entry.run ??= newScope(entry, null, entry.scope);
    const scope = newScope(entry, index, entry.run);
    entry.run.iterations.set(index, scope);
    return { entry: null, scope, task: null };
  }

  #task(event: HistoryEvent, previous: Position): Position {
    const { task } = previous;
    if (event.type === "TaskScheduled" || event.type === "ActivityScheduled") return this.#schedule(event, previous);
    if (task === null) return previous;
    if (event.type === "TaskStarted" || event.type === "ActivityStarted") task.started = event;
    else if (event.type === "TaskSubmitted") task.submitted = event;
    else {
      task.closedBy ??= event;
      return { ...previous, task: null };
    }
    return previous;
  }

  #schedule(event: HistoryEvent, previous: Position): Position {
    const { entry, scope } = previous;
    if (entry !== null) entry.attempts += 1;
    const waits = event.type === "ActivityScheduled" || event.taskScheduledEventDetails?.resource?.split(".").at(-1) === "waitForTaskToken";
    if (!waits) return { entry, scope, task: null };
    const attempt = entry?.attempts ?? 1;
    const task: TaskAttempt = { scheduled: event, entry, scope, attempt, started: null, submitted: null, closedBy: null };
    this.attempts.push(task);
    return { entry, scope, task };
  }

  #execution(event: HistoryEvent, previous: Position): Position {
    if (event.type === "ExecutionStarted") {
      this.executionInput = event.executionStartedEventDetails?.input ?? null;
      return nowhere;
    }
    const status = executionStatuses[event.type ?? ""];
    if (status !== undefined) this.executionEndings.push({ ...endingOf(event), status });
    // ExecutionAborted, and maybe ExecutionRedriven, link to nothing; what is redriven goes on from where the execution was.
    return { ...(previous.entry === null ? this.#last : previous), task: null };
  }

  #end(scope: Scope | null, event: HistoryEvent): void {
    scope?.endings.push(endingOf(event));
  }

  #unseenEntry(name: string, type: string): StateEntry {
    const entry = this.#unseen.get(name) ?? newEntry(0, name, type, null, null);
    this.#unseen.set(name, entry);
    return entry;
  }
}

/** The nearest state that fits, from the position outwards: the state itself, then the containers around it. */
function nearest(position: Position, fits: (entry: StateEntry) => boolean, anyType = false): StateEntry | null {
  const { entry } = position;
  if (entry !== null && (anyType || entry.type === "Map" || entry.type === "Parallel") && fits(entry)) return entry;
  for (let scope = position.scope; scope !== null; scope = scope.outer) {
    if (fits(scope.container)) return scope.container;
  }
  return null;
}

function runOf(entry: StateEntry | null): Scope | null {
  return entry?.run ?? null;
}

function newEntry(eventId: number, name: string, type: string, input: string | null, scope: Scope | null): StateEntry {
  return { eventId, name, type, input, scope, run: null, exitEventId: null, attempts: 0 };
}

function newScope(container: StateEntry, index: number | null, outer: Scope | null): Scope {
  return { container, index, outer, endings: [], iterations: new Map() };
}

function endingOf(event: HistoryEvent): Ending {
  return { eventId: idOf(event), at: event.timestamp ?? new Date(0) };
}

function idOf(event: HistoryEvent): number {
  return event.id ?? 0;
}
