import type { Frame, Key, Layout, Screen, ScreenListener, ScreenSize } from "../context/screen.ts";
import { KeyReader } from "./keys.ts";
import { createLayout } from "./layout.ts";
import type { Render } from "./styles.ts";
import type { OutputStream } from "./writer.ts";

/** The terminal's two sides, as a screen needs them. */
export interface ScreenStreams {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean; setRawMode?(isRaw: boolean): unknown };
  readonly stdout: OutputStream;
}

/** How a screen stands in the process and the shell's job around it. */
export interface Foreground {
  /** What Ctrl-C does; in raw mode the terminal sends no signal for it. */
  interrupt(): void;
  /** Calls `restore` when the process ends, however it does, until the function that comes back is called. */
  atExit(restore: () => void): () => void;
  /** Stops the job, as Ctrl-Z does; `resumed` is called once it goes on. */
  suspend(resumed: () => void): void;
}

interface Means {
  readonly streams: ScreenStreams;
  readonly foreground: Foreground;
  readonly render: Render;
  hideSecrets(text: string): string;
  readonly listener: ScreenListener;
  /** Told whenever the terminal is taken and given back. */
  readonly onShown: (isShown: boolean) => void;
}

// The alternate screen, no wrapping at the right margin, bracketed paste, and no cursor; and all of it back.
const takes = "\u001b[?1049h\u001b[?7l\u001b[?2004h\u001b[?25l\u001b[0m\u001b[2J";
const givesBack = "\u001b[?2026l\u001b[0m\u001b[2J\u001b[?25h\u001b[?2004l\u001b[?7h\u001b[?1049l";
// A terminal that knows it shows what is between at once.
const [beginsFrame, endsFrame] = ["\u001b[?2026h", "\u001b[?2026l"];
/** How long the rest of a key's sequence may take, over a slow line too. */
const escapeMilliseconds = 50;

/** Opens a screen: takes the terminal until it is disposed of. */
export function openScreen(means: Means): Screen {
  return new TerminalScreen(means);
}

/** With its spaces at the end erased rather than written. A line that fills the row must not be: the cursor stands on its last cell then. */
function shortened(line: string): string {
  const written = line.trimEnd();
  return written === line ? line : `${written}\u001b[0m\u001b[K`;
}

class TerminalScreen implements Screen {
  readonly layout: Layout;
  readonly #means: Means;
  readonly #keys = new KeyReader();
  readonly #stopWatchingExit: () => void;
  #isShown = false;
  #shownLines: string[] = [];
  #frame: Frame = { lines: [], cursor: null };
  #escapeTimer: NodeJS.Timeout | undefined;
  /** Keys that wait for their turn. */
  #pressed: Key[] = [];

  constructor(means: Means) {
    this.#means = means;
    this.layout = createLayout(means.hideSecrets);
    this.#stopWatchingExit = means.foreground.atExit(() => this.#giveBack());
    this.#take();
  }

  get size(): ScreenSize {
    const { columns, rows } = this.#means.streams.stdout;
    return { columns: columns || 80, rows: rows || 24 };
  }

  draw(frame: Frame): void {
    this.#frame = frame;
    if (!this.#isShown) return;
    const { render } = this.#means;
    const { columns, rows } = this.size;
    const lines = Array.from({ length: rows }, (_, at) => render(this.layout.fit(frame.lines[at] ?? "", columns)));
    const changed = lines.flatMap((line, at) => (line === this.#shownLines[at] ? [] : [`\u001b[${at + 1};1H${shortened(line)}`]));
    this.#shownLines = lines;
    const cursor = frame.cursor === null ? "\u001b[?25l" : `\u001b[${frame.cursor.row + 1};${frame.cursor.column + 1}H\u001b[?25h`;
    if (changed.length === 0 && frame.cursor === null) return;
    this.#write(`${beginsFrame}${changed.length === 0 ? "" : "\u001b[?25l"}${changed.join("")}${cursor}${endsFrame}`);
  }

  async aside<Result>(act: () => Promise<Result>): Promise<Result> {
    this.#giveBack();
    try {
      return await act();
    } finally {
      this.#take();
    }
  }

  copy(text: string): void {
    this.#write(`\u001b]52;c;${Buffer.from(text, "utf8").toString("base64")}\u0007`);
  }

  [Symbol.dispose](): void {
    this.#giveBack();
    this.#stopWatchingExit();
  }

  #take(): void {
    if (this.#isShown) return;
    const { stdin, stdout } = this.#means.streams;
    this.#isShown = true;
    this.#means.onShown(true);
    stdin.setRawMode?.(true);
    stdin.on("data", this.#read);
    stdin.resume();
    stdout.on("resize", this.#resized);
    this.#write(takes);
    this.#shownLines = [];
    this.draw(this.#frame);
    this.#means.listener.resized(this.size);
  }

  #giveBack(): void {
    if (!this.#isShown) return;
    const { stdin, stdout } = this.#means.streams;
    this.#isShown = false;
    this.#pressed = [];
    clearTimeout(this.#escapeTimer);
    stdin.off("data", this.#read);
    stdin.pause();
    stdout.off("resize", this.#resized);
    this.#write(givesBack);
    stdin.setRawMode?.(false);
    this.#means.onShown(false);
  }

  /** A terminal takes it at once; whether it can take it at all shows in nothing that could be done better. */
  #write(text: string): void {
    this.#means.streams.stdout.write(text, () => {});
  }

  readonly #resized = (): void => {
    // What a terminal makes of its lines while it is resized is its own affair.
    this.#shownLines = [];
    this.#means.listener.resized(this.size);
    this.draw(this.#frame);
  };

  readonly #read = (chunk: Buffer | string): void => {
    clearTimeout(this.#escapeTimer);
    this.#press(this.#keys.read(chunk));
    if (this.#keys.isOpen) this.#escapeTimer = setTimeout(() => this.#press(this.#keys.flush()), escapeMilliseconds);
  };

  /** One key at a time: what a key brings about is on the screen before the next of a fast typist, or of a slow line, is taken for an answer to it. */
  #press(keys: readonly Key[]): void {
    const wasIdle = this.#pressed.length === 0;
    this.#pressed.push(...keys);
    if (wasIdle && keys.length > 0) setImmediate(this.#takeKey);
  }

  readonly #takeKey = (): void => {
    const key = this.#pressed.shift();
    if (key === undefined || !this.#isShown) return;
    const { foreground, listener } = this.#means;
    if (key.name === "ctrl-c") foreground.interrupt();
    else if (key.name === "ctrl-z") {
      this.#giveBack();
      foreground.suspend(() => this.#take());
    } else listener.key(key);
    if (this.#pressed.length > 0) setImmediate(this.#takeKey);
  };
}
