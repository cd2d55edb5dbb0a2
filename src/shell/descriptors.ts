import { fstatSync, writeSync } from "node:fs";

/** A process's own output streams by their file descriptors. */
const descriptors = { stdout: 1, stderr: 2 } as const;

/** Whether an output stream is a pipe, a socket or a file: known without opening Node's stream, which takes a fifth of a short command's start-up. */
export function isPlain(stream: "stdout" | "stderr"): boolean {
  try {
    const stats = fstatSync(descriptors[stream]);
    return stats.isFIFO() || stats.isSocket() || stats.isFile();
  } catch {
    // It was closed before we began; Node's stream deals with that.
    return false;
  }
}

/** Writes to a plain output stream at once. What it gives back is left to write: the reader is slow, and does not let its writer wait. */
export function writeAtOnce(stream: "stdout" | "stderr", text: string): Uint8Array {
  let rest: Uint8Array = Buffer.from(text);
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(descriptors[stream], rest));
  } catch (error) {
    // A reader that is gone, or a full disk, takes nothing any more.
    if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) return new Uint8Array();
  }
  return rest;
}
