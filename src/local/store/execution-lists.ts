import type { ExecutionState } from "../asl/execution-state.ts";
import { type Database, number, numberOrNull, type Row } from "./database.ts";
import { type ExecutionHead, headOf } from "./executions.ts";

/** What a listing tells of an execution. */
export type ListedExecution = ExecutionHead & Pick<ExecutionState, "status" | "stoppedAt" | "redriveCount" | "redrivenAt">;

type Listing =
  | { readonly machineArn: string }
  | { readonly versionArn: string }
  | { readonly aliasArn: string }
  | { readonly mapRunId: number };

/** Part of a listing, newest first. */
export interface ListPart {
  readonly status: string | null;
  /** Whether those that were redriven are wanted, or the others; null for both. */
  readonly isRedriven: boolean | null;
  /** Ended ones are listed if they ended after this. */
  readonly keptSince: number;
  /** The `listedAt` and `id` of the execution before the first one wanted; null for the beginning. */
  readonly after: readonly (string | number)[] | null;
  readonly limit: number;
}

/** Lists of executions. */
export class ExecutionLists {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** A machine's own, those started through a version or an alias, or a map run's. */
  part(of: Listing, { status, isRedriven, keptSince, after, limit }: ListPart): ListedExecution[] {
    const [column, key] = holder(of);
    const [listedAt = Number.MAX_SAFE_INTEGER, id = 0] = after ?? [];
    // Each status is in order by itself (see the schema), so that no listing reads more than it shows of each.
    const statuses = status === null ? ["RUNNING", "PENDING_REDRIVE", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"] : [status];
    const redriven = isRedriven === null ? "" : `AND json_extract(state, '$.redriveCount') ${isRedriven ? ">" : "="} 0`;
    const ofStatus = `SELECT * FROM (SELECT id, listed_at FROM executions WHERE ${column} = ? AND status = ? AND (listed_at, id) < (?, ?)
      AND listed_at > ? ${redriven} ORDER BY listed_at DESC, id DESC LIMIT ?)`;
    const ids = `SELECT id FROM (${statuses.map(() => ofStatus).join(" UNION ALL ")}) ORDER BY listed_at DESC, id DESC LIMIT ?`;
    const sql = `${selectListed} WHERE executions.id IN (${ids}) ORDER BY executions.listed_at DESC, executions.id DESC`;
    const values = statuses.flatMap((each) => [key, each, listedAt, id, each === "RUNNING" ? Number.MIN_SAFE_INTEGER : keptSince, limit]);
    return this.#database.all(sql, ...values, limit).map(toListed);
  }

  /** Running ones of a machine, without the children of its map runs, or of a map run. A negative limit is none. */
  runningIds(of: Listing, limit = -1): number[] {
    const [column, key] = holder(of);
    const sql = `SELECT id FROM executions WHERE ${column} = ? AND status = 'RUNNING' LIMIT ?`;
    return this.#database.all(sql, key, limit).map((row) => number(row["id"]));
  }
}

/** The column that holds what a listing is of, with the value looked for. */
function holder(of: Listing): [string, string | number] {
  if ("machineArn" in of) return ["machine_arn", of.machineArn];
  if ("versionArn" in of) return ["version_arn", of.versionArn];
  return "aliasArn" in of ? ["alias_arn", of.aliasArn] : ["map_run_id", of.mapRunId];
}

/** Without what is long: a thousand inputs and definitions would hold everybody up. */
const selectListed = `SELECT executions.id, executions.arn, machine_arn, version_arn, alias_arn, name, map_run_id, map_run_child, executions.started_at,
  listed_at, executions.status, map_runs.arn AS map_run_arn, json_extract(state, '$.stoppedAt') AS stopped_at,
  json_extract(state, '$.redriveCount') AS redrive_count, json_extract(state, '$.redrivenAt') AS redriven_at
  FROM executions LEFT JOIN map_runs ON map_runs.id = map_run_id`;

function toListed(row: Row): ListedExecution {
  return {
    ...headOf(row),
    status: String(row["status"]) as ExecutionState["status"],
    stoppedAt: numberOrNull(row["stopped_at"]),
    redriveCount: number(row["redrive_count"]),
    redrivenAt: numberOrNull(row["redriven_at"]),
  };
}
