import { type Database, number, type Row, textOrNull } from "./database.ts";
import { definitionId } from "./definitions.ts";

/** What a machine is at one time; a version is one of these, kept. */
export interface Revision {
  readonly definition: string;
  readonly roleArn: string;
  /** JSON text of the logging, tracing and encryption configurations; null where none was given. */
  readonly settings: string | null;
  readonly updatedAt: number;
  /** Null until the machine is first updated (recorded). */
  readonly revisionId: string | null;
}

export interface StoredStateMachine extends Revision {
  readonly arn: string;
  readonly name: string;
  readonly type: "STANDARD" | "EXPRESS";
  /** DELETING while what belongs to it is removed. */
  readonly status: "ACTIVE" | "DELETING";
  readonly createdAt: number;
  /** JSON text of what else the creation asked for: a second one that asks for the same is the same creation. */
  readonly creation: string;
  /** The number of the version published last, deleted or not: numbers are not used again (recorded). */
  readonly lastVersion: number;
}

export class StateMachines {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Adds a machine, or writes the changed one over itself. */
  put(machine: StoredStateMachine): void {
    this.#database.run(
      `INSERT INTO state_machines (arn, name, type, status, definition_id, role_arn, settings, created_at, updated_at, revision_id, creation,
         last_version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (arn) DO UPDATE SET status = excluded.status, definition_id = excluded.definition_id, role_arn = excluded.role_arn,
         settings = excluded.settings, updated_at = excluded.updated_at, revision_id = excluded.revision_id,
         last_version = excluded.last_version`,
      machine.arn,
      machine.name,
      machine.type,
      machine.status,
      definitionId(this.#database, machine.arn, machine.definition),
      machine.roleArn,
      machine.settings,
      machine.createdAt,
      machine.updatedAt,
      machine.revisionId,
      machine.creation,
      machine.lastVersion,
    );
  }

  get(arn: string): StoredStateMachine | null {
    const row = this.#database.get(`${selectMachine} WHERE arn = ?`, arn);
    return row === undefined ? null : toStateMachine(row);
  }

  /** In the order of their names, as AWS lists them (recorded), after a name. */
  list(limit: number, afterName: string): StoredStateMachine[] {
    return this.#database.all(`${selectMachine} WHERE name > ? ORDER BY name LIMIT ?`, afterName, limit).map(toStateMachine);
  }

  arns(): string[] {
    return this.#database.all("SELECT arn FROM state_machines").map(({ arn }) => String(arn));
  }

  deletingArns(): string[] {
    return this.#database.all("SELECT arn FROM state_machines WHERE status = 'DELETING'").map(({ arn }) => String(arn));
  }
}

const selectMachine =
  "SELECT state_machines.*, definitions.text AS definition FROM state_machines JOIN definitions ON definitions.id = definition_id";

function toStateMachine(row: Row): StoredStateMachine {
  return {
    ...toRevision(row),
    arn: String(row["arn"]),
    name: String(row["name"]),
    type: row["type"] === "EXPRESS" ? "EXPRESS" : "STANDARD",
    status: row["status"] === "DELETING" ? "DELETING" : "ACTIVE",
    createdAt: number(row["created_at"]),
    creation: String(row["creation"]),
    lastVersion: number(row["last_version"]),
  };
}

export function toRevision(row: Row): Revision {
  return {
    definition: String(row["definition"]),
    roleArn: String(row["role_arn"]),
    settings: textOrNull(row["settings"]),
    updatedAt: number(row["updated_at"]),
    revisionId: textOrNull(row["revision_id"]),
  };
}
