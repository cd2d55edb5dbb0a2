import type { Command } from "commander";
import { readHistory } from "../answering/history-reading.ts";
import { rememberTasks } from "../answering/look-up.ts";
import { readReference } from "../answering/task-reference.ts";
import type { Execution, StepFunctions } from "../aws/step-functions.ts";
import { type CallbackTask, callbackTasks } from "../callback/history/waiting-tasks.ts";
import { parsedJson } from "../callback/json-value.ts";
import { taskId } from "../callback/task-id.ts";
import type { Clock, Column, Context, Terminal } from "../context.ts";
import { CliError } from "../errors.ts";
import { bold, cyan, green, red, type Text } from "../text.ts";
import { parseDuration } from "./durations.ts";
import { choiceOption, textOption } from "./parsed-options.ts";
import { addExamples, type Run } from "./registration.ts";
import { locateExecution } from "./stop.ts";
import { addTaskOptions, taskOptions } from "./task-argument.ts";

export type Until = "waiting" | "answered" | "ended";

export function registerWait(program: Command, run: Run): void {
  const command = program
    .command("wait")
    .description("wait for an execution or one of its tasks")
    .argument("[task]", "a task id, an address, or an execution")
    .option("--until <what>", "waiting, answered or ended", "ended")
    .option("--timeout <duration>", "give up after this long (exit 9)");
  addExamples(addTaskOptions(command), ["wait approval/order-17 --until ended --timeout 15m", "wait 3f9c --until answered"]).action(
    run(wait, { readsOnly: true }),
  );
}

async function wait(context: Context, options: Record<string, unknown>, word?: string): Promise<number> {
  const naming = taskOptions(options);
  const until = choiceOption(options, "until", ["waiting", "answered", "ended"]) ?? "ended";
  const timeout = textOption(options, "timeout");
  const timeoutMilliseconds = timeout === undefined ? null : parseDuration(timeout, "--timeout");
  const reference = await readReference(context, word, naming);
  await using connection = await context.connect();
  const { executionArn, eventId } = await locateExecution(context, connection, reference);
  const isMeant = (task: CallbackTask): boolean =>
    (eventId === null || task.eventId === eventId) &&
    (reference.kind !== "token" || task.taskToken === reference.token) &&
    (naming.state === undefined || task.state === naming.state) &&
    (naming.index === undefined || task.path.some((step) => "map" in step && step.index === naming.index));
  const progress = context.terminal.progress(`waiting until ${until}`);
  try {
    const seen = await watch(context, connection.stepFunctions, { executionArn, until, timeoutMilliseconds, isMeant });
    progress.stop();
    await rememberTasks(
      context,
      connection,
      executionArn,
      seen.waiting.map((task) => task.eventId),
    );
    await context.terminal.result(watchedJson(seen), () => lines(context.terminal, seen));
    if (!seen.reached) {
      context.terminal.warn(`not ${until} within --timeout; the execution is ${seen.execution.status}`);
      return 9;
    }
    return seen.execution.status === "SUCCEEDED" || seen.execution.status === "RUNNING" ? 0 : 7;
  } finally {
    progress.stop();
  }
}

export interface Watching {
  readonly executionArn: string;
  readonly until: Until;
  readonly timeoutMilliseconds: number | null;
  isMeant(task: CallbackTask): boolean;
}

export interface Watched {
  readonly execution: Execution;
  readonly waiting: readonly CallbackTask[];
  /** False where the timeout passed first. */
  readonly reached: boolean;
}

const firstDelayMilliseconds = 100;
const longestDelayMilliseconds = 5000;

/** Looks again and again, ever more slowly, until that is so, the execution ended, or the time is up. Rejects where the signal is raised. */
export async function watch(
  context: { clock: Clock; signal: AbortSignal },
  stepFunctions: StepFunctions,
  watching: Watching,
): Promise<Watched> {
  const startedAt = context.clock.now().getTime();
  for (let delay = firstDelayMilliseconds; ; delay = Math.min(delay * 1.5, longestDelayMilliseconds)) {
    const seen = await look(stepFunctions, watching);
    if (seen.reached) return seen;
    const leftMilliseconds = timeLeft(context.clock, startedAt, watching.timeoutMilliseconds);
    if (leftMilliseconds <= 0) return seen;
    await context.clock.sleep(Math.min(delay, leftMilliseconds), context.signal);
  }
}

function timeLeft(clock: Clock, startedAt: number, timeoutMilliseconds: number | null): number {
  return timeoutMilliseconds === null ? Number.POSITIVE_INFINITY : startedAt + timeoutMilliseconds - clock.now().getTime();
}

async function look(stepFunctions: StepFunctions, { executionArn, until, isMeant }: Watching): Promise<Watched> {
  const execution = await stepFunctions.execution(executionArn);
  const ended = execution.status !== "RUNNING";
  if (until === "ended") return { execution, waiting: [], reached: ended };
  const meant = callbackTasks(await readHistory(stepFunctions, executionArn)).filter(isMeant);
  const waiting = meant.filter((task) => task.closed === null);
  if (ended && meant.length === 0 && until === "answered") {
    throw new CliError("closed", `the execution is ${execution.status} and held no such task: ${executionArn}`);
  }
  const reached = until === "waiting" ? waiting.length > 0 : meant.length > 0 && waiting.length === 0;
  return { execution, waiting, reached: reached || ended };
}

/** One line of what was seen: status, execution, and the ids of the tasks that wait, or the output or error it ended with. */
export function lines(terminal: Terminal, { execution, waiting }: Watched): readonly Text[] {
  const { arn, status, output, error, cause } = execution;
  const ids = waiting.map((task) => taskId(arn, task.eventId));
  // In a pipe the columns are always the same four; on a terminal those that hold nothing are left out.
  const piped = !terminal.stdoutIsTerminal;
  const failure = error === null || cause === null ? error : `${error}: ${cause}`;
  const result = output ?? failure ?? "";
  const columns: Column<Execution>[] = [
    { header: "STATUS", cell: () => statusText(status), plain: () => status },
    { header: "EXECUTION", cell: () => arn.split(":").slice(-2).join("/"), plain: () => arn },
    ...(piped || ids.length > 0 ? [{ header: "WAITING", cell: () => bold(ids.join(" ")), plain: () => ids.join(" "), whole: true }] : []),
    ...(piped || result !== "" ? [{ header: output === null ? "ERROR" : "OUTPUT", cell: () => result }] : []),
  ];
  return terminal.table(columns, [execution]);
}

/** An execution's status in its color. */
export function statusText(status: string): Text {
  return status === "SUCCEEDED" ? green(status) : status === "RUNNING" ? cyan(status) : red(status);
}

/** The same fields as `start --json`. */
export function watchedJson({ execution, waiting }: Watched) {
  const { arn, startedAt, status, output, error, cause } = execution;
  const ids = waiting.map((task) => taskId(arn, task.eventId));
  return { executionArn: arn, startDate: startedAt.toISOString(), status, output: parsedJson(output), error, cause, waiting: ids };
}
