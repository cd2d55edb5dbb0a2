import type { Prompts } from "../context.ts";
import { CliError } from "../errors.ts";
import { safeText } from "./safe-text.ts";
import type { OwnTerminal, Streams } from "./terminal.ts";

/**
 * Questions by inquirer, asked on stderr so that stdout holds the answer only. Ctrl-C, or `signal`, throws a CliError of kind
 * interrupted (or the signal's own CliError). `redact` keeps secrets out of what is asked. inquirer is loaded, and the streams are
 * opened, with the first question.
 */
export function createPrompts(
  streams: Pick<Streams, "stdin" | "stderr">,
  signal: AbortSignal,
  { redact, aside }: Pick<OwnTerminal, "redact" | "aside">,
): Prompts {
  const show = (text: string): string => safeText(redact(text));
  const ask = async (question: Question): Promise<unknown> => {
    if (signal.aborted) throw interruption(signal);
    const { createPromptModule } = (await import("inquirer")).default;
    const prompt = createPromptModule({ input: streams.stdin, output: streams.stderr, signal });
    try {
      // inquirer types each kind of question on its own; each of ours is written out below.
      const { answer } = await aside(() => prompt<{ answer: unknown }>([{ name: "answer", ...question }] as Parameters<typeof prompt>[0]));
      return answer;
    } catch (error) {
      if (error instanceof Error && interruptionNames.has(error.name)) throw interruption(signal);
      throw error;
    }
  };
  return {
    confirm: async (message, initial = false) => (await ask({ type: "confirm", message: show(message), default: initial })) === true,
    input: async (message, { initial, check } = {}) => {
      const validate = (value: string): string | true => {
        const wrong = check?.(value);
        return wrong === undefined ? true : show(wrong);
      };
      // Making a default visible would change what Enter answers, so one that cannot be shown as it is is not offered.
      const offered = initial !== undefined && show(initial) === initial ? { default: initial } : {};
      return String(await ask({ type: "input", message: show(message), validate, ...offered }));
    },
    select: async (message, choices) => {
      const shown = choices.map(({ value, name, description }) => ({
        value,
        name: show(name),
        ...(description === undefined ? {} : { description: show(description) }),
      }));
      const answer = await ask({ type: "select", message: show(message), choices: shown });
      const chosen = choices.find(({ value }) => value === answer);
      if (chosen === undefined) throw new Error("The prompt answered with none of its choices.");
      return chosen.value;
    },
    secret: async (message) => String(await ask({ type: "password", message: show(message), mask: false })),
  };
}

/** Prompts that are loaded with the first question. */
export function createLatePrompts(load: () => Promise<Prompts>): Prompts {
  let loaded: Promise<Prompts> | undefined;
  const prompts = (): Promise<Prompts> => {
    loaded ??= load();
    return loaded;
  };
  return {
    confirm: async (...question) => (await prompts()).confirm(...question),
    input: async (...question) => (await prompts()).input(...question),
    select: async (...question) => (await prompts()).select(...question),
    secret: async (...question) => (await prompts()).secret(...question),
  };
}

interface Question {
  readonly type: "confirm" | "input" | "select" | "password";
  readonly message: string;
  readonly [setting: string]: unknown;
}

const interruptionNames: ReadonlySet<string> = new Set(["ExitPromptError", "AbortPromptError", "CancelPromptError", "AbortError"]);

/** What a question throws that was interrupted. */
export function interruption(signal: AbortSignal): CliError {
  return signal.reason instanceof CliError ? signal.reason : new CliError("interrupted", "interrupted");
}
