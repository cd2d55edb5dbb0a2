import type { Screen } from "../context/screen.ts";
import type { Environment, Failure, Format, OutputOptions, Terminal } from "../context.ts";
import { CliError } from "../errors.ts";
import type { Text } from "../text.ts";
import { cyan, dim, red, yellow } from "../text.ts";
import { longDocument, wholeDocument } from "./long-document.ts";
import { canSpin, createSpinners, silentProgress } from "./progress.ts";
import { applyQuery } from "./query.ts";
import { safeJson, safeLines, safeText } from "./safe-text.ts";
import type { Foreground } from "./screen.ts";
import type { Secrets } from "./secrets.ts";
import { createRender, hasColor, type Render } from "./styles.ts";
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

  const print = async (text: string): Promise<void> => {
    if (text === "") return;
    let written = Promise.resolve();
    spinners.aside(() => {
      written = writeOut(text);
    });
    await written.catch((error: unknown) => {
      throw new CliError("failure", `the result cannot be written: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    });
  };
  let screen: Screen | undefined;
  let isScreenShown = false;
  /** What was said while a screen was shown. */
  const held: Text[] = [];
  // stderr is the last place to tell anything: where it fails, nothing can be said.
  const say = (lines: readonly Text[]): void => {
    if (isScreenShown) held.push(...lines);
    else spinners.aside(() => void writeError(passing.lineBreak() + asLines(lines.map(renderError))).catch(() => {}));
  };
  const onScreenShown = (isShown: boolean): void => {
    isScreenShown = isShown;
    if (!isShown && held.length > 0) say(held.splice(0));
  };
  const printAll = async (texts: Iterable<string>): Promise<void> => {
    for (const piece of pieces(texts)) {
      if (readerGone.signal.aborted) return;
      await print(piece);
    }
  };
  const printJson = async (json: unknown): Promise<void> => {
    const value = await chosen(json, options.query, secrets);
    await print(jsonText(value, { indent: format === "json", raw: options.raw, toTerminal: stdout.isTTY === true }));
  };

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
    result: async (json, lines) => (format === "human" ? printAll(renderedLines(lines(), renderOut)) : printJson(json)),
    longResult: async (members) =>
      options.query === undefined ? printAll(longDocument(members, secrets)) : printJson(wholeDocument(members)),
    item: async (json) => (format === "jsonl" ? printJson(json) : undefined),
    table: (columns, rows) =>
      stdout.isTTY === true ? alignedTable(columns, rows, stdoutColumns(), secrets.clean) : separatedTable(columns, rows),
    note: (text) => say([text]),
    warn: (text) => say([[yellow("warning:"), " ", text]]),
    passThrough: passing.write,
    debug: (text) => (options.debug ? say([dim(["debug: ", text])]) : undefined),
    progress: (text) => (showsProgress && !isScreenShown ? spinners.start(text) : silentProgress),
    error: (failure) => {
      // What failed goes on no longer, and may never get to say so itself.
      spinners.stopAll();
      if (format === "human") return say(failureLines(failure, secrets));
      const json = safeJson(JSON.stringify(secrets.cleanJson({ error: failureJson(failure) })));
      void writeError(`${json}\n`).catch(() => {});
    },
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
      screen = openScreen({ streams, foreground, render: renderOut, hideSecrets: secrets.clean, listener, onShown: onScreenShown });
      return screen;
    },
    aside: (act) => (isScreenShown && screen !== undefined ? screen.aside(act) : act()),
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

// Secrets go before the query sees the value, so that no slicing or reversing brings one out, and again after, for what it joined.
async function chosen(json: unknown, query: string | undefined, secrets: Secrets): Promise<unknown> {
  const clean = secrets.cleanJson(json);
  return query === undefined ? clean : secrets.cleanJson(await applyQuery(query, clean));
}

function jsonText(value: unknown, how: { indent: boolean; raw: boolean; toTerminal: boolean }): string {
  if (how.raw) {
    const bare = (text: string): string => (how.toTerminal ? safeLines(text) : text);
    if (typeof value === "string") return `${bare(value)}\n`;
    if (Array.isArray(value) && value.every((each) => typeof each === "string")) return asLines(value.map(bare));
  }
  return `${safeJson(JSON.stringify(value, null, how.indent ? 2 : 0))}\n`;
}

function failureJson(failure: Failure): Record<string, string | null> {
  return {
    code: failure.code,
    message: failure.message,
    hint: failure.hint ?? null,
    awsRequestId: failure.awsRequestId ?? null,
  };
}

function failureLines(failure: Failure, secrets: Secrets): Text[] {
  // Cleaned before it is split, in case a secret spans lines. A message's further lines are indented, so that none, whatever AWS put
  // into it, passes for a line of ours.
  const [first = "", ...rest] = secrets.clean(failure.message).split("\n");
  const hints = failure.hint === undefined ? [] : secrets.clean(failure.hint).split("\n");
  return [[red("error:"), " ", first], ...rest.map((line) => ["  ", line]), ...hints.map((line) => [cyan("hint:"), " ", line])];
}

function* renderedLines(lines: Iterable<Text>, render: Render): Iterable<string> {
  for (const line of lines) yield `${render(line)}\n`;
}

/** In characters. */
const pieceLength = 1 << 13;

/** The same text in pieces of that length and more: a write each for a hundred thousand lines takes longer than the lines, and one for all holds all of them. */
function* pieces(texts: Iterable<string>): Iterable<string> {
  let piece = "";
  for (const text of texts) {
    piece += text;
    if (piece.length < pieceLength) continue;
    yield piece;
    piece = "";
  }
  yield piece;
}

function asLines(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}
