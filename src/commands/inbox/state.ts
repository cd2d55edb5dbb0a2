import type { Key, ScreenSize } from "../../context/screen.ts";
import type { SweptTask } from "../../sweep/swept-task.ts";
import { type Text, yellow } from "../../text.ts";
import { type Dialog, dialogKey, editKey } from "./dialog.ts";
import { detailsHeight, listHeight } from "./geometry.ts";
import { type Action, bindingOf } from "./key-map.ts";
import {
  type Ended,
  emptyList,
  inSight,
  moved,
  type Sort,
  type TaskList,
  withAllMarked,
  withEnded,
  withFilter,
  withFound,
  withMarkToggled,
  withNextSort,
  withoutFaded,
} from "./task-list.ts";

/** Which Step Functions the inbox looks at, in sight at all times. */
export interface Where {
  /** Null until an ARN was seen. */
  readonly account: string | null;
  readonly region: string;
  /** `local`, or the profile; empty for AWS without one. */
  readonly how: string;
  /** The endpoint or the local file; empty for AWS. All but its end may be cut. */
  readonly through: string;
}

export interface Details {
  readonly key: string;
  readonly lines: readonly Text[];
}

/** How the looking goes. */
export interface Looking {
  readonly isRunning: boolean;
  /** Nothing was looked through to its end yet. */
  readonly isFirst: boolean;
  readonly progress: string;
  /** What could not be looked at. */
  readonly notSeen: readonly string[];
  /** Why the last try failed, or null. */
  readonly failure: string | null;
}

/** All that the screen shows. */
export interface InboxState {
  readonly where: Where;
  readonly isReadOnly: boolean;
  readonly size: ScreenSize;
  /** The service's own time. */
  readonly now: Date;
  readonly list: TaskList;
  readonly details: Details | null;
  /** How far the details are scrolled where they have the screen to themselves. */
  readonly detailsTop: number;
  readonly mode: "list" | "filter" | "details" | "help";
  readonly filterLine: { readonly before: string; readonly after: string };
  readonly dialog: Dialog | null;
  readonly looking: Looking;
  /** The last thing to tell, until the next key. */
  readonly notice: Text | null;
}

export type InboxEvent =
  | { readonly kind: "resized"; readonly size: ScreenSize }
  | { readonly kind: "ticked"; readonly now: Date }
  | { readonly kind: "found"; readonly tasks: readonly SweptTask[] }
  | { readonly kind: "ended"; readonly key: string; readonly ended: Ended }
  | { readonly kind: "looking"; readonly looking: Partial<Looking> }
  | { readonly kind: "account"; readonly account: string }
  | { readonly kind: "details"; readonly details: Details }
  | { readonly kind: "dialog"; readonly dialog: Dialog | null }
  | { readonly kind: "noticed"; readonly text: Text }
  | { readonly kind: "unmarked" };

/** What is to be done, beside what the screen shows by itself. */
export type Intent = Extract<Action, "answer" | "succeed" | "fail" | "heartbeat" | "stop" | "open" | "copy" | "refresh" | "quit">;

/** What a key comes to: what the screen shows then, and what is to be done. */
export interface Pressed {
  readonly state: InboxState;
  readonly intent?: Intent;
  /** The answer to the dialog's question; null where the person does not want to go on. */
  readonly answer?: boolean | number | string | null;
}

export function initialState(where: Where, isReadOnly: boolean, size: ScreenSize, now: Date): InboxState {
  return {
    where,
    isReadOnly,
    size,
    now,
    list: emptyList,
    details: null,
    detailsTop: 0,
    mode: "list",
    filterLine: { before: "", after: "" },
    dialog: null,
    looking: { isRunning: true, isFirst: true, progress: "", notSeen: [], failure: null },
    notice: null,
  };
}

export function reduce(state: InboxState, event: InboxEvent): InboxState {
  const next = changed(state, event);
  return next.list === state.list && next.size === state.size ? next : withList(next, next.list);
}

function changed(state: InboxState, event: InboxEvent): InboxState {
  const height = listHeight(state);
  switch (event.kind) {
    case "resized":
      return { ...state, size: event.size };
    case "ticked":
      return { ...state, now: event.now, list: withoutFaded(state.list, event.now.getTime(), height) };
    case "found":
      return { ...state, list: withFound(state.list, event.tasks, height) };
    case "ended":
      return { ...state, list: withEnded(state.list, event.key, event.ended) };
    case "looking":
      return { ...state, looking: { ...state.looking, ...event.looking } };
    case "account":
      return { ...state, where: { ...state.where, account: event.account } };
    case "details":
      return event.details.key === state.list.selected ? { ...state, details: event.details } : state;
    case "dialog":
      return { ...state, dialog: event.dialog };
    case "noticed":
      return { ...state, notice: event.text };
    case "unmarked":
      return { ...state, list: { ...state.list, marked: new Set() } };
  }
}

/** What a key makes of the screen, and what is to be done. */
export function press(state: InboxState, key: Key): Pressed {
  const { dialog } = state;
  if (dialog !== null) {
    const step = dialogKey(dialog, key);
    if ("dialog" in step) return { state: { ...state, dialog: step.dialog } };
    return { state, answer: "answer" in step ? step.answer : null };
  }
  const noticed: InboxState = { ...state, notice: null };
  if (state.mode === "filter") return { state: filterKey(noticed, key) };
  if (state.mode === "help") return { state: { ...noticed, mode: "list" } };
  const binding = bindingOf(key.name);
  if (binding === null) return { state: noticed };
  if (binding.changes === true && state.isReadOnly)
    return { state: { ...state, notice: yellow("SFN_CALLBACK_READ_ONLY is set: nothing can be answered here") } };
  return perform(noticed, binding.action);
}

function perform(state: InboxState, action: Action): Pressed {
  const height = listHeight(state);
  const list = (next: TaskList): Pressed => ({ state: withList(state, next) });
  switch (action) {
    case "up":
      return { state: moveBy(state, -1) };
    case "down":
      return { state: moveBy(state, 1) };
    case "pageUp":
      return { state: moveBy(state, -pageOf(state)) };
    case "pageDown":
      return { state: moveBy(state, pageOf(state)) };
    case "first":
      return { state: moveBy(state, Number.NEGATIVE_INFINITY) };
    case "last":
      return { state: moveBy(state, Number.MAX_SAFE_INTEGER) };
    case "mark":
      return list(withMarkToggled(state.list, height));
    case "markAll":
      return list(withAllMarked(state.list));
    case "sort":
      return sorted(state, withNextSort(state.list, height));
    case "filter":
      return { state: withList({ ...state, mode: "filter", filterLine: { before: state.list.filter, after: "" } }, state.list) };
    case "details":
      return { state: { ...state, mode: state.mode === "details" ? "list" : "details", detailsTop: 0 } };
    case "help":
      return { state: { ...state, mode: "help" } };
    case "back":
      return { state: back(state) };
    default:
      return { state, intent: action };
  }
}

function sorted(state: InboxState, list: TaskList): Pressed {
  const told: Readonly<Record<Sort, string>> = {
    "waiting longest": "sorted: waiting longest first",
    "next deadline": "sorted: next deadline first",
    machine: "sorted by machine and state",
  };
  return { state: { ...withList(state, list), notice: told[list.sort] } };
}

function filterKey(state: InboxState, key: Key): InboxState {
  const filtered = (before: string, after: string, mode: InboxState["mode"]): InboxState => {
    const next = { ...state, mode, filterLine: { before, after } };
    return withList(next, withFilter(state.list, before + after, listHeight(next)));
  };
  const { before, after } = state.filterLine;
  if (key.name === "escape") return filtered("", "", "list");
  if (key.name === "enter") return filtered(before, after, "list");
  if (key.name === "up") return moveBy(state, -1);
  if (key.name === "down") return moveBy(state, 1);
  const line = editKey(state.filterLine, key);
  return line === null ? state : filtered(line.before, line.after, "filter");
}

function back(state: InboxState): InboxState {
  if (state.mode === "details") return { ...state, mode: "list" };
  if (state.list.filter !== "") return filterKey({ ...state, mode: "filter" }, { name: "escape", text: "" });
  return { ...state, list: { ...state.list, marked: new Set() } };
}

function pageOf(state: InboxState): number {
  return Math.max(1, (state.mode === "details" ? detailsHeight(state) : listHeight(state)) - 1);
}

/** Moves through the list, or through the details where they have the screen to themselves. */
function moveBy(state: InboxState, by: number): InboxState {
  if (state.mode !== "details") return withList(state, moved(state.list, by, listHeight(state)));
  const lowest = Math.max(0, (state.details?.lines.length ?? 0) - detailsHeight(state));
  return { ...state, detailsTop: Math.min(lowest, Math.max(0, state.detailsTop + by)) };
}

/** With the chosen row in sight, and no details of another. */
function withList(state: InboxState, list: TaskList): InboxState {
  return { ...state, list: inSight(list, listHeight(state)) };
}
