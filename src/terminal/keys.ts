import { StringDecoder } from "node:string_decoder";
import type { Key } from "../context/screen.ts";

/** What follows ESC in the sequences of the keys that write nothing: xterm's, rxvt's and the Linux console's. */
const names: Readonly<Record<string, string>> = {
  "[A": "up",
  "[B": "down",
  "[C": "right",
  "[D": "left",
  "[H": "home",
  "[F": "end",
  "[Z": "shift-tab",
  OA: "up",
  OB: "down",
  OC: "right",
  OD: "left",
  OH: "home",
  OF: "end",
  "[1~": "home",
  "[7~": "home",
  "[4~": "end",
  "[8~": "end",
  "[3~": "delete",
  "[5~": "page-up",
  "[6~": "page-down",
};

const controls: Readonly<Record<string, string>> = { "\r": "enter", "\n": "enter", "\t": "tab", "\b": "backspace", "\u007f": "backspace" };

const pasteBegins = "\u001b[200~";
const pasteEnds = "\u001b[201~";
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with a control character
const sequence = /^\u001b(\[[0-?]*[ -/]*[@-~]|O[ -~])/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with a control character
const begunSequence = /^\u001b(\[[0-?]*[ -/]*|O)?$/;

/** Reads keys from what a terminal in raw mode sends, in pieces of any size. */
export class KeyReader {
  readonly #decoder = new StringDecoder("utf8");
  #rest = "";

  /** The keys that are whole by now. Where `isOpen` is true then, a sequence has begun, or ESC itself was pressed. */
  read(chunk: Buffer | string): Key[] {
    this.#rest += typeof chunk === "string" ? chunk : this.#decoder.write(chunk);
    const keys: Key[] = [];
    for (let key = this.#next(); key !== null; key = this.#next()) if (key !== "nothing") keys.push(key);
    return keys;
  }

  get isOpen(): boolean {
    return this.#rest !== "" && !this.#rest.startsWith(pasteBegins);
  }

  /** What was begun and goes on no more: ESC by itself, and whatever came after it. */
  flush(): Key[] {
    if (!this.isOpen) return [];
    const [, ...after] = this.#rest;
    this.#rest = "";
    return [{ name: "escape", text: "" }, ...after.map(character)];
  }

  #next(): Key | "nothing" | null {
    const rest = this.#rest;
    if (rest === "") return null;
    if (rest.startsWith(pasteBegins)) return this.#paste();
    if (!rest.startsWith("\u001b")) {
      const [first = ""] = rest;
      return this.#take(first.length, character(first));
    }
    const [whole, code] = sequence.exec(rest) ?? [];
    if (whole !== undefined && code !== undefined) {
      const name = nameOf(code);
      return this.#take(whole.length, name === undefined ? "nothing" : { name, text: "" });
    }
    if (begunSequence.test(rest)) return null;
    return this.#take(1, { name: "escape", text: "" });
  }

  #paste(): Key | "nothing" | null {
    const end = this.#rest.indexOf(pasteEnds);
    if (end === -1) {
      // Its end was lost on the way: Ctrl-C still has to interrupt, and nothing of it is taken for keys.
      const interrupt = this.#rest.indexOf("\u0003");
      return interrupt === -1 ? null : this.#take(interrupt, "nothing");
    }
    return this.#take(end + pasteEnds.length, { name: "paste", text: this.#rest.slice(pasteBegins.length, end) });
  }

  #take<Taken>(length: number, taken: Taken): Taken {
    this.#rest = this.#rest.slice(length);
    return taken;
  }
}

/** The key's name; with Shift, Ctrl or Alt (`[1;5A`, `[3;2~`) it is the same key. */
function nameOf(code: string): string | undefined {
  return names[code] ?? names[code.replace(/^\[1;\d+/, "[").replace(/;\d+~$/, "~")];
}

function character(text: string): Key {
  const name = controls[text];
  if (name !== undefined) return { name, text: "" };
  const code = text.charCodeAt(0);
  if (code < 32) return { name: `ctrl-${String.fromCharCode(code + 96)}`, text: "" };
  return { name: text === " " ? "space" : text, text };
}
