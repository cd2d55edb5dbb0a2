import { createInterface, type Interface } from "node:readline";
import type { Prompts } from "../context.ts";
import { usageError } from "../errors.ts";
import { KeyReader } from "./keys.ts";
import { interruption } from "./prompts.ts";
import { safeText } from "./safe-text.ts";
import type { Streams } from "./terminal.ts";

/**
 * Questions line by line on stderr, answered by a line each: nothing moves the cursor and nothing is drawn twice, so a screen reader reads each once, and the
 * dumbest terminal shows it. What one can choose from is numbered. Throws as the other prompts do; an end of the input is a usage error.
 */
export function createLinePrompts(
  streams: Pick<Streams, "stdin" | "stderr">,
  signal: AbortSignal,
  redact: (text: string) => string,
): Prompts {
  const show = (text: string): string => safeText(redact(text));
  const write = (text: string): void => void streams.stderr.write(text);
  const lines = new Lines(streams.stdin, signal);
  const ask = (question: string): Promise<string> => {
    write(`${question} `);
    return lines.next();
  };
  return {
    confirm: async (message, initial = false) => {
      for (;;) {
        const answer = (await ask(`${show(message)} (y or n; Enter means ${initial ? "yes" : "no"})`)).trim().toLowerCase();
        if (answer === "") return initial;
        if (/^y(es)?$/.test(answer)) return true;
        if (/^no?$/.test(answer)) return false;
      }
    },
    input: async (message, { initial, check } = {}) => {
      const offered = initial !== undefined && initial !== "" && show(initial) === initial ? initial : undefined;
      for (;;) {
        const typed = await ask(`${show(message)}${offered === undefined ? "" : ` (Enter means ${offered})`}:`);
        const answer = typed === "" && offered !== undefined ? offered : typed;
        const wrong = check?.(answer);
        if (wrong === undefined) return answer;
        write(`${show(wrong)}\n`);
      }
    },
    select: async (message, choices) => {
      write(`${show(message)}:\n`);
      for (const [at, { name, description }] of choices.entries())
        write(`  ${at + 1}) ${show(name)}${description === undefined ? "" : `: ${show(description)}`}\n`);
      for (;;) {
        const answer = (await ask(`Number, 1 to ${choices.length}:`)).trim();
        const chosen = /^\d+$/.test(answer) ? choices[Number(answer) - 1] : choices.find(({ name }) => name === answer);
        if (chosen !== undefined) return chosen.value;
      }
    },
    secret: async (message) => {
      write(`${show(message)}: `);
      const secret = await readSecret(streams.stdin, signal);
      write("\n");
      return secret;
    },
  };
}

/** The lines of the input, those that were typed ahead too. It is listened to only while one is waited for. */
class Lines {
  readonly #input: Streams["stdin"];
  readonly #signal: AbortSignal;
  readonly #waiting: string[] = [];
  #interface: Interface | null = null;
  #isOver = false;
  #heard: () => void = () => {};

  constructor(input: Streams["stdin"], signal: AbortSignal) {
    this.#input = input;
    this.#signal = signal;
  }

  readonly #interrupted = (): void => this.#heard();

  async next(): Promise<string> {
    for (;;) {
      if (this.#signal.aborted) throw interruption(this.#signal);
      const line = this.#waiting.shift();
      if (line !== undefined) return line;
      if (this.#isOver) throw usageError("the input ended before the question was answered");
      await this.#listen();
    }
  }

  /** Resolves when something was heard: a line, the end, or the signal. */
  async #listen(): Promise<void> {
    const opened = this.#open();
    await new Promise<void>((heard) => {
      this.#heard = heard;
      this.#signal.addEventListener("abort", this.#interrupted, { once: true });
      opened.resume();
    });
    this.#signal.removeEventListener("abort", this.#interrupted);
    opened.pause();
  }

  #open(): Interface {
    if (this.#interface !== null) return this.#interface;
    const opened = createInterface({ input: this.#input, terminal: false });
    opened.on("line", (line) => {
      this.#waiting.push(line);
      this.#heard();
    });
    opened.on("close", () => {
      this.#isOver = true;
      this.#heard();
    });
    this.#interface = opened;
    return opened;
  }
}

function readSecret(stdin: Streams["stdin"], signal: AbortSignal): Promise<string> {
  const reader = new KeyReader();
  let typed = "";
  return new Promise((done, fail) => {
    const end = (act: () => void): void => {
      stdin.off("data", read);
      signal.removeEventListener("abort", interrupted);
      stdin.pause();
      stdin.setRawMode?.(false);
      act();
    };
    const interrupted = (): void => end(() => fail(interruption(signal)));
    const read = (chunk: Buffer | string): void => {
      for (const { name, text } of reader.read(chunk)) {
        if (name === "enter") return end(() => done(typed));
        if (name === "ctrl-c") return interrupted();
        typed = name === "backspace" ? typed.slice(0, -1) : typed + text;
      }
    };
    signal.addEventListener("abort", interrupted, { once: true });
    stdin.setRawMode?.(true);
    stdin.on("data", read);
    stdin.resume();
  });
}
