import type { Command } from "commander";
import type { Context } from "../context.ts";
import type { ParsedOptions } from "./parsed-options.ts";

/** What a command does once its options are parsed; resolves to the exit code, throws CliError for anything the user must see. */
export type Act = (context: Context, options: Record<string, unknown>, ...args: (string | undefined)[]) => Promise<number>;

/** What a command allows that others do not. */
export interface Traits {
  /**
   * It changes nothing on AWS, ever or with these options. Where this is not said, SFN_CALLBACK_READ_ONLY refuses the command: one that was forgotten is
   * not let through.
   */
  readonly readsOnly?: boolean | ((options: ParsedOptions) => boolean);
  /** It takes a command of the user's after `--`. */
  readonly takesCommand?: boolean;
  /** It works in several Regions at once. */
  readonly takesRegions?: boolean;
}

/**
 * Turns an act into a commander action: hands it the context, the merged options (global ones included, and what stood after `--` as
 * `options["--"]`, a string[]) and the positional arguments, and keeps the exit code it resolves to.
 */
export type Run = (act: Act, traits?: Traits) => (...commanderArgs: unknown[]) => Promise<void>;

/** Puts examples below a command's help; the program's name is put before each. */
export function addExamples(command: Command, examples: readonly string[]): Command {
  return command.addHelpText("after", `\nExamples:\n${examples.map((example) => `  sfn-callback ${example}`).join("\n")}`);
}
