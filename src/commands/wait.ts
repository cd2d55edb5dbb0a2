import type { Command } from "commander";
import { fits } from "../answering/look-up.ts";
import { readReference } from "../answering/task-reference.ts";
import type { WatchedTask } from "../answering/watching.ts";
import type { Context } from "../context.ts";
import { parseDuration } from "./durations.ts";
import { choiceOption, textOption } from "./parsed-options.ts";
import { addExamples, type Run } from "./registration.ts";
import { locateExecution } from "./stop.ts";
import { addTaskOptions, taskOptions } from "./task-argument.ts";
import { watchedJson, watchedLines } from "./wait/report.ts";
import { watchShown } from "./wait/watch-shown.ts";

export function registerWait(program: Command, run: Run): void {
  const command = program
    .command("wait")
    .description("wait for an execution or one of its tasks")
    .argument("[task]", "a task id, an address, or an execution")
    .option("--until <what>", "waiting, answered or ended (default)")
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
  const isMeant = ({ task }: WatchedTask): boolean =>
    (eventId === null || task.eventId === eventId) &&
    (reference.kind !== "token" || task.taskToken === reference.token) &&
    fits(task, naming);
  const watching = { executionArn, until, timeoutMilliseconds, isMeant, looksInside: eventId === null };
  const seen = await watchShown(context, connection, watching);
  await context.terminal.result(watchedJson(seen), () => watchedLines(context.terminal, seen));
  if (!seen.reached) {
    context.terminal.warn(`not ${until} within --timeout; the execution is ${seen.execution.status}`);
    return 9;
  }
  return seen.execution.status === "SUCCEEDED" || seen.execution.status === "RUNNING" ? 0 : 7;
}
