import { clearLine, cursorTo, moveCursor } from "node:readline";
import { PassThrough, Writable } from "node:stream";
import type { Environment, OutputOptions, Terminal } from "../../src/context.ts";
import { createSecrets } from "../../src/terminal/secrets.ts";
import type { Streams } from "../../src/terminal/terminal.ts";
import { createTerminal } from "../../src/terminal/terminal.ts";

interface Setting {
  readonly stdinTty?: boolean;
  readonly stdoutTty?: boolean;
  readonly stderrTty?: boolean;
  readonly columns?: number;
  readonly environment?: Environment;
  readonly redact?: (text: string) => string;
}

/** A terminal over streams in memory, and what was written to them. */
export function terminalInMemory(
  options: Partial<OutputOptions> = {},
  setting: Setting = {},
): { terminal: Terminal; stdout: () => string; stderr: () => string } {
  const stdout = collector();
  const stderr = collector();
  const streams: Streams = {
    stdin: Object.assign(new PassThrough(), { isTTY: setting.stdinTty ?? false }),
    stdout: Object.assign(stdout.stream, { isTTY: setting.stdoutTty ?? false, columns: setting.columns ?? 80 }),
    stderr: Object.assign(stderr.stream, {
      isTTY: setting.stderrTty ?? false,
      columns: setting.columns ?? 80,
      // What a tty.WriteStream has and ora calls.
      cursorTo: (x: number) => cursorTo(stderr.stream, x),
      clearLine: (direction: -1 | 0 | 1) => clearLine(stderr.stream, direction),
      moveCursor: (x: number, y: number) => moveCursor(stderr.stream, x, y),
    }),
  };
  const all: OutputOptions = { format: "human", raw: false, color: true, debug: false, ...options };
  const terminal = createTerminal(streams, setting.environment ?? {}, all, createSecrets(setting.redact ?? ((text) => text)));
  return { terminal, stdout: stdout.text, stderr: stderr.text };
}

function collector(): { stream: Writable; text: () => string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk);
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString("utf8") };
}
