import type { Format, OutputOptions, Terminal } from "../context.ts";
import { CliError } from "../errors.ts";
import type { Text } from "../text.ts";
import { longDocument, wholeDocument } from "./long-document.ts";
import type { Spinners } from "./progress.ts";
import { applyQuery } from "./query.ts";
import { safeJson, safeLines } from "./safe-text.ts";
import type { Secrets } from "./secrets.ts";
import type { Render } from "./styles.ts";

interface Means {
  readonly options: Pick<OutputOptions, "query" | "raw">;
  readonly format: Format;
  readonly toTerminal: boolean;
  readonly secrets: Secrets;
  readonly render: Render;
  /** Raised once nobody reads any more. */
  readonly readerGone: AbortSignal;
  readonly spinners: Spinners;
  write(text: string): Promise<void>;
}

/** Gives results in the format that was asked for, without secrets, and filtered by `--query`. */
export function createResults(means: Means): Pick<Terminal, "result" | "longResult" | "item"> {
  const { options, format, secrets, render, toTerminal, readerGone } = means;
  const printAll = async (texts: Iterable<string>): Promise<void> => {
    for (const piece of pieces(texts)) {
      if (readerGone.aborted) return;
      await print(piece, means);
    }
  };
  const printJson = async (json: unknown): Promise<void> => {
    const value = await chosen(json, options.query, secrets);
    await print(jsonText(value, { indent: format === "json", raw: options.raw, toTerminal }), means);
  };
  return {
    result: async (json, lines) => (format === "human" ? printAll(renderedLines(lines(), render)) : printJson(json)),
    longResult: async (members) =>
      options.query === undefined ? printAll(longDocument(members, secrets)) : printJson(wholeDocument(members)),
    item: async (json) => (format === "jsonl" ? printJson(json) : undefined),
  };
}

async function print(text: string, { spinners, write }: Pick<Means, "spinners" | "write">): Promise<void> {
  if (text === "") return;
  let written = Promise.resolve();
  spinners.aside(() => {
    written = write(text);
  });
  await written.catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError("failure", `the result cannot be written: ${reason}`, { cause: error });
  });
}

// Secrets go before the query sees the value, so that no slicing or reversing brings one out, and again after, for what it joined.
async function chosen(json: unknown, query: string | undefined, secrets: Secrets): Promise<unknown> {
  const clean = secrets.cleanJson(json);
  return query === undefined ? clean : secrets.cleanJson(await applyQuery(query, clean));
}

function jsonText(value: unknown, how: { indent: boolean; raw: boolean; toTerminal: boolean }): string {
  if (how.raw) {
    const bare = (text: string): string => (how.toTerminal ? safeLines(text) : text);
    if (typeof value === "string") return `${bare(value)}\n`;
    if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value.map((text) => `${bare(text)}\n`).join("");
  }
  return `${safeJson(JSON.stringify(value, null, how.indent ? 2 : 0))}\n`;
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
