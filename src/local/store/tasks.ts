import type { TokenTarget } from "../task-token.ts";
import { type Database, number, type Row } from "./database.ts";

export interface StoredActivity {
  readonly arn: string;
  readonly name: string;
  readonly createdAt: number;
  /** JSON text of its encryption configuration. */
  readonly encryption: string;
}

/** Tasks that wait for somebody to take them: callback tasks for `onTask`, activities' tasks for a worker. */
export class Tasks {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Callback tasks that no `onTask` has taken yet, oldest first. */
  undelivered(limit: number): TokenTarget[] {
    return this.#database.all("SELECT execution_id, attempt FROM undelivered ORDER BY execution_id, attempt LIMIT ?", limit).map(toTarget);
  }

  /** Takes a delivery; false where another process took it first. */
  takeDelivery({ executionId, attempt }: TokenTarget): boolean {
    return this.#database.run("DELETE FROM undelivered WHERE execution_id = ? AND attempt = ?", executionId, attempt).changes === 1;
  }

  /** Puts a task where it is looked for: in its activity's queue, or among the undelivered. */
  offer(target: TokenTarget, activityArn: string | null): void {
    const { executionId, attempt } = target;
    if (activityArn === null) this.#database.run("INSERT INTO undelivered (execution_id, attempt) VALUES (?, ?)", executionId, attempt);
    else {
      const sql = "INSERT INTO activity_tasks (activity_arn, execution_id, attempt) VALUES (?, ?, ?)";
      this.#database.run(sql, activityArn, executionId, attempt);
    }
  }

  /** Takes everything of an ended execution back. */
  withdraw(executionId: number): void {
    this.#database.run("DELETE FROM undelivered WHERE execution_id = ?", executionId);
    this.#database.run("DELETE FROM activity_tasks WHERE execution_id = ?", executionId);
  }

  addActivity({ arn, name, createdAt, encryption }: StoredActivity): void {
    const sql = "INSERT INTO activities (arn, name, created_at, encryption) VALUES (?, ?, ?, ?)";
    this.#database.run(sql, arn, name, createdAt, encryption);
  }

  activity(arn: string): StoredActivity | null {
    const row = this.#database.get("SELECT * FROM activities WHERE arn = ?", arn);
    return row === undefined ? null : toActivity(row);
  }

  /** In the order of their names, after a name. */
  activities(limit: number, afterName: string): StoredActivity[] {
    return this.#database.all("SELECT * FROM activities WHERE name > ? ORDER BY name LIMIT ?", afterName, limit).map(toActivity);
  }

  deleteActivity(arn: string): void {
    this.#database.run("DELETE FROM activities WHERE arn = ?", arn);
  }

  hasActivityTask(activityArn: string): boolean {
    return this.#database.get("SELECT 1 FROM activity_tasks WHERE activity_arn = ? LIMIT 1", activityArn) !== undefined;
  }

  /** Takes the oldest queued task of an activity off its queue, or null where there is none. */
  takeActivityTask(activityArn: string): TokenTarget | null {
    const row = this.#database.get(
      `DELETE FROM activity_tasks WHERE id = (SELECT id FROM activity_tasks WHERE activity_arn = ? ORDER BY id LIMIT 1)
       RETURNING execution_id, attempt`,
      activityArn,
    );
    return row === undefined ? null : toTarget(row);
  }
}

function toActivity(row: Row): StoredActivity {
  const { arn, name, created_at: createdAt, encryption } = row;
  return { arn: String(arn), name: String(name), createdAt: number(createdAt), encryption: String(encryption) };
}

function toTarget(row: Row): TokenTarget {
  return { executionId: number(row["execution_id"]), attempt: number(row["attempt"]) };
}
