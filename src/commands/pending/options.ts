import type { Command } from "commander";
import { usageError } from "../../errors.ts";
import type { SweepFilter } from "../../sweep/sweep-filter.ts";
import { parseDuration } from "../durations.ts";
import { choiceOption, flagOf, repeatable, textOption, textOptions } from "../parsed-options.ts";
import { needsInput, taskColumns, wideColumns } from "./waiting-task-columns.ts";

/** What `pending` was asked for. */
export interface PendingOptions {
  readonly filter: SweepFilter;
  readonly limit: number | undefined;
  /** Null where it was not asked for: then the longest waiting come first, of those that were found. */
  readonly sort: "age" | "deadline" | "machine" | null;
  readonly rateShare: number | undefined;
  /** Those that were named, each once; empty for the usual one. */
  readonly regions: readonly string[];
  readonly form: "tasks" | "groups" | "count";
  /** Null where the screen decides between tasks and groups. */
  readonly columns: readonly string[] | null;
  readonly withInput: boolean;
  readonly needsInput: boolean;
  readonly failIfAny: boolean;
}

export function addPendingOptions(command: Command): Command {
  return command
    .option("--state-machine <name>", "only of this state machine, or pattern with * and ?; repeatable", repeatable)
    .option("--execution <name>", "only of this execution, or pattern")
    .option("--state <name>", "only in the state of exactly this name, or of this pattern")
    .option("--kind <kind>", "callback or activity")
    .option("--older <duration>", "only what has waited so long (90s, 15m, 6h, 7d)")
    .option("--newer <duration>", "only what began to wait within this time")
    .option("--expiring <duration>", "only what times out within this time")
    .option("--without-deadline", "only what has no TimeoutSeconds")
    .option("--unanswerable", "only what nobody can answer here")
    .option("--limit <count>", "at most so many tasks: the first that are found, or with --sort the first in that order")
    .option("--sort <by>", "age (default), deadline or machine")
    .option("--by <what>", "state: a line per machine and state, with how many wait, since and until when")
    .option("--wide", "more columns, and on a terminal more rows than a screen holds")
    .option("--columns <names>", "these columns, such as id,age,input.orderId")
    .option("--count", "only how many")
    .option("--with-input", "add each state's input (JSON formats)")
    .option("--fail-if-any", "end with 8 where something waits")
    .option("--rate-share <share>", "of the API quotas to use, 0.1 to 1 (default: 0.5)");
}

/** Throws a usage error for what cannot be meant, before any call. */
export function pendingOptions(given: Record<string, unknown>): PendingOptions {
  const by = choiceOption(given, "by", ["state"]);
  const names = textOption(given, "columns")
    ?.split(",")
    .map((name) => name.trim());
  if (names !== undefined) taskColumns(names, new Date(0));
  const isWide = given["wide"] === true;
  if ([given["count"] === true, by !== undefined, names !== undefined, isWide].filter(Boolean).length > 1)
    throw usageError("only one of --count, --by, --columns and --wide can be shown");
  const withInput = given["withInput"] === true;
  return {
    filter: filterOf(given),
    limit: limitOf(textOption(given, "limit")),
    sort: choiceOption(given, "sort", ["age", "deadline", "machine"]) ?? null,
    regions: [...new Set(textOptions(given, "region"))],
    rateShare: shareOf(textOption(given, "rateShare")),
    form: given["count"] === true ? "count" : by === undefined ? "tasks" : "groups",
    columns: names ?? (isWide ? wideColumns : null),
    withInput,
    needsInput: withInput || (names?.some(needsInput) ?? false),
    failIfAny: given["failIfAny"] === true,
  };
}

function filterOf(given: Record<string, unknown>): SweepFilter {
  const stateMachines = given["stateMachine"];
  const [execution, state, kind] = [
    textOption(given, "execution"),
    textOption(given, "state"),
    choiceOption(given, "kind", ["callback", "activity"]),
  ];
  const [older, newer, expiring] = [span(given, "older"), span(given, "newer"), span(given, "expiring")];
  return {
    ...(older === undefined ? {} : { olderMilliseconds: older }),
    ...(newer === undefined ? {} : { newerMilliseconds: newer }),
    ...(expiring === undefined ? {} : { expiringMilliseconds: expiring }),
    ...(Array.isArray(stateMachines) ? { stateMachines: stateMachines.map(String) } : {}),
    ...(execution === undefined ? {} : { execution }),
    ...(state === undefined ? {} : { state }),
    ...(kind === undefined ? {} : { kind }),
    ...(given["withoutDeadline"] === true ? { withoutDeadline: true } : {}),
    ...(given["unanswerable"] === true ? { unanswerable: true } : {}),
  };
}

function span(given: Record<string, unknown>, name: string): number | undefined {
  const text = textOption(given, name);
  return text === undefined ? undefined : parseDuration(text, flagOf(name));
}

function limitOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw usageError(`--limit takes a whole number from 1, not ${JSON.stringify(text)}`);
  return Number(text);
}

function shareOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const share = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (share >= 0.1 && share <= 1) return share;
  throw usageError(`--rate-share takes a number from 0.1 to 1, not ${JSON.stringify(text)}`);
}
