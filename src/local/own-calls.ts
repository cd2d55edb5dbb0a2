import { ApiError } from "./api-error.ts";
import { openVisits, type TaskWait, waitingTask } from "./asl/execution-state.ts";
import type { HistoryEvent } from "./asl/history-event.ts";
import type { Json } from "./asl/json.ts";
import { isOwnCall, patternOf } from "./asl/task-call.ts";
import type { Engine } from "./engine.ts";
import { operations } from "./operations/operations.ts";
import { type CallFailure, callFailure, childEnd, operationOf, replyText, requestMembers } from "./own-call-shapes.ts";
import { RequestReader } from "./request-reader.ts";
import type { StoredExecution } from "./store/executions.ts";
import type { OwnCall } from "./store/own-calls.ts";
import type { TokenTarget } from "./task-token.ts";

/**
 * Makes the calls that executions make to Step Functions itself, such as starting nested executions, and tells them the ends of those. A call
 * is written with the step that asks for it and made in a turn of its own, in one transaction with what it sets off in its execution: so
 * it happens exactly once, and executions may be nested as deep as they like.
 */
export class OwnCallPump {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Deals with the call that has been due longest of those due at or before `until`, at its own time; whether there was one. */
  turn(until: number): boolean {
    const { store } = this.#engine;
    const due = store.ownCalls.firstDue(until);
    if (due === null) return false;
    store.transaction(() => {
      const call = store.ownCalls.take(due);
      if (call !== null) this.#dealWith(call);
    });
    return true;
  }

  /** Keeps calls in step with an execution that a step has just changed: one that makes calls, or that others wait for. Within a transaction. */
  follow(before: StoredExecution, after: StoredExecution, events: readonly HistoryEvent[]): void {
    const { ownCalls } = this.#engine.store;
    if (after.state.status !== "RUNNING" && ownCalls.childEnded(after.id, after.state.lastStepAt)) this.#engine.wake();
    for (const { attempt, lastEventId } of ownWaits(before)) {
      if (waitingTask(after.state, attempt) !== null) continue;
      const target = { executionId: after.id, attempt };
      // A task that ended by itself leaves its execution alone; one that was aborted takes it along (documented).
      if (events.some((event) => event.previousEventId === lastEventId && /^Task(Succeeded|Failed|TimedOut)$/.test(event.type))) {
        ownCalls.remove(target);
      } else ownCalls.abandon(target);
      this.#engine.wake();
    }
    if (ownWaits(after).some(({ scheduledEventId }) => scheduledEventId > before.state.lastEventId)) this.#engine.wake();
  }

  #dealWith(call: OwnCall): void {
    const { childId, dueAt } = call;
    const execution = this.#engine.store.executions.get({ id: call.executionId });
    if (execution === null) return;
    const waiting = waitingTask(execution.state, call.attempt)?.waiting;
    this.#engine.doAt(Math.max(dueAt ?? 0, execution.state.lastStepAt), () => {
      if (waiting === undefined) this.#stop(childId);
      else if (childId === null) this.#make(call, waiting);
      else this.#tellEnd(call, childId);
    });
  }

  #make(target: TokenTarget, { call, scheduledEventId }: TaskWait): void {
    if (call.family !== "Task") throw new Error("only a service integration calls Step Functions");
    const { store } = this.#engine;
    const { attempt } = target;
    const outcome = this.#perform(target, call, scheduledEventId);
    // The call may have ended the very execution that made it.
    const caller = this.#caller(target);
    const pattern = patternOf(call);
    const childId = "error" in outcome || pattern !== "sync" ? null : outcome.childId;
    if (caller === null) return this.#stop(childId);
    const { execution } = caller;
    const now = this.#engine.now();
    if ("error" in outcome) this.#engine.happen(execution, { kind: "taskFailed", attempt, ...outcome }, now);
    else if (pattern === "request") this.#engine.happen(execution, { kind: "taskSucceeded", attempt, output: outcome.reply }, now);
    else this.#engine.happen(execution, { kind: "submitted", attempt, reply: outcome.reply }, now);
    if (childId === null) return;
    const isRunning = store.executions.get({ id: childId })?.state.status === "RUNNING";
    store.ownCalls.add({ ...target, childId, dueAt: isRunning ? null : now });
  }

  #perform(
    target: TokenTarget,
    call: TaskWait["call"] & { family: "Task" },
    scheduledEventId: number,
  ): CallFailure | { readonly reply: string; readonly childId: number | null } {
    const { store } = this.#engine;
    const scheduled = store.executions.event(target.executionId, scheduledEventId)?.["taskScheduledEventDetails"] as { parameters: string };
    const seed = this.#engine.mintToken(target);
    try {
      const reply = this.#answer(operationOf(call), requestMembers(JSON.parse(scheduled.parameters) as Json));
      const { executionArn: arn } = reply as { executionArn?: string };
      const childId = arn === undefined ? null : (store.executions.get({ arn })?.id ?? null);
      return { reply: replyText(call, reply, this.#engine.now(), seed), childId };
    } catch (error) {
      if (error instanceof ApiError) return callFailure(call, error, seed);
      throw error;
    }
  }

  #tellEnd(target: TokenTarget, childId: number): void {
    const { execution, waiting } = this.#caller(target) ?? {};
    const child = this.#engine.store.executions.get({ id: childId });
    if (execution === undefined || waiting?.call.family !== "Task" || child === null) return;
    // Redriven before this was told: its next end counts.
    if (child.state.status === "RUNNING") return this.#engine.store.ownCalls.add({ ...target, childId, dueAt: null });
    const end = childEnd(waiting.call, this.#answer("DescribeExecution", { executionArn: child.arn }));
    const { attempt } = target;
    const happening =
      "error" in end ? ({ kind: "taskFailed", attempt, ...end } as const) : ({ kind: "taskSucceeded", attempt, ...end } as const);
    this.#engine.happen(execution, happening, this.#engine.now());
  }

  #answer(operation: string, members: Record<string, unknown>): object {
    const perform = operations[operation];
    const reply = perform?.(this.#engine, new RequestReader(operation, members, this.#engine.pageSeal), new AbortController().signal);
    if (reply === undefined || reply instanceof Promise) throw new Error(`${operation} cannot be called by an execution`);
    return reply;
  }

  #stop(childId: number | null): void {
    const child = childId === null ? null : this.#engine.store.executions.get({ id: childId });
    if (child?.state.status === "RUNNING") this.#engine.happen(child, { kind: "stopped" }, this.#engine.now());
  }

  /** The execution that made a call, while the call's task waits in it. */
  #caller({ executionId, attempt }: TokenTarget): { readonly execution: StoredExecution; readonly waiting: TaskWait } | null {
    const execution = this.#engine.store.executions.get({ id: executionId });
    const task = execution === null ? null : waitingTask(execution.state, attempt);
    return execution === null || task === null ? null : { execution, waiting: task.waiting };
  }
}

/** The tasks of an execution that wait for Step Functions itself. */
function ownWaits({ state }: StoredExecution): TaskWait[] {
  const waits: TaskWait[] = [];
  for (const { waiting } of openVisits(state.root)) if (waiting.kind === "task" && isOwnCall(waiting.call)) waits.push(waiting);
  return waits;
}
