import type { Command } from "commander";
import { pacerFor } from "../answering/pacing.ts";
import type { Connection, Context } from "../context.ts";
import { CliError, usageError } from "../errors.ts";
import { type Sweep, type SweepProgress, sweep } from "../sweep/sweep.ts";
import { dim } from "../text.ts";
import { formatSpan, parseDuration } from "./durations.ts";
import type { Run } from "./registration.ts";
import { textOption } from "./task-argument.ts";
import { taskColumns, usualColumns, wideColumns } from "./waiting-task-columns.ts";
import { groupColumns, groupJson, groupsByState } from "./waiting-task-groups.ts";
import { taskJson } from "./waiting-task-json.ts";

/** The code that says "something is waiting" to cron and CI; it wins over 5. */
const somethingWaits = 8;
/** A part of the account could not be looked at. */
const notAllSeen = 5;

export function registerPending(program: Command, run: Run): void {
  program
    .command("pending")
    .description("list the waiting tasks of the account and Region")
    .option("--state-machine <name>", "only of this state machine")
    .option("--state <name>", "only in this state")
    .option("--older-than <duration>", "only what has waited so long (90s, 15m, 6h, 7d)")
    .option("--limit <count>", "stop after so many tasks")
    .option("--by <what>", "`state`: a line per machine and state")
    .option("--wide", "more columns")
    .option("--columns <names>", "these columns, such as id,age,input.orderId")
    .option("--count", "only how many")
    .option("--with-input", "add each state's input (JSON formats)")
    .option("--fail-if-any", "end with 8 where something waits")
    .option("--rate-share <share>", "of the API quotas to use, 0.1 to 1 (default 0.5)")
    .addHelpText("after", examples)
    .action(run(pending));
}

const examples = `
Examples:
  sfn-callback pending
  sfn-callback pending --state-machine orders --columns id,age,input.orderId
  sfn-callback pending --older-than 2d --fail-if-any --count
  sfn-callback pending --jsonl --query id`;

interface PendingOptions {
  readonly stateMachineName: string | undefined;
  readonly state: string | undefined;
  readonly olderThanMilliseconds: number | undefined;
  readonly limit: number | undefined;
  readonly rateShare: number | undefined;
  readonly form: "tasks" | "groups" | "count";
  /** Null where the screen decides between tasks and groups. */
  readonly columns: readonly string[] | null;
  readonly withInput: boolean;
  readonly failIfAny: boolean;
}

async function pending(context: Context, given: Record<string, unknown>): Promise<number> {
  const options = parse(given);
  await using connection = await context.connect();
  const found = await look(context, connection, options);
  await context.taskIndex.remember(
    found.tasks.map(({ id, executionArn, task }) => ({ id, executionArn, eventId: task?.eventId ?? 0, place: connection.place })),
  );
  await report(context, connection, found, options);
  if (found.interrupted && context.signal.reason instanceof CliError) return context.signal.reason.exitCode;
  if (options.failIfAny && found.tasks.length > 0) return somethingWaits;
  return found.notSeen.length > 0 ? notAllSeen : 0;
}

function parse(given: Record<string, unknown>): PendingOptions {
  const by = textOption(given, "by");
  if (by !== undefined && by !== "state") throw usageError(`--by takes "state", not ${JSON.stringify(by)}`);
  const names = textOption(given, "columns")
    ?.split(",")
    .map((name) => name.trim());
  if (names !== undefined) taskColumns(names, new Date(0));
  const olderThan = textOption(given, "olderThan");
  const forms = [given["count"] === true, by !== undefined, names !== undefined || given["wide"] === true];
  if (forms.filter(Boolean).length > 1) throw usageError("only one of --count, --by and --columns or --wide can be shown");
  return {
    stateMachineName: textOption(given, "stateMachine"),
    state: textOption(given, "state"),
    olderThanMilliseconds: olderThan === undefined ? undefined : parseDuration(olderThan, "--older-than"),
    limit: parseLimit(textOption(given, "limit")),
    rateShare: parseShare(textOption(given, "rateShare")),
    form: given["count"] === true ? "count" : by === undefined ? "tasks" : "groups",
    columns: names ?? (given["wide"] === true ? wideColumns : null),
    withInput: given["withInput"] === true,
    failIfAny: given["failIfAny"] === true,
  };
}

function parseLimit(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw usageError(`--limit takes a whole number from 1, not "${text}"`);
  return Number(text);
}

function parseShare(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const share = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (share >= 0.1 && share <= 1) return share;
  throw usageError(`--rate-share takes a number from 0.1 to 1, not "${text}"`);
}

async function look(context: Context, { stepFunctions, place }: Connection, options: PendingOptions): Promise<Sweep> {
  const { terminal, clock, signal } = context;
  const { stateMachineName, state, limit, olderThanMilliseconds } = options;
  const progress = terminal.progress("looking for waiting tasks");
  const needsInput = options.withInput || (options.columns?.some((name) => name.startsWith("input")) ?? false);
  const isStreamed = options.form === "tasks";
  try {
    return await sweep(stepFunctions, pacerFor(place, clock, options.rateShare), {
      ...(stateMachineName === undefined ? {} : { stateMachineName }),
      ...(state === undefined ? {} : { state }),
      ...(limit === undefined ? {} : { limit }),
      ...(olderThanMilliseconds === undefined ? {} : { waitingSince: new Date(stepFunctions.now().getTime() - olderThanMilliseconds) }),
      withInput: needsInput,
      signal,
      onTask: async (task) => {
        if (isStreamed) await terminal.item(taskJson(task, options.withInput));
      },
      onProgress: (at) => progress.update(progressText(at)),
    });
  } finally {
    progress.stop();
  }
}

/** What is left, and how long it takes where the quotas make it long. */
function progressText({
  machinesLeft,
  callbackMachinesLeft,
  executionsLeft,
  executionsRead,
  tasks,
  millisecondsLeft,
}: SweepProgress): string {
  const left =
    callbackMachinesLeft > 0
      ? counted(machinesLeft, "machine")
      : machinesLeft > 0
        ? `${counted(machinesLeft, "machine")} without a callback`
        : counted(executionsLeft, "execution");
  const time = millisecondsLeft < 5000 ? "" : `, about ${formatSpan(millisecondsLeft)}; Ctrl-C keeps what you have`;
  return `${tasks} waiting, ${counted(executionsRead, "execution")} read; ${left} left${time}`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

async function report(context: Context, connection: Connection, found: Sweep, options: PendingOptions): Promise<void> {
  const { terminal } = context;
  const { calls, throttles } = connection.stepFunctions;
  const { tasks, notSeen, complete } = found;
  const about = { notSeen, complete, calls, throttles };
  const now = connection.stepFunctions.now();
  if (options.form === "count") {
    await terminal.result({ count: tasks.length, ...about }, () => [String(tasks.length)]);
  } else if (options.form === "groups") {
    const groups = groupsByState(tasks);
    await terminal.result({ groups: groups.map(groupJson), ...about }, () => terminal.table(groupColumns(now), groups));
  } else if (terminal.format !== "jsonl") {
    // Under --jsonl every task was given when it was found.
    await terminal.result({ tasks: tasks.map((task) => taskJson(task, options.withInput)), ...about }, () =>
      rows(context, found, options, now),
    );
  }
  tellAbout(context, connection, found, options);
}

function rows({ terminal }: Context, { tasks }: Sweep, { columns }: PendingOptions, now: Date) {
  if (tasks.length === 0) return [];
  if (columns === null && terminal.stdoutIsTerminal && tasks.length > terminal.rows) {
    const groups = groupsByState(tasks);
    return [
      ...terminal.table(groupColumns(now), groups),
      dim(`${tasks.length} tasks wait; --state-machine, --state or --limit shows them one by one.`),
    ];
  }
  return terminal.table(taskColumns(columns ?? usualColumns, now), tasks);
}

function tellAbout(
  { terminal }: Context,
  { stepFunctions }: Connection,
  { tasks, notSeen, complete, interrupted }: Sweep,
  { limit }: PendingOptions,
): void {
  for (const { arn, operation, reason } of notSeen) terminal.warn(`not seen: ${operation} ${arn}: ${reason}`);
  const counts = (of: Readonly<Record<string, number>>) =>
    Object.entries(of)
      .map(([operation, count]) => `${operation} ${count}`)
      .join(", ");
  terminal.debug(`calls: ${counts(stepFunctions.calls)}; throttled: ${counts(stepFunctions.throttles) || "none"}`);
  if (terminal.format !== "human" || !terminal.stderrIsTerminal) return;
  if (interrupted) terminal.note(dim("interrupted: this is what was found so far"));
  else if (tasks.length === 0)
    terminal.note(dim(notSeen.length === 0 ? "nothing is waiting" : "nothing is waiting where it could be looked"));
  else if (!complete && limit !== undefined && tasks.length >= limit) terminal.note(dim("cut off by --limit"));
}
