import type { Terminal } from "../../context.ts";
import type { OrderedTasks } from "../../sweep/packed-tasks.ts";
import { dim, type Text } from "../../text.ts";
import { taskColumns } from "./waiting-task-columns.ts";
import { groupColumns, type TaskGroup } from "./waiting-task-groups.ts";

/** What a person is shown who did not choose columns. */
export interface Shown {
  readonly tasks: OrderedTasks;
  readonly groups: readonly TaskGroup[];
  readonly columns: readonly string[];
  /** Whether several Regions were looked at. */
  readonly hasRegion: boolean;
  /** Whether more than a screen was asked for. */
  readonly isWhole: boolean;
  /** How many lines will be said below. */
  readonly remarks: number;
  readonly now: Date;
}

/** The place line above, and the shell's prompt below. */
const takenRows = 2;
const fewestGroups = 3;

/** A line per machine and state where that says something, then the tasks, as many as the screen has room for. */
export function pendingScreen(terminal: Terminal, shown: Shown): Iterable<Text> {
  const { tasks, groups, columns, isWhole, remarks, now } = shown;
  const unanswerable = groups.reduce((sum, { count, answerable }) => sum + count - answerable, 0);
  const remark =
    unanswerable > 0 && !columns.includes("answerable") ? [dim(`${unanswerable} cannot be answered here: --unanswerable says why`)] : [];
  const room = isWhole ? Number.POSITIVE_INFINITY : terminal.rows - takenRows - remarks - remark.length;
  const summary = groups.length < tasks.length ? summaryLines(terminal, shown, groupsShown(groups.length, tasks.length, room)) : [];
  const most = room - summary.length - 1;
  // Where tasks are left out, a line says so.
  const listed = tasks.length <= most ? tasks : tasks.first(Math.max(1, most - 1));
  const left = tasks.length - listed.length;
  const hint = left > 0 ? [dim(`${left} more: --limit ${tasks.length} shows all; --state-machine, --state narrow it down`)] : [];
  return inOrder(summary, terminal.table(taskColumns(columns, now), listed), hint, remark);
}

/** Nothing is laid out before it is written: there may be a hundred thousand tasks. */
function* inOrder(...parts: readonly Iterable<Text>[]): Iterable<Text> {
  for (const part of parts) yield* part;
}

/** All where all tasks fit below them; else a third of the room. */
function groupsShown(groups: number, tasks: number, room: number): number {
  // Both headers, and the empty line between.
  const isAll = groups + tasks + 3 <= room;
  const most = isAll ? groups : Math.max(fewestGroups, Math.floor(room / 3));
  // The line that says that one is left out is as long as the one.
  return groups <= most + 1 ? groups : most;
}

function summaryLines(terminal: Terminal, { groups, hasRegion, now }: Shown, count: number): readonly Text[] {
  const left = groups.length - count;
  return [
    ...terminal.table(groupColumns(now, hasRegion), groups.slice(0, count)),
    ...(left === 0 ? [] : [dim(`${left} more machines and states: --by state shows all`)]),
    "",
  ];
}
