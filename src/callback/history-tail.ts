import type { HistoryEvent } from "@aws-sdk/client-sfn";
import type { Definition } from "./definition.ts";

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
  if (entered >= 0) return newestFirst.slice(0, entered + 1).reverse();
  return newestFirst.at(-1)?.id === 1 || newestFirst.length === 0 ? [...newestFirst].reverse() : null;
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
  readonly startedEventId: number;
  readonly map: string | null;
}

/** The map runs that have started and not ended in a part of a history, whatever order it is in. */
export function openMapRuns(events: readonly HistoryEvent[]): OpenMapRun[] {
  const byId = new Map(events.map((event) => [event.id ?? 0, event]));
  const ended = new Set(
    events.filter(({ type }) => /^MapRun(Succeeded|Failed|Aborted)$/.test(type ?? "")).map((event) => event.previousEventId),
  );
  const isOver = events.some(({ type }) => /^Execution(Succeeded|Failed|Aborted|TimedOut)$/.test(type ?? ""));
  return events.flatMap((event) => {
    const arn = event.mapRunStartedEventDetails?.mapRunArn;
    if (arn === undefined || isOver || ended.has(event.id)) return [];
    return [{ arn, startedEventId: event.id ?? 0, map: mapOf(event, byId) }];
  });
}

function mapOf(event: HistoryEvent, byId: ReadonlyMap<number, HistoryEvent>): string | null {
  for (let at: HistoryEvent | undefined = event; at !== undefined; at = byId.get(at.previousEventId ?? 0)) {
    if (at.type === "MapStateEntered") return at.stateEnteredEventDetails?.name ?? null;
  }
  return null;
}

/** The executions that `.sync` tasks in the events wait for, by the child's ARN, with the state that waits. */
export function nestedExecutions(events: readonly HistoryEvent[]): Map<string, { readonly eventId: number }> {
  const closed = new Set(
    events.filter(({ type }) => /^Task(Succeeded|Failed|TimedOut)$/.test(type ?? "")).map((event) => event.previousEventId),
  );
  const children = new Map<string, { readonly eventId: number }>();
  for (const event of events) {
    const details = event.taskSubmittedEventDetails;
    if (details === undefined || closed.has(event.id) || !/\.sync(:2)?$/.test(details.resource ?? "")) continue;
    const arn = /"ExecutionArn"\s*:\s*"([^"]+)"/.exec(details.output ?? "")?.[1];
    if (arn !== undefined) children.set(arn, { eventId: event.id ?? 0 });
  }
  return children;
}
