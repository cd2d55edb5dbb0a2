import { cyan, dim, green, type Text, yellow } from "../text.ts";

/** How much of a JSON value is shown. */
export interface Folding {
  /** The width that is to be kept to, in characters. */
  readonly width: number;
  /** Shows every value whole. */
  readonly full?: boolean;
}

const mostItems = 20;
const deepest = 8;
const shortestText = 24;
/** For what stands around all of it, and a comma. */
const margin = 5;

/** A JSON value as indented lines in color. Long texts, long arrays and what is nested deep are folded, with how much was left out. */
export function jsonLines(value: unknown, folding: Folding): Text[] {
  return linesOf(value, folding, { depth: 0, before: 0 });
}

/** Where a value stands: how deep, and how many characters are before it in its line. */
interface Standing {
  readonly depth: number;
  readonly before: number;
}

function linesOf(value: unknown, folding: Folding, { depth, before }: Standing): Text[] {
  if (typeof value === "string") return [textValue(value, folding, before)];
  if (typeof value !== "object" || value === null) return [scalar(value)];
  const isArray = Array.isArray(value);
  const [open, close] = isArray ? ["[", "]"] : ["{", "}"];
  const entries = Object.entries(value);
  if (entries.length === 0) return [`${open}${close}`];
  if (folding.full !== true && depth >= deepest) return [[`${open} `, dim(counted(entries.length, isArray)), ` ${close}`]];
  const shown = folding.full === true ? entries : entries.slice(0, mostItems);
  const lines = shown.flatMap(([key, item], index) => {
    const name = isArray ? "" : JSON.stringify(key);
    const [first = "", ...rest] = linesOf(item, folding, { depth: depth + 1, before: (depth + 1) * 2 + name.length + 2 });
    const inner: Text[] = [[isArray ? "" : [cyan(name), ": "], first], ...rest];
    const isLast = index === entries.length - 1;
    return inner.map((line, at): Text => ["  ", line, at === inner.length - 1 && !isLast ? "," : ""]);
  });
  const left = entries.length - shown.length;
  return [open, ...lines, ...(left === 0 ? [] : [dim(`  … ${left} more`)]), close];
}

function counted(count: number, isArray: boolean): string {
  const noun = isArray ? "item" : "member";
  return `… ${count} ${noun}${count === 1 ? "" : "s"}`;
}

function scalar(value: unknown): Text {
  const text = JSON.stringify(value) ?? "null";
  return typeof value === "number" || typeof value === "boolean" ? yellow(text) : dim(text);
}

/** A text that does not fit into its line is cut, and its length told. */
function textValue(value: string, { width, full }: Folding, before: number): Text {
  const whole = JSON.stringify(value);
  const room = width - before - margin;
  if (full === true || whole.length <= room) return green(whole);
  const characters = [...value];
  const length = ` (${characters.length.toLocaleString("en-US")} characters)`;
  const kept = JSON.stringify(characters.slice(0, Math.max(shortestText, room - length.length - 3)).join("")).slice(0, -1);
  return [green(`${kept}…"`), dim(length)];
}
