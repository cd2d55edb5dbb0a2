import type { Command } from "commander";
import type { Column, Connection, Context } from "../context.ts";
import { usageError } from "../errors.ts";
import { type Sweep, type SweptTask, sweep } from "../sweep/sweep.ts";
import { bold, dim, yellow } from "../text.ts";
import type { Run } from "./registration.ts";
import { textOption } from "./task-argument.ts";

export function registerPending(program: Command, run: Run): void {
  program
    .command("pending")
    .description("list the waiting tasks of the account and Region")
    .option("--state-machine <name>", "only of this state machine")
    .option("--limit <count>", "stop after so many tasks")
    .option("--with-input", "add each state's input (JSON formats)")
    .action(run(pending));
}

async function pending(context: Context, options: Record<string, unknown>): Promise<number> {
  const { terminal } = context;
  const stateMachineName = textOption(options, "stateMachine");
  const limit = parseLimit(textOption(options, "limit"));
  const withInput = options["withInput"] === true;
  await using connection = await context.connect();
  const progress = terminal.progress("looking for waiting tasks");
  let swept: Sweep;
  try {
    swept = await sweep(connection.stepFunctions, {
      ...(stateMachineName === undefined ? {} : { stateMachineName }),
      ...(limit === undefined ? {} : { limit }),
      signal: context.signal,
      onTask: (task) => terminal.item(taskJson(task, withInput)),
      onExecution: (count) => progress.update(`looking for waiting tasks: ${count} executions read`),
    });
  } finally {
    progress.stop();
  }
  await remember(context, connection, swept);
  await report(context, connection, swept, withInput);
  for (const { arn, operation, reason } of swept.notSeen) terminal.warn(`not seen: ${operation} ${arn}: ${reason}`);
  return swept.notSeen.length > 0 ? 5 : 0;
}

function parseLimit(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw usageError(`--limit takes a whole number from 1, not "${text}"`);
  return Number(text);
}

async function remember(context: Context, { place }: Connection, { tasks }: Sweep): Promise<void> {
  await context.taskIndex.remember(tasks.map(({ id, executionArn, task }) => ({ id, executionArn, eventId: task.eventId, place })));
}

async function report({ terminal }: Context, { stepFunctions }: Connection, swept: Sweep, withInput: boolean): Promise<void> {
  // Under --jsonl every task was given when it was found.
  if (terminal.format === "jsonl") return;
  const json = {
    tasks: swept.tasks.map((task) => taskJson(task, withInput)),
    notSeen: swept.notSeen,
    complete: swept.complete,
    calls: stepFunctions.calls,
  };
  const lines = () => (swept.tasks.length === 0 ? [] : terminal.table(columns(stepFunctions.now()), swept.tasks));
  await terminal.result(json, lines);
  if (terminal.format !== "human" || !terminal.stderrIsTerminal) return;
  if (swept.tasks.length === 0) terminal.note(dim("nothing is waiting"));
  else if (!swept.complete && swept.notSeen.length === 0) terminal.note(dim("cut off by --limit"));
}

/** One waiting task with the fields that scripts rely on. */
export function taskJson(swept: SweptTask, withInput: boolean) {
  const { task, executionArn } = swept;
  const [, , , region, account] = executionArn.split(":");
  const unanswerableReason = reasonAgainst(swept);
  return {
    id: swept.id,
    address: `${executionArn}#${task.eventId}`,
    kind: task.kind,
    stateMachineArn: swept.stateMachineArn,
    stateMachineName: swept.stateMachineName,
    executionArn,
    executionName: swept.executionName,
    state: task.state,
    path: task.path,
    attempt: task.attempt,
    integration: task.integration,
    handedTo: task.handedTo,
    waitingSince: task.waitingSince.toISOString(),
    timeoutAt: task.timeoutAt?.toISOString() ?? null,
    heartbeatSeconds: task.heartbeatSeconds,
    answerable: unanswerableReason === null,
    unanswerableReason,
    region: region ?? null,
    account: account ?? null,
    ...(withInput ? { input: parsed(task.input) } : {}),
  };
}

function reasonAgainst({ task }: SweptTask): "activity" | "tokenNotInPayload" | null {
  if (task.kind === "activity") return "activity";
  return task.taskToken === null ? "tokenNotInPayload" : null;
}

function parsed(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    // AWS cuts long texts off; what is left is still worth showing.
    return text;
  }
}

function columns(now: Date): readonly Column<SweptTask>[] {
  return [
    { header: "ID", cell: ({ id }) => bold(id), plain: ({ id }) => id },
    { header: "MACHINE", cell: (swept) => swept.stateMachineName },
    { header: "STATE", cell: stateCell, plain: stateCell },
    {
      header: "AGE",
      cell: ({ task }) => span(now.getTime() - task.waitingSince.getTime()),
      plain: ({ task }) => task.waitingSince.toISOString(),
    },
    { header: "DEADLINE", cell: ({ task }) => deadline(task.timeoutAt, now), plain: ({ task }) => task.timeoutAt?.toISOString() ?? "" },
    { header: "EXECUTION", cell: (swept) => swept.executionName },
  ];
}

function stateCell({ task }: SweptTask): string {
  const steps = task.path.map((step) => ("map" in step ? `[${step.index}]` : "parallel" in step ? `{${step.branch}}` : ""));
  return `${task.state}${steps.join("")}`;
}

function deadline(timeoutAt: Date | null, now: Date) {
  if (timeoutAt === null) return dim("none");
  const leftMilliseconds = timeoutAt.getTime() - now.getTime();
  const text = leftMilliseconds < 0 ? "past" : `in ${span(leftMilliseconds)}`;
  return leftMilliseconds < 3_600_000 ? yellow(text) : text;
}

const units = [
  ["d", 86_400],
  ["h", 3600],
  ["m", 60],
] as const;

/** A length of time in its greatest whole unit: `6d`, `3h`, `12m`, `40s`. */
function span(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [name, size] = units.find((unit) => seconds >= unit[1]) ?? ["s", 1];
  return `${Math.floor(seconds / size)}${name}`;
}
