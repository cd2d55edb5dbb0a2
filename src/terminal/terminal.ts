import type { Screen } from "../context/screen.ts";
import type { Environment, Format, OutputOptions, Terminal } from "../context.ts";
import { dim, yellow } from "../text.ts";
import { canSpin, createSpinners, silentProgress } from "./progress.ts";
import { Remarks } from "./remarks.ts";
import { createResults } from "./results.ts";
import { safeText } from "./safe-text.ts";
import type { Foreground } from "./screen.ts";
import type { Secrets } from "./secrets.ts";
import { createRender, hasColor } from "./styles.ts";
import { alignedTable, separatedTable } from "./table.ts";
import type { OutputStream } from "./writer.ts";
import { createRawWriter, createWriter } from "./writer.ts";

/** The three streams of a process. */
export interface Streams {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean; setRawMode?(isRaw: boolean): unknown };
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}

const columnsWithoutTerminal = 80;
const rowsWithoutTerminal = 24;

/** The terminal, and what belongs to the shell around it. */
export interface OwnTerminal extends Terminal {
  /** Runs what uses the terminal by itself, such as a prompt, with no screen in its way. */
  aside<Result>(act: () => Promise<Result>): Promise<Result>;
}

/**
 * The terminal over these streams. Nothing reaches them with a secret in it, and control characters are made visible; `--query`
 * implies `--json`. stdin is opened only where it is asked whether it is a terminal.
 */
export function createTerminal(
  streams: Streams,
  environment: Environment,
  options: OutputOptions,
  secrets: Secrets,
  foreground?: Foreground,
): OwnTerminal {
  const { stdout, stderr } = streams;
  const format: Format = options.query !== undefined && options.format === "human" ? "json" : options.format;
  const renderOut = createRender(hasColor(stdout, environment, options.color), secrets.clean);
  const stderrColor = hasColor(stderr, environment, options.color);
  const renderError = createRender(stderrColor, secrets.clean);
  const readerGone = new AbortController();
  const writeOut = createWriter(stdout, () => readerGone.abort());
  const writeError = createWriter(stderr);
  const passing = createPassing({ stdout, stderr }, { stdout: writeOut, stderr: writeError });
  const spinners = createSpinners(stderr, stderrColor, (text) => safeText(secrets.clean(text)));
  const showsProgress = format === "human" && canSpin(stderr, environment);
  const stdoutColumns = (): number => (stdout.isTTY === true && stdout.columns ? stdout.columns : columnsWithoutTerminal);

  const results = createResults({
    ...{ options, format, secrets, spinners, render: renderOut, write: writeOut },
    ...{ toTerminal: stdout.isTTY === true, readerGone: readerGone.signal },
  });
  const remarks = new Remarks({ format, secrets, spinners, render: renderError, lineBreak: passing.lineBreak, write: writeError });
  let screen: Screen | undefined;

  return {
    format,
    get interactive() {
      return stderr.isTTY === true && format === "human" && streams.stdin.isTTY === true;
    },
    stdoutIsTerminal: stdout.isTTY === true,
    stderrIsTerminal: stderr.isTTY === true,
    get rows() {
      return stdout.isTTY === true && stdout.rows ? stdout.rows : rowsWithoutTerminal;
    },
    get columns() {
      return stdoutColumns();
    },
    readerGone: readerGone.signal,
    ...results,
    table: (columns, rows) =>
      stdout.isTTY === true ? alignedTable(columns, rows, stdoutColumns(), secrets.clean) : separatedTable(columns, rows),
    note: (text) => remarks.say([text]),
    warn: (text) => remarks.say([[yellow("warning:"), " ", text]]),
    passThrough: passing.write,
    debug: (text) => (options.debug ? remarks.say([dim(["debug: ", text])]) : undefined),
    progress: (text) => (showsProgress && !remarks.isHeldBack ? spinners.start(text) : silentProgress),
    error: (failure) => remarks.fail(failure),
    hide: secrets.hide,
    reveal: secrets.reveal,
    redact: secrets.clean,
    get canOpenScreen() {
      const isTerminal = format === "human" && stdout.isTTY === true && streams.stdin.isTTY === true;
      return isTerminal && environment["TERM"] !== "dumb" && foreground !== undefined && streams.stdin.setRawMode !== undefined;
    },
    openScreen: async (listener) => {
      if (foreground === undefined) throw new Error("no screen without a foreground");
      const { openScreen } = await import("./screen.ts");
      screen = openScreen({
        streams,
        foreground,
        render: renderOut,
        hideSecrets: secrets.clean,
        listener,
        onShown: (isShown) => remarks.holdBack(isShown),
      });
      return screen;
    },
    aside: (act) => (remarks.isHeldBack && screen !== undefined ? screen.aside(act) : act()),
  };
}

type Writers = Readonly<Record<"stdout" | "stderr", (bytes: Uint8Array) => Promise<void>>>;

/** Passes what programs write on as it is, and knows whether the line that stderr is at has begun. */
function createPassing({ stdout, stderr }: Omit<Streams, "stdin">, plain: Writers) {
  const writers: Writers = { stdout: createRawWriter(stdout, plain.stdout), stderr: createRawWriter(stderr, plain.stderr) };
  // Two terminals are taken to be one.
  const share = stdout.isTTY === true && stderr.isTTY === true;
  let isMidLine = false;
  return {
    async write(stream: "stdout" | "stderr", bytes: Uint8Array): Promise<void> {
      await writers[stream](bytes);
      if (stream === "stderr" || share) isMidLine = bytes.at(-1) !== lineFeed;
    },
    /** What must come before a line of ours. */
    lineBreak(): string {
      const text = isMidLine ? "\n" : "";
      isMidLine = false;
      return text;
    },
  };
}

const lineFeed = 10;
