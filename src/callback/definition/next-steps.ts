import type { HistoryEvent } from "@aws-sdk/client-sfn";
import { type Consequence, consequenceOf, rulesOf } from "./consequence.ts";
import { isDistributedMap, parseMachine, statesAround } from "./defined-states.ts";

/** What comes after a task, by how it ends. */
export interface NextSteps {
  readonly success: Consequence | null;
  /** The retriers and catchers that a failure may meet, nearest first: those of the state, then of what is around it in the execution. */
  readonly rules: readonly FailureRule[];
  /** What a failure brings about whose error no retrier or catcher names. */
  readonly otherFailure: Consequence | null;
  readonly timeout: Consequence | null;
}

export interface FailureRule {
  readonly kind: "retry" | "catch";
  /** The state whose rule it is. */
  readonly of: string;
  readonly errorEquals: readonly string[];
  /** Of a Retry, 3 where the definition sets none. */
  readonly maxAttempts: number | null;
  /** Of a Catch. */
  readonly next: string | null;
}

/** Null where the definition does not have the task's state. */
export function nextSteps(
  definition: string,
  task: { readonly state: string; readonly eventId: number },
  events: readonly HistoryEvent[],
): NextSteps | null {
  const around = statesAround(parseMachine(definition), task.state);
  const childAt = around.findIndex(({ state }, index) => index > 0 && isDistributedMap(state));
  const chain = childAt === -1 ? around : around.slice(0, childAt);
  if (chain.length === 0) return null;
  const rules = chain.flatMap(({ name, state }): FailureRule[] => [
    ...rulesOf(state["Retry"]).map(
      ({ errorEquals, maxAttempts = 3 }): FailureRule => ({ kind: "retry", of: name, errorEquals, maxAttempts, next: null }),
    ),
    ...rulesOf(state["Catch"]).map(
      ({ errorEquals, next = null }): FailureRule => ({ kind: "catch", of: name, errorEquals, maxAttempts: null, next }),
    ),
  ]);
  return {
    success: consequenceOf(definition, task, { kind: "success", output: "null" }, events),
    rules,
    otherFailure: consequenceOf(definition, task, { kind: "failure" }, events),
    timeout: consequenceOf(definition, task, { kind: "failure", error: "States.Timeout" }, events),
  };
}
