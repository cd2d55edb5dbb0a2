import { statSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect } from "vitest";
import { createLocal, type HandedTask, type Local } from "../../src/local/local.ts";
import { temporaryFolder } from "../harness.ts";
import { callbackState, machine, roleArn, startOfTime } from "./peer.ts";

const minute = 60_000;
const dayMinutes = 24 * 60;
const connections = 32;
const megabyte = 1_000_000;

const arnOf = (resource: string) => `arn:aws:states:us-east-1:123456789012:${resource}`;
const ask = (more: object = { End: true }) => {
  const Parameters = { QueueUrl: "queue", MessageBody: { "Input.$": "$", "Token.$": "$$.Task.Token", "Retry.$": "$$.State.RetryCount" } };
  return callbackState({ Parameters, ...more });
};
const jsonata = {
  ...callbackState({ Arguments: { QueueUrl: "queue", MessageBody: "{% {'token': $states.context.Task.Token} %}" } }),
  Parameters: undefined,
  Output: "{% {'answer': $states.result, 'asked': $states.input} %}",
  End: true,
};
const each = (states: Record<string, object>, ProcessorConfig: object) => ({
  Type: "Map",
  ItemsPath: "$.items",
  MaxConcurrency: 2,
  ItemProcessor: { ProcessorConfig, ...machine(states) },
  End: true,
});
const done = { Type: "Pass", Result: "nobody answered", End: true };
const again = { ErrorEquals: ["Busy"], IntervalSeconds: 90, MaxAttempts: 2 };
const late = { ErrorEquals: ["States.Timeout"], Next: "Forgotten" };
const nap = { Type: "Wait", Seconds: 900, End: true };

/** What is started in turn, and how it ends. */
const kinds = {
  asked: { definition: machine({ Ask: ask() }), ends: "SUCCEEDED" },
  both: {
    definition: machine({
      Both: {
        Type: "Parallel",
        Branches: [machine({ AskLeft: ask() }), machine({ AskRight: ask() }), machine({ Nap: nap })],
        End: true,
      },
    }),
    ends: "SUCCEEDED",
  },
  each: { definition: machine({ Each: each({ AskEach: ask() }, { Mode: "INLINE" }) }), ends: "SUCCEEDED" },
  run: {
    definition: machine({ Run: each({ AskChild: ask() }, { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" }) }),
    ends: "SUCCEEDED",
  },
  retried: { definition: machine({ AskAgain: ask({ Retry: [again], End: true }) }), ends: "SUCCEEDED" },
  beaten: { definition: machine({ AskBeaten: ask({ HeartbeatSeconds: 600, End: true }) }), ends: "SUCCEEDED" },
  jsonata: { definition: machine({ AskJsonata: jsonata }, { QueryLanguage: "JSONata" }), ends: "SUCCEEDED" },
  caught: {
    definition: machine({ AskLate: ask({ TimeoutSeconds: 1800, Catch: [late], End: true }), Forgotten: done }),
    ends: "SUCCEEDED",
  },
  timedOut: { definition: machine({ AskLonger: ask() }, { TimeoutSeconds: 1800 }), ends: "TIMED_OUT" },
  failed: { definition: machine({ AskBadly: ask() }), ends: "FAILED" },
} as const;
type Kind = keyof typeof kinds;
const kindNames = Object.keys(kinds) as Kind[];

/** A call that is due at a time of the day's. */
interface Due {
  readonly at: number;
  readonly operation: string;
  readonly members: object;
  /** The error that it is answered with; null where it succeeds. */
  readonly refusal: string | null;
}

/** What a day came to; sizes at the end of each of its quarters. */
export interface Day {
  readonly answered: number;
  readonly refused: number;
  readonly heapMegabytes: readonly number[];
  readonly residentMegabytes: readonly number[];
  /** Of what is in the file, whether SQLite has moved it there from its log or not. */
  readonly fileMegabytes: readonly number[];
  readonly logMegabytes: number;
  /** By table and index of the file, without those that take next to nothing. */
  readonly megabytesOf: Readonly<Record<string, number>>;
  readonly removedSeconds: number;
  readonly longestWaitMilliseconds: number;
  readonly fileMegabytesAfterRemoval: number;
}

/**
 * A day in the life of a server, by a clock of the test's: starts so many executions (of each kind as many) all day long, answers, fails or lets time
 * out what they wait for, and deletes the machines in the end. Expects each to have ended as it should, histories without a gap, nothing left over,
 * as much in the file for each execution in the evening as in the morning, no more in memory, and all of the file's space back.
 */
export async function soak(executions: number, stepMinutes: number): Promise<Day> {
  await using world = await World.open();
  const quarters: { heap: number; resident: number; file: number }[] = [];
  let started = 0;
  for (let at = stepMinutes; at <= dayMinutes; at += stepMinutes) {
    const first = started;
    started = Math.round((executions * at) / dayMinutes);
    await world.pass(stepMinutes * minute, { first, count: started - first });
    if (at % (dayMinutes / 4) === 0) quarters.push(world.sizes());
  }
  await world.passUntilQuiet(stepMinutes * minute);
  await world.expectEnds(executions);
  const megabytesOf = world.tables();
  const logMegabytes = statSync(`${world.file}-wal`).size / megabyte;
  const day = {
    ...world.counts,
    heapMegabytes: quarters.map(({ heap }) => heap),
    residentMegabytes: quarters.map(({ resident }) => resident),
    fileMegabytes: quarters.map(({ file }) => file),
    ...{ logMegabytes, megabytesOf },
    ...(await world.removeAll()),
  };
  expectSteady(day, executions);
  return day;
}

/** Every tenth execution is of the same kind: seventeen calls are taken of those that ten are due, and two come too late. */
function expectSteady(day: Day, executions: number): void {
  const { heapMegabytes, fileMegabytes } = day;
  expect({ answered: day.answered, refused: day.refused }).toEqual({ answered: executions * 1.7, refused: executions * 0.2 });
  expect(Math.max(...heapMegabytes) - Math.min(...heapMegabytes), `heap: ${heapMegabytes}`).toBeLessThan(8);
  const grown = fileMegabytes.slice(1).map((megabytes, index) => megabytes - (fileMegabytes[index] ?? 0));
  expect(Math.max(...grown) / Math.min(...grown), `file: ${fileMegabytes}`).toBeLessThan(1.25);
  expect(day.longestWaitMilliseconds).toBeLessThan(1000);
}

class World implements AsyncDisposable {
  readonly file = join(temporaryFolder(), "soak.db");
  readonly counts = { answered: 0, refused: 0 };
  readonly #agent = new Agent({ keepAlive: true, maxSockets: connections });
  #now = startOfTime;
  #handed = 0;
  #due: Due[] = [];
  #local: Local | null = null;

  static async open(): Promise<World> {
    const world = new World();
    const onTask = async (task: HandedTask) => world.#plan(task);
    world.#local = await createLocal({ file: world.file, clock: () => new Date(world.#now), onTask });
    for (const name of kindNames) {
      const definition = JSON.stringify(kinds[name].definition);
      await world.#call("CreateStateMachine", { name, roleArn, definition });
    }
    return world;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy();
    await this.#local?.close();
  }

  /** Moves the clock, starts executions, and makes the calls that have fallen due. */
  async pass(milliseconds: number, { first, count }: { first: number; count: number } = { first: 0, count: 0 }): Promise<void> {
    this.#now += milliseconds;
    const input = JSON.stringify({ items: [1, 2, 3] });
    await inLanes(count, async (index) => {
      const kind = kindNames[(first + index) % kindNames.length];
      await this.#call("StartExecution", { stateMachineArn: arnOf(`stateMachine:${kind}`), name: `e-${first + index}`, input });
    });
    const due = this.#due.filter(({ at }) => at <= this.#now);
    this.#due = this.#due.filter(({ at }) => at > this.#now);
    await inLanes(due.length, async (index) => {
      const call = due[index];
      if (call !== undefined) await this.#make(call);
    });
  }

  /** The longest take two answers, one after the other, within an hour each; what is to time out does so meanwhile. */
  async passUntilQuiet(milliseconds: number): Promise<void> {
    const until = this.#now + 3 * 60 * minute;
    while (this.#now < until) await this.pass(milliseconds);
    expect(this.#due).toEqual([]);
  }

  /** Who is handed a task answers within the hour, or does what its kind is there for. */
  #plan({ stateName, parameters, taskToken }: HandedTask): void {
    this.#handed += 1;
    const after = (minutes: number) => this.#now + minutes * minute;
    const add = (at: number, operation: string, members: object, refusal: string | null = null) =>
      this.#due.push({ at, operation, members: { taskToken, ...members }, refusal });
    const isFirst = parameters.includes('"Retry":0');
    if (stateName === "AskAgain" && isFirst) return void add(after(5), "SendTaskFailure", { error: "Busy", cause: "come again" });
    if (stateName === "AskBadly") return void add(after(5), "SendTaskFailure", { error: "Refused" });
    const output = JSON.stringify({ approved: true, by: this.#handed });
    if (stateName === "AskLate" || stateName === "AskLonger") {
      return void add(after(31 + (this.#handed % 30)), "SendTaskSuccess", { output }, "TaskTimedOut");
    }
    if (stateName !== "AskBeaten") return void add(after(1 + (this.#handed % 60)), "SendTaskSuccess", { output });
    for (const minutes of [8, 16, 24]) add(after(minutes), "SendTaskHeartbeat", {});
    add(after(30), "SendTaskSuccess", { output });
  }

  async #make({ operation, members, refusal }: Due): Promise<void> {
    const { status, text } = await this.#post(operation, members);
    const expected = refusal === null ? 200 : 400;
    if (status !== expected || !text.includes(refusal ?? "")) throw new Error(`${operation}: ${status} ${text}`);
    this.counts[refusal === null ? "answered" : "refused"] += 1;
  }

  /** In megabytes, after the garbage is collected. */
  sizes(): { heap: number; resident: number; file: number } {
    collectGarbage();
    const { heapUsed, rss } = process.memoryUsage();
    return { heap: heapUsed / megabyte, resident: rss / megabyte, file: this.#read("PRAGMA page_count", "page_count") * 0.004096 };
  }

  /** Every execution is listed once, with the end of its kind; the histories of some are whole; nothing waits to be done. */
  async expectEnds(executions: number): Promise<void> {
    let listed = 0;
    for (const [kind, { ends }] of Object.entries(kinds)) {
      const names = new Set<string>();
      for await (const { name, status, executionArn } of this.#executions(kind)) {
        expect(status).toBe(ends);
        names.add(name);
        if (names.size % 97 === 1) await this.#expectWhole(executionArn);
      }
      listed += names.size;
    }
    expect(listed).toBe(executions);
    for (const table of ["undelivered", "activity_tasks", "own_calls"]) expect(this.#count(table), table).toBe(0);
    expect(this.#read("SELECT count(*) AS count FROM executions WHERE due_at IS NOT NULL OR is_evaluating = 1", "count")).toBe(0);
  }

  async *#executions(kind: string): AsyncGenerator<{ name: string; status: string; executionArn: string }> {
    let nextToken: string | undefined;
    do {
      const page = await this.#call("ListExecutions", { stateMachineArn: arnOf(`stateMachine:${kind}`), maxResults: 1000, nextToken });
      yield* page.executions;
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
  }

  async #expectWhole(executionArn: string): Promise<void> {
    const { events } = await this.#call("GetExecutionHistory", { executionArn, maxResults: 1000 });
    expect(events.map(({ id }: { id: number }) => id)).toEqual(events.map((_: unknown, index: number) => index + 1));
    expect(events.at(-1).type).toMatch(/^Execution(Succeeded|Failed|TimedOut)$/);
  }

  /** Deletes every machine while somebody else goes on asking. */
  async removeAll(): Promise<Pick<Day, "removedSeconds" | "longestWaitMilliseconds" | "fileMegabytesAfterRemoval">> {
    const startedAt = performance.now();
    for (const kind of kindNames) await this.#call("DeleteStateMachine", { stateMachineArn: arnOf(`stateMachine:${kind}`) });
    let longestWaitMilliseconds = 0;
    const isEmpty = async () => {
      const askedAt = performance.now();
      const { stateMachines } = await this.#call("ListStateMachines", {});
      longestWaitMilliseconds = Math.max(longestWaitMilliseconds, performance.now() - askedAt);
      return stateMachines.length === 0 && statSync(this.file).size < megabyte;
    };
    await expect.poll(isEmpty, { timeout: 20 * minute, interval: 10 }).toBe(true);
    const removedSeconds = (performance.now() - startedAt) / 1000;
    for (const table of ["executions", "events", "payloads", "map_runs", "map_run_children", "map_run_inputs", "definitions"])
      expect(this.#count(table), table).toBe(0);
    return { removedSeconds, longestWaitMilliseconds, fileMegabytesAfterRemoval: statSync(this.file).size / megabyte };
  }

  tables(): Record<string, number> {
    using database = new DatabaseSync(this.file, { readOnly: true });
    const rows = database.prepare("SELECT name, sum(pgsize) AS bytes FROM dbstat GROUP BY name ORDER BY bytes DESC").all();
    const sizes = rows.map(({ name, bytes }): [string, number] => [String(name), Number(bytes) / megabyte]);
    return Object.fromEntries(sizes.filter(([, megabytes]) => megabytes >= 0.1));
  }

  #count(table: string): number {
    return this.#read(`SELECT count(*) AS count FROM ${table}`, "count");
  }

  #read(sql: string, column: string): number {
    using database = new DatabaseSync(this.file, { readOnly: true });
    return Number(database.prepare(sql).get()?.[column]);
  }

  async #call(operation: string, members: object) {
    const { status, text } = await this.#post(operation, members);
    if (status !== 200) throw new Error(`${operation}: ${status} ${text}`);
    return JSON.parse(text);
  }

  #post(operation: string, members: object): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const headers = { "content-type": "application/x-amz-json-1.0", "x-amz-target": `AWSStepFunctions.${operation}` };
      const sent = request(this.#local?.url ?? "", { method: "POST", agent: this.#agent, headers }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      });
      sent.on("error", reject);
      sent.end(JSON.stringify(members));
    });
  }
}

/** Does `work` for 0 to `count` - 1, on all connections at once. */
async function inLanes(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: connections }, lane));
}

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}
