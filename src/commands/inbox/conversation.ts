import type { Screen } from "../../context/screen.ts";
import type { Context, Progress, Prompts } from "../../context.ts";
import { CliError } from "../../errors.ts";
import { cyan, type Text, yellow } from "../../text.ts";
import { type Dialog, openDialog, type Question, withAnswered, withQuestion } from "./dialog.ts";

/**
 * A conversation with the person in a dialog of the inbox. What runs in it is what the commands run: its context says, asks and shows
 * progress in the dialog in place of stderr, and gives the terminal away for as long as another program, an editor, has it.
 */
export class Conversation {
  readonly context: Context;
  readonly #show: (dialog: Dialog) => void;
  readonly #signal: AbortSignal;
  #dialog: Dialog;
  #answered: ((answer: boolean | number | string | null) => void) | null = null;

  constructor(context: Context, screen: Screen, title: Text, show: (dialog: Dialog) => void) {
    this.#dialog = openDialog(title);
    this.#show = show;
    this.#signal = context.signal;
    this.context = {
      ...context,
      terminal: {
        ...context.terminal,
        interactive: true,
        note: (text) => this.say(text),
        warn: (text) => this.say([yellow("warning:"), " ", text]),
        progress: (text) => this.#progress(text),
        result: async (_json, lines) => {
          for (const line of lines()) this.say(line);
        },
      },
      prompts: this.#prompts(),
      spawn: (command, args, options) => screen.aside(() => context.spawn(command, args, options)),
    };
    this.#set(this.#dialog);
  }

  say(text: Text): void {
    this.#set({ ...this.#dialog, said: [...this.#dialog.said, text] });
  }

  /** Waits until the person has read it. */
  async read(text: Text): Promise<void> {
    this.say(text);
    await this.#ask({ kind: "read", message: "" }).catch((error: unknown) => {
      if (this.#signal.aborted) throw error;
    });
  }

  /** The dialog was changed by a key. */
  changed(dialog: Dialog): void {
    this.#dialog = dialog;
  }

  /** The person answered the question; null: they do not want to go on. */
  answered(answer: boolean | number | string | null): void {
    const answered = this.#answered;
    if (answered === null) return;
    this.#answered = null;
    // No further key may answer it again.
    this.#set({ ...this.#dialog, question: null });
    answered(answer);
  }

  #set(dialog: Dialog): void {
    this.#dialog = dialog;
    this.#show(dialog);
  }

  #progress(first: string): Progress {
    this.#set({ ...this.#dialog, progress: first });
    return {
      update: (text) => this.#set({ ...this.#dialog, progress: text }),
      stop: () => this.#set({ ...this.#dialog, progress: "" }),
    };
  }

  async #ask(question: Question): Promise<boolean | number | string> {
    this.#signal.throwIfAborted();
    this.#set(withQuestion(this.#dialog, question));
    return this.#wait();
  }

  async #wait(): Promise<boolean | number | string> {
    const interrupted = () => this.answered(null);
    this.#signal.addEventListener("abort", interrupted, { once: true });
    try {
      const answer = await new Promise<boolean | number | string | null>((answered) => {
        this.#answered = answered;
      });
      this.#signal.throwIfAborted();
      if (answer === null) throw new CliError("usage", "nothing was sent", { code: declined });
      return answer;
    } finally {
      this.#signal.removeEventListener("abort", interrupted);
    }
  }

  #prompts(): Prompts {
    const told = (message: string, answer: string): void => this.#set(withAnswered(this.#dialog, [cyan("? "), message, " ", cyan(answer)]));
    const input = async (message: string, initial: string, isSecret: boolean, check?: (value: string) => string | undefined) => {
      const question = { kind: "input", message, initial, isSecret } as const;
      let answer = String(await this.#ask(question));
      for (let problem = check?.(answer); problem !== undefined; problem = check?.(answer)) {
        this.#set({ ...this.#dialog, question, problem });
        answer = String(await this.#wait());
      }
      told(message, isSecret ? "" : answer);
      return answer;
    };
    return {
      confirm: async (message, initial = false) => {
        const answer = (await this.#ask({ kind: "confirm", message, initial })) === true;
        told(message, answer ? "yes" : "no");
        return answer;
      },
      input: (message, { initial = "", check } = {}) => input(message, initial, false, check),
      select: async (message, choices) => {
        const at = await this.#ask({ kind: "select", message, choices });
        const chosen = choices[Number(at)];
        if (chosen === undefined) throw new Error("The dialog answered with none of its choices.");
        told(message, chosen.name);
        return chosen.value;
      },
      secret: (message) => input(message, "", true),
    };
  }
}

/** The code of the error that says: the person left a dialog. */
export const declined = "Declined";
