import { setFlagsFromString } from "node:v8";
import type { Command } from "commander";
import { pacerFor } from "../answering/pacing.ts";
import type { Connection, Context, RememberedTask } from "../context.ts";
import { CliError } from "../errors.ts";
import { type NotSeen, type Sweep, type SweepProgress, sweep } from "../sweep/sweep.ts";
import type { SweptTask } from "../sweep/swept-task.ts";
import { dim, type Text } from "../text.ts";
import { formatSpan } from "./durations.ts";
import { addPendingOptions, filterAt, type PendingOptions, pendingOptions } from "./pending-options.ts";
import type { Run } from "./registration.ts";
import { taskColumns, usualColumns } from "./waiting-task-columns.ts";
import { groupColumns, groupJson, TaskGroups } from "./waiting-task-groups.ts";
import { taskJson } from "./waiting-task-json.ts";

/** The code that says "something is waiting" to cron and CI; it wins over 5. */
const somethingWaits = 8;
/** A part of the account could not be looked at. */
const notAllSeen = 5;
/** How many ids are written down at once while they are found. */
const rememberedAtOnce = 500;
/** Of what could not be looked at, so many are told one by one. */
const mostToldOfNotSeen = 10;

export function registerPending(program: Command, run: Run): void {
  addPendingOptions(program.command("pending").description("list the waiting tasks of the account and Region")).action(run(pending));
}

async function pending(context: Context, given: Record<string, unknown>): Promise<number> {
  const options = pendingOptions(given);
  // Many histories pass through; without this V8 lets its heap grow to twice of what they need before it clears it up.
  setFlagsFromString("--optimize-for-size");
  await using connection = await context.connect();
  const groups = new TaskGroups();
  const startedAt = context.clock.now().getTime();
  const found = await look(context, connection, options, groups);
  await report(context, connection, { ...found, milliseconds: context.clock.now().getTime() - startedAt }, options, groups);
  if (found.interrupted && context.signal.reason instanceof CliError) return context.signal.reason.exitCode;
  if (options.failIfAny && found.count > 0) return somethingWaits;
  return found.notSeen.length > 0 ? notAllSeen : 0;
}

async function look(context: Context, connection: Connection, options: PendingOptions, groups: TaskGroups): Promise<Sweep> {
  const { terminal, clock, signal, taskIndex } = context;
  const { stepFunctions, place } = connection;
  const progress = terminal.progress("looking for waiting tasks");
  const isStreamed = options.form === "tasks" && terminal.format === "jsonl";
  const seen: RememberedTask[] = [];
  const remember = () => taskIndex.remember(seen.splice(0));
  try {
    return await sweep(stepFunctions, pacerFor(place, clock, options.rateShare), {
      ...filterAt(stepFunctions.now(), options),
      ...(options.limit === undefined ? {} : { limit: options.limit }),
      withInput: options.needsInput,
      keepsTasks: options.form === "tasks" && !isStreamed,
      signal,
      onTask: async (task) => {
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

/** What is left, and how long it takes where the quotas make it long. */
function progressText(at: SweepProgress): string {
  const { machinesLeft, callbackMachinesLeft, executionsLeft, executionsRead, tasks, millisecondsLeft } = at;
  const left =
    callbackMachinesLeft > 0
      ? counted(machinesLeft, "machine")
      : machinesLeft > 0
        ? `${counted(machinesLeft, "machine")} without a callback`
        : counted(executionsLeft, "execution");
  const time = millisecondsLeft < 5000 ? "" : `, about ${formatSpan(millisecondsLeft)}; Ctrl-C keeps what you have`;
  return `${tasks} waiting, ${counted(executionsRead, "execution")} read; ${left} left${time}`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** A sweep and how long it took. */
type Timed = Sweep & { readonly milliseconds: number };

async function report(context: Context, connection: Connection, found: Timed, options: PendingOptions, groups: TaskGroups): Promise<void> {
  const { terminal } = context;
  const { calls, throttles } = connection.stepFunctions;
  const { notSeen, complete, milliseconds } = found;
  const about = { notSeen, complete, calls, throttles, milliseconds };
  const now = connection.stepFunctions.now();
  if (options.form === "count") {
    await terminal.result({ count: found.count, ...about }, () => [String(found.count)]);
  } else if (options.form === "groups") {
    const all = groups.largestFirst();
    await terminal.result({ groups: all.map(groupJson), ...about }, () => terminal.table(groupColumns(now), all));
  } else if (terminal.format !== "jsonl") {
    // Under --jsonl every task was given when it was found.
    const tasks = sorted(found.tasks, options.sort);
    await terminal.result({ tasks: tasks.map((task) => taskJson(task, options.withInput)), ...about }, () =>
      rows(context, tasks, options, groups, now),
    );
  }
  tellNotSeen(context, notSeen);
  tellAbout(context, connection, found, options);
}

/** They come with the longest waiting first, which is kept among equals. */
function sorted(tasks: readonly SweptTask[], sort: PendingOptions["sort"]): readonly SweptTask[] {
  const deadline = ({ task }: SweptTask) => task?.timeoutAt?.getTime() ?? Number.MAX_SAFE_INTEGER;
  if (sort === "deadline") return tasks.toSorted((one, other) => deadline(one) - deadline(other));
  if (sort === "machine") return tasks.toSorted((one, other) => one.stateMachineName.localeCompare(other.stateMachineName, "en"));
  return tasks;
}

function rows(context: Context, tasks: readonly SweptTask[], { columns }: PendingOptions, groups: TaskGroups, now: Date): readonly Text[] {
  const { terminal } = context;
  if (tasks.length === 0) return [];
  if (columns === null && terminal.stdoutIsTerminal && tasks.length + 1 >= terminal.rows) {
    const hint = `${tasks.length} tasks wait; --state-machine, --state or --limit shows them one by one.`;
    return [...terminal.table(groupColumns(now), groups.largestFirst()), dim(hint)];
  }
  return terminal.table(taskColumns(columns ?? usualColumns, now), tasks);
}

function tellNotSeen({ terminal }: Context, notSeen: readonly NotSeen[]): void {
  for (const { arn, operation, reason } of notSeen.slice(0, mostToldOfNotSeen)) terminal.warn(`not seen: ${operation} ${arn}: ${reason}`);
  const more = notSeen.length - mostToldOfNotSeen;
  if (more > 0) terminal.warn(`not seen: ${more} more; --json gives all of them`);
}

function tellAbout({ terminal }: Context, { stepFunctions }: Connection, found: Timed, { limit }: PendingOptions): void {
  const counts = (of: Readonly<Record<string, number>>) =>
    Object.entries(of)
      .map(([operation, count]) => `${operation} ${count}`)
      .join(", ");
  terminal.debug(
    `calls: ${counts(stepFunctions.calls)}; throttled: ${counts(stepFunctions.throttles) || "none"}; ${found.milliseconds} ms`,
  );
  if (terminal.format !== "human" || !terminal.stderrIsTerminal) return;
  if (found.interrupted) terminal.note(dim("interrupted: this is what was found so far"));
  else if (found.count === 0)
    terminal.note(dim(found.notSeen.length === 0 ? "nothing is waiting" : "nothing is waiting where it could be looked"));
  else if (found.count === limit) terminal.note(dim("cut off by --limit"));
}
