import type { EventEmitter } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clearLine, cursorTo, moveCursor } from "node:readline";
import { PassThrough, Readable, Writable } from "node:stream";
import type { Timeouts } from "../src/aws/connection.ts";
import type { Clock } from "../src/context.ts";
import { main } from "../src/main.ts";
import { atEndOfFile } from "./leftovers.ts";

/** How a command is run; without anything: no terminal, closed stdin, a home and a local file of its own. */
export interface CliOptions {
  /** Standard input; closed where absent. */
  stdin?: string;
  /** All three streams are terminals, or standard error alone. */
  tty?: boolean | "stderr";
  /** Told of what is written; it is taken once that resolves, and the reader has gone where it rejects. */
  onOutput?(stream: "stdout" | "stderr", text: string): Promise<void>;
  environment?: Record<string, string | undefined>;
  clock?: Clock;
  /** SFN_CALLBACK_LOCAL_FILE; null leaves it unset. */
  localFile?: string | null;
  /** HOME, with the state directory in it. */
  home?: string;
  /** Aborting sends the command a SIGINT. */
  interrupt?: AbortSignal;
  /** Aborting sends it a SIGTERM. */
  terminate?: AbortSignal;
  /** Sends the command any signal: `signals.emit("SIGTERM")`. */
  signals?: EventEmitter;
  /** How long an endpoint may hang. */
  timeouts?: Timeouts;
}

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A fresh folder, removed after the tests of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "sfn-callback-test-"));
  atEndOfFile(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs one command line as the program would, in this process, over streams in memory. */
export async function cli(argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const home = options.home ?? temporaryFolder();
  const isTTY = options.tty === true;
  const taking = (stream: "stdout" | "stderr") => (text: string) => options.onOutput?.(stream, text) ?? Promise.resolve();
  const stdout = collector(isTTY, taking("stdout"));
  const stderr = collector(options.tty !== undefined && options.tty !== false, taking("stderr"));
  const stdin = Object.assign(
    isTTY && options.stdin === undefined ? new PassThrough() : Readable.from(options.stdin === undefined ? [] : [options.stdin]),
    {
      isTTY,
    },
  );
  const localFile = options.localFile === undefined ? join(home, "test.db") : options.localFile;
  const env = {
    HOME: home,
    XDG_STATE_HOME: join(home, "state"),
    PATH: process.env["PATH"],
    AWS_EC2_METADATA_DISABLED: "true",
    ...(localFile === null ? {} : { SFN_CALLBACK_LOCAL_FILE: localFile }),
    ...options.environment,
  };
  const fake = {
    argv: ["node", "sfn-callback", ...argv],
    env,
    stdin,
    stdout: stdout.stream,
    stderr: stderr.stream,
    pid: process.pid,
    // Process groups of children only.
    kill: (pid: number, signal: NodeJS.Signals | 0) => pid < -1 && process.kill(pid, signal),
    on: (signal: string, listener: () => void) => {
      options.signals?.on(signal, listener);
      const sent = signal === "SIGINT" ? options.interrupt : signal === "SIGTERM" ? options.terminate : undefined;
      sent?.addEventListener("abort", listener, { once: true });
    },
    off: (signal: string, listener: () => void) => void options.signals?.off(signal, listener),
    exit: () => {},
  };
  const code = await main(fake, options.clock, options.timeouts);
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

/** One user's machine: the same home and the same local file for every command run through it. */
export function createUser(defaults: CliOptions = {}): (argv: readonly string[], options?: CliOptions) => Promise<CliResult> {
  const home = temporaryFolder();
  return (argv, options = {}) => cli(argv, { home, ...defaults, ...options });
}

function collector(isTTY: boolean, take: (text: string) => Promise<void>) {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(Buffer.from(chunk));
      take(chunk.toString("utf8")).then(
        () => done(),
        () => done(Object.assign(new Error("EPIPE"), { code: "EPIPE" })),
      );
    },
  });
  const moves = {
    cursorTo: (x: number) => cursorTo(stream, x),
    clearLine: (direction: -1 | 0 | 1) => clearLine(stream, direction),
    moveCursor: (x: number, y: number) => moveCursor(stream, x, y),
  };
  // What a tty.WriteStream has and ora calls.
  return {
    stream: Object.assign(stream, { isTTY, columns: 100 }, isTTY ? moves : {}),
    text: () => Buffer.concat(chunks).toString("utf8"),
  };
}
