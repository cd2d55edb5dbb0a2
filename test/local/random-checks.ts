import { expect } from "vitest";
import { openVisits, type StateVisit } from "../../src/local/asl/execution-state.ts";
import type { HistoryEvent } from "../../src/local/asl/history-event.ts";
import type { StoredExecution } from "../../src/local/store/executions.ts";
import type { Store } from "../../src/local/store/store.ts";

/** Holds what is true of every execution at every moment, against what was seen of it the moment before. */
export class Watch {
  readonly #seen = new Map<string, readonly string[]>();

  /** To be called when nothing is under way. */
  look(store: Store): void {
    for (const execution of everyExecution(store)) {
      const events = [...store.executions.events(execution.id, "oldestFirst", 0)];
      const before = this.#seen.get(execution.arn) ?? [];
      if (events.length === before.length && execution.state.status !== "RUNNING") continue;
      expect(events.slice(0, before.length)).toEqual(before);
      expectLinked(events.map((text) => JSON.parse(text) as HistoryEvent));
      if (before.length > 0) expect(before.at(-1)).not.toMatch(/"type":"Execution(Succeeded|Failed|TimedOut|Aborted)"/);
      expect(events.at(-1)?.includes('"type":"Execution')).toBe(execution.state.status !== "RUNNING" || events.length === 1);
      if (execution.state.status === "RUNNING") expectAlive(store, execution);
      this.#seen.set(execution.arn, events);
    }
  }
}

/** In the order in which they were started. */
export function everyExecution(store: Store): StoredExecution[] {
  const all: StoredExecution[] = [];
  for (let id = 1; ; id += 1) {
    const execution = store.executions.get({ id });
    if (execution === null) return all;
    all.push(execution);
  }
}

/** Ids are 1 to n, each event follows from one before it or from none, and time never runs back. */
function expectLinked(events: readonly HistoryEvent[]): void {
  for (const [index, { id, previousEventId, timestamp }] of events.entries()) {
    expect(id).toBe(index + 1);
    expect(previousEventId).toBeGreaterThanOrEqual(0);
    expect(previousEventId).toBeLessThan(id);
    expect(timestamp).toBeGreaterThanOrEqual(events[index - 1]?.timestamp ?? 0);
  }
}

/** A running execution waits, in each of its lines, for an answer, for a time, or for a map run that goes on. */
function expectAlive(store: Store, { arn, state }: StoredExecution): void {
  const visits = [...openVisits(state.root)];
  expect(visits.length, arn).toBeGreaterThan(0);
  for (const visit of visits)
    expect(isAlive(store, visit), `${arn} is stuck in ${visit.name}: ${JSON.stringify(visit.waiting)}`).toBe(true);
}

function isAlive(store: Store, { waiting }: StateVisit): boolean {
  switch (waiting.kind) {
    case "nothing":
    case "evaluation":
      return false;
    case "parallel":
      return waiting.branches.some((branch) => "strand" in branch);
    case "map":
      return waiting.open.length > 0 && waiting.open.every(({ strand }) => strand !== null);
    case "mapRun": {
      const run = store.mapRuns.get({ arn: waiting.mapRunArn });
      if (run?.status !== "RUNNING") return false;
      return store.mapRuns.counts(run.id).some(({ status }) => status === "RUNNING");
    }
    default:
      return true;
  }
}
