import type { Text } from "../text.ts";

/** All of a terminal, drawn as frames. It is given back as it was after every exit, a crash included. */
export interface Screen extends Disposable {
  readonly size: ScreenSize;
  readonly layout: Layout;
  /** Shows the frame; only lines that changed are written. */
  draw(frame: Frame): void;
  /** Gives the terminal back for as long as `act` runs. */
  aside<Result>(act: () => Promise<Result>): Promise<Result>;
  /** Asks the terminal to put a text on the clipboard (OSC 52, which works over ssh); terminals are free not to. */
  copy(text: string): void;
}

/** In terminal cells. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** Told of what a person does at a screen. */
export interface ScreenListener {
  /** Ctrl-C and Ctrl-Z are dealt with before: they interrupt and suspend the command. */
  key(key: Key): void;
  resized(size: ScreenSize): void;
}

/** What a screen shows at one moment. */
export interface Frame {
  /** From the top of the screen; what has no line is empty. */
  readonly lines: readonly Text[];
  /** Where the cursor stands, counted from 0; hidden where null. */
  readonly cursor: { readonly row: number; readonly column: number } | null;
}

/** A key that was pressed, or a text that was pasted. */
export interface Key {
  /** `enter`, `escape`, `up`, `page-down`, `ctrl-u`, `paste`, …; of a key that writes a character, that character. */
  readonly name: string;
  /** What it writes; empty where that is nothing. */
  readonly text: string;
}

/** Measures and cuts texts by the cells that they take on a terminal, once they are safe to show and without secrets. */
export interface Layout {
  width(text: Text): number;
  /** The text on exactly so many cells: cut with `…`, or followed by spaces. */
  fit(text: Text, width: number): Text;
  /** The text on as many lines as it needs, broken at spaces where there are some. */
  wrap(text: Text, width: number): readonly Text[];
}
