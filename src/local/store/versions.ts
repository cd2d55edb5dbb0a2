import { type Database, number, type Row, textOrNull } from "./database.ts";
import { definitionId } from "./definitions.ts";
import { type Revision, toRevision } from "./state-machines.ts";

/** A published version of a machine: a revision that never changes. */
export interface StoredVersion extends Revision {
  readonly machineArn: string;
  readonly version: number;
  readonly description: string | null;
  readonly createdAt: number;
}

/** Two versions at most, with the share of executions that each gets; the weights add up to 100. */
export type Routing = readonly { readonly stateMachineVersionArn: string; readonly weight: number }[];

export interface StoredAlias {
  readonly machineArn: string;
  readonly name: string;
  readonly description: string | null;
  readonly routing: Routing;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** The versions of machines and the aliases that point to them. */
export class Versions {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  add({ machineArn, version, definition, roleArn, settings, updatedAt, revisionId, description, createdAt }: StoredVersion): void {
    this.#database.run(
      `INSERT INTO state_machine_versions (machine_arn, version, definition_id, role_arn, settings, updated_at, revision_id, description,
         created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      machineArn,
      version,
      definitionId(this.#database, machineArn, definition),
      roleArn,
      settings,
      updatedAt,
      revisionId,
      description,
      createdAt,
    );
  }

  get(machineArn: string, version: number): StoredVersion | null {
    const row = this.#database.get(`${selectVersion} WHERE state_machine_versions.machine_arn = ? AND version = ?`, machineArn, version);
    return row === undefined ? null : toVersion(row);
  }

  /** The newest first (recorded), before a version's number where one is given. */
  list(machineArn: string, limit: number, before: number | null): StoredVersion[] {
    const sql = `${selectVersion} WHERE state_machine_versions.machine_arn = ? AND version < ? ORDER BY version DESC LIMIT ?`;
    return this.#database.all(sql, machineArn, before ?? Number.MAX_SAFE_INTEGER, limit).map(toVersion);
  }

  count(machineArn: string): number {
    const row = this.#database.get("SELECT count(*) AS count FROM state_machine_versions WHERE machine_arn = ?", machineArn);
    return number(row?.["count"]);
  }

  delete(machineArn: string, version: number): void {
    this.#database.run("DELETE FROM state_machine_versions WHERE machine_arn = ? AND version = ?", machineArn, version);
  }

  /** Adds an alias, or writes the changed one over itself. */
  putAlias({ machineArn, name, description, routing, createdAt, updatedAt }: StoredAlias): void {
    this.#database.run(
      `INSERT INTO state_machine_aliases (machine_arn, name, description, routing, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (machine_arn, name) DO UPDATE SET description = excluded.description, routing = excluded.routing,
         updated_at = excluded.updated_at`,
      machineArn,
      name,
      description,
      JSON.stringify(routing),
      createdAt,
      updatedAt,
    );
  }

  alias(machineArn: string, name: string): StoredAlias | null {
    const row = this.#database.get("SELECT * FROM state_machine_aliases WHERE machine_arn = ? AND name = ?", machineArn, name);
    return row === undefined ? null : toAlias(row);
  }

  /** A machine's, by name. AWS allows a hundred. */
  aliases(machineArn: string): StoredAlias[] {
    return this.#database.all("SELECT * FROM state_machine_aliases WHERE machine_arn = ? ORDER BY name", machineArn).map(toAlias);
  }

  deleteAlias(machineArn: string, name: string): void {
    this.#database.run("DELETE FROM state_machine_aliases WHERE machine_arn = ? AND name = ?", machineArn, name);
  }
}

const selectVersion =
  "SELECT state_machine_versions.*, definitions.text AS definition FROM state_machine_versions JOIN definitions ON definitions.id = definition_id";

function toVersion(row: Row): StoredVersion {
  return {
    ...toRevision(row),
    machineArn: String(row["machine_arn"]),
    version: number(row["version"]),
    description: textOrNull(row["description"]),
    createdAt: number(row["created_at"]),
  };
}

function toAlias(row: Row): StoredAlias {
  return {
    machineArn: String(row["machine_arn"]),
    name: String(row["name"]),
    description: textOrNull(row["description"]),
    routing: JSON.parse(String(row["routing"])) as Routing,
    createdAt: number(row["created_at"]),
    updatedAt: number(row["updated_at"]),
  };
}
