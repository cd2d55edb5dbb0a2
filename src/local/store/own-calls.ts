import type { TokenTarget } from "../task-token.ts";
import { type Database, number, numberOrNull, type Row } from "./database.ts";

/** A call of an execution's task to Step Functions itself: one that is to be made, or one whose child execution the task waits for. */
export interface OwnCall extends TokenTarget {
  /** Null until the call is made. */
  readonly childId: number | null;
  /** Since when something is to be done about it, in epoch milliseconds; null while its child runs. */
  readonly dueAt: number | null;
}

/** The calls that are written in the file until they are dealt with, so that none is lost with a process. */
export class OwnCalls {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  add({ executionId, attempt, childId, dueAt }: OwnCall): void {
    const sql = "INSERT INTO own_calls (execution_id, attempt, child_id, due_at) VALUES (?, ?, ?, ?)";
    this.#database.run(sql, executionId, attempt, childId, dueAt);
  }

  /** The one that has been due longest of those due at or before `until`. */
  firstDue(until: number): TokenTarget | null {
    const sql = "SELECT * FROM own_calls WHERE due_at <= ? ORDER BY due_at, execution_id, attempt LIMIT 1";
    const row = this.#database.get(sql, until);
    return row === undefined ? null : toOwnCall(row);
  }

  /** Takes one that is due out of the file; null where another process took it first. */
  take({ executionId, attempt }: TokenTarget): OwnCall | null {
    const sql = "DELETE FROM own_calls WHERE execution_id = ? AND attempt = ? AND due_at IS NOT NULL RETURNING *";
    const row = this.#database.get(sql, executionId, attempt);
    return row === undefined ? null : toOwnCall(row);
  }

  remove({ executionId, attempt }: TokenTarget): void {
    this.#database.run("DELETE FROM own_calls WHERE execution_id = ? AND attempt = ?", executionId, attempt);
  }

  /** Makes one due before all others whose task was aborted: what it started must not go on starting more meanwhile. */
  abandon({ executionId, attempt }: TokenTarget): void {
    this.#database.run("UPDATE own_calls SET due_at = 0 WHERE execution_id = ? AND attempt = ?", executionId, attempt);
  }

  /** Makes those due that wait for an execution, which has ended; whether there are any. */
  childEnded(childId: number, at: number): boolean {
    return this.#database.run("UPDATE own_calls SET due_at = ? WHERE child_id = ?", at, childId).changes > 0;
  }
}

function toOwnCall(row: Row): OwnCall {
  return {
    executionId: number(row["execution_id"]),
    attempt: number(row["attempt"]),
    childId: numberOrNull(row["child_id"]),
    dueAt: numberOrNull(row["due_at"]),
  };
}
