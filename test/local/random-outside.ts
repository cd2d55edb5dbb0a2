import { waitingTask } from "../../src/local/asl/execution-state.ts";
import { createTokenMint, type TokenTarget } from "../../src/local/task-token.ts";
import { everyExecution } from "./random-checks.ts";
import { someErrors } from "./random-definition.ts";
import { activityNames } from "./random-states.ts";
import type { Disturbance, World } from "./random-world.ts";

/** What the outside does about a task, `after` so many ticks. */
interface Plan {
  readonly after: number;
  readonly does: "succeed" | "fail" | "nothing";
  readonly output: string;
  readonly error: string | undefined;
  readonly beats: boolean;
}

interface Held {
  readonly taskToken: string;
  readonly name: string;
  readonly plan: Plan;
  readonly since: number;
}

/** What decides what the outside does: the same task of the same case is always answered alike, whoever asks and whenever. */
export interface Outside {
  readonly seed: number;
  readonly values: readonly unknown[];
}

/** The receivers and the workers of a run. Everything they do is in `log`, with whether it was accepted. */
export class Receivers {
  readonly log: string[] = [];
  readonly #world: World;
  readonly #outside: Outside;
  readonly #next: () => Disturbance;
  readonly #known = new Set<string>();
  readonly #tokens = new Set<string>();
  #held: Held[] = [];
  readonly #dead: string[] = [];

  constructor(world: World, outside: Outside, next: () => Disturbance) {
    this.#world = world;
    this.#outside = outside;
    this.#next = next;
  }

  /** Does all that is to be done at a tick; `settled` is called after each act, when nothing is under way. */
  async act(tick: number, settled: () => void): Promise<void> {
    const rest = async () => {
      await this.#world.settle();
      await this.#expectRefused();
      settled();
    };
    await rest();
    for (const name of activityNames) while (await this.#poll(name, tick)) await rest();
    this.#receive(tick);
    for (const held of [...this.#held]) {
      const age = tick - held.since;
      if (age < held.plan.after || held.plan.does === "nothing") {
        if (held.plan.beats) await this.#send(tick, held, "SendTaskHeartbeat", {});
        continue;
      }
      const { output, error } = held.plan;
      if (held.plan.does === "succeed") await this.#send(tick, held, "SendTaskSuccess", { output });
      else await this.#send(tick, held, "SendTaskFailure", { ...(error === undefined ? {} : { error }), cause: "told to" });
      await rest();
    }
  }

  /** Whatever was answered, or ended otherwise, is refused for ever. */
  async expectAllRefused(): Promise<void> {
    this.#dead.push(...this.#tokens);
    await this.#expectRefused();
  }

  /** Callback tasks that have come since. */
  #receive(tick: number): void {
    const { executions } = this.#world.store;
    for (const { executionId, attempt } of this.#world.store.tasks.undelivered(1000)) {
      const key = `${executionId}:${attempt}`;
      const execution = executions.get({ id: executionId });
      const task = execution === null ? null : waitingTask(execution.state, attempt);
      if (task === null || this.#known.has(key)) continue;
      this.#known.add(key);
      const scheduled = executions.event(executionId, task.waiting.scheduledEventId);
      const { parameters } = { parameters: "", ...(scheduled?.["taskScheduledEventDetails"] as object) };
      const taskToken = /AQCEAAAAKgAAAAMAAAAA[A-Za-z0-9+/=]+/.exec(parameters)?.[0] ?? "";
      this.#hold(tick, taskToken, task.visit.name, parameters.replaceAll(taskToken, ""));
    }
  }

  /** Polls once; whether there was a task. */
  async #poll(activity: string, tick: number): Promise<boolean> {
    if (pick(`${this.#outside.seed} ${activity} ${tick}`, 4) === 0) return false;
    const activityArn = `arn:aws:states:us-east-1:123456789012:activity:${activity}`;
    await this.#world.disturb(this.#next());
    const { body } = await this.#world.request("GetActivityTask", { activityArn, workerName: "w" });
    const { taskToken, input } = body as { readonly taskToken: string | null; readonly input: string };
    if (taskToken === null) return false;
    this.#hold(tick, taskToken, JSON.parse(input).Name, input);
    return true;
  }

  #hold(tick: number, taskToken: string, name: string, told: string): void {
    if (this.#tokens.has(taskToken)) throw new Error(`two tasks of ${name} have the same token`);
    this.#tokens.add(taskToken);
    const task = this.#waiting(taskToken);
    const isEndless = task !== null && task.waiting.timeoutSeconds === null && task.waiting.heartbeatSeconds === null;
    this.#held.push({ taskToken, name, plan: planOf(told, this.#outside, isEndless), since: tick });
    this.log.push(`${tick} ${name} was handed over`);
  }

  async #send(tick: number, { taskToken, name }: Held, operation: string, members: object): Promise<void> {
    const wasWaiting = this.#waiting(taskToken) !== null;
    const ends = operation !== "SendTaskHeartbeat";
    let replies = await this.#world.disturbed(this.#next(), operation, { taskToken, ...members });
    const isLost = replies.includes(null);
    if (isLost) replies = [await this.#world.request(operation, { taskToken, ...members })];
    const accepted = replies.filter((reply) => reply?.status === 200).length;
    for (const reply of replies) {
      if (reply?.status !== 200 && reply?.error !== "TaskTimedOut") throw new Error(`${operation} was told ${reply?.error}`);
    }
    // Whose first reply was lost, may find that it was accepted then.
    const expected = ends ? 1 : replies.length;
    if (wasWaiting && accepted !== expected && !(isLost && ends))
      throw new Error(`${operation} to ${name}: ${accepted} of ${expected} accepted`);
    if (!wasWaiting && accepted > 0) throw new Error(`${operation} to ${name}: accepted, but it does not wait`);
    this.log.push(`${tick} ${operation} to ${name} was ${wasWaiting ? "accepted" : "refused"}`);
  }

  /** Sends to each token that has died since. */
  async #expectRefused(): Promise<void> {
    const died = this.#held.filter(({ taskToken }) => this.#waiting(taskToken) === null);
    this.#held = this.#held.filter((held) => !died.includes(held));
    for (const taskToken of [...died.map((held) => held.taskToken), ...this.#dead.splice(0)]) {
      const { error } = await this.#world.request("SendTaskSuccess", { taskToken, output: '"again"' });
      if (error !== "TaskTimedOut") throw new Error(`a token of a task that has ended was told ${error}`);
    }
  }

  #waiting(taskToken: string) {
    const { store } = this.#world;
    const target: TokenTarget | null = createTokenMint(store.database.secret).read(taskToken);
    const execution = target === null ? null : store.executions.get({ id: target.executionId });
    return execution === null || target === null ? null : waitingTask(execution.state, target.attempt);
  }
}

/** Ends when every execution has, with the number of that tick; throws where one has not within `maxTicks`. */
export async function untilOver(world: World, maxTicks: number, act: (tick: number) => Promise<void>): Promise<number> {
  for (let tick = 0; tick < maxTicks; tick += 1) {
    await act(tick);
    if (everyExecution(world.store).every(({ state }) => state.status !== "RUNNING")) return tick;
    world.now += tickMilliseconds;
  }
  throw new Error(`it is not over after ${maxTicks} ticks`);
}

export const tickMilliseconds = 5000;

function planOf(told: string, { seed, values }: Outside, isEndless: boolean): Plan {
  const choose = (what: string, count: number) => pick(`${seed} ${told} ${what}`, count);
  const does = (["succeed", "succeed", "succeed", "fail", "fail", "nothing"] as const)[choose("does", 6)] ?? "succeed";
  return {
    after: choose("after", 3),
    does: does === "nothing" && isEndless ? "succeed" : does,
    output: JSON.stringify(values[choose("value", Math.max(values.length, 1))] ?? null),
    error: [...someErrors, undefined][choose("error", someErrors.length + 1)],
    beats: choose("beats", 2) === 0,
  };
}

/** A number below `count` that looks random and hangs on the text alone. */
function pick(text: string, count: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  hash ^= hash >>> 13;
  return (hash >>> 0) % count;
}
