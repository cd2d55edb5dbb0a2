import { type Database, number, type Row, textOrNull } from "./database.ts";

export interface StoredStateMachine {
  readonly arn: string;
  readonly name: string;
  readonly definition: string;
  readonly roleArn: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Null until the machine is first updated. */
  readonly revisionId: string | null;
}

export class StateMachines {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Adds a machine, or writes the changed one over itself. */
  put({ arn, name, definition, roleArn, createdAt, updatedAt, revisionId }: StoredStateMachine): void {
    this.#database.run(
      `INSERT INTO state_machines (arn, name, definition, role_arn, created_at, updated_at, revision_id) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (arn) DO UPDATE SET definition = excluded.definition, role_arn = excluded.role_arn, updated_at = excluded.updated_at,
         revision_id = excluded.revision_id`,
      arn,
      name,
      definition,
      roleArn,
      createdAt,
      updatedAt,
      revisionId,
    );
  }

  get(arn: string): StoredStateMachine | null {
    const row = this.#database.get("SELECT * FROM state_machines WHERE arn = ?", arn);
    return row === undefined ? null : toStateMachine(row);
  }

  /** In the order of their names, as AWS lists them. */
  list(limit: number, offset: number): StoredStateMachine[] {
    return this.#database.all("SELECT * FROM state_machines ORDER BY name LIMIT ? OFFSET ?", limit, offset).map(toStateMachine);
  }

  delete(arn: string): void {
    this.#database.run("DELETE FROM state_machines WHERE arn = ?", arn);
  }
}

function toStateMachine(row: Row): StoredStateMachine {
  return {
    arn: String(row["arn"]),
    name: String(row["name"]),
    definition: String(row["definition"]),
    roleArn: String(row["role_arn"]),
    createdAt: number(row["created_at"]),
    updatedAt: number(row["updated_at"]),
    revisionId: textOrNull(row["revision_id"]),
  };
}
