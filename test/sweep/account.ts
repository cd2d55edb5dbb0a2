import {
  CreateStateMachineCommand,
  ListActivitiesCommand,
  SendTaskHeartbeatCommand,
  StartExecutionCommand,
  UpdateStateMachineCommand,
} from "@aws-sdk/client-sfn";
import { expect } from "vitest";
import { connectEndpoint } from "../../src/aws/connection.ts";
import type { HistoryEvent, StepFunctions } from "../../src/aws/step-functions.ts";
import { callbackTasks } from "../../src/callback/history/waiting-tasks.ts";
import { openVisits } from "../../src/local/asl/execution-state.ts";
import { Store } from "../../src/local/store/store.ts";
import { createLazyPacer } from "../../src/sweep/pacing.ts";
import { PackedTasks } from "../../src/sweep/packed-tasks.ts";
import { type Sweep, type SweepOptions, sweep } from "../../src/sweep/sweep.ts";
import type { SweptTask } from "../../src/sweep/swept-task.ts";
import { type Bench, callbackState, machine, roleArn } from "../local/peer.ts";
import { everyExecution } from "../local/random-checks.ts";

const region = "us-east-1";

export const arnOf = (name: string) => `arn:aws:states:us-east-1:123456789012:stateMachine:${name}`;
export const pass = (more: object = { End: true }) => ({ Type: "Pass", ...more });
export const wait = { Type: "Wait", Seconds: 6000, End: true };
export const branch = (name: string, state: object = callbackState()) => machine({ [name]: state });
/** Each row's state, then the steps that lead to it. */
export const placesOf = ({ tasks }: Swept) => tasks.map(({ task }) => [task?.state, ...(task?.path ?? [])]);
export const executionsOf = ({ tasks }: Swept) => tasks.map(({ executionName }) => executionName).toSorted();

export async function create({ client }: Bench, name: string, definition: object): Promise<string> {
  await client.send(new CreateStateMachineCommand({ name, roleArn, definition: JSON.stringify(definition) }));
  return arnOf(name);
}

export async function start({ client }: Bench, stateMachineArn: string, name: string, input: unknown = {}): Promise<string> {
  const { executionArn = "" } = await client.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }));
  return executionArn;
}

export async function update({ client }: Bench, stateMachineArn: string, definition: object): Promise<void> {
  await client.send(new UpdateStateMachineCommand({ stateMachineArn, definition: JSON.stringify(definition) }));
}

/** Calls Step Functions as a command does, through the gateway and HTTP. */
export async function throughGateway<Result>(
  url: string,
  now: () => number,
  act: (stepFunctions: StepFunctions) => Promise<Result>,
): Promise<Result> {
  const place = { kind: "endpoint", region, endpointUrl: url, profile: null } as const;
  await using connection = connectEndpoint({ url, region, place, clock: { now: () => new Date(now()) }, version: "0.0.0" });
  return await act(connection.stepFunctions);
}

/** A sweep, with the calls that it took. */
export interface Swept extends Sweep {
  /** With what is known of those around them in the end. */
  readonly tasks: readonly SweptTask[];
  readonly calls: Readonly<Record<string, number>>;
}

/** Sweeps what a bench, or a proxy before it, serves. */
export function sweepOf(bench: Bench, options: SweepOptions = {}, url = bench.local.url): Promise<Swept> {
  return throughGateway(
    url,
    () => bench.now,
    async (stepFunctions) => {
      const clock = { now: () => new Date(bench.now), sleep: async () => {} };
      const tasks = new PackedTasks();
      const onTask = async (task: SweptTask, taskToken: string | null) => {
        tasks.add(task);
        await options.onTask?.(task, taskToken);
      };
      const found = await sweep(stepFunctions, createLazyPacer(region, clock), { readsCallers: true, ...options, onTask });
      return { ...found, tasks: [...tasks.inOrder().map(found.withAncestors)], calls: { ...stepFunctions.calls } };
    },
  );
}

/** Sweeps, and holds what is found against what the endpoint would accept: exactly those tasks, none twice. */
export async function sweepExactly(bench: Bench, options: SweepOptions = {}): Promise<Swept> {
  const swept = await sweepOf(bench, options);
  expect(swept.notSeen).toEqual([]);
  expect(swept.tasks.map(({ id }) => id).toSorted()).toEqual([...new Set(swept.tasks.map(({ id }) => id))].toSorted());
  const { histories, waiting } = await seenFromWithin(bench);
  expect(swept.tasks.map(addressOf).toSorted()).toEqual(waiting);
  const held = swept.tasks.filter(({ task }) => task?.hasToken);
  const tokens = held.map((task) => tokenOf(histories, task));
  expect(tokens.toSorted()).toEqual(await livingTokens(bench, histories));
  return swept;
}

/** Waits until everything that can happen now has happened. */
export async function settled(bench: Bench): Promise<void> {
  const store = new Store(bench.file, region);
  try {
    for (const until = performance.now() + 60_000; performance.now() < until; ) {
      // A request is held up, idly, for what was set off before it; a loop of our own would keep the evaluating threads from it.
      await bench.client.send(new ListActivitiesCommand({ maxResults: 1 }));
      const { executions, mapRuns } = store;
      const open = [executions.evaluatingIds()[0] ?? null, executions.firstDue(bench.now), mapRuns.firstDue(bench.now)];
      if (open.every((what) => what === null)) return;
    }
    throw new Error(`${everyExecution(store).length} executions never come to rest`);
  } finally {
    store.close();
  }
}

export function addressOf({ executionArn, task }: SweptTask): string {
  return `${executionArn}#${task?.eventId}`;
}

type Histories = ReadonlyMap<string, readonly HistoryEvent[]>;

/** The whole histories of all executions, and the callback and activity tasks that the endpoint itself waits for, by execution and scheduling event. */
async function seenFromWithin(bench: Bench): Promise<{ histories: Histories; waiting: readonly string[] }> {
  const store = new Store(bench.file, region);
  const executions = everyExecution(store);
  store.close();
  const waiting = executions
    .filter(({ state }) => state.status === "RUNNING")
    .flatMap(({ arn, state }) =>
      [...openVisits(state.root)].flatMap(({ waiting }) => {
        if (waiting.kind !== "task") return [];
        const { call, scheduledEventId } = waiting;
        const isWaiting = call.family === "Activity" || (call.family === "Task" && call.resource.endsWith(".waitForTaskToken"));
        return isWaiting ? [`${arn}#${scheduledEventId}`] : [];
      }),
    );
  const histories = new Map(await Promise.all(executions.map(async ({ arn }) => [arn, await bench.history(arn)] as const)));
  return { histories, waiting: waiting.toSorted() };
}

/** The token that an answer to the row would carry. */
function tokenOf(histories: Histories, { executionArn, task }: SweptTask): string {
  const tasks = callbackTasks(histories.get(executionArn) ?? []);
  return tasks.find(({ eventId }) => eventId === task?.eventId)?.taskToken ?? `none of ${executionArn}`;
}

/** Every token that any history holds and the endpoint accepts a heartbeat for. */
export async function livingTokens(bench: Bench, histories?: Histories): Promise<string[]> {
  const seen = new Set<string>();
  for (const events of (histories ?? (await seenFromWithin(bench)).histories).values()) {
    for (const [token] of JSON.stringify(events).matchAll(/AQCEAAAAKgAAAAMAAAAA[A-Za-z0-9+/=]+/g)) seen.add(token);
  }
  const living = await Promise.all(
    [...seen].map(async (taskToken) => {
      const beat = bench.client.send(new SendTaskHeartbeatCommand({ taskToken }));
      return await beat.then(
        () => [taskToken],
        () => [],
      );
    }),
  );
  return living.flat().toSorted();
}
