import type { Key } from "../../context/screen.ts";
import type { Text } from "../../text.ts";

/** What a dialog asks. */
export type Question =
  | { readonly kind: "confirm"; readonly message: string; readonly initial: boolean }
  | { readonly kind: "select"; readonly message: string; readonly choices: readonly Choice[] }
  | { readonly kind: "input"; readonly message: string; readonly initial: string; readonly isSecret: boolean }
  /** Only to be read. */
  | { readonly kind: "read"; readonly message: string };

export interface Choice {
  readonly name: string;
  readonly description?: string;
}

/** A conversation about one thing at the bottom of the screen: what was said, and what is asked now. */
export interface Dialog {
  readonly title: Text;
  readonly said: readonly Text[];
  /** How many of the last lines of `said` are below the screen's edge. */
  readonly scrolled: number;
  /** Null while something is being done, which `progress` tells. */
  readonly question: Question | null;
  readonly progress: string;
  /** Of a select: the choice that Enter takes. */
  readonly at: number;
  /** Of an input: what is before the cursor, and after it. */
  readonly before: string;
  readonly after: string;
  /** What is wrong with the value, or null. */
  readonly problem: string | null;
}

/** What a key makes of a dialog. */
export type DialogStep =
  | { readonly dialog: Dialog }
  | { readonly answer: boolean | number | string }
  /** The person does not want to go on. */
  | { readonly isCancelled: true };

export function openDialog(title: Text): Dialog {
  return { title, said: [], scrolled: 0, question: null, progress: "", at: 0, before: "", after: "", problem: null };
}

export function withQuestion(dialog: Dialog, question: Question): Dialog {
  const before = question.kind === "input" ? question.initial : "";
  return { ...dialog, question, at: 0, before, after: "", problem: null, scrolled: 0 };
}

/** The conversation goes on: what was answered stands with what was said. */
export function withAnswered(dialog: Dialog, line: Text): Dialog {
  return { ...dialog, question: null, said: [...dialog.said, line], scrolled: 0 };
}

export function dialogKey(dialog: Dialog, key: Key): DialogStep {
  const { question } = dialog;
  if (key.name === "page-up") return { dialog: { ...dialog, scrolled: Math.min(dialog.said.length, dialog.scrolled + 5) } };
  if (key.name === "page-down") return { dialog: { ...dialog, scrolled: Math.max(0, dialog.scrolled - 5) } };
  if (question === null) return { dialog };
  if (key.name === "escape") return { isCancelled: true };
  switch (question.kind) {
    case "confirm":
      return confirmKey(dialog, question.initial, key);
    case "select":
      return selectKey(dialog, question.choices, key);
    case "input":
      return inputKey(dialog, key);
    case "read":
      return { answer: true };
  }
}

function confirmKey(dialog: Dialog, initial: boolean, { name }: Key): DialogStep {
  if (name === "enter") return { answer: initial };
  if (name === "y" || name === "Y") return { answer: true };
  return name === "n" || name === "N" ? { answer: false } : { dialog };
}

function selectKey(dialog: Dialog, choices: readonly Choice[], { name }: Key): DialogStep {
  const { at } = dialog;
  const to = (next: number): DialogStep => ({ dialog: { ...dialog, at: (next + choices.length) % choices.length } });
  if (name === "enter") return { answer: at };
  if (name === "up" || name === "k" || name === "shift-tab") return to(at - 1);
  if (name === "down" || name === "j" || name === "tab") return to(at + 1);
  if (name === "home") return to(0);
  if (name === "end") return to(choices.length - 1);
  const number = /^[1-9]$/.test(name) ? Number(name) : Number.NaN;
  return number <= choices.length ? to(number - 1) : { dialog };
}

function inputKey(dialog: Dialog, key: Key): DialogStep {
  const { before, after } = dialog;
  const edited = editKey({ before, after }, key);
  if (key.name === "enter") return { answer: before + after };
  return { dialog: edited === null ? dialog : { ...dialog, ...edited, problem: null } };
}

/** A line that is being written. */
export interface Line {
  readonly before: string;
  readonly after: string;
}

/** What a key makes of a line, or null where it means nothing there: the keys of a shell's line. */
export function editKey({ before, after }: Line, { name, text }: Key): Line | null {
  const [left, right] = [lastCharacter(before), firstCharacter(after)];
  switch (name) {
    case "left":
    case "ctrl-b":
      return { before: before.slice(0, before.length - left.length), after: left + after };
    case "right":
    case "ctrl-f":
      return { before: before + right, after: after.slice(right.length) };
    case "home":
    case "ctrl-a":
      return { before: "", after: before + after };
    case "end":
    case "ctrl-e":
      return { before: before + after, after: "" };
    case "backspace":
      return { before: before.slice(0, before.length - left.length), after };
    case "delete":
    case "ctrl-d":
      return { before, after: after.slice(right.length) };
    case "ctrl-u":
      return { before: "", after };
    case "ctrl-k":
      return { before, after: "" };
    case "ctrl-w":
      return { before: before.replace(/\S+\s*$/, ""), after };
    default:
      // A line has no breaks; in JSON a space means the same.
      return text === "" ? null : { before: before + text.replace(/\r\n?|\n|\t/g, " "), after };
  }
}

let graphemes: Intl.Segmenter | undefined;

function characters(text: string): string[] {
  graphemes ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  return [...graphemes.segment(text)].map(({ segment }) => segment);
}

/** A character takes no more than so many code units, whatever is combined in it; so a long line need not be cut up whole. */
const longestCharacter = 64;

function lastCharacter(text: string): string {
  return characters(text.slice(-longestCharacter)).at(-1) ?? "";
}

function firstCharacter(text: string): string {
  return characters(text.slice(0, longestCharacter))[0] ?? "";
}
