import { isUtf8 } from "node:buffer";
import { stripVTControlCharacters } from "node:util";
import { checkOutput } from "../../callback/answer.ts";
import type { Answer } from "../../callback/history/outcome.ts";

export const outputSources = ["auto", "stdout", "last-line", "file", "none"] as const;
export type OutputSource = (typeof outputSources)[number];

/** How the end of a command becomes an answer. */
export interface AnswerRules {
  readonly outputFrom: OutputSource;
  /** The text as `{"stdout": …}`, JSON or not. */
  readonly wrap: boolean;
  /** The error's name for every failure of the command that `errorFor` does not name. */
  readonly error: string | null;
  /** The error's name by exit code, for the machine's Retry and Catch. */
  readonly errorFor: ReadonlyMap<number, string>;
}

/** What a command wrote: the last bytes, and how many there were in all. */
export interface Written {
  readonly bytes: Uint8Array;
  readonly totalBytes: number;
}

/** How a command ended, and what it left. */
export interface CommandEnd {
  /** 128 and the signal's number where a signal ended it. */
  readonly exitCode: number;
  /** Such as `SIGKILL`. */
  readonly signal: string | null;
  readonly stdout: Written;
  readonly stderr: Written;
  /** What is in the output file, or why it cannot be read; null where the command made none. */
  readonly outputFile: Uint8Array | { readonly problem: string } | null;
}

export type CommandAnswer = Extract<Answer, { kind: "success" | "failure" }>;

/** What is kept of stdout: with a byte more than AWS takes, so that what is too long is seen to be, and the line breaks after it. */
export const keptOutputBytes = 262_144 + 1024;
/** How much of an output that is no JSON is shown. */
const quotedCharacters = 200;
const causeLimitCharacters = 32_768;
/** Four bytes a character, and room for what is taken out of it. */
export const keptErrorBytes = 4 * causeLimitCharacters + 8192;
/** No token, however it is encoded, is longer. */
const longestSecretBytes = 8192;

/** The answer to a task whose command has ended: an output where it ended with 0, else an error and a cause. `redact` takes secrets out of the cause. */
export function commandAnswer(end: CommandEnd, rules: AnswerRules, redact: (text: string) => string): CommandAnswer {
  if (end.exitCode === 0) return outputAnswer(end, rules);
  const how = end.signal === null ? `with exit code ${end.exitCode}` : `by ${end.signal}`;
  const ownName = end.signal === null ? `ExitCode.${end.exitCode}` : `Signal.${end.signal}`;
  const error = rules.errorFor.get(end.exitCode) ?? rules.error ?? ownName;
  const said = causeFrom(end.stderr, redact);
  return { kind: "failure", error, cause: said === "" ? `The command ended ${how} and wrote nothing to stderr.` : said };
}

/** The answer to a task whose command was ended by a signal to us, such as `SIGTERM`. */
export function interruptedAnswer(signal: string, stderr: Written, redact: (text: string) => string): CommandAnswer {
  const head = `sfn-callback got ${signal} while the command ran.`;
  const said = causeFrom(stderr, redact, causeLimitCharacters - head.length - 1);
  return { kind: "failure", error: "Interrupted", cause: said === "" ? head : `${head}\n${said}` };
}

function outputAnswer(end: CommandEnd, { outputFrom, wrap }: AnswerRules): CommandAnswer {
  if (outputFrom === "none") return { kind: "success", output: "{}" };
  if (outputFrom === "file") return fileAnswer(end.outputFile);
  const { bytes, totalBytes } = end.stdout;
  const isWhole = bytes.length === totalBytes;
  const text = new TextDecoder().decode(bytes);
  const lastLine = lastLineOf(text, isWhole);
  if (wrap && outputFrom === "last-line") return lastLine === null ? tooLong("The last line of stdout", null) : wrapped(lastLine);
  if (wrap) return isWhole ? wrapped(text) : tooLong("stdout", totalBytes);
  const takesLastLine = outputFrom === "last-line" || (outputFrom === "auto" && isJson(lastLine ?? "") && !(isWhole && isJson(text)));
  const what = takesLastLine ? "The last line of stdout" : "stdout";
  const chosen = takesLastLine ? lastLine : isWhole ? text : null;
  return chosen === null ? tooLong(what, takesLastLine ? null : totalBytes) : answerWith(what, chosen, isUtf8(bytes));
}

function fileAnswer(file: CommandEnd["outputFile"]): CommandAnswer {
  if (file === null) return { kind: "success", output: "{}" };
  if ("problem" in file) return { kind: "failure", error: "OutputNotJson", cause: file.problem };
  return answerWith("The output file", new TextDecoder().decode(file), isUtf8(file));
}

/** The text as the output, where it is JSON and not too long; nothing at all is `{}`. */
function answerWith(what: string, text: string, wasUtf8 = true): CommandAnswer {
  const output = text.trim();
  if (output === "") return { kind: "success", output: "{}" };
  const isBroken = !wasUtf8 && output.includes("\ufffd");
  if (!isBroken && isJson(output)) {
    return checkOutput(output) === undefined ? { kind: "success", output } : tooLong(what, new TextEncoder().encode(output).length);
  }
  const why = isBroken ? "holds bytes that are not UTF-8 text" : `ends with ${JSON.stringify(quotedEnd(output))}`;
  const cause = `${what} is not JSON, which an output must be: it ${why}. The command ended with exit code 0.`;
  return { kind: "failure", error: "OutputNotJson", cause };
}

function wrapped(text: string): CommandAnswer {
  return answerWith("stdout, wrapped as JSON,", JSON.stringify({ stdout: text.replace(/[\r\n]+$/, "") }));
}

function tooLong(what: string, bytes: number | null): CommandAnswer {
  const size = bytes === null ? "longer than" : `${bytes.toLocaleString("en-US")} bytes long;`;
  const limit = bytes === null ? "the 262,144 bytes that AWS takes" : "AWS takes at most 262,144";
  const cause = `${what} is ${size} ${limit}. The command ended with exit code 0; let it write its result elsewhere and print where.`;
  return { kind: "failure", error: "OutputTooLong", cause };
}

/** The last line that is not blank, or null where it began before the text does. */
function lastLineOf(text: string, isWhole: boolean): string | null {
  const trimmed = text.trimEnd();
  const start = trimmed.lastIndexOf("\n") + 1;
  return start === 0 && !isWhole ? null : trimmed.slice(start);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The end of what was written as a cause: without escape sequences and secrets, of a progress bar its last state, other control characters visible. */
function causeFrom({ bytes, totalBytes }: Written, redact: (text: string) => string, limitCharacters = causeLimitCharacters): string {
  const isWhole = bytes.length === totalBytes;
  const decoded = new TextDecoder().decode(bytes);
  // Half a secret at the cut would not be known as one.
  const lines = redact(stripVTControlCharacters(isWhole ? decoded : withoutFirstPart(decoded)))
    .split("\n")
    .map((line) => visible(line.replace(/\r+$/, "").replace(/^.*\r/s, "")));
  const text = lines.join("\n").trim();
  return isWhole && text.length <= limitCharacters ? text : `…${lastCharacters(text, limitCharacters - 1)}`;
}

function withoutFirstPart(text: string): string {
  const lineEnd = text.indexOf("\n");
  return text.slice(lineEnd === -1 || lineEnd > longestSecretBytes ? longestSecretBytes : lineEnd + 1);
}

function quotedEnd(text: string): string {
  return text.length > quotedCharacters ? `…${lastCharacters(text, quotedCharacters)}` : text;
}

/** The end of a text; a surrogate pair that the cut would split is left out whole. */
function lastCharacters(text: string, count: number): string {
  return text.slice(-count).replace(/^[\udc00-\udfff]/, "");
}

/** Every control character but a tab as `\xNN`, as the terminal shows them. */
function visible(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
  return line.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}
