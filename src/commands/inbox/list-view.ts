import type { Layout } from "../../context/screen.ts";
import { bold, cyan, dim, inverse, type Text } from "../../text.ts";
import { formatSpan } from "../durations.ts";
import { deadline } from "../pending/waiting-task-columns.ts";
import { pathText } from "../show/text.ts";
import { listHeight } from "./geometry.ts";
import type { InboxState } from "./state.ts";
import type { Row } from "./task-list.ts";

const gap = "  ";
/** The cursor, the mark, and a space. */
const leading = 3;
const idWidth = 10;
const ageWidth = 7;
const deadlineWidth = 10;
/** What is left is for the machine, the state and the execution, in these parts at least. */
const narrowest = 6;

interface Widths {
  readonly machine: number;
  readonly state: number;
  readonly execution: number;
}

/** The list as it is scrolled, under the columns' names. */
export function listLines(state: InboxState, layout: Layout, width: number): readonly Text[] {
  const { list, looking } = state;
  if (list.shown.length === 0) return ["", ...layout.wrap(emptyText(state, looking.isFirst && looking.isRunning), width)];
  const rows = list.shown.slice(list.top, list.top + listHeight(state));
  const widths = columnWidths(rows, layout, width);
  return [layout.fit(headerLine(layout, widths, list.top), width), ...rows.map((row) => rowLine(row, state, layout, widths, width))];
}

function emptyText({ list, looking }: InboxState, isLooking: boolean): Text {
  if (list.rows.size > 0) return dim("   nothing that waits has these words in it; esc shows all");
  if (isLooking) return dim("   looking for waiting tasks …");
  if (looking.failure !== null) return dim("   nothing could be looked at");
  return dim(looking.notSeen.length > 0 ? "   nothing is waiting where it could be looked" : "   nothing is waiting");
}

/** Of those that do not need their part, the others take what is left over. */
function columnWidths(rows: readonly Row[], layout: Layout, width: number): Widths {
  const fixed = leading + idWidth + ageWidth + deadlineWidth + gap.length * 5;
  let left = Math.max(3 * narrowest, width - fixed);
  const texts = rows.map(({ swept }) => [swept.stateMachineName, stateText(swept), swept.executionName] as const);
  const named = [["MACHINE", "STATE", "EXECUTION"] as const, ...texts];
  const wanted = [0, 1, 2].map((column) => named.reduce((most, each) => Math.max(most, layout.width(each[column] ?? "")), narrowest));
  const given = [0, 0, 0];
  const order = [0, 1, 2].sort((one, other) => (wanted[one] ?? 0) - (wanted[other] ?? 0));
  for (const [at, column] of order.entries()) {
    given[column] = Math.min(wanted[column] ?? 0, Math.floor(left / (order.length - at)));
    left -= given[column] ?? 0;
  }
  const [machine = narrowest, state = narrowest, execution = narrowest] = given;
  return { machine, state, execution };
}

function headerLine(layout: Layout, { machine, state, execution }: Widths, top: number): Text {
  const names: readonly (readonly [string, number])[] = [
    ["ID", idWidth],
    ["MACHINE", machine],
    ["STATE", state],
    ["EXECUTION", execution],
    ["AGE", ageWidth],
    [top > 0 ? `DEADLINE ↑${top}` : "DEADLINE", deadlineWidth + 6],
  ];
  return bold([" ".repeat(leading), ...names.flatMap(([name, width], at) => [at === 0 ? "" : gap, layout.fit(name, width)])]);
}

function rowLine(row: Row, state: InboxState, layout: Layout, widths: Widths, width: number): Text {
  const { swept, ended, key } = row;
  const isChosen = key === state.list.selected;
  const isMarked = state.list.marked.has(key);
  const cells: Text[] = [
    layout.fit(swept.id, idWidth),
    layout.fit(swept.stateMachineName, widths.machine),
    layout.fit(stateText(swept), widths.state),
    layout.fit(swept.executionName, widths.execution),
    ...(ended === null
      ? [
          layout.fit(formatSpan(state.now.getTime() - swept.waitingSince.getTime()), ageWidth),
          layout.fit(deadline(swept.task?.timeoutAt ?? null, state.now), deadlineWidth),
        ]
      : [layout.fit(ended.how, ageWidth + gap.length + deadlineWidth)]),
  ];
  const line: Text = [isChosen ? "❯" : " ", isMarked ? cyan("●") : " ", " ", ...cells.flatMap((cell, at) => [at === 0 ? "" : gap, cell])];
  const whole = layout.fit(line, width);
  const shown = ended === null ? whole : dim(whole);
  return isChosen ? inverse(shown) : shown;
}

/** The state with the iterations and branches that lead to it: `Ask[2]{0}`. */
function stateText({ task }: Row["swept"]): string {
  return task === null ? "not readable" : `${task.state}${pathText(task)}`;
}
