import { Database } from "./database.ts";
import { Executions } from "./executions.ts";
import { MapRuns } from "./map-runs.ts";
import { Removal } from "./removal.ts";
import { StateMachines } from "./state-machines.ts";
import { Tags } from "./tags.ts";
import { Tasks } from "./tasks.ts";
import { Versions } from "./versions.ts";

/** All that a local file holds, by what it is about. */
export class Store {
  readonly database: Database;
  readonly stateMachines: StateMachines;
  readonly versions: Versions;
  readonly tags: Tags;
  readonly executions: Executions;
  readonly mapRuns: MapRuns;
  readonly tasks: Tasks;
  readonly removal: Removal;

  constructor(file: string, region: string) {
    this.database = new Database(file, region);
    this.tasks = new Tasks(this.database);
    this.stateMachines = new StateMachines(this.database);
    this.versions = new Versions(this.database);
    this.tags = new Tags(this.database);
    this.executions = new Executions(this.database, this.tasks);
    this.mapRuns = new MapRuns(this.database);
    this.removal = new Removal(this.database);
  }

  transaction<Result>(work: () => Result): Result {
    return this.database.transaction(work);
  }

  close(): void {
    this.database.close();
  }
}
