import { existingExecution } from "./executions.ts";
import type { Operations } from "./operation.ts";

/** The details of an event that hold execution data. A token is nowhere else. */
const dataMembers = new Set(["input", "output", "parameters", "assignedVariables"]);

/** Characters: nobody else should wait long for a page to be written. */
const longestPage = 2_000_000;

export const historyOperations: Operations = {
  GetExecutionHistory(engine, request) {
    const arn = request.arn("executionArn", ["execution"]);
    const isNewestFirst = request.optionalFlag("reverseOrder");
    const includesData = request.optionalFlag("includeExecutionData", true);
    const page = request.page();
    request.done();
    const execution = existingExecution(engine, arn);
    const first = isNewestFirst ? execution.state.lastEventId + 1 : 0;
    const order = isNewestFirst ? "newestFirst" : "oldestFirst";
    const { events, hasMore } = firstOf(engine.store.executions.events(execution.id, order, Number(page.after?.[0] ?? first)), page.size);
    const { rows, ...next } = page.cut(events, ({ id }) => [id], hasMore);
    return { events: includesData ? rows : rows.map(withoutData), ...next };
  },
};

/** As many events as fit into a page. Long ones are fewer than were asked for, which AWS allows itself too (documented). */
function firstOf(texts: Iterable<string>, size: number): { readonly events: readonly Event[]; readonly hasMore: boolean } {
  const events: Event[] = [];
  let length = 0;
  for (const text of texts) {
    if (events.length === size || length > longestPage) return { events, hasMore: true };
    events.push(JSON.parse(text) as Event);
    length += text.length;
  }
  return { events, hasMore: false };
}

interface Event {
  readonly id: number;
  readonly [member: string]: unknown;
}

/** The event without input, output and parameters (documented as the data that is left out; how it looks then is not recorded). */
function withoutData(event: Event): object {
  return Object.fromEntries(
    Object.entries(event).map(([member, value]) => {
      if (typeof value !== "object" || value === null) return [member, value];
      return [member, Object.fromEntries(Object.entries(value).filter(([detail]) => !dataMembers.has(detail)))];
    }),
  );
}
