import type { Frame, Layout } from "../../context/screen.ts";
import { bold, cyan, dim, type Text, yellow } from "../../text.ts";
import { dialogLines } from "./dialog-view.ts";
import { detailsHeight, detailsPlace, listHeight, listWidth } from "./geometry.ts";
import { bindings } from "./key-map.ts";
import { listLines } from "./list-view.ts";
import type { InboxState } from "./state.ts";
import { countWaiting, markedRows, placeOf, selectedRow } from "./task-list.ts";

/** What is told below the list may take so many lines of it. */
const mostNoticeLines = 3;

/** The screen of a state. Pure: the same state and layout always give the same frame. */
export function view(state: InboxState, layout: Layout): Frame {
  const { columns, rows } = state.size;
  const lines = body(state, layout);
  const foot = footLines(state, layout);
  const above = [headLine(state, layout), ...padded(lines, rows - 1 - foot.lines.length), ...foot.lines];
  if (state.dialog === null)
    return { lines: above.slice(0, rows), cursor: foot.column === null || rows < 2 ? null : { row: rows - 2, column: foot.column } };
  const sheet = dialogLines(state.dialog, layout, { columns, rows: Math.max(3, rows - 3) });
  const start = rows - sheet.lines.length;
  const cursor = sheet.cursor === null ? null : { row: start + sheet.cursor.row, column: sheet.cursor.column };
  // Of a screen too low for it the end is shown, where the question is.
  return { lines: [...above.slice(0, Math.max(0, start)), ...sheet.lines.slice(Math.max(0, -start))], cursor };
}

function body(state: InboxState, layout: Layout): readonly Text[] {
  if (state.mode === "help") return helpLines();
  if (state.mode === "details") return zoomedLines(state, layout);
  const list = listLines(state, layout, listWidth(state));
  switch (detailsPlace(state)) {
    case "beside":
      return besideLines(state, layout, list);
    case "below":
      return [...padded(list, listHeight(state) + 1), titleRule(state, layout), ...detailsOf(state)];
    case "nowhere":
      return list;
  }
}

/** What is shown, and where that is: account, Region and profile are never cut before the rest is. */
function headLine(state: InboxState, layout: Layout): Text {
  const { columns } = state.size;
  const { account, region, how, through } = state.where;
  const counted = countText(state);
  const place = [account, region, how].filter(Boolean).join("  ");
  const named: Text = [bold("sfn-callback"), "  ", counted];
  const left = layout.width(named) + layout.width(place) < columns ? named : counted;
  const room = columns - layout.width(left) - layout.width(place) - 2;
  const cut = cutFromLeft(layout, through, room - 2);
  const shownThrough = cut === "" ? "" : `  ${cut}`;
  const right: Text = [bold(place), shownThrough];
  const fitted = layout.fit(left, Math.max(0, columns - layout.width(right) - 1));
  return [fitted, " ", right];
}

function countText({ list, looking, isReadOnly }: InboxState): Text {
  const waiting = countWaiting(list);
  const shown = list.filter === "" ? "" : `, ${list.shown.length} shown`;
  const marks = list.marked.size === 0 ? "" : `, ${list.marked.size.toLocaleString("en-US")} marked`;
  const count = waiting === 0 && looking.isFirst ? "" : `${waiting.toLocaleString("en-US")} waiting${shown}`;
  return [count, cyan(marks), isReadOnly ? yellow("  read only") : ""];
}

/** A path says most at its end. */
function cutFromLeft(layout: Layout, text: string, width: number): string {
  if (layout.width(text) <= width) return text;
  if (width < 4) return "";
  let rest = text;
  while (layout.width(rest) > width - 1) rest = rest.slice(1);
  return `…${rest}`;
}

/** The last lines: how the looking goes or the last notice, and the keys. While a filter is written, its line, with the cursor's column. */
function footLines(state: InboxState, layout: Layout): { lines: readonly Text[]; column: number | null } {
  const keys = keyLine(state, layout);
  if (state.mode !== "filter") {
    const notice = layout.wrap(noticeLine(state), state.size.columns);
    return { lines: [...notice.slice(0, mostNoticeLines), keys], column: null };
  }
  const { before, after } = state.filterLine;
  const room = state.size.columns - 4;
  let shown = before;
  while (layout.width(shown) > room) shown = shown.slice(1);
  const line: Text = [cyan("/"), " ", shown, after, dim(before + after === "" ? "words in the id, machine, state or execution" : "")];
  return { lines: [layout.fit(line, state.size.columns), keys], column: 2 + layout.width(shown) };
}

function noticeLine({ notice, looking, list, now }: InboxState): Text {
  if (notice !== null) return notice;
  if (looking.failure !== null) return yellow(`could not look: ${looking.failure}`);
  if (looking.isRunning && looking.isFirst) return dim(looking.progress === "" ? "looking for waiting tasks" : looking.progress);
  const missed = looking.notSeen.length;
  if (missed > 0) return yellow(`${missed} could not be looked at: ${looking.notSeen[0] ?? ""}${missed > 1 ? ", …" : ""}`);
  const row = selectedRow(list);
  if (row?.ended != null) return dim(["no longer waits: ", row.ended.how]);
  const hidden = list.marked.size - markedRows(list).length;
  if (hidden > 0)
    return cyan(`${hidden.toLocaleString("en-US")} marked ${hidden === 1 ? "task is" : "tasks are"} hidden and will not be answered`);
  return dim(`${now.toISOString().slice(0, 19)}Z`);
}

function keyLine(state: InboxState, layout: Layout): Text {
  const all = keysOf(state);
  const shown: Text[] = [];
  let used = 0;
  for (const [key, does] of all) {
    const text: Text = [bold(key), " ", dim(does)];
    const width = layout.width(text) + (shown.length === 0 ? 0 : 2);
    if (used + width > state.size.columns) break;
    shown.push(shown.length === 0 ? text : ["  ", text]);
    used += width;
  }
  return shown;
}

function keysOf({ mode, isReadOnly }: InboxState): (readonly [string, string])[] {
  if (mode === "help") return [["any key", "back"]];
  if (mode === "filter")
    return [
      ["enter", "keep"],
      ["esc", "show all"],
      ["↑↓", "move"],
    ];
  const short = bindings.flatMap(({ shown, short, changes }) =>
    short === undefined || (changes === true && isReadOnly) ? [] : [[shown, short] as const],
  );
  if (mode !== "details") return short;
  return [["esc", "back"], ["↑↓", "scroll"], ...short.filter(([, does]) => !["mark", "filter", "view"].includes(does))];
}

function helpLines(): readonly Text[] {
  return ["", ...bindings.filter(({ does }) => does !== "").map(({ shown, does }): Text => [" ", bold(shown.padEnd(10)), " ", does])];
}

/** The details with the whole screen, scrolled. */
function zoomedLines(state: InboxState, layout: Layout): readonly Text[] {
  const height = detailsHeight(state);
  const all = detailsOf(state);
  const lines = all.slice(state.detailsTop, state.detailsTop + height);
  const more = all.length - state.detailsTop - lines.length;
  return more <= 0 ? lines : [...lines.slice(0, -1), layout.fit(dim(` ↓ ${more + 1} more lines`), state.size.columns)];
}

function besideLines(state: InboxState, layout: Layout, list: readonly Text[]): readonly Text[] {
  const details = detailsOf(state);
  const height = listHeight(state) + 1;
  const isCut = details.length > height;
  const shown = isCut ? [...details.slice(0, height - 1), dim(` … ${details.length - height + 1} more lines: v`)] : details;
  return padded(list, height).map((line, at) => [layout.fit(line, listWidth(state)), dim(" │"), shown[at] ?? ""]);
}

/** The line between the list and the details: where in the list the chosen row is. */
function titleRule(state: InboxState, layout: Layout): Text {
  const { shown, top } = state.list;
  const { columns } = state.size;
  const height = listHeight(state);
  const at = shown.length === 0 ? "" : ` ${placeOf(state.list) + 1} of ${shown.length.toLocaleString("en-US")} `;
  const more = shown.length > top + height ? ` ↓ ${(shown.length - top - height).toLocaleString("en-US")} more ` : "";
  const width = Math.max(0, columns - layout.width(at) - layout.width(more) - 4);
  return dim(`──${at}${"─".repeat(width)}${more}──`);
}

function detailsOf({ details, list }: InboxState): readonly Text[] {
  const row = selectedRow(list);
  if (row === null) return [];
  if (details?.key === row.key) return details.lines.map((line): Text => [" ", line]);
  return [[" ", bold(row.swept.id), "  ", bold(row.swept.task?.state ?? "not readable")], dim(" …")];
}

function padded(lines: readonly Text[], height: number): readonly Text[] {
  return Array.from({ length: Math.max(0, height) }, (_, at) => lines[at] ?? "");
}
