import type { HistoryEvent } from "@aws-sdk/client-sfn";
import type { Definition } from "../definition/definition.ts";

/**
 * The part of a history that tells what goes on now, oldest event first: from where the state was entered that the execution is in,
 * outermost (a Parallel or an inline Map with all that is in it). Null where the events, the newest ones of a history without a gap, do not
 * reach back so far. `insideMap` names the distributed Map whose child execution it is. An unknown definition needs the whole history.
 */
export function historyTail(
  newestFirst: readonly HistoryEvent[],
  definition: Definition | null,
  insideMap: string | null,
): HistoryEvent[] | null {
  const entered = definition === null ? -1 : newestFirst.findIndex((event) => entersOutermost(event, definition, insideMap));
  const reachesBack = newestFirst.length === 0 || newestFirst.at(-1)?.id === 1;
  if (entered < 0) return reachesBack ? newestFirst.toReversed() : null;
  // The execution's own input tells a parent's token from the task's own.
  const started = reachesBack ? newestFirst.slice(Math.max(entered + 1, newestFirst.length - 1)) : [];
  return [...newestFirst.slice(0, entered + 1), ...started].reverse();
}

/** One line of states leads through an execution: when a state of it is entered, whatever was entered before has ended. */
function entersOutermost(event: HistoryEvent, definition: Definition, insideMap: string | null): boolean {
  const name = event.stateEnteredEventDetails?.name;
  const state = name === undefined ? undefined : definition.states.get(name);
  if (state === undefined) return false;
  const container = state.containers.at(-1);
  if (container === undefined) return insideMap === null;
  return "map" in container && container.distributed && container.map === insideMap;
}

/** A distributed Map that runs: its map run, and the Map's own name where its Entered event is among the events. */
export interface OpenMapRun {
  readonly arn: string;
  readonly map: string | null;
}

/** The map runs that have started, or were redriven, and have not ended in a part of a history, oldest event first. */
export function openMapRuns(events: readonly HistoryEvent[]): OpenMapRun[] {
  const byId = new Map(events.map((event) => [event.id ?? 0, event]));
  const open = new Map<number, OpenMapRun>();
  for (const event of events) {
    const type = event.type ?? "";
    const arn = (event.mapRunStartedEventDetails ?? event.mapRunRedrivenEventDetails)?.mapRunArn;
    if (arn !== undefined) open.set(event.id ?? 0, { arn, map: mapOf(event, byId) });
    else if (/^MapRun(Succeeded|Failed|Aborted)$/.test(type)) open.delete(event.previousEventId ?? 0);
    else if (endsExecution(event)) open.clear();
  }
  return [...open.values()];
}

function mapOf(event: HistoryEvent, byId: ReadonlyMap<number, HistoryEvent>): string | null {
  for (let at: HistoryEvent | undefined = event; at !== undefined; at = byId.get(at.previousEventId ?? 0)) {
    if (at.type === "MapStateEntered") return at.stateEnteredEventDetails?.name ?? null;
  }
  return null;
}

/** The executions that tasks have started and wait for, by `.sync` or for an answer, in a part of a history, oldest event first. */
export function nestedExecutions(events: readonly HistoryEvent[]): string[] {
  const open = new Map<number, HistoryEvent>();
  for (const event of events) {
    if (startsNested(event)) open.set(event.id ?? 0, event);
    else if (/^Task(Succeeded|Failed|TimedOut)$/.test(event.type ?? "")) open.delete(event.previousEventId ?? 0);
    else if (endsExecution(event)) open.clear();
  }
  return [...open.values()].flatMap(({ taskSubmittedEventDetails: { output } = {} }) => {
    return textMember(output, "ExecutionArn") ?? textMember(output, "executionArn") ?? [];
  });
}

/** Whether a task has started an execution that it waits for. */
export function startsNested({ taskSubmittedEventDetails: task }: HistoryEvent): boolean {
  return /^startExecution\./.test(task?.resource ?? "");
}

/** It may be redriven later; then what it waited for is begun anew. */
function endsExecution({ type }: HistoryEvent): boolean {
  return /^Execution(Succeeded|Failed|Aborted|TimedOut)$/.test(type ?? "");
}

/** The execution that began this one, by Step Functions' own convention: its ARN is in the input (documented). Null where the input was not read. */
export function startedBy(events: readonly HistoryEvent[]): string | null {
  return textMember(events[0]?.executionStartedEventDetails?.input, "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID");
}

/** A text in a JSON object. Parsed, not cut out: a part of a text would keep all of it in memory. */
function textMember(json: string | undefined, name: string): string | null {
  if (json === undefined || !json.includes(name)) return null;
  try {
    const value: unknown = JSON.parse(json);
    const member =
      typeof value === "object" && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : null;
    return typeof member === "string" ? member : null;
  } catch {
    return null;
  }
}
