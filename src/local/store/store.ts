import { Database } from "./database.ts";
import { ExecutionLists } from "./execution-lists.ts";
import { Executions } from "./executions.ts";
import { MapRuns } from "./map-runs.ts";
import { OwnCalls } from "./own-calls.ts";
import { Removal } from "./removal.ts";
import { StateMachines } from "./state-machines.ts";
import { Tags } from "./tags.ts";
import { Tasks } from "./tasks.ts";
import { Versions } from "./versions.ts";

const work = `SELECT (SELECT value FROM meta WHERE key = 'clockShift') AS shift,
  (SELECT min(due_at) FROM executions WHERE due_at IS NOT NULL) AS execution,
  (SELECT min(due_at) FROM own_calls WHERE due_at IS NOT NULL) AS call,
  (SELECT min(due_at) FROM map_runs WHERE due_at IS NOT NULL) AS map_run,
  (SELECT 0 FROM executions WHERE is_broken_off = 1 LIMIT 1) AS broken_off`;

/** All that a local file holds, by what it is about. */
export class Store {
  readonly database: Database;
  readonly stateMachines: StateMachines;
  readonly versions: Versions;
  readonly tags: Tags;
  readonly executions: Executions;
  readonly executionLists: ExecutionLists;
  readonly mapRuns: MapRuns;
  readonly tasks: Tasks;
  readonly ownCalls: OwnCalls;
  readonly removal: Removal;

  constructor(file: string, region: string) {
    this.database = new Database(file, region);
    this.tasks = new Tasks(this.database);
    this.stateMachines = new StateMachines(this.database);
    this.versions = new Versions(this.database);
    this.tags = new Tags(this.database);
    this.ownCalls = new OwnCalls(this.database);
    this.executions = new Executions(this.database, this.tasks, this.ownCalls);
    this.executionLists = new ExecutionLists(this.database);
    this.mapRuns = new MapRuns(this.database);
    this.removal = new Removal(this.database);
  }

  /** Whether anything is due at the clock's time `at`, told by one look at the file: it is asked before every request. */
  hasWork(at: (clockShift: number) => number): boolean {
    const row = this.database.get(work);
    const now = at(this.database.refreshClockShift(row?.["shift"]));
    return [row?.["execution"], row?.["call"], row?.["map_run"], row?.["broken_off"]].some((due) => typeof due === "number" && due <= now);
  }

  transaction<Result>(work: () => Result): Result {
    return this.database.transaction(work);
  }

  /** Resolves once all that was done so far is in the file. */
  get written(): Promise<void> {
    return this.database.written;
  }

  close(): void {
    this.database.close();
  }
}
