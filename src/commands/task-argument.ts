import type { Command } from "commander";
import type { TaskOptions } from "../answering/task-reference.ts";
import { usageError } from "../errors.ts";
import { textOption } from "./parsed-options.ts";

/** Adds the options that name a task by its token, or narrow an execution down to one of its tasks. */
export function addTaskOptions(command: Command): Command {
  return command
    .option("--token <token>", "the task's token instead of <task>; - reads it from standard input")
    .option("--token-file <file>", "a file that holds the token")
    .option("--token-env <name>", "an environment variable that holds the token")
    .option("--execution <arn>", "the execution of the token, so that the answer can be proven")
    .option("--state <name>", "which state, where an execution waits in several")
    .option("--index <index>", "which Map iteration, where an execution waits in several");
}

/** The task options among a command's parsed options; throws a usage error where one is malformed. */
export function taskOptions(options: Record<string, unknown>): TaskOptions {
  const index = textOption(options, "index");
  if (index !== undefined && !/^\d{1,9}$/.test(index)) throw usageError(`--index takes a whole number from 0, not "${index}"`);
  return {
    ...pick(options, "token"),
    ...pick(options, "tokenFile"),
    ...pick(options, "tokenEnv"),
    ...pick(options, "execution"),
    ...pick(options, "state"),
    ...(index === undefined ? {} : { index: Number(index) }),
  };
}

function pick<Name extends string>(options: Record<string, unknown>, name: Name): { [name in Name]?: string } {
  const value = textOption(options, name);
  const picked: { [name in Name]?: string } = {};
  if (value !== undefined) picked[name] = value;
  return picked;
}
