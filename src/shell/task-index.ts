import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { Place, RememberedTask, TaskIndex } from "../context.ts";

// A change of the schema takes a new name: what the file holds is not worth a migration.
const fileName = "task-index-1.sqlite";
const mostRows = 50_000;
const busyTimeoutMilliseconds = 5000;

/**
 * The task index in an SQLite file in `folder` (made where absent). It is a convenience: nothing it cannot read or write fails a
 * command. `onProblem` is told once, and besides of a damaged file, which is put aside and begun anew. At most 50,000 tasks are
 * kept, those seen last. Ids are found in any case. The file is open only during a call, so concurrent commands wait for each other.
 */
export function createTaskIndex(folder: string, onProblem: (message: string) => void): TaskIndex {
  const file = join(folder, fileName);
  let told = false;
  const attempt = async <Result>(use: (database: DatabaseSync) => Result, otherwise: Result): Promise<Result> => {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      try {
        return await withDatabase(file, use);
      } catch (error) {
        if (!isDamaged(error)) throw error;
        onProblem(`the index of task ids was damaged; it was put aside as ${putAside(file)} and begun anew`);
        return await withDatabase(file, use);
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (!told) onProblem(`the index of task ids in ${folder} cannot be used: ${reason}`);
      told = true;
      return otherwise;
    }
  };
  return {
    remember: async (tasks) => (tasks.length === 0 ? undefined : attempt((database) => insertAll(database, tasks), undefined)),
    // Nothing is made only to find it empty.
    find: async (prefix) => (existsSync(file) ? attempt((database) => findAll(database, prefix), []) : []),
  };
}

async function withDatabase<Result>(file: string, use: (database: DatabaseSync) => Result): Promise<Result> {
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(file);
  try {
    database.exec(`PRAGMA busy_timeout = ${busyTimeoutMilliseconds}`);
    useWriteAheadLog(database);
    database.exec(`
      CREATE TABLE IF NOT EXISTS tasks (
        sequence INTEGER PRIMARY KEY,
        id TEXT NOT NULL COLLATE NOCASE,
        execution_arn TEXT NOT NULL,
        event_id INTEGER NOT NULL,
        place TEXT NOT NULL,
        seen_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ')),
        UNIQUE (id, execution_arn, event_id, place)
      ) STRICT`);
    return use(database);
  } finally {
    database.close();
  }
}

function useWriteAheadLog(database: DatabaseSync): void {
  try {
    database.exec("PRAGMA journal_mode = WAL");
  } catch (error) {
    // SQLite does not wait for others where it changes the mode. Where one is at it, either mode is right.
    if (sqliteCode(error) !== sqliteBusy) throw error;
  }
}

function insertAll(database: DatabaseSync, tasks: readonly RememberedTask[]): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    // A replaced row gets a new sequence, the highest: the order of sequences is the order in which tasks were last seen.
    const insert = database.prepare("INSERT OR REPLACE INTO tasks (id, execution_arn, event_id, place) VALUES (?, ?, ?, ?)");
    for (const task of tasks) insert.run(task.id, task.executionArn, task.eventId, placeText(task.place));
    database
      .prepare("DELETE FROM tasks WHERE sequence <= (SELECT sequence FROM tasks ORDER BY sequence DESC LIMIT 1 OFFSET ?)")
      .run(mostRows);
    database.exec("COMMIT");
  } catch (error) {
    // SQLite may have ended the transaction by itself, and its first error is the one to tell.
    rollBack(database);
    throw error;
  }
}

function rollBack(database: DatabaseSync): void {
  try {
    database.exec("ROLLBACK");
  } catch {
    // Nothing is left to take back.
  }
}

interface Row {
  readonly id: string;
  readonly executionArn: string;
  readonly eventId: number;
  readonly place: string;
}

function findAll(database: DatabaseSync, prefix: string): readonly RememberedTask[] {
  // Node 22.13 takes ?1 for a named parameter, so the prefix is given twice.
  // A range, not LIKE: no character of a prefix is a wildcard, and the index serves it.
  const rows = database
    .prepare(`
      SELECT id, execution_arn AS executionArn, event_id AS eventId, place FROM tasks
      WHERE id >= ? AND id < ? || char(1114111) ORDER BY sequence DESC`)
    .all(prefix, prefix) as unknown as Row[];
  return rows.map((row) => ({ ...row, place: JSON.parse(row.place) as Place }));
}

/** One text for one place, whatever order or further properties the object has: nothing but these is ever stored. */
function placeText(place: Place): string {
  const { region } = place;
  switch (place.kind) {
    case "aws":
      return JSON.stringify({ kind: place.kind, region, profile: place.profile });
    case "endpoint":
      return JSON.stringify({ kind: place.kind, region, endpointUrl: place.endpointUrl, profile: place.profile });
    case "local":
      return JSON.stringify({ kind: place.kind, region, file: place.file });
  }
}

// SQLite's result codes (sqlite.org/rescode.html); the low byte of an extended code is its primary code.
const sqliteBusy = 5;
const sqliteCorrupt = 11;
const sqliteNotADatabase = 26;

function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return undefined;
  return error.errcode & 0xff;
}

function isDamaged(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === sqliteCorrupt || code === sqliteNotADatabase || error instanceof SyntaxError;
}

function putAside(file: string): string {
  const aside = `${file}.damaged-${randomUUID().slice(0, 8)}`;
  if (existsSync(file)) renameSync(file, aside);
  // The old write-ahead log must not be played into the new file.
  for (const suffix of ["-wal", "-shm"]) rmSync(`${file}${suffix}`, { force: true });
  return aside;
}
