import type { MapRunPlan } from "../asl/run.ts";
import { type Database, number, numberOrNull, type Row, textOrNull } from "./database.ts";
import { definitionId } from "./definitions.ts";

export interface StoredMapRun {
  readonly id: number;
  readonly arn: string;
  /** The execution whose Map it is. */
  readonly executionId: number;
  readonly definition: string;
  readonly isExpress: boolean;
  readonly status: "RUNNING" | "SUCCEEDED" | "FAILED" | "ABORTED";
  readonly startedAt: number;
  readonly stoppedAt: number | null;
  /** 0 is AWS's own limit. */
  readonly maxConcurrency: number;
  readonly toleratedFailureCount: number | null;
  readonly toleratedFailurePercentage: number | null;
  readonly redriveCount: number;
  readonly redrivenAt: number | null;
}

/** A child execution's place: PENDING until it is started, then the execution's status, and PENDING_REDRIVE until it is redriven. */
export interface MapRunChild {
  readonly child: number;
  readonly isRedrive: boolean;
}

export interface StatusCount {
  readonly status: string;
  readonly executions: number;
  readonly items: number;
}

/** Distributed Maps and what their child executions are started with and end in. */
export class MapRuns {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  add(executionId: number, plan: MapRunPlan, startedAt: number): void {
    const machineArn = String(this.#database.get("SELECT machine_arn FROM executions WHERE id = ?", executionId)?.["machine_arn"]);
    const { id } = this.#database.run(
      `INSERT INTO map_runs (arn, execution_id, definition_id, is_express, started_at, max_concurrency, tolerated_failure_count,
         tolerated_failure_percentage, status, stopped_at, due_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      plan.arn,
      executionId,
      definitionId(this.#database, machineArn, JSON.stringify(plan.definition)),
      plan.isExpress ? 1 : 0,
      startedAt,
      plan.maxConcurrency,
      plan.toleratedFailureCount,
      plan.toleratedFailurePercentage,
      plan.hasFailed ? "FAILED" : "RUNNING",
      plan.hasFailed ? startedAt : null,
      plan.hasFailed ? null : startedAt,
    );
    // Inputs may be long, and are read once: by themselves, so that they are not written again with each change of a child's status.
    for (const [child, { input, items }] of plan.children.entries()) {
      this.#database.run("INSERT INTO map_run_children (map_run_id, child, items, status) VALUES (?, ?, ?, 'PENDING')", id, child, items);
      this.#database.run("INSERT INTO map_run_inputs (map_run_id, child, json) VALUES (?, ?, ?)", id, child, JSON.stringify(input));
    }
  }

  get(key: { readonly id: number } | { readonly arn: string }): StoredMapRun | null {
    const row =
      "id" in key
        ? this.#database.get(`${selectMapRun} WHERE map_runs.id = ?`, key.id)
        : this.#database.get(`${selectMapRun} WHERE map_runs.arn = ?`, key.arn);
    return row === undefined ? null : toMapRun(row);
  }

  /** An execution's, newest first, before a map run's id. */
  list(executionId: number, limit = -1, before = Number.MAX_SAFE_INTEGER): StoredMapRun[] {
    const sql = `${selectMapRun} WHERE execution_id = ? AND map_runs.id < ? ORDER BY map_runs.id DESC LIMIT ?`;
    return this.#database.all(sql, executionId, before, limit).map(toMapRun);
  }

  /** The one in which children are to be started or a child has ended, of those at or before `until` the one that has been due longest. */
  firstDue(until: number): { readonly id: number; readonly dueAt: number } | null {
    const row = this.#database.get("SELECT id, due_at FROM map_runs WHERE due_at <= ? ORDER BY due_at, id LIMIT 1", until);
    return row === undefined ? null : { id: number(row["id"]), dueAt: number(row["due_at"]) };
  }

  /** Has a map run looked at for what happened in it at the instant `at`, unless it is due from an earlier one. */
  setDue(id: number, at: number): void {
    this.#database.run("UPDATE map_runs SET due_at = coalesce(min(due_at, ?), ?) WHERE id = ?", at, at, id);
  }

  /** Takes a map run that is due since then; false where another process took it first. */
  takeDue(id: number, dueAt: number): boolean {
    return this.#database.run("UPDATE map_runs SET due_at = NULL WHERE id = ? AND due_at = ?", id, dueAt).changes === 1;
  }

  setLimits(id: number, limits: Pick<StoredMapRun, "maxConcurrency" | "toleratedFailureCount" | "toleratedFailurePercentage">): void {
    this.#database.run(
      "UPDATE map_runs SET max_concurrency = ?, tolerated_failure_count = ?, tolerated_failure_percentage = ? WHERE id = ?",
      limits.maxConcurrency,
      limits.toleratedFailureCount,
      limits.toleratedFailurePercentage,
      id,
    );
  }

  end(id: number, status: "SUCCEEDED" | "FAILED" | "ABORTED", stoppedAt: number): void {
    this.#database.run("UPDATE map_runs SET status = ?, stopped_at = ?, due_at = NULL WHERE id = ?", status, stoppedAt, id);
  }

  /** The next children to start or to redrive. */
  pending(id: number, limit: number): MapRunChild[] {
    const sql = `SELECT child, status FROM map_run_children WHERE map_run_id = ? AND status IN ('PENDING', 'PENDING_REDRIVE')
      ORDER BY child LIMIT ?`;
    return this.#database
      .all(sql, id, limit)
      .map((row) => ({ child: number(row["child"]), isRedrive: row["status"] === "PENDING_REDRIVE" }));
  }

  /** What a child is started with, as JSON text. */
  input(id: number, child: number): string {
    return String(this.#database.get("SELECT json FROM map_run_inputs WHERE map_run_id = ? AND child = ?", id, child)?.["json"]);
  }

  /** Makes a map run that did not succeed a running one again, whose unsuccessful children are to be redriven; those of Express are started anew. */
  redrive({ id, isExpress }: StoredMapRun, at: number): void {
    const sql =
      "UPDATE map_runs SET status = 'RUNNING', stopped_at = NULL, due_at = ?, redrive_count = redrive_count + 1, redriven_at = ? WHERE id = ?";
    this.#database.run(sql, at, at, id);
    this.#setChildren(id, unsuccessful, isExpress ? "PENDING" : "PENDING_REDRIVE");
  }

  /** Leaves the children that were to be redriven as they were. */
  dropRedrives(id: number): void {
    this.#setChildren(id, ["PENDING_REDRIVE"], "ABORTED");
  }

  #setChildren(id: number, from: readonly string[], to: string): void {
    const isFrom = `status IN (${from.map((status) => `'${status}'`).join(", ")})`;
    this.#database.run(`UPDATE map_run_children SET status = ?, output = NULL WHERE map_run_id = ? AND ${isFrom}`, to, id);
    if (to === "PENDING") return;
    const sql = `UPDATE executions SET status = ?, state = json_set(state, '$.status', ?), revision = revision + 1 WHERE map_run_id = ? AND ${isFrom}`;
    this.#database.run(sql, to, to, id);
  }

  setChild(id: number, child: number, status: string, output: string | null): void {
    this.#database.run("UPDATE map_run_children SET status = ?, output = ? WHERE map_run_id = ? AND child = ?", status, output, id, child);
  }

  /** How many items a child has got. */
  items(id: number, child: number): number {
    return number(this.#database.get("SELECT items FROM map_run_children WHERE map_run_id = ? AND child = ?", id, child)?.["items"]);
  }

  counts(id: number): StatusCount[] {
    const sql = "SELECT status, count(*) AS executions, sum(items) AS items FROM map_run_children WHERE map_run_id = ? GROUP BY status";
    return this.#database.all(sql, id).map((row) => ({
      status: String(row["status"]),
      executions: number(row["executions"]),
      items: number(row["items"]),
    }));
  }

  /** The children's outputs as JSON texts, in the order of the items; null for one that did not succeed. */
  outputs(id: number): { readonly child: number; readonly output: string | null }[] {
    const rows = this.#database.all("SELECT child, output FROM map_run_children WHERE map_run_id = ? ORDER BY child", id);
    return rows.map(({ child, output }) => ({ child: number(child), output: textOrNull(output) }));
  }
}

const unsuccessful = ["FAILED", "TIMED_OUT", "ABORTED"];

const selectMapRun =
  "SELECT map_runs.*, definitions.text AS definition FROM map_runs JOIN definitions ON definitions.id = map_runs.definition_id";

function toMapRun(row: Row): StoredMapRun {
  return {
    id: number(row["id"]),
    arn: String(row["arn"]),
    executionId: number(row["execution_id"]),
    definition: String(row["definition"]),
    isExpress: row["is_express"] === 1,
    status: String(row["status"]) as StoredMapRun["status"],
    startedAt: number(row["started_at"]),
    stoppedAt: numberOrNull(row["stopped_at"]),
    maxConcurrency: number(row["max_concurrency"]),
    toleratedFailureCount: numberOrNull(row["tolerated_failure_count"]),
    toleratedFailurePercentage: numberOrNull(row["tolerated_failure_percentage"]),
    redriveCount: number(row["redrive_count"]),
    redrivenAt: numberOrNull(row["redriven_at"]),
  };
}
