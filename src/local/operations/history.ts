import { existingExecution } from "./executions.ts";
import type { Operations } from "./operation.ts";

/** The details of an event that hold execution data. A token is nowhere else. */
const dataMembers = new Set(["input", "output", "parameters", "assignedVariables"]);

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
    const found = engine.store.executions.events(execution.id, order, Number(page.after?.[0] ?? first), page.size + 1);
    const events = found.map((event) => JSON.parse(event) as Event);
    const { rows, ...next } = page.cut(events, ({ id }) => [id]);
    return { events: includesData ? rows : rows.map(withoutData), ...next };
  },
};

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
