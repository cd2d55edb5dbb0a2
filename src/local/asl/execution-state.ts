/** What one execution is doing: all that the interpreter needs besides the definition and the facts. Stored as JSON after each step. */
export interface ExecutionState {
  readonly status: "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED";
  /** The id of the last event; the next one gets the id after it. */
  readonly lastEventId: number;
  /** The state it is in, or null before the first and after the last. */
  readonly at: StateVisit | null;
  readonly output: string | null;
  readonly error: string | null;
  readonly cause: string | null;
  readonly stoppedAt: number | null;
}

/** One stay in a state. Times are epoch milliseconds. */
export interface StateVisit {
  readonly name: string;
  /** The StateEntered event. */
  readonly enteredEventId: number;
  readonly enteredAt: number;
  /** JSON text of the state's raw input. */
  readonly input: string;
  /** How often each retrier of the state has been used. */
  readonly retrierUses: readonly number[];
  readonly retryCount: number;
  readonly waiting: Waiting;
}

export type Waiting =
  | {
      readonly kind: "task";
      readonly scheduledEventId: number;
      readonly submittedEventId: number;
      readonly timeoutAt: number | null;
      readonly heartbeatSeconds: number | null;
      readonly heartbeatAt: number | null;
    }
  | { readonly kind: "retry"; readonly until: number; readonly failedEventId: number }
  | { readonly kind: "time"; readonly until: number };

/** An execution that has not begun. */
export const notStarted: ExecutionState = {
  status: "RUNNING",
  lastEventId: 0,
  at: null,
  output: null,
  error: null,
  cause: null,
  stoppedAt: null,
};

/** When something falls due of itself, in epoch milliseconds; null where nothing does. */
export function dueAt(state: ExecutionState, executionDeadline: number | null): number | null {
  if (state.status !== "RUNNING") return null;
  const waiting = state.at?.waiting;
  const instants = [executionDeadline];
  if (waiting?.kind === "task") instants.push(waiting.timeoutAt, waiting.heartbeatAt);
  else if (waiting !== undefined) instants.push(waiting.until);
  const known = instants.filter((instant) => instant !== null);
  return known.length === 0 ? null : Math.min(...known);
}
