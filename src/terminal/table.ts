import stringWidth from "string-width";
import type { Column } from "../context.ts";
import type { Text } from "../text.ts";
import { bold } from "../text.ts";
import { safeText } from "./safe-text.ts";
import { cellSeparator, mapStrings, plainText } from "./styles.ts";

const gap = "  ";
const narrowestColumn = 4;
/** Most cells are of such characters, and string-width takes its time. */
const isOneCellEach = /^[ -~]*$/;
// Made when first needed: it loads the tables of all languages, which a command without a table has no use for.
let graphemes: Intl.Segmenter | undefined;

/**
 * Rows as aligned lines under a bold header, no wider than `width` terminal cells as long as each column keeps four, or the least it asks for. The widest
 * columns give way first, their cells cut with `…`; one that is to stay whole gives nothing. Secrets are hidden before anything is cut, so no part of one can
 * remain. The rows are gone through twice and not held, as there may be a hundred thousand.
 */
export function* alignedTable<Row>(
  columns: readonly Column<Row>[],
  rows: Iterable<Row>,
  width: number,
  hideSecrets: (text: string) => string = (text) => text,
): Iterable<Text> {
  if (columns.length === 0) return;
  const clean = (text: Text): Text => mapStrings(text, (plain) => safeText(hideSecrets(plain)));
  const header = columns.map((column): Text => bold(clean(column.header)));
  const natural = header.map(textWidth);
  for (const row of rows)
    for (const [at, column] of columns.entries()) natural[at] = Math.max(natural[at] ?? 0, textWidth(clean(column.cell(row))));
  const least = columns.map(({ whole, least = narrowestColumn }, at) => (whole === true ? (natural[at] ?? 0) : least));
  const widths = fitWidths(natural, least, width);
  yield alignLine(columns, header, widths);
  for (const row of rows) {
    const cells = columns.map((column) => clean(column.cell(row)));
    yield alignLine(columns, cells, widths);
  }
}

/** Rows as tab-separated lines without a header, for a pipe. A tab or line break inside a cell is made visible. */
export function* separatedTable<Row>(columns: readonly Column<Row>[], rows: Iterable<Row>): Iterable<Text> {
  for (const row of rows)
    yield columns.flatMap((column, at) => {
      const cell = column.plain === undefined ? column.cell(row) : column.plain(row);
      return at === 0 ? [cell] : [cellSeparator, cell];
    });
}

function alignLine<Row>(columns: readonly Column<Row>[], cells: readonly Text[], widths: readonly number[]): Text {
  const last = cells.length - 1;
  return cells.flatMap((cell, at): Text[] => {
    const width = widths[at] ?? 0;
    const natural = textWidth(cell);
    const cut = natural <= width ? cell : cutText(cell, width);
    const padding = " ".repeat(Math.max(0, width - (cut === cell ? natural : textWidth(cut))));
    const right = columns[at]?.align === "right";
    const padded = right ? [padding, cut] : at === last ? [cut] : [cut, padding];
    return at === 0 ? padded : [gap, ...padded];
  });
}

function fitWidths(natural: readonly number[], least: readonly number[], width: number): number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, each) => sum + each, 0) + gap.length * (widths.length - 1) - width;
  while (excess > 0) {
    const givable = widths.filter((each, at) => each > (least[at] ?? 0));
    if (givable.length === 0) break;
    const widest = Math.max(...givable);
    const at = widths.findLastIndex((each, column) => each === widest && each > (least[column] ?? 0));
    // Down to the next widest column in one go: a cell may hold a quarter of a million characters.
    const next = Math.max(least[at] ?? 0, ...givable.filter((each) => each < widest));
    const shared = givable.filter((each) => each === widest).length > 1;
    const step = shared ? 1 : Math.min(excess, widest - next);
    widths[at] = widest - step;
    excess -= step;
  }
  return widths;
}

/** The text cut to `width` terminal cells, with `…` as the last of them where anything was left out. Styles stay. */
export function cutText(text: Text, width: number): Text {
  if (textWidth(text) <= width) return text;
  let left = Math.max(0, width - 1);
  let full = false;
  return mapStrings(text, (plain) => {
    let kept = "";
    if (full) return kept;
    graphemes ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
    for (const { segment } of graphemes.segment(plain)) {
      const segmentWidth = stringWidth(segment);
      if (segmentWidth > left) {
        full = true;
        return `${kept}…`;
      }
      kept += segment;
      left -= segmentWidth;
    }
    return kept;
  });
}

/** In terminal cells. */
export function textWidth(text: Text): number {
  const plain = plainText(text);
  return isOneCellEach.test(plain) ? plain.length : stringWidth(plain);
}
