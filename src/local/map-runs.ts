import { randomUUID } from "node:crypto";
import { openVisits } from "./asl/execution-state.ts";
import { isBeyondTolerance, toleranceExceeded } from "./asl/map-tolerance.ts";
import { Payload } from "./asl/payload.ts";
import type { ChildResult } from "./asl/result-writer.ts";
import type { Engine } from "./engine.ts";
import { describedExecution } from "./operations/executions.ts";
import { childRecord } from "./own-call-shapes.ts";
import type { StoredExecution } from "./store/executions.ts";
import type { MapRunChild, StatusCount, StoredMapRun } from "./store/map-runs.ts";

/** AWS's own limit of children at once (facts page 4, documented). */
const maxChildren = 10_000;
/** Children started in one transaction, and how long that goes on: so that a request never waits long. */
const [childrenPerTurn, turnMilliseconds] = [50, 50];

/** Moves distributed Maps on: starts their child executions, and ends them. Calls to be made within a transaction say so. */
export class MapRunPump {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Takes a turn for the map run that has been due longest, if any is, at its own time. */
  turn(): void {
    const { store } = this.#engine;
    const due = store.mapRuns.firstDue(this.#engine.now());
    if (due === null) return;
    store.transaction(() => {
      if (store.mapRuns.takeDue(due.id, due.dueAt)) this.#engine.doAt(due.dueAt, () => this.#moveOn(due.id));
    });
  }

  /** Has the unsuccessful children of a map run redriven, those that never began started. Within a transaction. */
  redrive(mapRunArn: string, at: number): void {
    const { mapRuns } = this.#engine.store;
    const run = mapRuns.get({ arn: mapRunArn });
    if (run === null) throw new Error("a map run that is to be redriven is gone");
    mapRuns.redrive(run, at);
    this.#engine.wake();
  }

  /** Keeps map runs in step with an execution that has just changed: a child, or one that has distributed Maps. Within a transaction. */
  follow(execution: StoredExecution): void {
    const { state, mapRun } = execution;
    const { mapRuns } = this.#engine.store;
    if (mapRun !== null && state.status !== "RUNNING") {
      mapRuns.setChild(mapRun.mapRunId, mapRun.child, state.status, state.output?.text ?? null);
      mapRuns.setDue(mapRun.mapRunId, state.lastStepAt);
      this.#engine.wake();
    }
    if (state.hasMapRuns) this.#abortAbandoned(execution);
  }

  /** A map run whose Map is gone (the execution stopped, timed out, or a Parallel around it failed) goes with its children. */
  #abortAbandoned({ id, state }: StoredExecution): void {
    const waiting = new Set<string>();
    for (const visit of openVisits(state.root)) if (visit.waiting.kind === "mapRun") waiting.add(visit.waiting.mapRunArn);
    for (const run of this.#engine.store.mapRuns.list(id)) {
      if (run.status !== "RUNNING" || waiting.has(run.arn)) continue;
      this.#engine.store.mapRuns.end(run.id, "ABORTED", state.lastStepAt);
      this.#abortChildren(run, state.lastStepAt);
    }
  }

  #moveOn(id: number): void {
    const { store } = this.#engine;
    const run = store.mapRuns.get({ id });
    if (run === null) return;
    if (run.status !== "RUNNING") return;
    const counts = store.mapRuns.counts(id);
    if (hasFailed(run, counts)) return this.#fail(run);
    const running = executionsIn(counts, "RUNNING");
    const pending = executionsIn(counts, "PENDING") + executionsIn(counts, "PENDING_REDRIVE");
    if (pending + running === 0) return this.#succeed(run);
    const capacity = Math.max((run.maxConcurrency === 0 ? maxChildren : run.maxConcurrency) - running, 0);
    const until = performance.now() + turnMilliseconds;
    let begun = 0;
    for (const child of store.mapRuns.pending(id, Math.min(capacity, childrenPerTurn))) {
      if (child.isRedrive) this.#redriveChild(run, child);
      else this.#startChild(run, child);
      begun += 1;
      if (performance.now() >= until) break;
    }
    if (begun < Math.min(pending, capacity)) store.mapRuns.setDue(id, this.#engine.now());
  }

  #startChild(run: StoredMapRun, { child }: MapRunChild): void {
    const parent = this.#execution(run.executionId);
    const { store } = this.#engine;
    const label = run.arn.split("/")[1]?.split(":")[0] ?? "";
    const machine = `${parent.machineName.split("/")[0]}/${label}`;
    const name = randomUUID();
    store.mapRuns.setChild(run.id, child, "RUNNING", null);
    this.#engine.start({
      arn: this.#engine.arn(run.isExpress ? `express:${machine}:${name}:${randomUUID()}` : `execution:${machine}:${name}`),
      machineArn: this.#engine.arn(`stateMachine:${machine}`),
      machineName: machine,
      name,
      roleArn: parent.roleArn,
      definition: run.definition,
      machineUpdatedAt: parent.machineUpdatedAt,
      machineRevisionId: parent.machineRevisionId,
      machineSettings: parent.machineSettings,
      mapRun: { mapRunId: run.id, mapRunArn: run.arn, child },
      input: store.mapRuns.input(run.id, child),
      startedAt: this.#engine.now(),
      mocks: parent.mocks,
      isManual: parent.isManual,
    });
  }

  #redriveChild(run: StoredMapRun, { child }: MapRunChild): void {
    const { store } = this.#engine;
    const execution = store.executions.toBeRedriven(run.id, child);
    if (execution === null) throw new Error("a child execution that is to be redriven is gone");
    store.mapRuns.setChild(run.id, child, "RUNNING", null);
    this.#engine.happen(execution, { kind: "redriven" }, this.#engine.now());
  }

  #succeed(run: StoredMapRun): void {
    const { store } = this.#engine;
    store.mapRuns.end(run.id, "SUCCEEDED", this.#engine.now());
    const happening = { kind: "mapRunSucceeded", mapRunArn: run.arn, results: () => this.#results(run) } as const;
    this.#engine.happen(this.#execution(run.executionId), happening, this.#engine.now());
  }

  #results(run: StoredMapRun): readonly ChildResult[] {
    const { store } = this.#engine;
    let executionIds: ReadonlyMap<number, number> | undefined;
    const record = (child: number) => {
      executionIds ??= store.executions.ofMapRun(run.id);
      return childRecord(describedExecution(this.#engine, this.#execution(executionIds.get(child) ?? 0)));
    };
    return store.mapRuns.outputs(run.id).map(({ child, output }) => ({
      output: output === null ? undefined : Payload.ofText(() => output),
      record: () => record(child),
    }));
  }

  #fail(run: StoredMapRun): void {
    this.#engine.store.mapRuns.end(run.id, "FAILED", this.#engine.now());
    this.#abortChildren(run, this.#engine.now());
    const happening = { kind: "mapRunFailed", mapRunArn: run.arn, ...toleranceExceeded } as const;
    this.#engine.happen(this.#execution(run.executionId), happening, this.#engine.now());
  }

  #abortChildren(run: StoredMapRun, at: number): void {
    this.#engine.store.mapRuns.dropRedrives(run.id);
    for (const id of this.#engine.store.executionLists.runningIds({ mapRunId: run.id })) {
      this.#engine.happen(this.#execution(id), { kind: "stopped" }, at);
    }
  }

  #execution(id: number): StoredExecution {
    const execution = this.#engine.store.executions.get({ id });
    if (execution === null) throw new Error("a map run's execution is gone");
    return execution;
  }
}

function hasFailed(run: StoredMapRun, counts: readonly StatusCount[]): boolean {
  const sum = (of: readonly StatusCount[]) => of.reduce((total, { items }) => total + items, 0);
  const failed = sum(counts.filter(({ status }) => ["FAILED", "TIMED_OUT", "ABORTED"].includes(status)));
  return isBeyondTolerance(run, failed, sum(counts));
}

function executionsIn(counts: readonly StatusCount[], wanted: string): number {
  return counts.find(({ status }) => status === wanted)?.executions ?? 0;
}
