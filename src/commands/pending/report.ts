import type { OrderedTasks } from "../../sweep/packed-tasks.ts";
import type { SweptTask } from "../../sweep/swept-task.ts";
import { dim, type Text } from "../../text.ts";
import { type Found, type Looking, timeOf } from "./look.ts";
import { notSeenLines } from "./not-seen-text.ts";
import type { PendingOptions } from "./options.ts";
import { callsOf } from "./regions.ts";
import { pendingScreen, type Shown } from "./screen.ts";
import { taskColumns, usualColumns, wideColumns } from "./waiting-task-columns.ts";
import { groupColumns, groupJson } from "./waiting-task-groups.ts";
import { taskJson } from "./waiting-task-json.ts";

/** Gives what was found in the form that was asked for, and says what there is to say about it. */
export async function report(looking: Looking, found: Found): Promise<void> {
  const { connections, options } = looking;
  const { terminal } = looking.context;
  const now = timeOf(looking);
  const tasks = firstOf(found, options);
  const { notSeen, milliseconds } = found;
  const isCut = tasks.length < found.tasks.length;
  const warnings = notSeenLines(notSeen);
  const remarks = remarksOn(looking, found, isCut || found.count === options.limit);
  const about = { notSeen, complete: found.complete && !isCut, ...callsOf(connections), milliseconds };
  if (options.form === "count") {
    await terminal.result({ count: found.count, ...about }, () => [String(found.count)]);
  } else if (options.form === "groups") {
    const all = found.groups.largestFirst();
    await terminal.result({ groups: all.map(groupJson), ...about }, () => terminal.table(groupColumns(now, connections.length > 1), all));
  } else if (terminal.format === "human") {
    await terminal.result(null, () => rows(looking, found, tasks, { now, remarks: warnings.length + remarks.length }));
  } else if (terminal.format === "json") {
    await terminal.longResult({ tasks: jsonOf(tasks, options), ...about });
  } else {
    // None is left where each was given when it was found.
    for (const task of jsonOf(tasks, options)) {
      if (terminal.readerGone.aborted) break;
      await terminal.item(task);
    }
  }
  for (const warning of warnings) terminal.warn(warning);
  debugCalls(looking, found);
  for (const remark of remarks) terminal.note(dim(remark));
}

function firstOf(found: Found, { sort, limit }: PendingOptions): OrderedTasks {
  const ordered = found.tasks.inOrder(sort === "deadline" ? deadlineOf : sort === "machine" ? machineRank(found) : undefined);
  const first = limit === undefined ? ordered : ordered.first(limit);
  return first.map((task) => found.withAncestors(task));
}

function deadlineOf({ task }: SweptTask): number {
  return task?.timeoutAt?.getTime() ?? Number.MAX_SAFE_INTEGER;
}

/** The place of a task's machine by its name. */
function machineRank({ groups }: Found): (task: SweptTask) => number {
  const names = new Set(groups.largestFirst().map(({ stateMachineName }) => stateMachineName));
  const ranks = new Map([...names].sort((one, other) => one.localeCompare(other, "en")).map((name, rank) => [name, rank]));
  return ({ stateMachineName }) => ranks.get(stateMachineName) ?? 0;
}

function* jsonOf(tasks: OrderedTasks, { withInput }: PendingOptions) {
  for (const task of tasks) yield taskJson(task, withInput);
}

function rows(
  { context: { terminal }, connections, options }: Looking,
  found: Found,
  tasks: OrderedTasks,
  shown: Pick<Shown, "now" | "remarks">,
): Iterable<Text> {
  if (tasks.length === 0) return [];
  const isChosen = options.columns !== null && options.columns !== wideColumns;
  const named = options.columns ?? (options.filter.unanswerable === true ? [...usualColumns, "answerable"] : usualColumns);
  const columns = connections.length > 1 && !isChosen ? named.toSpliced(1, 0, "region") : named;
  if (!terminal.stdoutIsTerminal || isChosen) return terminal.table(taskColumns(columns, shown.now), tasks);
  const isWhole = options.columns !== null || options.limit !== undefined;
  return pendingScreen(terminal, {
    ...shown,
    tasks,
    groups: found.groups.largestFirst(),
    columns,
    hasRegion: connections.length > 1,
    isWhole,
  });
}

/** What a person is told below. */
function remarksOn({ context: { terminal } }: Looking, found: Found, isCutOff: boolean): readonly string[] {
  if (terminal.format !== "human" || !terminal.stderrIsTerminal) return [];
  if (found.interrupted) return ["interrupted: this is what was found so far"];
  if (found.count === 0) return [found.notSeen.length === 0 ? "nothing is waiting" : "nothing is waiting where it could be looked"];
  return isCutOff ? ["cut off by --limit"] : [];
}

function debugCalls({ context: { terminal }, connections }: Looking, { milliseconds }: Found): void {
  const { calls, throttles } = callsOf(connections);
  const counts = (of: Readonly<Record<string, number>>) =>
    Object.entries(of)
      .map(([operation, count]) => `${operation} ${count}`)
      .join(", ");
  terminal.debug(`calls: ${counts(calls)}; throttled: ${counts(throttles) || "none"}; ${milliseconds} ms`);
}
