import type { Command } from "commander";
import { outputSources } from "../../answering/working/command-answer.ts";
import { checkError } from "../../callback/answer.ts";
import type { Terminal } from "../../context.ts";
import { usageError } from "../../errors.ts";
import { refuse } from "../answer/answering.ts";
import { parseDuration } from "../durations.ts";
import { choiceOption, flagOf, repeatable, textOption, textOptions } from "../parsed-options.ts";
import type { RunSettings } from "./task.ts";

/** What makes `run` a worker of an activity. */
export interface WorkerSettings {
  /** Its ARN or its name. */
  readonly activity: string;
  readonly workerName: string | undefined;
  readonly concurrency: number;
  readonly maxTasks: number | null;
}

const mostTasksAtOnce = 100;
const workerNameLimitCharacters = 80;

/** Puts the options of `run` on its command. */
export function addRunOptions(command: Command): Command {
  return command
    .option("--every <duration>", "how often to beat (default: a third of HeartbeatSeconds; 30s where only the token is known)")
    .option("--output-from <source>", `where the output comes from: ${outputSources.join(", ")} (default: auto)`)
    .option("--wrap", 'take stdout as text and answer {"stdout": "<text>"}')
    .option("--error <name>", "the error's name for every failure (default: ExitCode.<n> or Signal.<name>)")
    .option("--error-for <code=name>", "the error's name for one exit code, for the machine's Retry and Catch; repeatable", repeatable)
    .option("--grace <duration>", "how long after a SIGTERM the command gets a SIGKILL, once its task is gone (default: 10s)")
    .option("--on-signal <what>", "fail (default) or leave the task where the command was ended by a signal to sfn-callback")
    .option("--pass-token", "leave the token in the command's environment, also as SFN_CALLBACK_TOKEN")
    .option("--log <format>", "how to tell on stderr what happens: human (default), or json for an object a line")
    .option("--activity <name or arn>", "work on the tasks of an activity, one after the other")
    .option("--worker-name <name>", "how the activity's history names this worker")
    .option("--concurrency <n>", `how many of the activity's tasks to work on at once, ${mostTasksAtOnce} at most`)
    .option("--max-tasks <n>", "end after so many of the activity's tasks");
}

/** Reads and checks how the command is to be run; usage errors. */
export function parseRunSettings(options: Record<string, unknown>, terminal: Terminal): RunSettings {
  const [command, ...args] = Array.isArray(options["--"]) ? options["--"].filter((word) => typeof word === "string") : [];
  if (command === undefined || command === "")
    throw usageError("which command? none was given", "sfn-callback run <task> -- <command> [args…]");
  const outputFrom = choiceOption(options, "outputFrom", outputSources) ?? "auto";
  const wrap = options["wrap"] === true;
  if (wrap && (outputFrom === "file" || outputFrom === "none"))
    throw usageError(`--wrap takes text of stdout, not --output-from ${outputFrom}`);
  const error = textOption(options, "error") ?? null;
  refuseErrorName(error, "--error");
  return {
    ...{ command, args, outputFrom, wrap, error },
    errorFor: parseErrorFor(textOptions(options, "errorFor")),
    graceMilliseconds: parseDuration(textOption(options, "grace") ?? "10s", "--grace"),
    onSignal: choiceOption(options, "onSignal", ["fail", "leave"]) ?? "fail",
    passToken: options["passToken"] === true,
    stdoutTo: terminal.format === "human" ? "stdout" : "stderr",
  };
}

/** `--every` in milliseconds, or null; a usage error under a second. */
export function parseEvery(options: Record<string, unknown>): number | null {
  const every = textOption(options, "every");
  const milliseconds = every === undefined ? null : parseDuration(every, "--every");
  if (milliseconds !== null && milliseconds < 1000) throw usageError("--every takes a second or more");
  return milliseconds;
}

/** How what happens is to be told. */
export function parseLog(options: Record<string, unknown>): "json" | "human" {
  return choiceOption(options, "log", ["json", "human"]) ?? "human";
}

/** What makes it a worker, or null where it is none. */
export function parseWorker(options: Record<string, unknown>): WorkerSettings | null {
  const activity = textOption(options, "activity");
  const workerName = textOption(options, "workerName");
  const stray = ["workerName", "concurrency", "maxTasks"].find((name) => options[name] !== undefined);
  if (activity === undefined && stray !== undefined) throw usageError(`${flagOf(stray)} is for a worker`, "add --activity <arn or name>");
  if (activity === undefined) return null;
  if (activity === "") throw usageError("--activity is empty");
  if (workerName === "" || (workerName?.length ?? 0) > workerNameLimitCharacters)
    throw usageError(`--worker-name takes 1 to ${workerNameLimitCharacters} characters`);
  return {
    activity,
    workerName,
    concurrency: count(options, "concurrency", mostTasksAtOnce) ?? 1,
    maxTasks: count(options, "maxTasks", Number.MAX_SAFE_INTEGER),
  };
}

function count(options: Record<string, unknown>, name: string, most: number): number | null {
  const text = textOption(options, name);
  if (text === undefined) return null;
  const value = Number(text);
  if (!/^[1-9]\d*$/.test(text) || value > most)
    throw usageError(`${flagOf(name)} takes a whole number from 1${most > 1e6 ? "" : ` to ${most}`}, not "${text}"`);
  return value;
}

function parseErrorFor(settings: readonly string[]): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const setting of settings) {
    const [, code, name = ""] = /^(\d{1,3})=(.+)$/s.exec(setting) ?? [];
    if (code === undefined || Number(code) < 1 || Number(code) > 255)
      throw usageError(`--error-for ${JSON.stringify(setting)} is not <exit code>=<name>`, "for example: --error-for 75=TemporaryFailure");
    refuseErrorName(name, "--error-for");
    names.set(Number(code), name);
  }
  return names;
}

function refuseErrorName(name: string | null, option: string): void {
  if (name === null) return;
  if (name.trim() === "") throw usageError(`${option} is empty`);
  refuse(checkError(name));
}
