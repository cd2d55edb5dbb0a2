import { type ExecutionState, isBrokenOff, notStarted, openVisits, pendingEvaluations } from "../asl/execution-state.ts";
import type { HistoryEvent } from "../asl/history-event.ts";
import { isOwnCall } from "../asl/task-call.ts";
import type { MockedResponses } from "../mock-config.ts";
import { type Database, number, type Row, textOrNull, type Value } from "./database.ts";
import { definitionId } from "./definitions.ts";
import type { OwnCalls } from "./own-calls.ts";
import { Payloads } from "./payloads.ts";
import type { Tasks } from "./tasks.ts";

/** What is told of an execution wherever it is told of. */
export interface ExecutionHead {
  readonly id: number;
  readonly arn: string;
  readonly machineArn: string;
  readonly name: string;
  /** Set where it was started through a version, or an alias that led to one. */
  readonly versionArn: string | null;
  readonly aliasArn: string | null;
  /** Set for a distributed Map's child. */
  readonly mapRun: ChildOfMapRun | null;
  readonly startedAt: number;
  /** What listings are ordered by: the start or the last redrive while it runs, the end afterwards (documented). */
  readonly listedAt: number;
}

export interface StoredExecution extends ExecutionHead {
  readonly machineName: string;
  readonly roleArn: string;
  readonly definition: string;
  /** Of the machine as it was when the execution started. */
  readonly machineUpdatedAt: number;
  readonly machineRevisionId: string | null;
  /** JSON text, as the machine's (see Revision). */
  readonly machineSettings: string | null;
  readonly input: string;
  readonly traceHeader: string | null;
  readonly mocks: MockedResponses | null;
  readonly isManual: boolean;
  readonly state: ExecutionState;
  /** Grows with every change, heartbeats included: a step is only written over the revision it was computed from. Zero before the first is written. */
  readonly revision: number;
}

export interface ChildOfMapRun {
  readonly mapRunId: number;
  readonly mapRunArn: string;
  readonly child: number;
}

/** What an execution starts with. */
export type NewExecution = Omit<StoredExecution, "id" | "state" | "revision" | "listedAt" | Optional> &
  Partial<Pick<StoredExecution, Optional>>;
type Optional = "machineSettings" | "versionArn" | "aliasArn" | "traceHeader";

type Key = { readonly arn: string } | { readonly id: number };
/** Executions and their histories. */
export class Executions {
  readonly #database: Database;
  readonly #tasks: Tasks;
  readonly #ownCalls: OwnCalls;
  readonly #payloads: Payloads;

  constructor(database: Database, tasks: Tasks, ownCalls: OwnCalls) {
    this.#database = database;
    this.#tasks = tasks;
    this.#ownCalls = ownCalls;
    this.#payloads = new Payloads(database);
  }

  /** An execution that is not written yet: it is with its first step. Within a transaction, so that nobody else is given its id. */
  unwritten(execution: NewExecution): StoredExecution {
    const id = number(this.#database.get(nextId)?.["id"]);
    const optional = { machineSettings: null, versionArn: null, aliasArn: null, traceHeader: null };
    return { ...optional, ...execution, listedAt: execution.startedAt, id, state: notStarted(), revision: 0 };
  }

  get(key: Key): StoredExecution | null {
    const row =
      "arn" in key
        ? this.#database.get(`${selectExecution} WHERE executions.arn = ?`, key.arn)
        : this.#database.get(`${selectExecution} WHERE executions.id = ?`, key.id);
    return row === undefined ? null : this.#execution(row);
  }

  /** The execution of each of a map run's children, the last one of a child that was started anew, by the child's number. */
  ofMapRun(mapRunId: number): ReadonlyMap<number, number> {
    const rows = this.#database.all("SELECT id, map_run_child FROM executions WHERE map_run_id = ? ORDER BY id", mapRunId);
    return new Map(rows.map((row) => [number(row["map_run_child"]), number(row["id"])]));
  }

  /** A map run's child that is to be redriven. */
  toBeRedriven(mapRunId: number, child: number): StoredExecution | null {
    const sql = `${selectExecution} WHERE map_run_id = ? AND map_run_child = ? AND executions.status = 'PENDING_REDRIVE'`;
    const row = this.#database.get(sql, mapRunId, child);
    return row === undefined ? null : this.#execution(row);
  }

  /** Gives an execution's name free, so that another can have it; it can only be found by its id from then on. */
  forgetArn(id: number): void {
    this.#database.run("UPDATE executions SET arn = ? WHERE id = ?", `forgotten:${id}`, id);
  }

  /** The executions that wait for JSONata. */
  evaluatingIds(): number[] {
    return this.#database.all("SELECT id FROM executions WHERE is_evaluating = 1").map((row) => number(row["id"]));
  }

  /** An execution whose last step was broken off, the one that has taken the fewest; null where there is none. */
  brokenOffId(): number | null {
    const row = this.#database.get("SELECT id FROM executions WHERE is_broken_off = 1 ORDER BY revision LIMIT 1");
    return row === undefined ? null : number(row["id"]);
  }

  /** The execution whose deadline is the earliest of those at or before `now`, with that deadline. */
  firstDue(now: number): { readonly id: number; readonly dueAt: number } | null {
    const row = this.#database.get("SELECT id, due_at FROM executions WHERE due_at <= ? ORDER BY due_at, id LIMIT 1", now);
    return row === undefined ? null : { id: number(row["id"]), dueAt: number(row["due_at"]) };
  }

  /** Writes a step, unless the execution has changed since it was read: then false, and nothing is written. */
  commitStep(execution: StoredExecution, state: ExecutionState, events: readonly HistoryEvent[], dueAt: number | null): boolean {
    const [isEvaluating, brokenOff] = [pendingEvaluations(state).length > 0, isBrokenOff(state)];
    const step = [
      this.#payloads.written(execution.id, execution.state, state),
      state.status,
      state.stoppedAt ?? state.redrivenAt ?? execution.listedAt,
      // What falls due in an execution that waits for JSONata or was broken off comes after that, so that its events keep their order.
      isEvaluating || brokenOff ? null : dueAt,
      isEvaluating ? 1 : 0,
      brokenOff ? 1 : 0,
      execution.revision + 1,
    ];
    if (execution.revision === 0) this.#insert(execution, step);
    else if (this.#database.run(updateStep, ...step, execution.id, execution.revision).changes === 0) return false;
    this.#addEvents(execution.id, events);
    if (state.status === "RUNNING") this.#offerTasks(execution.id, state, execution.state.lastEventId);
    else this.#tasks.withdraw(execution.id);
    return true;
  }

  #insert(execution: StoredExecution, step: readonly Value[]): void {
    this.#database.run(
      insertExecution,
      ...step,
      execution.id,
      execution.arn,
      execution.machineArn,
      execution.machineName,
      execution.name,
      execution.roleArn,
      definitionId(this.#database, execution.machineArn, execution.definition),
      execution.machineUpdatedAt,
      execution.machineRevisionId,
      execution.machineSettings,
      execution.versionArn,
      execution.aliasArn,
      execution.mapRun?.mapRunId ?? null,
      execution.mapRun?.child ?? null,
      execution.input,
      execution.traceHeader,
      execution.startedAt,
      execution.mocks === null ? null : JSON.stringify(execution.mocks),
      execution.isManual ? 1 : 0,
    );
  }

  #addEvents(executionId: number, events: readonly HistoryEvent[]): void {
    for (let at = 0; at < events.length; at += eventsAtOnce) {
      const part = events.slice(at, at + eventsAtOnce);
      const sql = `INSERT INTO events (execution_id, id, json) VALUES ${part.map(() => "(?, ?, ?)").join(", ")}`;
      this.#database.run(sql, ...part.flatMap((event) => [executionId, event.id, JSON.stringify(event)]));
    }
  }

  /** Events as JSON texts, after (or, reversed, before) the event `from`; no more of them are read than are taken, or little more. */
  *events(executionId: number, order: "oldestFirst" | "newestFirst", from: number): Generator<string> {
    const [beyond, direction] = order === "oldestFirst" ? [">", "ASC"] : ["<", "DESC"];
    const sql = `SELECT id, json FROM events WHERE execution_id = ? AND id ${beyond} ? ORDER BY id ${direction} LIMIT ?`;
    for (let at: number | undefined = from; at !== undefined; ) {
      const rows = this.#database.all(sql, executionId, at, eventsAtOnce);
      for (const row of rows) yield String(row["json"]);
      at = rows.length < eventsAtOnce ? undefined : number(rows.at(-1)?.["id"]);
    }
  }

  event(executionId: number, id: number): HistoryEvent | null {
    const row = this.#database.get("SELECT json FROM events WHERE execution_id = ? AND id = ?", executionId, id);
    return row === undefined ? null : (JSON.parse(String(row["json"])) as HistoryEvent);
  }

  #offerTasks(executionId: number, state: ExecutionState, afterEventId: number): void {
    for (const { waiting } of openVisits(state.root)) {
      if (waiting.kind !== "task" || waiting.scheduledEventId <= afterEventId) continue;
      const { attempt, call } = waiting;
      if (isOwnCall(call)) this.#ownCalls.add({ executionId, attempt, childId: null, dueAt: state.lastStepAt });
      else this.#tasks.offer({ executionId, attempt }, call.family === "Activity" ? call.arn : null);
    }
  }

  #execution(row: Row): StoredExecution {
    return {
      ...headOf(row),
      machineName: String(row["machine_name"]),
      roleArn: String(row["role_arn"]),
      definition: String(row["definition"]),
      machineUpdatedAt: number(row["machine_updated_at"]),
      machineRevisionId: textOrNull(row["machine_revision_id"]),
      machineSettings: textOrNull(row["machine_settings"]),
      input: String(row["input"]),
      traceHeader: textOrNull(row["trace_header"]),
      mocks: row["mocks"] === null ? null : (JSON.parse(String(row["mocks"])) as MockedResponses),
      isManual: row["is_manual"] === 1,
      state: this.#payloads.read(number(row["id"]), String(row["state"])),
      revision: number(row["revision"]),
    };
  }
}

/** How many events are read or written at a time: each may hold as much as 256 KiB. */
const eventsAtOnce = 20;

/** No id is used again, so that no token comes to stand for another execution's task. */
const nextId = `SELECT max(coalesce((SELECT max(id) FROM executions), 0), CAST(value AS INTEGER)) + 1 AS id FROM meta WHERE key = 'lastRemovedId'`;

/** What a step changes, in the order in which it is given. */
const columnsOfStep = ["state", "status", "listed_at", "due_at", "is_evaluating", "is_broken_off", "revision"];
const columnsOfStart = [
  ...["id", "arn", "machine_arn", "machine_name", "name", "role_arn", "definition_id", "machine_updated_at", "machine_revision_id"],
  ...["machine_settings", "version_arn", "alias_arn", "map_run_id", "map_run_child", "input", "trace_header", "started_at"],
  ...["mocks", "is_manual"],
];
const updateStep = `UPDATE executions SET ${columnsOfStep.map((column) => `${column} = ?`).join(", ")} WHERE id = ? AND revision = ?`;
const columnsOfFirstStep = [...columnsOfStep, ...columnsOfStart];
const insertExecution = `INSERT INTO executions (${columnsOfFirstStep.join(", ")}) VALUES (${columnsOfFirstStep.map(() => "?").join(", ")})`;

const selectExecution = `SELECT executions.*, definitions.text AS definition, map_runs.arn AS map_run_arn FROM executions
  JOIN definitions ON definitions.id = executions.definition_id LEFT JOIN map_runs ON map_runs.id = map_run_id`;

/** Of a row that was selected with its map run's ARN. */
export function headOf(row: Row): ExecutionHead {
  return {
    id: number(row["id"]),
    arn: String(row["arn"]),
    machineArn: String(row["machine_arn"]),
    versionArn: textOrNull(row["version_arn"]),
    aliasArn: textOrNull(row["alias_arn"]),
    name: String(row["name"]),
    mapRun: childOfMapRun(row),
    startedAt: number(row["started_at"]),
    listedAt: number(row["listed_at"]),
  };
}

function childOfMapRun(row: Row): ChildOfMapRun | null {
  const mapRunArn = textOrNull(row["map_run_arn"]);
  return mapRunArn === null ? null : { mapRunId: number(row["map_run_id"]), mapRunArn, child: number(row["map_run_child"]) };
}
