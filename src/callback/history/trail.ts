import type { HistoryEvent } from "@aws-sdk/client-sfn";
import { containerRestarts } from "./container-restarts.ts";

/** A state on the way to a task: one that was passed, one that is around the task and goes on, or (the last) the task's own. */
export interface TrailStep {
  readonly state: string;
  /** As in the definition: `Task`, `Choice`, `Map`… */
  readonly type: string;
  readonly enteredAt: Date;
  /** Null while the execution is in it. */
  readonly exitedAt: Date | null;
  /** Of a Map around the task: which iteration it is in. */
  readonly iteration: number | null;
  /** How the attempts before the present one ended, oldest first. */
  readonly failedAttempts: readonly FailedAttempt[];
}

export interface FailedAttempt {
  readonly at: Date;
  readonly error: string | null;
  readonly cause: string | null;
}

/** How an execution got to a task: the states in their order, and the variables that are assigned there, as JSON text by name. */
export interface Trail {
  readonly steps: readonly TrailStep[];
  readonly variables: Readonly<Record<string, string>>;
  /** False where the events do not reach back to the execution's start. */
  readonly isWhole: boolean;
}

/**
 * Walks back from a task's event by the links of the history. A Map or Parallel that was passed is one step, whatever went on in it; of those around
 * the task the other iterations and branches are left out (facts page section 6: their events may lie on the way back).
 */
export function trailTo(events: readonly HistoryEvent[], eventId: number): Trail {
  const byId = new Map(events.map((event) => [event.id ?? 0, event]));
  const walk = new BackwardWalk(byId, containerRestarts(events));
  let at = byId.get(eventId);
  while (at !== undefined) at = walk.take(at);
  return walk.trail();
}

type Exit = { readonly name: string; readonly at: Date };

class BackwardWalk {
  readonly #byId: ReadonlyMap<number, HistoryEvent>;
  readonly #containerNames: ReadonlyMap<number, string>;
  readonly #steps: TrailStep[] = [];
  readonly #variables: Record<string, string> = {};
  #exit: Exit | null = null;
  #iteration: number | null = null;
  #failedAttempts: FailedAttempt[] = [];
  #reachedStart = false;

  constructor(byId: ReadonlyMap<number, HistoryEvent>, containerNames: ReadonlyMap<number, string>) {
    this.#byId = byId;
    this.#containerNames = containerNames;
  }

  /** Notes an event and gives the one to look at next. */
  take(event: HistoryEvent): HistoryEvent | undefined {
    const type = event.type ?? "";
    if (type.endsWith("StateEntered")) this.#entered(event);
    else if (type.endsWith("StateExited")) return this.#exited(event);
    else if (type === "MapIterationStarted") return this.#iterationStarted(event);
    else if (type === "ParallelStateStarted") {
      return this.#before(event, "ParallelStateEntered", this.#containerNames.get(event.id ?? 0) ?? null);
    } else if (type === "TaskFailed" || type === "TaskTimedOut") this.#attemptFailed(event);
    return this.#previous(event);
  }

  trail(): Trail {
    return { steps: this.#steps.toReversed(), variables: { ...this.#variables }, isWhole: this.#reachedStart };
  }

  #entered(event: HistoryEvent): void {
    const state = event.stateEnteredEventDetails?.name ?? "";
    const isPassed = this.#exit?.name === state;
    this.#steps.push({
      state,
      type: (event.type ?? "").slice(0, -"StateEntered".length),
      enteredAt: event.timestamp ?? new Date(0),
      exitedAt: isPassed ? (this.#exit?.at ?? null) : null,
      iteration: this.#iteration,
      failedAttempts: this.#failedAttempts.toReversed(),
    });
    this.#exit = null;
    this.#iteration = null;
    this.#failedAttempts = [];
  }

  #exited(event: HistoryEvent): HistoryEvent | undefined {
    const details = event.stateExitedEventDetails;
    const name = details?.name ?? "";
    // The latest assignment counts, and that is the first on the way back.
    for (const [variable, value] of Object.entries(details?.assignedVariables ?? {})) this.#variables[variable] ??= value;
    this.#exit = { name, at: event.timestamp ?? new Date(0) };
    const type = event.type === "MapStateExited" ? "MapStateEntered" : event.type === "ParallelStateExited" ? "ParallelStateEntered" : null;
    return type === null ? this.#previous(event) : this.#before(event, type, name);
  }

  #iterationStarted(event: HistoryEvent): HistoryEvent | undefined {
    const details = event.mapIterationStartedEventDetails;
    const entered = this.#before(event, "MapStateEntered", details?.name ?? null);
    this.#iteration = details?.index ?? null;
    return entered;
  }

  #attemptFailed(event: HistoryEvent): void {
    const details = event.taskFailedEventDetails ?? event.taskTimedOutEventDetails;
    // The way back from a state that was left by a Catch leads over its failure too.
    if (this.#exit !== null) return;
    this.#failedAttempts.push({ at: event.timestamp ?? new Date(0), error: details?.error ?? null, cause: details?.cause ?? null });
  }

  /** The nearest such event on the way back from `event`; nothing is noted of what lies between. */
  #before(event: HistoryEvent, type: string, name: string | null): HistoryEvent | undefined {
    let at = this.#previous(event);
    while (at !== undefined && !(at.type === type && (name === null || at.stateEnteredEventDetails?.name === name)))
      at = this.#previous(at);
    return at;
  }

  #previous(event: HistoryEvent): HistoryEvent | undefined {
    const previousId = event.previousEventId ?? 0;
    if (previousId === 0) this.#reachedStart = true;
    // A link leads to an earlier event only, so that no history makes a walk go round.
    return previousId < (event.id ?? 0) ? this.#byId.get(previousId) : undefined;
  }
}
