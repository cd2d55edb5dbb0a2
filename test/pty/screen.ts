import { resolve } from "node:path";
import { spawn } from "@lydell/node-pty";
import headless from "@xterm/headless";

export interface ScreenOptions {
  /** HOME, with the state directory in it. */
  readonly home: string;
  readonly localFile?: string;
  readonly columns?: number;
  readonly rows?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Ended {
  readonly code: number;
  /** The lines of the screen as a person sees them, without the empty ones at its end. */
  readonly lines: readonly string[];
  /** Every byte that was written, escape sequences included. */
  readonly written: string;
}

/** A command on a pseudo-terminal of its own, and the screen a person would see. */
export interface Screen {
  /** Resolves once the text is on the screen after what the last `shows` found; rejects where the command ends without it. */
  shows(text: string): Promise<void>;
  /** Resolves once the screen, as a person sees it now, fits; rejects where the command ends before. */
  sees(text: string | RegExp, lateMilliseconds?: number): Promise<void>;
  /** The screen as a person sees it now. */
  lines(): readonly string[];
  resize(columns: number, rows: number): void;
  kill(signal: string): void;
  type(keys: string): void;
  /** The first address on the screen; to be called once it was shown. */
  url(): Promise<string>;
  readonly ended: Promise<Ended>;
  /** What it is drawn on. */
  readonly terminal: Terminal;
}

type Terminal = InstanceType<typeof headless.Terminal>;

export const keys = {
  enter: "\r",
  escape: "\u001b",
  up: "\u001b[A",
  down: "\u001b[B",
  end: "\u001b[F",
  pageDown: "\u001b[6~",
  controlC: "\u0003",
  controlZ: "\u001a",
} as const;

/** Before a test's own time is up, so that it can tell what was on the screen instead. */
const usuallyLateMilliseconds = 15_000;

/** Runs bin/sfn-callback.js on a pseudo-terminal. */
export function screen(argv: readonly string[], { home, localFile, columns = 100, rows = 200, environment = {} }: ScreenOptions): Screen {
  const terminal = new headless.Terminal({ cols: columns, rows, allowProposedApi: true });
  const child = spawn(process.execPath, [resolve("bin/sfn-callback.js"), ...argv], {
    cols: columns,
    rows,
    name: environment["TERM"] ?? "xterm-256color",
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: home,
      XDG_STATE_HOME: `${home}/state`,
      AWS_EC2_METADATA_DISABLED: "true",
      TERM: "xterm-256color",
      ...(localFile === undefined ? {} : { SFN_CALLBACK_LOCAL_FILE: localFile }),
      ...environment,
    },
  });
  let written = "";
  let seenUpTo = 0;
  let exited = false;
  const watchers = new Set<() => void>();
  const look = (): void => {
    for (const watcher of watchers) watcher();
  };
  child.onData((data) => {
    written += data;
    terminal.write(data, look);
  });
  const ended = new Promise<Ended>((done) => {
    child.onExit(({ exitCode, signal }) => {
      // The screen is read once it has taken everything that was written before.
      terminal.write("", () => {
        exited = true;
        look();
        done({ code: signal ? 128 + signal : exitCode, lines: screenLines(terminal), written });
      });
    });
  });
  return {
    shows: (text) =>
      new Promise((found, missing) => {
        const watcher = (): void => {
          const at = written.indexOf(text, seenUpTo);
          if (at === -1 && !exited) return;
          watchers.delete(watcher);
          if (at === -1) return missing(new Error(`the command ended without showing ${JSON.stringify(text)}:\n${written}`));
          seenUpTo = at + text.length;
          found();
        };
        watchers.add(watcher);
        watcher();
      }),
    sees: (text, lateMilliseconds = usuallyLateMilliseconds) =>
      new Promise((found, missing) => {
        const watcher = (): void => {
          const seen = screenLines(terminal).join("\n");
          const isThere = typeof text === "string" ? seen.includes(text) : text.test(seen);
          if (!isThere && !exited && !isLate) return;
          watchers.delete(watcher);
          clearTimeout(timer);
          if (!isThere) return missing(new Error(`the command ${isLate ? "goes on" : "ended"} without showing ${text}:\n${seen}`));
          found();
        };
        let isLate = false;
        const timer = setTimeout(() => {
          isLate = true;
          watcher();
        }, lateMilliseconds);
        watchers.add(watcher);
        watcher();
      }),
    lines: () => screenLines(terminal),
    resize: (columns, rows) => {
      terminal.resize(columns, rows);
      child.resize(columns, rows);
    },
    kill: (signal) => child.kill(signal),
    type: (keys) => child.write(keys),
    url: () =>
      new Promise((found) => {
        const watcher = (): void => {
          const url = /http:\/\/[\d.]+:\d+(?=[^\d])/.exec(written)?.[0];
          if (url === undefined) return;
          watchers.delete(watcher);
          found(url);
        };
        watchers.add(watcher);
        watcher();
      }),
    ended,
    terminal,
  };
}

function screenLines(terminal: Terminal): string[] {
  const { active } = terminal.buffer;
  const lines = Array.from({ length: active.length }, (_, at) => active.getLine(at)?.translateToString(true) ?? "");
  while (lines.at(-1) === "") lines.pop();
  return lines;
}
