import type { Layout, ScreenSize } from "../../context/screen.ts";
import { bold, cyan, dim, inverse, red, type Text } from "../../text.ts";
import type { Dialog, Question } from "./dialog.ts";

/** A dialog as the lower part of the screen. */
export interface Sheet {
  readonly lines: readonly Text[];
  readonly cursor: { readonly row: number; readonly column: number } | null;
}

/** The dialog on as few lines as it needs, and on no more than `size` has; what was said first goes first, and page up shows it. */
export function dialogLines(dialog: Dialog, layout: Layout, { columns, rows }: ScreenSize): Sheet {
  const width = columns - 2;
  const asked = questionLines(dialog, layout, width, Math.max(3, rows - 4));
  const room = Math.max(1, rows - 2 - asked.lines.length);
  const said = dialog.said.flatMap((line) => layout.wrap(line, width));
  const from = Math.max(0, said.length - room - dialog.scrolled);
  const shown = said.slice(from, from + room);
  const isCut = from > 0;
  const title: Text = [dim("── "), bold(dialog.title), isCut ? dim("  page up shows more") : ""];
  const rule: Text = [
    layout.fit(title, Math.min(columns, layout.width(title))),
    dim(` ${"─".repeat(Math.max(0, columns - layout.width(title) - 1))}`),
  ];
  const before = [rule, ...shown.map((line): Text => [" ", line])];
  const lines = [...before, ...asked.lines.map((line): Text => [" ", line]), keyLine(dialog)];
  const cursor = asked.cursor === null ? null : { row: before.length + asked.cursor.row, column: asked.cursor.column + 1 };
  return { lines, cursor };
}

function questionLines(dialog: Dialog, layout: Layout, width: number, rows: number): Sheet {
  const { question } = dialog;
  if (question === null) return { lines: [dim(dialog.progress === "" ? "…" : dialog.progress)], cursor: null };
  const problem = dialog.problem === null ? [] : layout.wrap(red(dialog.problem), width);
  switch (question.kind) {
    case "confirm":
      return { lines: askedLines(question.message, layout, width, question.initial ? " (Y/n)" : " (y/N)"), cursor: null };
    case "read":
      return { lines: question.message === "" ? [] : layout.wrap(question.message, width), cursor: null };
    case "select": {
      const asked = askedLines(question.message, layout, width);
      return { lines: [...asked, ...choiceLines(dialog, question.choices, layout, width, rows - asked.length)], cursor: null };
    }
    case "input":
      return inputLines(dialog, question, layout, width, problem);
  }
}

function askedLines(message: string, layout: Layout, width: number, suffix = ""): readonly Text[] {
  return layout.wrap([cyan("? "), bold(message), suffix], width);
}

function choiceLines(
  { at }: Dialog,
  choices: readonly { readonly name: string; readonly description?: string }[],
  layout: Layout,
  width: number,
  rows: number,
): readonly Text[] {
  const described = choices[at]?.description;
  const about = described === undefined ? [] : layout.wrap(dim(described), width - 2).slice(0, 3);
  const room = Math.max(1, rows - about.length);
  const from = Math.max(0, Math.min(at - Math.floor(room / 2), choices.length - room));
  const lines = choices.slice(from, from + room).map(({ name }, index): Text => {
    const isChosen = from + index === at;
    const line = layout.fit([isChosen ? "❯ " : "  ", name], Math.min(width, Math.max(24, layout.width(name) + 3)));
    return isChosen ? inverse(line) : line;
  });
  return [...lines, ...about.map((line): Text => ["  ", line])];
}

function inputLines(
  { before, after }: Dialog,
  { message, isSecret }: Extract<Question, { kind: "input" }>,
  layout: Layout,
  width: number,
  problem: readonly Text[],
): Sheet {
  const room = Math.max(1, width - 3);
  let shown = isSecret ? "" : before;
  while (layout.width(shown) > room) shown = shown.slice(1);
  const isCut = shown.length < before.length && !isSecret;
  const line: Text = [dim(isCut ? "… " : "> "), shown, isSecret ? "" : after];
  const asked = askedLines(message, layout, width);
  return {
    lines: [...asked, layout.fit(line, width), ...problem],
    cursor: { row: asked.length, column: 2 + layout.width(shown) },
  };
}

function keyLine({ question }: Dialog): Text {
  const keys = ((): readonly (readonly [string, string])[] => {
    switch (question?.kind) {
      case undefined:
        return [["ctrl-c", "interrupt and quit"]];
      case "confirm":
        return [
          ["y", "yes"],
          ["n", "no"],
          ["esc", "back to the list"],
        ];
      case "select":
        return [
          ["↑↓", "move"],
          ["enter", "choose"],
          ["esc", "back to the list"],
        ];
      case "input":
        return [
          ["enter", "go on"],
          ["esc", "back to the list"],
        ];
      case "read":
        return [["any key", "back to the list"]];
    }
  })();
  return keys.map(([key, does], at): Text => [at === 0 ? "" : "   ", bold(key), " ", dim(does)]);
}
