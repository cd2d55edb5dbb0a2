import type { DatabaseSync, StatementSync } from "node:sqlite";

/** Beyond so many in one commit hardly anything is won, and what is written last keeps the first ones waiting (measured, docs/decisions.md). */
const mostInOneCommit = 16;

/**
 * Those in this process with something to commit. SQLite waits for another connection's lock without letting the event loop go on, so that one
 * of the same process could never commit meanwhile: it has to do so before.
 */
const uncommitted = new Set<Transactions>();

/** Writes at once what was done so far in this process, over whichever connection; before another of its connections needs the file. */
export function commitInThisProcess(): void {
  for (const transactions of uncommitted) transactions.tryToCommit();
}

/** How long another process's lock is waited for, where that is waited for. */
export const busyMilliseconds = 10_000;

/** What is written with one commit. */
interface Batch {
  transactions: number;
  readonly written: PromiseWithResolvers<void>;
}

/**
 * The transactions of one SQLite connection. Each is all or nothing by itself, and those of one turn of the event loop are written to the file
 * with one commit at the turn's end: so nobody is to be told that one is done before `written` has resolved.
 */
export class Transactions {
  readonly #database: DatabaseSync;
  readonly #statements: {
    readonly begin: StatementSync;
    readonly commit: StatementSync;
    readonly enter: StatementSync;
    readonly leave: StatementSync;
  };
  #batch: Batch | null = null;
  #depth = 0;

  constructor(database: DatabaseSync) {
    this.#database = database;
    const [begin, commit] = [database.prepare("BEGIN IMMEDIATE"), database.prepare("COMMIT")];
    this.#statements = { begin, commit, enter: database.prepare("SAVEPOINT part"), leave: database.prepare("RELEASE part") };
  }

  /** Does some work, all or nothing, alone among all processes that use the file. Within another's work it is part of that one. */
  run<Result>(work: () => Result): Result {
    this.#batch ??= this.#begin();
    this.#statements.enter.run();
    this.#depth += 1;
    let result: Result;
    try {
      result = work();
      this.#statements.leave.run();
    } catch (error) {
      this.#undo(error);
      throw error;
    } finally {
      this.#depth -= 1;
    }
    if (this.#depth === 0) this.#count();
    return result;
  }

  /** Begins what is written next, unless another process is writing: false then, without waiting for it. */
  tryToBegin(): boolean {
    if (this.#batch !== null) return true;
    this.#database.exec("PRAGMA busy_timeout = 0");
    try {
      this.#batch = this.#begin();
      return true;
    } catch (error) {
      if (isBusy(error)) return false;
      throw error;
    } finally {
      this.#database.exec(`PRAGMA busy_timeout = ${busyMilliseconds}`);
    }
  }

  /** Whether it is called from within the work of a transaction. */
  get isInside(): boolean {
    return this.#depth > 0;
  }

  /** Resolves once all that was done so far is in the file; rejects where it cannot be written, and then none of it is. */
  get written(): Promise<void> {
    return this.#batch?.written.promise ?? Promise.resolve();
  }

  /** Writes what was done so far at once. Throws where that cannot be. */
  commit(): void {
    const batch = this.#batch;
    if (batch === null) return;
    try {
      this.#statements.commit.run();
    } catch (error) {
      this.#giveUp(error);
      throw error;
    }
    this.#end();
    batch.written.resolve();
  }

  #begin(): Batch {
    commitInThisProcess();
    this.#statements.begin.run();
    uncommitted.add(this);
    const batch = { transactions: 0, written: Promise.withResolvers<void>() };
    // Whoever does not wait for it, such as what falls due, tries again by itself.
    batch.written.promise.catch(() => {});
    setImmediate(() => {
      if (this.#batch === batch) this.tryToCommit();
    });
    return batch;
  }

  #end(): void {
    this.#batch = null;
    uncommitted.delete(this);
  }

  #count(): void {
    if (this.#batch === null) return;
    this.#batch.transactions += 1;
    // Who does one after the other without end must learn that none of it can be written.
    if (this.#batch.transactions >= mostInOneCommit) this.commit();
  }

  /** Whoever waits for it is told of a failure. */
  tryToCommit(): void {
    try {
      this.commit();
    } catch {
      // Told through `written`.
    }
  }

  #undo(error: unknown): void {
    try {
      this.#database.exec("ROLLBACK TO part; RELEASE part");
    } catch {
      // A fault such as a full disk makes SQLite take back everything since the last commit.
      this.#giveUp(error);
    }
  }

  #giveUp(error: unknown): void {
    const batch = this.#batch;
    this.#end();
    batch?.written.reject(error);
    try {
      this.#database.exec("ROLLBACK");
    } catch {
      // SQLite has done so itself.
    }
  }
}

/** Whether SQLite says that another connection holds the lock. */
function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && (Number(error.errcode) & 0xff) === 5;
}
