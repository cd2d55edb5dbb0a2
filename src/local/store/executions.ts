import { type ExecutionState, notStarted, openVisits, pendingEvaluations } from "../asl/execution-state.ts";
import type { HistoryEvent } from "../asl/history-event.ts";
import type { MockedResponses } from "../mock-config.ts";
import { type Database, number, type Row, textOrNull } from "./database.ts";
import type { Tasks } from "./tasks.ts";

export interface StoredExecution {
  readonly id: number;
  readonly arn: string;
  readonly machineArn: string;
  readonly machineName: string;
  readonly name: string;
  readonly roleArn: string;
  readonly definition: string;
  /** Of the machine as it was when the execution started. */
  readonly machineUpdatedAt: number;
  readonly machineRevisionId: string | null;
  /** Set for a distributed Map's child. */
  readonly mapRun: ChildOfMapRun | null;
  readonly input: string;
  readonly startedAt: number;
  readonly mocks: MockedResponses | null;
  readonly isManual: boolean;
  readonly state: ExecutionState;
  /** Grows with every change, heartbeats included: a step is only written over the revision it was computed from. */
  readonly revision: number;
}

export interface ChildOfMapRun {
  readonly mapRunId: number;
  readonly mapRunArn: string;
  readonly child: number;
}

type Key = { readonly arn: string } | { readonly id: number };
type Listing = { readonly machineArn: string } | { readonly mapRunId: number };

/** Executions and their histories. */
export class Executions {
  readonly #database: Database;
  readonly #tasks: Tasks;

  constructor(database: Database, tasks: Tasks) {
    this.#database = database;
    this.#tasks = tasks;
  }

  add(execution: Omit<StoredExecution, "id" | "state" | "revision">): StoredExecution {
    const state = notStarted();
    const { id } = this.#database.run(
      `INSERT INTO executions (arn, machine_arn, machine_name, name, role_arn, definition_id, machine_updated_at, machine_revision_id,
         map_run_id, map_run_child, input, started_at, mocks, is_manual, status, state, revision)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'RUNNING', ?, 0)`,
      execution.arn,
      execution.machineArn,
      execution.machineName,
      execution.name,
      execution.roleArn,
      definitionId(this.#database, execution.definition),
      execution.machineUpdatedAt,
      execution.machineRevisionId,
      execution.mapRun?.mapRunId ?? null,
      execution.mapRun?.child ?? null,
      execution.input,
      execution.startedAt,
      execution.mocks === null ? null : JSON.stringify(execution.mocks),
      execution.isManual ? 1 : 0,
      JSON.stringify(state),
    );
    return { ...execution, id, state, revision: 0 };
  }

  get(key: Key): StoredExecution | null {
    const row =
      "arn" in key
        ? this.#database.get(`${selectExecution} WHERE executions.arn = ?`, key.arn)
        : this.#database.get(`${selectExecution} WHERE executions.id = ?`, key.id);
    return row === undefined ? null : toExecution(row);
  }

  /** A machine's own, or a map run's; newest first, as AWS lists them. */
  list(of: Listing, status: string | null, limit: number, offset: number): StoredExecution[] {
    const [holder, key] = "machineArn" in of ? ["machine_arn = ?", of.machineArn] : ["map_run_id = ?", of.mapRunId];
    const filter = status === null ? "" : "AND executions.status = ?";
    const values = status === null ? [key, limit, offset] : [key, status, limit, offset];
    return this.#database
      .all(
        `${selectExecution} WHERE ${holder} ${filter} ORDER BY executions.started_at DESC, executions.id DESC LIMIT ? OFFSET ?`,
        ...values,
      )
      .map(toExecution);
  }

  /** Running ones of a machine, with the children of its map runs, or of a map run. */
  runningIds(of: Listing): number[] {
    const [holder, key] = "machineArn" in of ? ["machine_arn", of.machineArn] : ["map_run_id", of.mapRunId];
    return this.#database.all(`SELECT id FROM executions WHERE ${holder} = ? AND status = 'RUNNING'`, key).map((row) => number(row["id"]));
  }

  /** The executions that wait for JSONata. */
  evaluatingIds(): number[] {
    return this.#database.all("SELECT id FROM executions WHERE is_evaluating = 1").map((row) => number(row["id"]));
  }

  /** The execution whose deadline is the earliest of those at or before `now`, with that deadline. */
  firstDue(now: number): { readonly id: number; readonly dueAt: number } | null {
    const row = this.#database.get("SELECT id, due_at FROM executions WHERE due_at <= ? ORDER BY due_at, id LIMIT 1", now);
    return row === undefined ? null : { id: number(row["id"]), dueAt: number(row["due_at"]) };
  }

  /** Writes a step, unless the execution has changed since it was read: then false, and nothing is written. */
  commitStep(execution: StoredExecution, state: ExecutionState, events: readonly HistoryEvent[], dueAt: number | null): boolean {
    const isEvaluating = pendingEvaluations(state).length > 0;
    const { changes } = this.#database.run(
      "UPDATE executions SET state = ?, status = ?, due_at = ?, is_evaluating = ?, revision = revision + 1 WHERE id = ? AND revision = ?",
      JSON.stringify(state),
      state.status,
      // What falls due in an execution that waits for JSONata comes after that, so that its events keep their order.
      isEvaluating ? null : dueAt,
      isEvaluating ? 1 : 0,
      execution.id,
      execution.revision,
    );
    if (changes === 0) return false;
    for (const event of events) {
      this.#database.run("INSERT INTO events (execution_id, id, json) VALUES (?, ?, ?)", execution.id, event.id, JSON.stringify(event));
    }
    if (state.status === "RUNNING") this.#offerTasks(execution.id, state, execution.state.lastEventId);
    else this.#tasks.withdraw(execution.id);
    return true;
  }

  /** Events as JSON texts, at most `limit`, after (or, reversed, before) the event `from`. */
  events(executionId: number, order: "oldestFirst" | "newestFirst", from: number, limit: number): string[] {
    const rows =
      order === "oldestFirst"
        ? this.#database.all("SELECT json FROM events WHERE execution_id = ? AND id > ? ORDER BY id LIMIT ?", executionId, from, limit)
        : this.#database.all(
            "SELECT json FROM events WHERE execution_id = ? AND id < ? ORDER BY id DESC LIMIT ?",
            executionId,
            from,
            limit,
          );
    return rows.map((row) => String(row["json"]));
  }

  event(executionId: number, id: number): HistoryEvent | null {
    const row = this.#database.get("SELECT json FROM events WHERE execution_id = ? AND id = ?", executionId, id);
    return row === undefined ? null : (JSON.parse(String(row["json"])) as HistoryEvent);
  }

  #offerTasks(executionId: number, state: ExecutionState, afterEventId: number): void {
    for (const { waiting } of openVisits(state.root)) {
      if (waiting.kind !== "task" || waiting.scheduledEventId <= afterEventId) continue;
      this.#tasks.offer({ executionId, attempt: waiting.attempt }, waiting.call.family === "Activity" ? waiting.call.arn : null);
    }
  }
}

/** Definitions are stored once, however many executions run on them. */
export function definitionId(database: Database, text: string): number {
  const find = () => database.get("SELECT id FROM definitions WHERE text = ?", text)?.["id"];
  const id = find();
  if (id !== undefined) return number(id);
  return database.run("INSERT INTO definitions (text) VALUES (?)", text).id;
}

const selectExecution = `SELECT executions.*, definitions.text AS definition, map_runs.arn AS map_run_arn FROM executions
  JOIN definitions ON definitions.id = executions.definition_id LEFT JOIN map_runs ON map_runs.id = map_run_id`;

function toExecution(row: Row): StoredExecution {
  const mapRunArn = textOrNull(row["map_run_arn"]);
  return {
    id: number(row["id"]),
    arn: String(row["arn"]),
    machineArn: String(row["machine_arn"]),
    machineName: String(row["machine_name"]),
    name: String(row["name"]),
    roleArn: String(row["role_arn"]),
    definition: String(row["definition"]),
    machineUpdatedAt: number(row["machine_updated_at"]),
    machineRevisionId: textOrNull(row["machine_revision_id"]),
    mapRun: mapRunArn === null ? null : { mapRunId: number(row["map_run_id"]), mapRunArn, child: number(row["map_run_child"]) },
    input: String(row["input"]),
    startedAt: number(row["started_at"]),
    mocks: row["mocks"] === null ? null : (JSON.parse(String(row["mocks"])) as MockedResponses),
    isManual: row["is_manual"] === 1,
    state: JSON.parse(String(row["state"])) as ExecutionState,
    revision: number(row["revision"]),
  };
}
