import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay, setImmediate as turn } from "node:timers/promises";
import { createLocal, type Local } from "../../src/local/local.ts";
import { Store } from "../../src/local/store/store.ts";
import { temporaryFolder } from "../harness.ts";
import { call, startOfTime } from "./peer.ts";

/** What happens to the servers at one moment of a run; `turns` of the event loop pass before a crash. */
export interface Disturbance {
  readonly what: "nothing" | "reopen" | "crash" | "crash under way" | "join" | "leave" | "both at once";
  readonly turns: number;
}

export const undisturbed: Disturbance = { what: "nothing", turns: 0 };

export interface WorldOptions {
  readonly mockConfig: string;
  readonly manual: boolean;
}

/** How long what was set off may take to come to rest: in the clock of the machine that runs the tests, for JSONata is really evaluated. */
const patienceMilliseconds = 15_000;

/**
 * One or two servers of one file under a clock that only the test moves. A crash is a copy of the file as it is on the disk at that moment,
 * which is what a killed process leaves behind: the servers go on with their file, and the world with the copy.
 */
export class World implements AsyncDisposable {
  now = startOfTime;
  #file: string;
  #store: Store;
  #servers: Local[] = [];
  readonly #abandoned: AsyncDisposable[] = [];
  readonly #options: WorldOptions;
  #calls = 0;

  private constructor(file: string, options: WorldOptions) {
    this.#file = file;
    this.#options = options;
    this.#store = new Store(file, "us-east-1");
  }

  /** A world over a copy of the file: all copies have the same secret, so the same tokens. */
  static async open(original: string, options: WorldOptions): Promise<World> {
    const world = new World(copyOf(original), options);
    await world.#serve();
    return world;
  }

  /** The file, looked into: to know when all is done, and what may never be. */
  get store(): Store {
    return this.#store;
  }

  /** One request, to the one server or to each in turn. Rejects where the reply is neither a 200 nor an error of the API. */
  async request(operation: string, members: object): Promise<Reply> {
    this.#calls += 1;
    const server = this.#servers[this.#calls % this.#servers.length] ?? this.#servers[0];
    return toReply(await call(server?.url ?? "", operation, members));
  }

  /** One request under a disturbance: its reply, null where that was lost, or those of both servers where both were asked at once. */
  async disturbed(disturbance: Disturbance, operation: string, members: object): Promise<(Reply | null)[]> {
    if (disturbance.what === "both at once") {
      if (this.#servers.length < 2) await this.#serve();
      return Promise.all(this.#servers.map(async ({ url }) => toReply(await call(url, operation, members))));
    }
    if (disturbance.what !== "crash under way") {
      await this.disturb(disturbance);
      return [await this.request(operation, members)];
    }
    let reply: Reply | null = null;
    const sent = this.request(operation, members).then((arrived) => {
      reply = arrived;
    });
    for (let turns = 0; turns < disturbance.turns && reply === null; turns += 1) await turn();
    const heard = reply;
    await this.#crash();
    await sent;
    return [heard];
  }

  async disturb({ what, turns }: Disturbance): Promise<void> {
    if (what === "join" && this.#servers.length < 2) await this.#serve();
    if (what === "leave" && this.#servers.length > 1) await this.#servers.shift()?.[Symbol.asyncDispose]();
    if (what === "crash" || what === "crash under way") {
      for (let passed = 0; passed < turns; passed += 1) await turn();
      await this.#crash();
    }
    if (what === "reopen") {
      await Promise.all(this.#servers.splice(0).map((server) => server[Symbol.asyncDispose]()));
      await this.#serve();
    }
  }

  /** Waits until everything that can happen now has happened. */
  async settle(): Promise<void> {
    const until = performance.now() + patienceMilliseconds;
    for (;;) {
      for (const server of this.#servers) await server.advance(0);
      const { executions, mapRuns } = this.#store;
      const open = [executions.evaluatingIds()[0] ?? null, executions.firstDue(this.now), mapRuns.firstDue(this.now)];
      if (open.every((what) => what === null)) return;
      if (performance.now() > until) throw new Error(`what is to be done is never done: ${JSON.stringify(open)}`);
      // JSONata has threads of its own, which need the processor.
      await (open[0] === null ? turn() : delay(2));
    }
  }

  async #serve(): Promise<void> {
    this.#servers.push(
      await createLocal({ ...this.#options, file: this.#file, port: 0, pollMilliseconds: 0, clock: () => new Date(this.now) }),
    );
  }

  async #crash(): Promise<void> {
    const file = copyOf(this.#file);
    this.#abandoned.push(...this.#servers.splice(0));
    this.#store.close();
    this.#file = file;
    this.#store = new Store(file, "us-east-1");
    await this.#serve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#servers, ...this.#abandoned].map((server) => server[Symbol.asyncDispose]()));
    this.#store.close();
  }
}

export interface Reply {
  readonly status: number;
  /** The type of an error, without its namespace. */
  readonly error: string | null;
  readonly body: Readonly<Record<string, unknown>>;
}

function toReply({ status, body }: { readonly status: number; readonly body: string }): Reply {
  const parsed = JSON.parse(body) as Record<string, unknown>;
  if (status !== 200 && status !== 400) throw new Error(`${status} ${body}`);
  return { status, error: status === 200 ? null : String(parsed["__type"]).replace(/^.*#/, ""), body: parsed };
}

/** The file as a process that is killed at this moment leaves it. */
function copyOf(file: string): string {
  const copy = join(temporaryFolder(), "states.db");
  for (const end of ["", "-wal"]) if (existsSync(file + end)) copyFileSync(file + end, copy + end);
  return copy;
}
