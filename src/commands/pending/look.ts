import type { Connection, Context, RememberedTask } from "../../context.ts";
import { PackedTasks } from "../../sweep/packed-tasks.ts";
import type { Sweep } from "../../sweep/sweep.ts";
import type { PendingOptions } from "./options.ts";
import { SweepProgressLines } from "./progress.ts";
import { sweepRegions } from "./regions.ts";
import { TaskGroups } from "./waiting-task-groups.ts";
import { taskJson } from "./waiting-task-json.ts";

/** How many ids are written down at once while they are found. */
const rememberedAtOnce = 500;

/** One command: what it was asked for, and where it looks. */
export interface Looking {
  readonly context: Context;
  readonly connections: readonly Connection[];
  readonly options: PendingOptions;
}

/** What was found, and how long it took. */
export interface Found extends Sweep {
  /** Empty where only their number is asked for, and where each was given when it was found. */
  readonly tasks: PackedTasks;
  readonly groups: TaskGroups;
  readonly milliseconds: number;
}

/** The service's own time. */
export function timeOf({ context, connections }: Looking): Date {
  return connections[0]?.stepFunctions.now() ?? context.clock.now();
}

/** Looks for what waits, and gives each task when it is found where that is the form. */
export async function look(looking: Looking): Promise<Found> {
  const { context, connections, options } = looking;
  const { terminal, clock, taskIndex } = context;
  const isStreamed = terminal.format === "jsonl" && options.form === "tasks" && options.sort === null;
  const isKept = options.form === "tasks" && !isStreamed;
  const [tasks, groups] = [new PackedTasks(), new TaskGroups()];
  const startedAt = clock.now().getTime();
  const progress = new SweepProgressLines(terminal.progress("looking for waiting tasks"), clock);
  const seen: RememberedTask[] = [];
  const remember = () => taskIndex.remember(seen.splice(0));
  try {
    const swept = await sweepRegions(context, connections, {
      ...options.filter,
      // The first in an order are known when all are.
      ...(options.limit === undefined || options.sort !== null ? {} : { limit: options.limit }),
      rateShare: options.rateShare,
      withInput: options.needsInput,
      readsCallers: options.form === "tasks",
      holdsCalled: isStreamed,
      // Nobody is there any more to read of what else is found.
      signal: AbortSignal.any([context.signal, terminal.readerGone]),
      onTask: async (task, { place }) => {
        groups.add(task);
        seen.push({ id: task.id, executionArn: task.executionArn, eventId: task.task?.eventId ?? 0, place });
        if (seen.length >= rememberedAtOnce) await remember();
        if (isKept) tasks.add(task);
        if (isStreamed) await terminal.item(taskJson(task, options.withInput));
      },
      onProgress: (at) => progress.update(at, groups),
    });
    return { ...swept, tasks, groups, milliseconds: clock.now().getTime() - startedAt };
  } finally {
    progress.stop();
    await remember();
  }
}
