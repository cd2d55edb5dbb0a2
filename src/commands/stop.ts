import type { Command } from "commander";
import { executionArnOf, locate, readHistory } from "../answering/look-up.ts";
import type { AnswerResult } from "../answering/send.ts";
import { type Reference, readReference } from "../answering/task-reference.ts";
import type { Execution } from "../aws/step-functions.ts";
import type { Outcome } from "../callback/outcome.ts";
import { taskId } from "../callback/task-id.ts";
import { callbackTasks } from "../callback/waiting-tasks.ts";
import type { Connection, Context } from "../context.ts";
import { usageError } from "../errors.ts";
import { readReason } from "./fail.ts";
import { reportStop } from "./outcome-report.ts";
import type { Run } from "./registration.ts";
import { addTaskOptions, taskOptions, textOption } from "./task-argument.ts";
import { allowOneStdin } from "./values.ts";

export function registerStop(program: Command, run: Run): void {
  const command = program
    .command("stop")
    .description("stop the execution of a task, where no answer is possible")
    .argument("[task]", "a task id, an address, or an execution")
    .option("--error <name>", "the error's name")
    .option("--cause <text>", "the cause: text, @file, or - for standard input");
  addTaskOptions(command).action(run(stop));
}

async function stop(context: Context, options: Record<string, unknown>, word?: string): Promise<number> {
  const naming = taskOptions(options);
  allowOneStdin({ "--token": naming.token, "--cause": textOption(options, "cause") });
  const reason = await readReason(context, options);
  const reference = await readReference(context, word, naming);
  await using connection = await context.connect();
  const { executionArn, eventId } = await locateExecution(context, connection, reference);
  const { stepFunctions } = connection;
  const before = await stepFunctions.execution(executionArn);
  const running = before.status === "RUNNING";
  if (running) await stepFunctions.stopExecution(executionArn, reason);
  const after = running ? await stepFunctions.execution(executionArn) : before;
  const task =
    eventId === null ? undefined : callbackTasks(await readHistory(stepFunctions, executionArn)).find((each) => each.eventId === eventId);
  const result: AnswerResult = {
    taskId: eventId === null ? null : taskId(executionArn, eventId),
    executionArn,
    state: task?.state ?? null,
    sent: running ? "stop" : null,
    outcome: outcomeOf(after, reason, running),
    settled: running ? "reply" : "history",
    closedAt: after.stoppedAt,
    next: { status: after.status },
    nextState: null,
    ending: { status: after.status, output: after.output, error: after.error },
    newTaskId: null,
    closing: task?.closed ?? null,
    expiredBy: null,
  };
  return reportStop(context.terminal, result);
}

/** The execution that a reference means, and the task's event id where it names a task. */
export function locateExecution(
  context: Context,
  connection: Connection,
  reference: Reference,
): Promise<{ executionArn: string; eventId: number | null }> {
  if (reference.kind !== "token") return locate(context, connection, reference);
  if (reference.execution === null) throw usageError("a token does not say which execution it belongs to", "add --execution <arn>");
  return executionArnOf(connection.stepFunctions, reference.execution).then((executionArn) => ({ executionArn, eventId: null }));
}

function outcomeOf(after: Execution, reason: { error?: string; cause?: string }, sent: boolean): Outcome {
  const ours = after.status === "ABORTED" && after.error === (reason.error ?? null) && after.cause === (reason.cause ?? null);
  if (ours) return sent ? "applied" : "same";
  // AWS tells the error and the cause only to those who may read them; a stop that was taken and shows ABORTED is ours all the same.
  if (sent && after.status === "ABORTED" && after.error === null && after.cause === null) return "applied";
  return after.status === "TIMED_OUT" ? "expired" : "different";
}
