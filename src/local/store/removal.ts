import { type Database, number } from "./database.ts";

/** How many rows may still be removed in one go, so that nobody waits long for the file. */
export interface Budget {
  rows: number;
}

/** Takes out of the file what nobody can ask for any more, a part at a time. All calls are to be made within a transaction. */
export class Removal {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Ended executions of a machine, any or those that ended at a time or before. */
  endedIds(machineArn: string, endedBy: number, limit: number): number[] {
    const sql = `SELECT id FROM executions WHERE machine_arn = ? AND status IN ('SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED')
      AND listed_at <= ? LIMIT ?`;
    return this.#ids(sql, machineArn, endedBy, limit);
  }

  /** Removes an ended execution with its history, its map runs and their executions; false where the budget did not suffice. */
  execution(id: number, budget: Budget): boolean {
    for (const mapRunId of this.#ids("SELECT id FROM map_runs WHERE execution_id = ?", id)) {
      if (!this.#mapRun(mapRunId, budget)) return false;
    }
    if (!this.#removed("events", "execution_id", "id", id, budget)) return false;
    for (const table of ["payloads", "undelivered", "activity_tasks", "own_calls"])
      this.#database.run(`DELETE FROM ${table} WHERE execution_id = ?`, id);
    this.#database.run("DELETE FROM executions WHERE id = ?", id);
    this.#database.run("UPDATE meta SET value = ? WHERE key = 'lastRemovedId' AND CAST(value AS INTEGER) < ?", id, id);
    budget.rows -= 1;
    return true;
  }

  /** Removes a machine that has no executions any more, with its versions, aliases, tags and definitions. */
  machine(arn: string): void {
    for (const table of ["state_machine_versions", "state_machine_aliases", "definitions"]) {
      this.#database.run(`DELETE FROM ${table} WHERE machine_arn = ?`, arn);
    }
    this.#database.run("DELETE FROM tags WHERE resource_arn = ?", arn);
    this.#database.run("DELETE FROM state_machines WHERE arn = ?", arn);
  }

  #mapRun(id: number, budget: Budget): boolean {
    const next = () => this.#ids("SELECT id FROM executions WHERE map_run_id = ? LIMIT 1", id)[0];
    for (let child = next(); child !== undefined; child = next()) {
      if (budget.rows <= 0 || !this.execution(child, budget)) return false;
    }
    for (const table of ["map_run_children", "map_run_inputs"]) {
      if (!this.#removed(table, "map_run_id", "child", id, budget)) return false;
    }
    this.#database.run("DELETE FROM map_runs WHERE id = ?", id);
    return true;
  }

  /** Removes the rows under a key, lowest numbers first; whether none is left. */
  #removed(table: string, key: string, order: string, id: number, budget: Budget): boolean {
    const most = Math.max(budget.rows, 0);
    const first = `(SELECT min(${order}) FROM ${table} WHERE ${key} = ?)`;
    const { changes } = this.#database.run(`DELETE FROM ${table} WHERE ${key} = ? AND ${order} < ${first} + ?`, id, id, most);
    budget.rows -= changes;
    return changes < most;
  }

  #ids(sql: string, ...values: (string | number)[]): number[] {
    return this.#database.all(sql, ...values).map((row) => number(row["id"]));
  }
}
