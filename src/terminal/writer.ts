import { write } from "node:fs";

/** An output stream that may be a terminal. */
export interface OutputStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  readonly fd?: number;
}

/**
 * Writes to a stream; each write resolves once the stream has taken it, which is also how a fast writer waits for a slow reader. A
 * reader that went away (`| head`) is no failure: `onGone` is told, and what it does not want is dropped. Any other failure rejects.
 */
export function createWriter(stream: OutputStream, onGone: () => void = () => {}): (text: string | Uint8Array) => Promise<void> {
  let gone = false;
  const leave = (): void => {
    if (!gone) onGone();
    gone = true;
  };
  // Node reports a failed write twice, to the write's callback and as an event that would end the process if nobody listened.
  stream.on("error", (error: unknown) => {
    if (isReaderGone(error)) leave();
  });
  return (text) =>
    new Promise((resolve, reject) => {
      if (gone) return resolve();
      stream.write(text, (error) => {
        if (!error) return resolve();
        if (!isReaderGone(error)) return reject(error);
        leave();
        resolve();
      });
    });
}

/**
 * The same for a lot of bytes that may come at any time; `writeText` is the stream's own writer. A write to a terminal's stream blocks all of the process while the terminal stands still
 * (Ctrl-S), so these go through the thread pool.
 */
export function createRawWriter(
  { fd, isTTY }: OutputStream,
  writeText: (bytes: Uint8Array) => Promise<void>,
): (bytes: Uint8Array) => Promise<void> {
  if (isTTY !== true || fd === undefined) return writeText;
  let last = Promise.resolve();
  return (bytes) => {
    last = last.then(() => writeAll(fd, bytes)).catch(() => {});
    return last;
  };
}

const retryMilliseconds = 10;

async function writeAll(fd: number, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    written += await new Promise<number>((done, fail) => {
      write(fd, bytes, written, (error, count) => {
        if (!error) return done(count);
        // Another program has made the terminal one that does not wait.
        if (error.code === "EAGAIN") setTimeout(() => done(0), retryMilliseconds);
        else fail(error);
      });
    });
  }
}

const readerGoneCodes: ReadonlySet<unknown> = new Set(["EPIPE", "ERR_STREAM_DESTROYED", "ECONNRESET", "EIO"]);

function isReaderGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && readerGoneCodes.has(error.code);
}
