import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { type ExecutionState, notStarted } from "./asl/execution-state.ts";
import type { HistoryEvent } from "./asl/history-event.ts";

const schemaVersion = "1";

const schema = `
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS state_machines (
  arn TEXT PRIMARY KEY, name TEXT NOT NULL, definition TEXT NOT NULL, role_arn TEXT NOT NULL, created_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS definitions (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS executions (
  id INTEGER PRIMARY KEY, arn TEXT NOT NULL UNIQUE, machine_arn TEXT NOT NULL, machine_name TEXT NOT NULL, name TEXT NOT NULL,
  role_arn TEXT NOT NULL, definition_id INTEGER NOT NULL REFERENCES definitions (id), input TEXT NOT NULL, started_at INTEGER NOT NULL,
  status TEXT NOT NULL, state TEXT NOT NULL, revision INTEGER NOT NULL, due_at INTEGER
);
CREATE INDEX IF NOT EXISTS executions_of_machine ON executions (machine_arn, status, started_at);
CREATE INDEX IF NOT EXISTS executions_due ON executions (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS events (
  execution_id INTEGER NOT NULL, id INTEGER NOT NULL, json TEXT NOT NULL, PRIMARY KEY (execution_id, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS undelivered (
  execution_id INTEGER NOT NULL, event_id INTEGER NOT NULL, PRIMARY KEY (execution_id, event_id)
) WITHOUT ROWID;
`;

export interface StoredStateMachine {
  readonly arn: string;
  readonly name: string;
  readonly definition: string;
  readonly roleArn: string;
  readonly createdAt: number;
}

export interface StoredExecution {
  readonly id: number;
  readonly arn: string;
  readonly machineArn: string;
  readonly machineName: string;
  readonly name: string;
  readonly roleArn: string;
  readonly definition: string;
  readonly input: string;
  readonly startedAt: number;
  readonly state: ExecutionState;
  /** Grows with every change, heartbeats included: a step is only written over the revision it was computed from. */
  readonly revision: number;
}

/** The SQLite file: machines, executions, their histories, and the clock's shift. Everything that a reply of 200 promised is in it. */
export class Store {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly region: string;
  readonly secret: Uint8Array;

  constructor(file: string, region: string) {
    mkdirSync(dirname(file), { recursive: true });
    this.#database = new DatabaseSync(file, { timeout: 10_000 });
    // NORMAL loses nothing when a process is killed: what was written is the operating system's by then.
    this.#database.exec("PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16000;");
    useWriteAheadLog(this.#database);
    this.transaction(() => {
      this.#database.exec(schema);
      this.#setOnce("schema", schemaVersion);
      this.#setOnce("region", region);
      this.#setOnce("secret", randomBytes(32).toString("hex"));
      this.#setOnce("clockShift", "0");
    });
    if (this.#meta("schema") !== schemaVersion) {
      throw new Error(
        `the file has schema ${this.#meta("schema")}; this version of the embedded Step Functions reads schema ${schemaVersion}`,
      );
    }
    this.region = this.#meta("region");
    this.secret = Buffer.from(this.#meta("secret"), "hex");
  }

  close(): void {
    this.#database.close();
  }

  /** All or nothing, alone among all processes that use the file. */
  transaction<Result>(work: () => Result): Result {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  /** How far the file's clock is ahead of the real one, in milliseconds. */
  get clockShift(): number {
    return Number(this.#meta("clockShift"));
  }

  shiftClock(milliseconds: number): void {
    this.#run("UPDATE meta SET value = CAST(value AS INTEGER) + ? WHERE key = 'clockShift'", milliseconds);
  }

  /** A number that changes whenever another process has written to the file. */
  get foreignChanges(): number {
    return number(this.#get("PRAGMA data_version")?.["data_version"]);
  }

  addStateMachine(machine: StoredStateMachine): void {
    this.#run(
      "INSERT INTO state_machines (arn, name, definition, role_arn, created_at) VALUES (?, ?, ?, ?, ?)",
      machine.arn,
      machine.name,
      machine.definition,
      machine.roleArn,
      machine.createdAt,
    );
  }

  stateMachine(arn: string): StoredStateMachine | null {
    const row = this.#get("SELECT * FROM state_machines WHERE arn = ?", arn);
    return row === undefined ? null : toStateMachine(row);
  }

  stateMachines(limit: number, offset: number): StoredStateMachine[] {
    return this.#all("SELECT * FROM state_machines ORDER BY name LIMIT ? OFFSET ?", limit, offset).map(toStateMachine);
  }

  deleteStateMachine(arn: string): void {
    this.#run("DELETE FROM state_machines WHERE arn = ?", arn);
  }

  addExecution(execution: Omit<StoredExecution, "id" | "state" | "revision">): StoredExecution {
    this.#run("INSERT OR IGNORE INTO definitions (text) VALUES (?)", execution.definition);
    const definitionId = number(this.#get("SELECT id FROM definitions WHERE text = ?", execution.definition)?.["id"]);
    const { lastInsertRowid } = this.#statement(
      `INSERT INTO executions (arn, machine_arn, machine_name, name, role_arn, definition_id, input, started_at, status, state, revision)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'RUNNING', ?, 0)`,
    ).run(
      execution.arn,
      execution.machineArn,
      execution.machineName,
      execution.name,
      execution.roleArn,
      definitionId,
      execution.input,
      execution.startedAt,
      JSON.stringify(notStarted),
    );
    return { ...execution, id: Number(lastInsertRowid), state: notStarted, revision: 0 };
  }

  execution(key: { readonly arn: string } | { readonly id: number }): StoredExecution | null {
    const row =
      "arn" in key
        ? this.#get(`${selectExecution} WHERE executions.arn = ?`, key.arn)
        : this.#get(`${selectExecution} WHERE executions.id = ?`, key.id);
    return row === undefined ? null : toExecution(row);
  }

  /** Newest first, as AWS lists them. */
  executions(machineArn: string, status: string | null, limit: number, offset: number): StoredExecution[] {
    const filter = status === null ? "" : "AND executions.status = ?";
    const values = status === null ? [machineArn, limit, offset] : [machineArn, status, limit, offset];
    return this.#all(
      `${selectExecution} WHERE machine_arn = ? ${filter} ORDER BY started_at DESC, executions.id DESC LIMIT ? OFFSET ?`,
      ...values,
    ).map(toExecution);
  }

  runningExecutionIds(machineArn: string): number[] {
    return this.#all("SELECT id FROM executions WHERE machine_arn = ? AND status = 'RUNNING'", machineArn).map((row) => number(row["id"]));
  }

  /** The execution whose deadline is the earliest of those at or before `now`, with that deadline. */
  firstDue(now: number): { readonly id: number; readonly dueAt: number } | null {
    const row = this.#get("SELECT id, due_at FROM executions WHERE due_at <= ? ORDER BY due_at, id LIMIT 1", now);
    return row === undefined ? null : { id: number(row["id"]), dueAt: number(row["due_at"]) };
  }

  nextDueAt(): number | null {
    const due = this.#get("SELECT min(due_at) AS due_at FROM executions WHERE due_at IS NOT NULL")?.["due_at"];
    return typeof due === "number" ? due : null;
  }

  /** Writes a step, unless the execution has changed since it was read: then false, and nothing is written. */
  commitStep(execution: StoredExecution, state: ExecutionState, events: readonly HistoryEvent[], dueAt: number | null): boolean {
    const { changes } = this.#statement(
      "UPDATE executions SET state = ?, status = ?, due_at = ?, revision = revision + 1 WHERE id = ? AND revision = ?",
    ).run(JSON.stringify(state), state.status, dueAt, execution.id, execution.revision);
    if (Number(changes) === 0) return false;
    for (const event of events) {
      this.#run("INSERT INTO events (execution_id, id, json) VALUES (?, ?, ?)", execution.id, event.id, JSON.stringify(event));
      if (event.type === "TaskSubmitted") {
        this.#run("INSERT INTO undelivered (execution_id, event_id) VALUES (?, ?)", execution.id, event.id);
      }
    }
    if (state.status !== "RUNNING") this.#run("DELETE FROM undelivered WHERE execution_id = ?", execution.id);
    return true;
  }

  /** Events as JSON texts, at most `limit`, after (or, reversed, before) the event `from`. */
  events(executionId: number, order: "oldestFirst" | "newestFirst", from: number, limit: number): string[] {
    const rows =
      order === "oldestFirst"
        ? this.#all("SELECT json FROM events WHERE execution_id = ? AND id > ? ORDER BY id LIMIT ?", executionId, from, limit)
        : this.#all("SELECT json FROM events WHERE execution_id = ? AND id < ? ORDER BY id DESC LIMIT ?", executionId, from, limit);
    return rows.map((row) => String(row["json"]));
  }

  event(executionId: number, id: number): HistoryEvent | null {
    const row = this.#get("SELECT json FROM events WHERE execution_id = ? AND id = ?", executionId, id);
    return row === undefined ? null : (JSON.parse(String(row["json"])) as HistoryEvent);
  }

  /** Callback tasks that no `onTask` has taken yet, oldest first. */
  undelivered(limit: number): { readonly executionId: number; readonly eventId: number }[] {
    return this.#all("SELECT execution_id, event_id FROM undelivered ORDER BY execution_id, event_id LIMIT ?", limit).map((row) => ({
      executionId: number(row["execution_id"]),
      eventId: number(row["event_id"]),
    }));
  }

  /** Takes a delivery; false where another process took it first. */
  takeDelivery(executionId: number, eventId: number): boolean {
    return (
      Number(this.#statement("DELETE FROM undelivered WHERE execution_id = ? AND event_id = ?").run(executionId, eventId).changes) === 1
    );
  }

  #meta(key: string): string {
    return String(this.#get("SELECT value FROM meta WHERE key = ?", key)?.["value"]);
  }

  #setOnce(key: string, value: string): void {
    this.#run("INSERT OR IGNORE INTO meta (key, value) VALUES (?, ?)", key, value);
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #run(sql: string, ...values: (string | number | null)[]): void {
    this.#statement(sql).run(...values);
  }

  #get(sql: string, ...values: (string | number | null)[]): Row | undefined {
    return this.#statement(sql).get(...values);
  }

  #all(sql: string, ...values: (string | number | null)[]): Row[] {
    return this.#statement(sql).all(...values);
  }
}

type Row = Record<string, unknown>;

/** Two processes that turn a new file to WAL at once do not wait for each other as for other locks: the loser is told "locked" at once. */
function useWriteAheadLog(database: DatabaseSync): void {
  const patience = 200;
  for (let attempt = 1; ; attempt += 1) {
    try {
      database.exec("PRAGMA journal_mode = WAL");
      return;
    } catch (error) {
      if (attempt === patience || !(error instanceof Error) || !/locked|busy/.test(error.message)) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 25);
    }
  }
}

const selectExecution =
  "SELECT executions.*, definitions.text AS definition FROM executions JOIN definitions ON definitions.id = definition_id";

function toStateMachine(row: Row): StoredStateMachine {
  return {
    arn: String(row["arn"]),
    name: String(row["name"]),
    definition: String(row["definition"]),
    roleArn: String(row["role_arn"]),
    createdAt: number(row["created_at"]),
  };
}

function toExecution(row: Row): StoredExecution {
  return {
    id: number(row["id"]),
    arn: String(row["arn"]),
    machineArn: String(row["machine_arn"]),
    machineName: String(row["machine_name"]),
    name: String(row["name"]),
    roleArn: String(row["role_arn"]),
    definition: String(row["definition"]),
    input: String(row["input"]),
    startedAt: number(row["started_at"]),
    state: JSON.parse(String(row["state"])) as ExecutionState,
    revision: number(row["revision"]),
  };
}

function number(value: unknown): number {
  if (typeof value !== "number") throw new Error(`expected a number from the file, got ${typeof value}`);
  return value;
}
