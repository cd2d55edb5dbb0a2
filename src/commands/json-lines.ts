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

/** A JSON value as indented lines in color. Long texts, long arrays and what is nested deep are folded, with how much was left out. */
export function jsonLines(value: unknown, folding: Folding): Text[] {
  return linesOf(value, folding, 0);
}

function linesOf(value: unknown, folding: Folding, depth: number): Text[] {
  if (typeof value !== "object" || value === null) return [scalar(value, folding, depth)];
  const isArray = Array.isArray(value);
  const [open, close] = isArray ? ["[", "]"] : ["{", "}"];
  const entries = Object.entries(value);
  if (entries.length === 0) return [`${open}${close}`];
  if (folding.full !== true && depth >= deepest) return [[`${open} `, dim(counted(entries.length, isArray)), ` ${close}`]];
  const shown = folding.full === true ? entries : entries.slice(0, mostItems);
  const lines = shown.flatMap(([key, item], index) => {
    const [first = "", ...rest] = linesOf(item, folding, depth + 1);
    const name: Text = isArray ? "" : [cyan(JSON.stringify(key)), ": "];
    const inner: Text[] = [[name, first], ...rest];
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

function scalar(value: unknown, { width, full }: Folding, depth: number): Text {
  if (typeof value === "string")
    return textValue(value, full === true ? Number.POSITIVE_INFINITY : Math.max(shortestText, width - depth * 2 - 30));
  const text = JSON.stringify(value) ?? "null";
  return typeof value === "number" ? yellow(text) : typeof value === "boolean" ? yellow(text) : dim(text);
}

function textValue(value: string, longest: number): Text {
  const characters = [...value];
  if (characters.length <= longest) return green(JSON.stringify(value));
  const kept = JSON.stringify(characters.slice(0, longest).join("")).slice(0, -1);
  return [green(`${kept}…"`), dim(` (${characters.length.toLocaleString("en-US")} characters)`)];
}
