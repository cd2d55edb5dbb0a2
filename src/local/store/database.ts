import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { schema, schemaVersion } from "./schema.ts";
import { busyMilliseconds, commitInThisProcess, Transactions } from "./transactions.ts";

export type Row = Record<string, unknown>;
export type Value = string | number | null;

/** The SQLite file with its settings. Everything that a reply of 200 promised is in it. */
export class Database {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #transactions: Transactions;
  #clockShift = 0;
  #dataVersion = 0;
  readonly region: string;
  readonly secret: Uint8Array;

  constructor(file: string, region: string) {
    makeFolder(dirname(file));
    commitInThisProcess();
    this.#database = new DatabaseSync(file, { timeout: busyMilliseconds });
    // NORMAL loses nothing when a process is killed: what was written is the operating system's by then.
    // Pages written again and again are copied into the file once in 32 MB of log, not in 4: a third of a commit was that (measured).
    this.#database.exec(
      "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16000; PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 16777216;",
    );
    // Only of effect on a new file, and only before anything is written to it. An event with a token does not fit into a page of the default 4096
    // together with others, and takes one for itself: a fifth of what is written (measured).
    this.#database.exec("PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL");
    useWriteAheadLog(this.#database);
    this.#transactions = new Transactions(this.#database);
    try {
      this.#prepare(region);
    } catch (error) {
      // Else it would stay locked by what was begun.
      this.#database.close();
      throw error;
    }
    this.refreshClockShift();
    this.region = this.#meta("region");
    this.secret = Buffer.from(this.#meta("secret"), "hex");
  }

  #prepare(region: string): void {
    this.transaction(() => {
      this.#database.exec("CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID");
      this.#setOnce("schema", schemaVersion);
      if (this.#meta("schema") !== schemaVersion) {
        throw new Error(
          `the file was made by another version of sfn-callback (its schema is ${this.#meta("schema")}, that of this version ${schemaVersion})`,
        );
      }
      this.#database.exec(schema);
      this.#setOnce("region", region);
      this.#setOnce("secret", randomBytes(32).toString("hex"));
      this.#setOnce("clockShift", "0");
      this.#setOnce("lastRemovedId", "0");
      this.#setOnce("mockConfig", "");
      this.#setOnce("isManual", "0");
    });
    this.commit();
  }

  close(): void {
    try {
      this.commit();
    } finally {
      this.#database.close();
    }
  }

  /** All or nothing, alone among all processes that use the file. One within another is part of that one. */
  transaction<Result>(work: () => Result): Result {
    return this.#transactions.run(work);
  }

  /** Makes ready to write, unless another process is writing: false then, without waiting for it. */
  tryToBegin(): boolean {
    return this.#transactions.tryToBegin();
  }

  /** Whether another process has written since it was last asked. */
  othersHaveWritten(): boolean {
    const version = number(this.get("PRAGMA data_version")?.["data_version"]);
    const isOther = version !== this.#dataVersion;
    this.#dataVersion = version;
    return isOther;
  }

  /** Resolves once all that was done so far is in the file: nobody is told of it before. Rejects where it cannot be written. */
  get written(): Promise<void> {
    return this.#transactions.written;
  }

  /** Writes all that was done so far at once, and throws where that cannot be. */
  commit(): void {
    this.#transactions.commit();
  }

  /** How far the file's clock is ahead of the real one, in milliseconds; another process may have moved it since the last refresh. */
  get clockShift(): number {
    return this.#clockShift;
  }

  refreshClockShift(value: unknown = this.#meta("clockShift")): number {
    this.#clockShift = Number(value);
    return this.#clockShift;
  }

  shiftClock(milliseconds: number): void {
    this.run("UPDATE meta SET value = CAST(value AS INTEGER) + ? WHERE key = 'clockShift'", milliseconds);
    this.refreshClockShift();
  }

  /** Gives up to so many unused pages back to the file system, once what was written is in the file itself; whether there are more. */
  shrink(pages: number): boolean {
    this.commit();
    const free = () => number(this.#database.prepare("PRAGMA freelist_count").get()?.["freelist_count"]);
    const before = free();
    if (before > 0) this.#database.exec(`PRAGMA incremental_vacuum(${pages})`);
    const after = free();
    // A file that was made without incremental vacuum keeps its unused pages, and uses them again.
    if (after > 0 && after < before) return true;
    this.#database.exec("PRAGMA wal_checkpoint(PASSIVE)");
    return false;
  }

  /** Whether service calls that are not mocked are left to be answered by hand, as the last server of the file was told. */
  get isManual(): boolean {
    return this.#meta("isManual") === "1";
  }

  /** The text of the mock configuration that the last server of the file was given, or null. */
  get mockConfig(): string | null {
    const text = this.#meta("mockConfig");
    return text === "" ? null : text;
  }

  setServices({ mockConfig, isManual }: { readonly mockConfig: string | null; readonly isManual: boolean }): void {
    this.run("UPDATE meta SET value = ? WHERE key = 'mockConfig'", mockConfig ?? "");
    this.run("UPDATE meta SET value = ? WHERE key = 'isManual'", isManual ? "1" : "0");
  }

  /** Writes; a transaction by itself where it is called outside of one. How many rows it changed, and the last one's id where it inserted. */
  run(sql: string, ...values: Value[]): { readonly changes: number; readonly id: number } {
    if (!this.#transactions.isInside) return this.transaction(() => this.run(sql, ...values));
    const { changes, lastInsertRowid } = this.#statement(sql).run(...values);
    return { changes: Number(changes), id: Number(lastInsertRowid) };
  }

  get(sql: string, ...values: Value[]): Row | undefined {
    return this.#statement(sql).get(...values);
  }

  all(sql: string, ...values: Value[]): Row[] {
    return this.#statement(sql).all(...values);
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #meta(key: string): string {
    return String(this.get("SELECT value FROM meta WHERE key = ?", key)?.["value"]);
  }

  #setOnce(key: string, value: string): void {
    this.run("INSERT OR IGNORE INTO meta (key, value) VALUES (?, ?)", key, value);
  }
}

/** Whether an error is SQLite's about the file: a full disk, one that cannot be read, or another process that holds it for too long. */
export function isFileFault(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_SQLITE_ERROR";
}

export function number(value: unknown): number {
  if (typeof value !== "number") throw new Error(`expected a number from the file, got ${typeof value}`);
  return value;
}

export function numberOrNull(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

export function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/** Not recursively: Node tries for ever where nothing can be made, as in /proc. Where there is no folder, SQLite says that it cannot open the file. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder);
  } catch {
    // It is there already, or cannot be made.
  }
}

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
