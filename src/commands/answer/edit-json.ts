import { join } from "node:path";
import { jsonErrorPlace } from "../../callback/json-error.ts";
import type { Context } from "../../context.ts";
import { shellWord } from "../connection-flags.ts";

/** What a person is to write in their editor. */
export interface Editing {
  /** What it is for, above the text. */
  readonly about: readonly string[];
  /** JSON text to begin with. */
  readonly initial: string;
  /** What is wrong with the JSON text, or undefined. */
  check(text: string): string | undefined;
}

/** The person's editor, as it is called in a shell; null where none is named. */
export function editorOf({ environment }: Pick<Context, "environment">): string | null {
  return environment["VISUAL"]?.trim() || environment["EDITOR"]?.trim() || null;
}

/**
 * JSON written in the person's `$VISUAL` or `$EDITOR`, checked when it is closed. Where it is wrong the editor is opened again with the text as it was typed, at
 * the fault, if the person wants. Null where they leave: an emptied text, an editor that ends with a failure, or a no.
 */
export async function editJson(context: Context, editor: string, editing: Editing): Promise<string | null> {
  const { files, terminal, prompts } = context;
  const file = join(await files.temporaryFolder(), "answer.json");
  let body = editing.initial;
  let fault: Fault | null = null;
  for (;;) {
    const head = headOf(editing.about, fault);
    await files.write(file, `${head.map((line) => `// ${line}\n`).join("")}${body}\n`);
    const line = head.length + (fault?.line ?? 1);
    const code = await context.spawn(`${editor} ${positionOf(editor, line)}${shellWord(file)}`, [], { shell: true });
    if (code !== 0) {
      terminal.warn(`the editor ended with ${code}: nothing is sent`);
      return null;
    }
    body = withoutHead(await files.read(file));
    const text = blanked(body).trim();
    if (text === "") return null;
    fault = faultIn(text, blanked(body), editing);
    if (fault === null) return text;
    terminal.warn(fault.message);
    if (!(await prompts.confirm("Open the editor again, with what you typed?", true))) return null;
  }
}

interface Fault {
  readonly message: string;
  /** Of the text below the head, from 1. */
  readonly line: number;
}

function headOf(about: readonly string[], fault: Fault | null): string[] {
  return [
    ...about,
    "Lines that begin with // are left out. Empty the text to send nothing.",
    ...(fault === null ? [] : ["", `WRONG: ${fault.message}`]),
  ].map((line) => line.replaceAll(/\s+/g, " "));
}

/** The text below our lines; what a person wrote as a comment further down stays. */
function withoutHead(text: string): string {
  const lines = text.replace(/^\uFEFF/, "").split("\n");
  const first = lines.findIndex((line) => !line.startsWith("//"));
  return first === -1 ? "" : lines.slice(first).join("\n").trimEnd();
}

/** The text with its comment lines empty, so that places in it stay what they are. No line of JSON begins so. */
function blanked(body: string): string {
  return body.replaceAll(/^[ \t]*\/\/.*$/gm, "");
}

function faultIn(text: string, body: string, { check }: Editing): Fault | null {
  const place = jsonErrorPlace(body.trimEnd());
  if (place !== undefined) return { message: `this is not JSON at line ${place.line}, column ${place.column}`, line: place.line };
  const wrong = check(text);
  return wrong === undefined ? null : { message: wrong, line: 1 };
}

const takesLine = /^(?:\S*\/)?(?:vi|vim|nvim|nano|emacs|micro|joe|kak|ne|pico|mg)(?:\s|$)/;

/** What has an editor begin at a line, where it is known to understand it. */
function positionOf(editor: string, line: number): string {
  return takesLine.test(editor) ? `+${line} ` : "";
}
