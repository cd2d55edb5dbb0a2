import type { IBufferCell, Terminal } from "@xterm/headless";

/** The colors of a terminal, by the names of the styles in `src/text.ts`. */
interface Theme {
  readonly background: string;
  readonly foreground: string;
  readonly border: string;
  readonly bar: string;
  /** By ANSI number. */
  readonly palette: Readonly<Record<number, string>>;
}

export const themes: Readonly<Record<"dark" | "light", Theme>> = {
  dark: {
    background: "#0d1117",
    foreground: "#e6edf3",
    border: "#30363d",
    bar: "#161b22",
    palette: { 1: "#ff7b72", 2: "#3fb950", 3: "#d29922", 6: "#39c5cf" },
  },
  light: {
    background: "#ffffff",
    foreground: "#1f2328",
    border: "#d1d9e0",
    bar: "#f6f8fa",
    palette: { 1: "#cf222e", 2: "#116329", 3: "#7d4e00", 6: "#1b7c83" },
  },
};

const [cellWidth, lineHeight, fontSize] = [8.4, 19, 14];
const [padding, barHeight] = [14, 30];

/** What the cells of a run have in common. */
interface Look {
  readonly color: number | null;
  readonly isBold: boolean;
  readonly isDim: boolean;
  readonly isInverse: boolean;
}

interface Run extends Look {
  readonly column: number;
  readonly cells: number;
  readonly text: string;
}

/** The first `rows` lines of a terminal's screen as an SVG. Every run of letters is as wide as its cells, whatever font the reader has. */
export function svgOf(terminal: Terminal, rows: number, title: string, theme: Theme): string {
  const width = Math.ceil(terminal.cols * cellWidth + 2 * padding);
  const height = Math.ceil(rows * lineHeight + 2 * padding + barHeight);
  const lines = Array.from({ length: rows }, (_, row) =>
    runsOf(terminal, row)
      .map((run) => runSvg(run, row, theme))
      .join(""),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">
<rect x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="8" fill="${theme.background}" stroke="${theme.border}"/>
<path d="M1 ${barHeight}V9a8 8 0 0 1 8-8h${width - 18}a8 8 0 0 1 8 8v${barHeight - 9}z" fill="${theme.bar}"/>
<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace" font-size="${fontSize}" fill="${theme.foreground}" xml:space="preserve">
<text x="${padding}" y="20" opacity=".7">$ ${escaped(title)}</text>
${lines.filter((line) => line !== "").join("\n")}
</g>
</svg>
`;
}

function runsOf(terminal: Terminal, row: number): readonly Run[] {
  const line = terminal.buffer.active.getLine(row);
  const runs: Run[] = [];
  for (let column = 0; column < terminal.cols; column += 1) {
    const cell = line?.getCell(column);
    // The second half of a wide character.
    if (cell === undefined || cell.getWidth() === 0) continue;
    const look = lookOf(cell);
    const text = cell.getChars() || " ";
    const before = runs.at(-1);
    const isWide = cell.getWidth() > 1;
    if (
      before !== undefined &&
      !isWide &&
      before.column + before.cells === column &&
      before.cells === before.text.length &&
      sameLook(before, look)
    )
      runs[runs.length - 1] = { ...before, cells: before.cells + 1, text: before.text + text };
    else runs.push({ ...look, column, cells: cell.getWidth(), text });
  }
  return runs.filter(({ text, isInverse }) => isInverse || text.trim() !== "");
}

function lookOf(cell: IBufferCell): Look {
  return {
    color: cell.isFgDefault() ? null : cell.getFgColor(),
    isBold: cell.isBold() !== 0,
    isDim: cell.isDim() !== 0,
    isInverse: cell.isInverse() !== 0,
  };
}

function sameLook(one: Look, other: Look): boolean {
  return one.color === other.color && one.isBold === other.isBold && one.isDim === other.isDim && one.isInverse === other.isInverse;
}

function runSvg({ column, cells, text, color, isBold, isDim, isInverse }: Run, row: number, theme: Theme): string {
  const x = rounded(padding + column * cellWidth);
  const top = barHeight + padding + row * lineHeight;
  const width = rounded(cells * cellWidth);
  const ink = color === null ? theme.foreground : (theme.palette[color] ?? theme.foreground);
  const fill = isInverse ? ` fill="${theme.background}"` : color === null ? "" : ` fill="${ink}"`;
  const behind = isInverse ? `<rect x="${x}" y="${top}" width="${width}" height="${lineHeight}" fill="${ink}"/>` : "";
  const shown = text.trimEnd();
  if (shown === "") return behind;
  const length = rounded((shown.length === text.length ? cells : shown.length) * cellWidth);
  const style = `${fill}${isBold ? ' font-weight="600"' : ""}${isDim ? ' opacity=".7"' : ""}`;
  return `${behind}<text x="${x}" y="${top + 14}" textLength="${length}" lengthAdjust="spacingAndGlyphs"${style}>${escaped(shown)}</text>`;
}

function rounded(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
