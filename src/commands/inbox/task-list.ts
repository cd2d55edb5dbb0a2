import type { SweptTask } from "../../sweep/swept-task.ts";
import type { Text } from "../../text.ts";
import { addressOf } from "../pending/waiting-task-json.ts";

/** A task in the list, waiting or just ended. */
export interface Row {
  /** Its address. */
  readonly key: string;
  readonly swept: SweptTask;
  /** What a filter looks in, in lower case. */
  readonly searched: string;
  readonly ended: Ended | null;
}

export interface Ended {
  readonly how: Text;
  /** In milliseconds since the epoch. */
  readonly at: number;
}

export const sorts = ["waiting longest", "next deadline", "machine"] as const;
export type Sort = (typeof sorts)[number];

/** The tasks, which of them are shown, and where the person is among them. */
export interface TaskList {
  readonly rows: ReadonlyMap<string, Row>;
  /** Those that the filter lets through, in order. */
  readonly shown: readonly Row[];
  readonly filter: string;
  readonly sort: Sort;
  /** The key of the chosen row, null where there is none. */
  readonly selected: string | null;
  /** The place in `shown` of the first row on the screen. */
  readonly top: number;
  readonly marked: ReadonlySet<string>;
  /** Until the person has moved, the first row is the chosen one, whichever it is. */
  readonly isTouched: boolean;
}

/** How long an ended task can be seen. */
const fadingMilliseconds = 20_000;

export const emptyList: TaskList = {
  rows: new Map(),
  shown: [],
  filter: "",
  sort: "waiting longest",
  selected: null,
  top: 0,
  marked: new Set(),
  isTouched: false,
};

export function selectedRow({ rows, selected }: TaskList): Row | null {
  return selected === null ? null : (rows.get(selected) ?? null);
}

/** The marked tasks that are on the list and wait: nothing that cannot be seen is answered. */
export function markedRows({ shown, marked }: TaskList): readonly Row[] {
  return marked.size === 0 ? [] : shown.filter(({ key, ended }) => ended === null && marked.has(key));
}

/** How many wait. */
export function countWaiting({ rows }: TaskList): number {
  let count = 0;
  for (const { ended } of rows.values()) if (ended === null) count += 1;
  return count;
}

/** Takes in what a sweep found. Of a task that is known nothing changes; one that was taken for ended waits again. */
export function withFound(list: TaskList, found: readonly SweptTask[], height: number): TaskList {
  const fresh = found.map((swept) => ({ key: addressOf(swept), swept })).filter(({ key }) => list.rows.get(key)?.ended !== null);
  if (fresh.length === 0) return list;
  const rows = new Map(list.rows);
  for (const { key, swept } of fresh) rows.set(key, { key, swept, searched: searchedText(swept), ended: null });
  return rearranged({ ...list, rows }, list, height);
}

/** Shows how a task ended; it stays for a while. */
export function withEnded(list: TaskList, key: string, ended: Ended): TaskList {
  const row = list.rows.get(key);
  if (row === undefined) return list;
  const next = { ...row, ended };
  const marked = new Set(list.marked);
  marked.delete(key);
  const shown = list.shown.map((each) => (each.key === key ? next : each));
  return { ...list, rows: new Map(list.rows).set(key, next), shown, marked };
}

/** Takes away what ended a while ago, but for what the person is at. */
export function withoutFaded(list: TaskList, now: number, height: number): TaskList {
  const faded = [...list.rows.values()].filter(
    ({ key, ended }) => ended !== null && now - ended.at > fadingMilliseconds && key !== list.selected,
  );
  if (faded.length === 0) return list;
  const rows = new Map(list.rows);
  for (const { key } of faded) rows.delete(key);
  return rearranged({ ...list, rows }, list, height);
}

export function withFilter(list: TaskList, filter: string, height: number): TaskList {
  return rearranged({ ...list, filter, isTouched: true }, list, height);
}

export function withNextSort(list: TaskList, height: number): TaskList {
  const sort = sorts[(sorts.indexOf(list.sort) + 1) % sorts.length] ?? list.sort;
  return rearranged({ ...list, sort }, list, height);
}

/** Moves by so many rows, as far as there are any. */
export function moved(list: TaskList, by: number, height: number): TaskList {
  const at = placeOf(list);
  const to = Math.min(list.shown.length - 1, Math.max(0, at + by));
  return inSight({ ...list, selected: list.shown[to]?.key ?? null, isTouched: true }, height);
}

/** Marks the chosen row, or unmarks it, and goes on to the next. */
export function withMarkToggled(list: TaskList, height: number): TaskList {
  const row = selectedRow(list);
  if (row === null || row.ended !== null) return list;
  const marked = new Set(list.marked);
  if (!marked.delete(row.key)) marked.add(row.key);
  return moved({ ...list, marked }, 1, height);
}

/** Marks all that are shown; where all are, none. */
export function withAllMarked(list: TaskList): TaskList {
  const waiting = list.shown.filter(({ ended }) => ended === null);
  const areAll = waiting.every(({ key }) => list.marked.has(key));
  return { ...list, marked: new Set(areAll ? [] : waiting.map(({ key }) => key)), isTouched: true };
}

/** The list scrolled so that the chosen row is among the `height` rows on the screen. */
export function inSight(list: TaskList, height: number): TaskList {
  const at = placeOf(list);
  const lowest = Math.max(0, list.shown.length - height);
  const top = Math.min(lowest, Math.max(at - height + 1, Math.min(at, list.top)));
  return top === list.top ? list : { ...list, top };
}

/** The place of the chosen row in `shown`; 0 where there is none. */
export function placeOf({ shown, selected }: TaskList): number {
  return Math.max(
    0,
    shown.findIndex(({ key }) => key === selected),
  );
}

/** With its rows filtered and in order, and the chosen one where it was on the screen; where that is gone, the one in its place. */
function rearranged(next: TaskList, before: TaskList, height: number): TaskList {
  const words = next.filter.toLowerCase().split(/\s+/).filter(Boolean);
  const passing = [...next.rows.values()].filter(({ searched }) => words.every((word) => searched.includes(word)));
  const shown = passing.sort(orders[next.sort]);
  if (!next.isTouched) return { ...next, shown, selected: shown[0]?.key ?? null, top: 0 };
  const placeBefore = placeOf(before);
  const isThere = next.selected !== null && shown.some(({ key }) => key === next.selected);
  const selected = isThere ? next.selected : (shown[Math.min(placeBefore, shown.length - 1)]?.key ?? null);
  const arranged = { ...next, shown, selected };
  return inSight({ ...arranged, top: Math.max(0, placeOf(arranged) - (placeBefore - before.top)) }, height);
}

const byWaiting = (one: Row, other: Row): number =>
  one.swept.waitingSince.getTime() - other.swept.waitingSince.getTime() || (one.key < other.key ? -1 : 1);

const orders: Readonly<Record<Sort, (one: Row, other: Row) => number>> = {
  "waiting longest": byWaiting,
  "next deadline": (one, other) => deadlineOf(one) - deadlineOf(other) || byWaiting(one, other),
  machine: (one, other) => compare(whereOf(one), whereOf(other)) || byWaiting(one, other),
};

function deadlineOf({ swept }: Row): number {
  return swept.task?.timeoutAt?.getTime() ?? Number.MAX_SAFE_INTEGER;
}

function whereOf({ swept }: Row): string {
  return `${swept.stateMachineName} ${swept.task?.state ?? ""}`;
}

function compare(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1;
}

function searchedText({ id, stateMachineName, executionName, task }: SweptTask): string {
  return [id, stateMachineName, executionName, task?.state, task?.integration, task?.handedTo?.id].filter(Boolean).join(" ").toLowerCase();
}
