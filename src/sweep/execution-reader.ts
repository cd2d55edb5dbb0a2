import type { ExecutionSummary, HistoryEvent, StepFunctions } from "../aws/step-functions.ts";
import type { Definition } from "../callback/definition/definition.ts";
import { historyTail, openMapRuns } from "../callback/history/history-tail.ts";
import { type CallbackTask, type PathStep, waitingTasks } from "../callback/history/waiting-tasks.ts";
import type { DefinedMachine, MachineDefinitions } from "./machine-definitions.ts";

const pageSize = 1000;
/** What a few branches or iterations come to. */
const containerPageSize = 200;
const smallestPageSize = 32;
/** The events of one attempt of a callback, and those of its state and what led to it. */
const eventsPerAttempt = 5;
const eventsAround = 8;

/** A distributed Map's run, and where it is. */
export interface MapRunOrigin {
  readonly arn: string;
  /** The execution with the Map in it, and before it those that were then known to be around it, outermost first. */
  readonly ancestorExecutionArns: readonly string[];
  readonly map: string | null;
  readonly definition: Definition | null;
  readonly path: readonly PathStep[];
}

/** An execution to be read. */
export interface Reading {
  readonly defined: DefinedMachine;
  readonly execution: ExecutionSummary;
  /** Proven; null makes the whole history be read. */
  readonly definition: Definition | null;
  readonly mapRun: MapRunOrigin | null;
}

/** What a history tells of an execution as it is now. */
export interface Read {
  /** Oldest first. The older ones may be missing, all but the very first. */
  readonly events: readonly HistoryEvent[];
  readonly definition: Definition | null;
  readonly tasks: readonly CallbackTask[];
}

/** Reads histories newest first, and each no further than needed. */
export class ExecutionReader {
  readonly #stepFunctions: StepFunctions;
  readonly #definitions: MachineDefinitions;

  constructor(stepFunctions: StepFunctions, definitions: MachineDefinitions) {
    this.#stepFunctions = stepFunctions;
    this.#definitions = definitions;
  }

  /** Throws where the history may not be read. */
  async read(reading: Reading): Promise<Read> {
    const { execution, mapRun, defined } = reading;
    const known = await this.#tail(reading);
    // Which branch of a Parallel, and what is in a distributed Map, only the definition tells.
    if (known.definition !== null || mapRun !== null || !needsDefinition(known)) return known;
    const definition = await this.#definitions.ask(defined, execution);
    return { ...known, definition, tasks: waitingTasks(known.events, definition ?? undefined) };
  }

  async #tail({ execution, definition: proven, mapRun, defined }: Reading): Promise<Read> {
    let definition = proven;
    const newestFirst: HistoryEvent[] = [];
    const read = (events: readonly HistoryEvent[]) => ({ events, definition, tasks: waitingTasks(events, definition ?? undefined) });
    const sizes = { first: firstPageSize(definition), others: pageSize };
    let mayAsk = mapRun === null;
    for await (const page of this.#stepFunctions.history(execution.arn, "newestFirst", sizes)) {
      newestFirst.push(...page);
      let events = historyTail(newestFirst, definition, mapRun?.map ?? null);
      if (events === null && definition === null && mayAsk) {
        // A history of thousands of events is worth a call that tells where in it to stop.
        definition = await this.#definitions.ask(defined, execution);
        mayAsk = false;
        events = historyTail(newestFirst, definition, null);
      }
      if (events === null) continue;
      const tail = read(events);
      if (tail.tasks.every(({ isTokenCertain }) => isTokenCertain)) return tail;
      return read([...(await this.#oldest(execution.arn)), ...events]);
    }
    return read(newestFirst.toReversed());
  }

  /** The event that holds the execution's own input. */
  async #oldest(executionArn: string): Promise<HistoryEvent[]> {
    for await (const page of this.#stepFunctions.history(executionArn, "oldestFirst", { first: 1, others: 1 })) return [...page];
    return [];
  }
}

/** Enough for what can wait by the definition, so that one call settles it, and no more. Without a definition only a whole history settles anything. */
function firstPageSize(definition: Definition | null): number {
  if (definition === null) return pageSize;
  const isContained = definition.waitingStates.some(({ containers }) => {
    const innermost = containers.at(-1);
    return innermost !== undefined && !("map" in innermost && innermost.distributed);
  });
  const attempts = definition.waitingStates.reduce((most, state) => Math.max(most, state.mostAttempts), 1);
  const least = isContained ? containerPageSize : smallestPageSize;
  return Math.min(pageSize, Math.max(least, eventsAround + eventsPerAttempt * attempts));
}

function needsDefinition({ events, tasks }: Read): boolean {
  return (tasks.length > 0 && events.some(({ type }) => type === "ParallelStateStarted")) || openMapRuns(events).length > 0;
}
