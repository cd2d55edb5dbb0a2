import { setFlagsFromString } from "node:v8";
import type { Command } from "commander";
import type { Connection, Context, RememberedTask } from "../context.ts";
import { CliError } from "../errors.ts";
import type { Sweep } from "../sweep/sweep.ts";
import type { SweptTask } from "../sweep/swept-task.ts";
import { dim, type Text } from "../text.ts";
import { warnOfNotSeen } from "./pending/not-seen-text.ts";
import { addPendingOptions, filterAt, type PendingOptions, pendingOptions } from "./pending/options.ts";
import { progressText } from "./pending/progress.ts";
import { callsOf, connectRegions, sweepRegions } from "./pending/regions.ts";
import { pendingScreen } from "./pending/screen.ts";
import { taskColumns, usualColumns, wideColumns } from "./pending/waiting-task-columns.ts";
import { groupColumns, groupJson, TaskGroups } from "./pending/waiting-task-groups.ts";
import { taskJson } from "./pending/waiting-task-json.ts";
import { addExamples, type Run } from "./registration.ts";

/** The code that says "something is waiting" to cron and CI; it wins over 5. */
const somethingWaits = 8;
/** A part of the account could not be looked at. */
const notAllSeen = 5;
/** How many ids are written down at once while they are found. */
const rememberedAtOnce = 500;
/** How many rows are laid out at once for a pipe. */
const rowsAtOnce = 1000;

export function registerPending(program: Command, run: Run): void {
  const command = program.command("pending").description("list the waiting tasks of the account and Region");
  addExamples(addPendingOptions(command), [
    "pending",
    "pending --state-machine 'order-*' --older 6h --sort deadline",
    "pending --by state --region eu-west-1 --region us-east-1",
    "pending --columns id,age,input.orderId",
    "pending --json --query 'tasks[].id'",
    "pending --older 1d --count --fail-if-any",
  ]).action(run(pending, { readsOnly: true, takesRegions: true }));
}

async function pending(context: Context, given: Record<string, unknown>): Promise<number> {
  const options = pendingOptions(given);
  // Many histories pass through; without this V8 lets its heap grow to twice of what they need before it clears it up.
  setFlagsFromString("--optimize-for-size");
  await using connections = await connectRegions(context, options.regions);
  const looking = { context, connections: connections.all, options, groups: new TaskGroups() };
  const startedAt = context.clock.now().getTime();
  const found = await look(looking);
  await report(looking, { ...found, milliseconds: context.clock.now().getTime() - startedAt });
  if (found.interrupted && context.signal.reason instanceof CliError) return context.signal.reason.exitCode;
  if (options.failIfAny && found.count > 0) return somethingWaits;
  return found.notSeen.length > 0 ? notAllSeen : 0;
}

/** One command: what it was asked for, and where it looks. */
interface Looking {
  readonly context: Context;
  readonly connections: readonly Connection[];
  readonly options: PendingOptions;
  readonly groups: TaskGroups;
}

/** The service's own time. */
function timeOf({ context, connections }: Looking): Date {
  return connections[0]?.stepFunctions.now() ?? context.clock.now();
}

async function look(looking: Looking): Promise<Sweep> {
  const { context, connections, options, groups } = looking;
  const { terminal, signal, taskIndex } = context;
  const progress = terminal.progress("looking for waiting tasks");
  const isStreamed = options.form === "tasks" && terminal.format === "jsonl" && options.sort === null;
  const seen: RememberedTask[] = [];
  const remember = () => taskIndex.remember(seen.splice(0));
  try {
    return await sweepRegions(context, connections, {
      ...filterAt(timeOf(looking), options),
      // The first in an order are known when all are.
      ...(options.limit === undefined || options.sort !== null ? {} : { limit: options.limit }),
      rateShare: options.rateShare,
      withInput: options.needsInput,
      keepsTasks: options.form === "tasks" && !isStreamed,
      signal,
      onTask: async (task, { place }) => {
        groups.add(task);
        seen.push({ id: task.id, executionArn: task.executionArn, eventId: task.task?.eventId ?? 0, place });
        if (seen.length >= rememberedAtOnce) await remember();
        if (isStreamed) await terminal.item(taskJson(task, options.withInput));
      },
      onProgress: (at) => progress.update(progressText(at)),
    });
  } finally {
    progress.stop();
    await remember();
  }
}

/** A sweep and how long it took. */
type Timed = Sweep & { readonly milliseconds: number };

async function report(looking: Looking, found: Timed): Promise<void> {
  const { context, connections, options, groups } = looking;
  const { terminal } = context;
  const now = timeOf(looking);
  const tasks = firstOf(found.tasks, options);
  const isCut = tasks.length < found.tasks.length;
  const about = { notSeen: found.notSeen, complete: found.complete && !isCut, ...callsOf(connections), milliseconds: found.milliseconds };
  const json = (task: SweptTask) => taskJson(task, options.withInput);
  if (options.form === "count") {
    await terminal.result({ count: found.count, ...about }, () => [String(found.count)]);
  } else if (options.form === "groups") {
    const all = groups.largestFirst();
    await terminal.result({ groups: all.map(groupJson), ...about }, () => terminal.table(groupColumns(now), all));
  } else if (terminal.format === "jsonl") {
    // None is left where each was given when it was found.
    for (const task of tasks) await terminal.item(json(task));
  } else if (terminal.format === "json") {
    await terminal.result({ tasks: tasks.map(json), ...about }, () => []);
  } else if (terminal.stdoutIsTerminal) {
    await terminal.result(null, () => rows(looking, tasks, now));
  } else {
    // Lines for a pipe do not depend on each other, and there may be a hundred thousand.
    for (let from = 0; from < tasks.length; from += rowsAtOnce)
      await terminal.result(null, () => rows(looking, tasks.slice(from, from + rowsAtOnce), now));
  }
  warnOfNotSeen(terminal, found.notSeen);
  tellAbout(looking, found, isCut || found.count === options.limit);
}

/** They come with the longest waiting first, which is kept among equals. */
function firstOf(tasks: readonly SweptTask[], { sort, limit }: PendingOptions): readonly SweptTask[] {
  const deadline = ({ task }: SweptTask) => task?.timeoutAt?.getTime() ?? Number.MAX_SAFE_INTEGER;
  const byDeadline = (one: SweptTask, other: SweptTask) => deadline(one) - deadline(other);
  const byMachine = (one: SweptTask, other: SweptTask) => one.stateMachineName.localeCompare(other.stateMachineName, "en");
  const ordered = sort === "deadline" ? tasks.toSorted(byDeadline) : sort === "machine" ? tasks.toSorted(byMachine) : tasks;
  return limit === undefined || limit >= ordered.length ? ordered : ordered.slice(0, limit);
}

function rows({ context, connections, options, groups }: Looking, tasks: readonly SweptTask[], now: Date): readonly Text[] {
  const { terminal } = context;
  if (tasks.length === 0) return [];
  const isChosen = options.columns !== null && options.columns !== wideColumns;
  const named = options.columns ?? (options.filter.unanswerable === true ? [...usualColumns, "answerable"] : usualColumns);
  const columns = connections.length > 1 && !isChosen ? named.toSpliced(1, 0, "region") : named;
  if (!terminal.stdoutIsTerminal || isChosen) return terminal.table(taskColumns(columns, now), tasks);
  const isWhole = options.columns !== null || options.limit !== undefined;
  return pendingScreen(terminal, { tasks, groups: groups.largestFirst(), columns, isWhole, now });
}

function tellAbout({ context: { terminal }, connections }: Looking, found: Timed, isCutOff: boolean): void {
  const { calls, throttles } = callsOf(connections);
  const counts = (of: Readonly<Record<string, number>>) =>
    Object.entries(of)
      .map(([operation, count]) => `${operation} ${count}`)
      .join(", ");
  terminal.debug(`calls: ${counts(calls)}; throttled: ${counts(throttles) || "none"}; ${found.milliseconds} ms`);
  if (terminal.format !== "human" || !terminal.stderrIsTerminal) return;
  if (found.interrupted) terminal.note(dim("interrupted: this is what was found so far"));
  else if (found.count === 0)
    terminal.note(dim(found.notSeen.length === 0 ? "nothing is waiting" : "nothing is waiting where it could be looked"));
  else if (isCutOff) terminal.note(dim("cut off by --limit"));
}
