import type { Context } from "../context.ts";

/** What a command does once its options are parsed; resolves to the exit code, throws CliError for anything the user must see. */
export type Act = (context: Context, options: Record<string, unknown>, ...args: (string | undefined)[]) => Promise<number>;

/**
 * Turns an act into a commander action: hands it the context, the merged options (global ones included, and what stood after `--` as
 * `options["--"]`, a string[]) and the positional arguments, and keeps the exit code it resolves to.
 */
export type Run = (act: Act) => (...commanderArgs: unknown[]) => Promise<void>;
