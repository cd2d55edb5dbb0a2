/** One event as GetExecutionHistory answers it: `timestamp` in epoch seconds, details under the key of its type (facts page 5.1). */
export interface HistoryEvent {
  readonly id: number;
  readonly previousEventId: number;
  readonly timestamp: number;
  readonly type: string;
  readonly [details: string]: unknown;
}

/** The key that an event's details stand under: TaskStateEntered → stateEnteredEventDetails, TaskScheduled → taskScheduledEventDetails. */
export function detailsKey(type: string): string {
  if (type.endsWith("StateEntered")) return "stateEnteredEventDetails";
  if (type.endsWith("StateExited")) return "stateExitedEventDetails";
  return `${type[0]?.toLowerCase()}${type.slice(1)}EventDetails`;
}
