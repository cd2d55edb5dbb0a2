import type { Command } from "commander";
import { usageError } from "../../errors.ts";
import { parseDuration } from "../durations.ts";
import { flagOf, textOption } from "../parsed-options.ts";

/** Which tasks a bulk is to answer, and how carefully. */
export interface BulkChoice {
  /** A file of ids, or `-`; null for --all. */
  readonly from: string | null;
  readonly stateMachine: string | undefined;
  readonly state: string | undefined;
  readonly olderMilliseconds: number | undefined;
  readonly across: boolean;
  readonly yes: boolean;
  readonly expect: number | undefined;
  readonly maxFailures: number | null;
  readonly perSecond: number | null;
  readonly journal: string | undefined;
}

const bulkOnly = ["stateMachine", "older", "across", "yes", "expect", "maxFailures", "rate", "journal"];

/** Puts the options of a bulk on a command. --state is among those that name a task. */
export function addBulkOptions(command: Command): Command {
  return command
    .option("--all", "all that wait: of one --state-machine and one --state, or --across them")
    .option("--from <file>", "those named in a file, or - for standard input: ids, addresses, or lines of pending --jsonl")
    .option("--state-machine <name>", "with --all: only of this state machine")
    .option("--older <duration>", "with --all: only what has waited so long (90s, 15m, 6h, 7d)")
    .option("--across", "with --all: several state machines or states")
    .option("--yes", "do not ask; off a terminal together with --expect")
    .option("--expect <count>", "send nothing unless it is so many")
    .option("--max-failures <count>", "stop once more than so many have failed")
    .option("--rate <per-second>", "so many a second at most")
    .option("--journal <file>", "keep a journal; the same command with the same file goes on where it was ended");
}

/** The bulk that is asked for, or null where one task is meant. Throws a usage error for what cannot be meant. */
export function bulkChoice(options: Record<string, unknown>, word: string | undefined): BulkChoice | null {
  const from = textOption(options, "from") ?? null;
  const all = options["all"] === true;
  if (!all && from === null) {
    const given = bulkOnly.find((name) => options[name] !== undefined);
    if (given !== undefined) throw usageError(`${flagOf(given)} is for many tasks`, "add --all, or --from <file>");
    return null;
  }
  if (all && from !== null) throw usageError("--all and --from name different tasks", "give one of them");
  const one =
    word !== undefined
      ? "<task>"
      : ["token", "tokenFile", "tokenEnv", "execution", "index", "follow"].find((name) => options[name] !== undefined);
  if (one !== undefined) throw usageError(`${one.startsWith("<") ? one : flagOf(one)} names one task, and --${all ? "all" : "from"} many`);
  const filter = ["stateMachine", "state", "older", "across"].find((name) => options[name] !== undefined);
  if (from !== null && filter !== undefined) throw usageError(`${flagOf(filter)} goes with --all, not with --from`);
  const choice = { ...careOptions(options), ...filterOptions(options), from };
  if (all) refuseTooWide(choice);
  return choice;
}

function filterOptions(options: Record<string, unknown>) {
  const older = textOption(options, "older");
  return {
    stateMachine: textOption(options, "stateMachine"),
    state: textOption(options, "state"),
    olderMilliseconds: older === undefined ? undefined : parseDuration(older, "--older"),
    across: options["across"] === true,
  };
}

function careOptions(options: Record<string, unknown>) {
  const rate = textOption(options, "rate");
  const perSecond = rate === undefined ? null : Number(rate);
  if (perSecond !== null && !(perSecond > 0 && perSecond <= 10_000))
    throw usageError(`--rate takes a number up to 10000, not ${JSON.stringify(rate)}`);
  return {
    yes: options["yes"] === true,
    expect: count(options, "expect"),
    maxFailures: count(options, "maxFailures") ?? null,
    perSecond,
    journal: textOption(options, "journal"),
  };
}

function count(options: Record<string, unknown>, name: string): number | undefined {
  const text = textOption(options, name);
  if (text === undefined || /^\d{1,9}$/.test(text)) return text === undefined ? undefined : Number(text);
  throw usageError(`${flagOf(name)} takes a whole number, not ${JSON.stringify(text)}`);
}

/** An answer to the tasks of one question is no answer to those of another: several have to be meant. */
function refuseTooWide({ stateMachine, state, across }: Pick<BulkChoice, "stateMachine" | "state" | "across">): void {
  const isOne = (name: string | undefined) => name !== undefined && !/[*?]/.test(name);
  if (across || (isOne(stateMachine) && isOne(state))) return;
  throw usageError("--all needs one --state-machine and one --state", "name both, or add --across to answer several alike");
}
