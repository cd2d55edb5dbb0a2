import type { HistoryEvent } from "@aws-sdk/client-sfn";
import type { Definition } from "../definition/definition.ts";

/**
 * Which Map or Parallel each MapStateStarted and ParallelStateStarted event starts, by event id. Those events carry no name, and that of
 * a retry links to the failing event, which may lie in a container further in; so the name is taken from what the start leads to.
 */
export function containerRestarts(events: readonly HistoryEvent[], definition?: Definition): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  const entered = new Map<number, string>();
  const parallelOf = new Map<string, string>();
  for (const event of events) {
    const previousId = event.previousEventId ?? 0;
    const name = event.stateEnteredEventDetails?.name;
    if (event.type === "MapStateEntered" || event.type === "ParallelStateEntered") entered.set(event.id ?? 0, name ?? "");
    if (event.type === "MapStateStarted" || event.type === "ParallelStateStarted") {
      const container = entered.get(previousId);
      names.set(event.id ?? 0, container ?? "");
    }
    const started = names.get(previousId);
    if (started === undefined) continue;
    if (event.type === "MapIterationStarted") names.set(previousId, event.mapIterationStartedEventDetails?.name ?? started);
    if (name === undefined) continue;
    if (started !== "") parallelOf.set(name, started);
    else names.set(previousId, parallelOf.get(name) ?? parallelInDefinition(name, definition) ?? "");
  }
  return new Map([...names].filter(([, name]) => name !== ""));
}

function parallelInDefinition(state: string, definition?: Definition): string | undefined {
  const container = definition?.states.get(state)?.containers.at(-1);
  return container !== undefined && "parallel" in container ? container.parallel : undefined;
}
