/** An output stream that may be a terminal. */
export interface OutputStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/**
 * Writes to a stream; each write resolves once the stream has taken it, which is also how a fast writer waits for a slow reader. A
 * reader that went away (`| head`) is no failure: what it does not want is dropped. Any other failure rejects.
 */
export function createWriter(stream: OutputStream): (text: string) => Promise<void> {
  let gone = false;
  // Node reports a failed write twice, to the write's callback and as an event that would end the process if nobody listened.
  stream.on("error", (error: unknown) => {
    if (isReaderGone(error)) gone = true;
  });
  return (text) =>
    new Promise((resolve, reject) => {
      if (gone) return resolve();
      stream.write(text, (error) => {
        if (!error) return resolve();
        if (!isReaderGone(error)) return reject(error);
        gone = true;
        resolve();
      });
    });
}

const readerGoneCodes: ReadonlySet<unknown> = new Set(["EPIPE", "ERR_STREAM_DESTROYED", "ECONNRESET"]);

function isReaderGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && readerGoneCodes.has(error.code);
}
