import type { Imported, ServedRequest } from "../context/local-server.ts";
import type { Terminal } from "../context.ts";
import { bold, dim, type Text } from "../text.ts";

/** Tells what became of a definition file, in the terminal's format; a fault, with its diagnostics, as a warning in every one. */
export async function tellImported(terminal: Terminal, imported: Imported): Promise<void> {
  if (terminal.format === "jsonl") await terminal.item({ imported });
  if ("message" in imported) {
    terminal.warn(`${imported.file} is not imported: ${imported.message}`);
    for (const { code, message, location } of imported.diagnostics) {
      // AWS's message for what is no JSON tells the place by itself.
      const place = location === null || message.includes(location) ? "" : ` at ${location}`;
      for (const line of `${code}: ${message}${place}`.split("\n")) terminal.note(`  ${line}`);
    }
  } else if (terminal.format === "human") {
    const { name, change, arn, file } = imported;
    if (change === "kept") return terminal.note([bold(file), " is gone; the state machine ", bold(name), " stays ", dim(arn)]);
    terminal.note([`${change} `, bold(name), " ", dim(arn)]);
  }
}

/** A request in one line, without anything of its body. */
export function requestLine({ operation, status, error, milliseconds }: ServedRequest): Text {
  const what = error === null ? "" : ` ${error.code}: ${error.message.split("\n")[0]?.slice(0, 300)}`;
  return [bold(operation ?? "-"), ` ${status}${what} `, dim(`${milliseconds.toFixed(1)} ms`)];
}
