import type { HistoryEvent } from "@aws-sdk/client-sfn";
import { containerRestarts } from "../history/container-restarts.ts";
import { walkHistory } from "../history/history-walk.ts";
import type { Answer } from "../history/outcome.ts";
import { asObject, isDistributedMap, type NamedState, parseMachine, statesAround } from "./defined-states.ts";

/**
 * What the machine does once a task is answered. `through`: the Maps and Parallels, from the inside out, that the answer ends a part of
 * (`next`, `succeeds`: their other parts come first) or fails with it. `of`: the state whose Retry or Catch takes the failure.
 * `childOf`: the distributed Map whose child execution it is.
 */
export type Consequence =
  | { readonly kind: "next"; readonly state: string; readonly through: readonly string[] }
  | { readonly kind: "succeeds"; readonly through: readonly string[]; readonly childOf: string | null }
  | { readonly kind: "retry"; readonly of: string; readonly errorEquals: readonly string[]; readonly attemptsLeft: number }
  | { readonly kind: "catch"; readonly of: string; readonly errorEquals: readonly string[]; readonly state: string }
  | { readonly kind: "fails"; readonly through: readonly string[]; readonly childOf: string | null };

/**
 * The consequence of an answer to a task in `state`, or null for a heartbeat, or where the definition does not have the state. The history, as far as
 * it is known, tells which attempts of a Retry are used up; without it none is. What a failing input or output path brings about is not foreseen.
 */
export function consequenceOf(
  definition: string,
  task: { readonly state: string; readonly eventId: number },
  answer: Answer,
  events: readonly HistoryEvent[] = [],
): Consequence | null {
  if (answer.kind === "heartbeat") return null;
  // Innermost first: the state itself, then what is around it in the same execution.
  const around = statesAround(parseMachine(definition), task.state);
  const childAt = around.findIndex(({ state }, index) => index > 0 && isDistributedMap(state));
  const chain = childAt === -1 ? around : around.slice(0, childAt);
  const childOf = around[childAt]?.name ?? null;
  if (chain.length === 0) return null;
  if (answer.kind === "success") return afterSuccess(chain, childOf);
  return afterFailure(chain, childOf, answer.error ?? null, usedAttempts(events, task.eventId));
}

function afterSuccess(chain: readonly NamedState[], childOf: string | null): Consequence {
  const names = chain.map(({ name }) => name);
  for (const [index, { state }] of chain.entries()) {
    const next = state["Next"];
    if (typeof next === "string") return { kind: "next", state: next, through: names.slice(1, index + 1) };
  }
  return { kind: "succeeds", through: names.slice(1), childOf };
}

function afterFailure(chain: readonly NamedState[], childOf: string | null, error: string | null, used: UsedAttempts): Consequence {
  for (const [index, { name, state }] of chain.entries()) {
    const retriers = rulesOf(state["Retry"]);
    const retrier = retriers.findIndex((rule) => covers(rule, error));
    const rule = retriers[retrier];
    if (rule !== undefined) {
      const spent =
        index === 0 ? used.errors.filter((each) => retriers.findIndex((own) => covers(own, each)) === retrier).length : used.starts(name);
      const attemptsLeft = (rule.maxAttempts ?? 3) - spent;
      if (attemptsLeft > 0) return { kind: "retry", of: name, errorEquals: rule.errorEquals, attemptsLeft };
    }
    const catcher = rulesOf(state["Catch"]).find((each) => covers(each, error));
    if (catcher !== undefined) return { kind: "catch", of: name, errorEquals: catcher.errorEquals, state: catcher.next ?? "" };
  }
  return { kind: "fails", through: chain.slice(1).map(({ name }) => name), childOf };
}

interface UsedAttempts {
  /** How the earlier attempts of the task failed. */
  readonly errors: readonly (string | null)[];
  /** How often a Map or Parallel around it was started again. */
  starts(container: string): number;
}

function usedAttempts(events: readonly HistoryEvent[], eventId: number): UsedAttempts {
  const { attempts } = walkHistory(events);
  const own = attempts.find(({ scheduled }) => scheduled.id === eventId);
  const earlier = attempts.filter(({ entry, scheduled }) => entry !== null && entry === own?.entry && (scheduled.id ?? 0) < eventId);
  return {
    errors: earlier.map(({ closedBy }) => closedBy?.taskFailedEventDetails?.error ?? closedBy?.taskTimedOutEventDetails?.error ?? null),
    starts: (container) => {
      let scope = own?.scope ?? null;
      while (scope !== null && scope.container.name !== container) scope = scope.outer;
      if (scope === null) return 0;
      const { eventId: enteredAt } = scope.container;
      const starts = [...containerRestarts(events)].filter(([id, name]) => name === container && id > enteredAt && id < eventId);
      return Math.max(0, starts.length - 1);
    },
  };
}

/** A retrier or a catcher. */
export interface ErrorRule {
  readonly errorEquals: readonly string[];
  readonly maxAttempts: number | undefined;
  readonly next: string | undefined;
}

/** The retriers or catchers of a state in their order. */
export function rulesOf(value: unknown): ErrorRule[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((each: unknown) => {
    const rule = asObject(each);
    const errorEquals = rule?.["ErrorEquals"];
    if (rule === null || !Array.isArray(errorEquals)) return [];
    const [maxAttempts, next] = [rule["MaxAttempts"], rule["Next"]];
    return {
      errorEquals: errorEquals.filter((name) => typeof name === "string"),
      maxAttempts: typeof maxAttempts === "number" ? maxAttempts : undefined,
      next: typeof next === "string" ? next : undefined,
    };
  });
}

/** What States.TaskFailed does not cover: timeouts (facts page 7, documented), and JSONata that fails (measured by others). */
const notTaskFailed = new Set(["States.Timeout", "States.HeartbeatTimeout", "States.QueryEvaluationError"]);

/** Nothing covers States.Runtime (facts page 7, documented); a task that failed with any other error can be caught. */
function covers({ errorEquals }: ErrorRule, error: string | null): boolean {
  if (error === "States.Runtime") return false;
  if (errorEquals.includes("States.ALL")) return true;
  if (errorEquals.includes("States.TaskFailed") && (error === null || !notTaskFailed.has(error))) return true;
  return error !== null && errorEquals.includes(error);
}
