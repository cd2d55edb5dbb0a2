import { pacerFor } from "../../answering/pacing.ts";
import type { Connection, Context } from "../../context.ts";
import { CliError } from "../../errors.ts";
import { type NotSeen, type Sweep, type SweepOptions, type SweepProgress, sweep } from "../../sweep/sweep.ts";
import type { SweptTask } from "../../sweep/swept-task.ts";

/** A connection to each Region that is named; to the usual one where none is. Ended together. */
export async function connectRegions(
  context: Context,
  regions: readonly string[],
): Promise<AsyncDisposable & { all: readonly Connection[] }> {
  const all: Connection[] = [];
  const end = async () => {
    for (const connection of all) await connection[Symbol.asyncDispose]();
  };
  try {
    if (regions.length < 2) all.push(await context.connect());
    else for (const region of regions) all.push(await context.connect({ ...context.connectionOptions, region }));
  } catch (error) {
    await end();
    throw error;
  }
  return { all, [Symbol.asyncDispose]: end };
}

/** What the sweep of one of several Regions is told. */
export interface RegionSweepOptions extends Omit<SweepOptions, "onTask" | "onProgress"> {
  readonly rateShare: number | undefined;
  onTask(task: SweptTask, connection: Connection): Promise<void>;
  onProgress(progress: SweepProgress): void;
}

/** Sweeps the Regions side by side, each within its own quotas. A Region that cannot be looked at at all is in `notSeen`, unless none can. */
export async function sweepRegions(context: Context, connections: readonly Connection[], options: RegionSweepOptions): Promise<Sweep> {
  const progresses = new Map<Connection, SweepProgress>();
  /** An endpoint that serves all Regions alike gives everything once for each. */
  const told = new Set<string>();
  const one = (connection: Connection): Promise<Sweep> => {
    const { rateShare, limit, ...others } = options;
    return sweep(connection.stepFunctions, pacerFor(connection.place, context.clock, rateShare), {
      ...others,
      ...(limit === undefined ? {} : { limit: limit - told.size }),
      onTask: async (task) => {
        if (told.has(task.id)) return;
        if (connections.length > 1) told.add(task.id);
        await options.onTask(task, connection);
      },
      onProgress: (progress) => {
        progresses.set(connection, progress);
        options.onProgress(together([...progresses.values()]));
      },
    });
  };
  if (connections.length === 1 && connections[0] !== undefined) return one(connections[0]);
  const outcomes: PromiseSettledResult<Sweep>[] = [];
  if (options.limit === undefined) outcomes.push(...(await Promise.allSettled(connections.map(one))));
  // One after the other, so that a later Region is left alone where an earlier one has as many as are wanted.
  else
    for (const connection of connections) {
      outcomes.push(...(await Promise.allSettled([one(connection)])));
      if (told.size >= options.limit) break;
    }
  return merged(connections, outcomes, told.size);
}

function merged(connections: readonly Connection[], outcomes: readonly PromiseSettledResult<Sweep>[], count: number): Sweep {
  const sweeps: Sweep[] = [];
  const unseenRegions: NotSeen[] = [];
  const failures: unknown[] = [];
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.status === "fulfilled") {
      sweeps.push(outcome.value);
      continue;
    }
    const reason: unknown = outcome.reason;
    failures.push(reason);
    if (!(reason instanceof CliError)) throw reason;
    // The machine that is asked for need not be in every Region.
    const arn = `arn:*:states:${connections[index]?.place.region}:*:stateMachine:*`;
    if (reason.kind !== "usage") unseenRegions.push({ arn, operation: "ListStateMachines", reason: reason.message });
  }
  if (failures.length === outcomes.length) throw failures[0];
  const notSeen = [...unseenRegions, ...sweeps.flatMap((swept) => swept.notSeen)];
  const sweepOf = (task: SweptTask) => sweeps.find((swept) => swept.has(task));
  return {
    count,
    notSeen,
    complete: notSeen.length === 0 && outcomes.length === connections.length && sweeps.every(({ complete }) => complete),
    interrupted: sweeps.some(({ interrupted }) => interrupted),
    has: (task) => sweepOf(task) !== undefined,
    withAncestors: (task) => sweepOf(task)?.withAncestors(task) ?? task,
  };
}

function together(progresses: readonly SweepProgress[]): SweepProgress {
  const sum = (of: (progress: SweepProgress) => number) => progresses.reduce((total, progress) => total + of(progress), 0);
  return {
    machinesLeft: sum(({ machinesLeft }) => machinesLeft),
    callbackMachinesLeft: sum(({ callbackMachinesLeft }) => callbackMachinesLeft),
    executionsRead: sum(({ executionsRead }) => executionsRead),
    executionsLeft: sum(({ executionsLeft }) => executionsLeft),
    tasks: sum(({ tasks }) => tasks),
    millisecondsLeft: Math.max(...progresses.map(({ millisecondsLeft }) => millisecondsLeft)),
  };
}

/** The calls of all the connections, and how many of them were refused for their rate, by operation. */
export function callsOf(connections: readonly Connection[]) {
  const sums = { calls: {} as Record<string, number>, throttles: {} as Record<string, number> };
  for (const { stepFunctions } of connections) {
    for (const of of ["calls", "throttles"] as const)
      for (const [operation, count] of Object.entries(stepFunctions[of])) sums[of][operation] = (sums[of][operation] ?? 0) + count;
  }
  return sums;
}
