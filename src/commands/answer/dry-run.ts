import { readableDefinition } from "../../answering/guard.ts";
import { type FoundTask, lookUp } from "../../answering/look-up.ts";
import { resultBefore } from "../../answering/send.ts";
import { beforeStop } from "../../answering/stop.ts";
import { type Consequence, consequenceOf } from "../../callback/definition/consequence.ts";
import type { Answer } from "../../callback/history/outcome.ts";
import { stamped } from "../../callback/stamp.ts";
import { taskId } from "../../callback/task-id.ts";
import type { Connection, Context } from "../../context.ts";
import { bold, dim, type Text } from "../../text.ts";
import { consequenceText } from "./consequence-text.ts";
import { exitCodes, outcomeJson, outcomeLine, redacted, shortened, stopLine } from "./outcome-report.ts";
import type { IntendedAnswer, SendingOptions } from "./sending-options.ts";

const operations = { success: "SendTaskSuccess", failure: "SendTaskFailure", heartbeat: "SendTaskHeartbeat" } as const;

/** Says what an answer would send where, and what would follow, without sending it. The exit code is the one it would end with now. */
export async function dryRunAnswer(
  context: Context,
  connection: Connection,
  { reference, narrowing, answer }: IntendedAnswer,
  stamp: SendingOptions["stamp"],
): Promise<number> {
  if (reference.kind === "token" && reference.execution === null)
    return dryRunToken(context, requestFor(stampedNow(context, answer, stamp)));
  return dryRunFound(context, connection, await lookUp(context, connection, reference, narrowing), answer, stamp);
}

/** The same for a task that was read. */
export async function dryRunFound(
  context: Context,
  connection: Connection,
  found: FoundTask,
  answer: Answer,
  stamp: SendingOptions["stamp"],
): Promise<number> {
  const request = requestFor(stampedNow(context, answer, stamp));
  const before = resultBefore(found, answer);
  if (before !== null) {
    const shown = () => [["dry run  ", outcomeLine(redacted(before, context.terminal.redact))]];
    await context.terminal.result({ dryRun: true, ...outcomeJson(before) }, shown);
    return exitCodes[before.outcome];
  }
  const { executionArn, task, events } = found;
  const { eventId, state, waitingSince, timeoutAt } = task;
  const definition = await readableDefinition(connection.stepFunctions, executionArn);
  const consequence = definition === null ? null : consequenceOf(definition, { state, eventId }, answer, events);
  const json = {
    ...{ dryRun: true, taskId: taskId(executionArn, eventId), executionArn, state, request },
    ...{
      waitingSince: waitingSince.toISOString(),
      timeoutAt: timeoutAt?.toISOString() ?? null,
      consequence: consequenceJson(consequence, state),
    },
  };
  await context.terminal.result(json, () => [
    headline(request.operation, `the task ${state} of ${executionArn.split(":").slice(-2).join("/")}`),
    ...sent(context, request),
    [dim("  waits   "), `since ${waitingSince.toISOString()}${timeoutAt === null ? "" : `, until ${timeoutAt.toISOString()}`}`],
    ...(consequence === null ? [] : [[dim("  then    "), consequenceText(consequence, state)]]),
  ]);
  return 0;
}

/** The answer as it would go out now. */
export function stampedNow({ clock }: Context, answer: Answer, stamp: SendingOptions["stamp"]): Answer {
  return stamp === undefined ? answer : (stamped(answer, { ...stamp, answeredAt: clock.now().toISOString() }) ?? answer);
}

/** What is sent, by the names of the API, without the token. */
export function requestFor({ kind, ...members }: Answer) {
  return { operation: operations[kind], ...members };
}

async function dryRunToken(context: Context, request: ReturnType<typeof requestFor>): Promise<number> {
  const json = { dryRun: true, taskId: null, executionArn: null, state: null, request, consequence: null };
  const about = dim("the token alone does not tell its task: only the value was checked; --execution <arn> tells more");
  await context.terminal.result(json, () => [headline(request.operation, "the task of this token"), ...sent(context, request), about]);
  return 0;
}

/** Says what stopping an execution would do, without stopping it. */
export async function dryRunStop(
  context: Context,
  { stepFunctions }: Connection,
  target: { readonly executionArn: string; readonly eventId: number | null },
  reason: { readonly error?: string; readonly cause?: string },
): Promise<number> {
  const { execution, result } = await beforeStop(stepFunctions, target, reason);
  const { executionArn, eventId } = target;
  const { status } = execution;
  if (result !== null) {
    const shown = () => [["dry run  ", stopLine(redacted(result, context.terminal.redact))]];
    await context.terminal.result({ dryRun: true, status, ...outcomeJson(result) }, shown);
    return exitCodes[result.outcome];
  }
  const id = eventId === null ? null : taskId(executionArn, eventId);
  const request = { operation: "StopExecution", ...reason };
  await context.terminal.result({ dryRun: true, taskId: id, executionArn, status, request }, () => [
    headline(request.operation, `the execution ${executionArn.split(":").slice(-2).join("/")}`),
    ...sent(context, request),
  ]);
  return 0;
}

export function consequenceJson(consequence: Consequence | null, state: string, ofMany = false) {
  return consequence === null ? null : { ...consequence, text: consequenceText(consequence, state, ofMany) };
}

function headline(operation: string, subject: string): Text {
  return ["dry run  ", bold(operation), ` would go to ${subject}; nothing was sent`];
}

function sent({ terminal }: Context, { operation: _, ...members }: { readonly operation: string }): Text[] {
  return Object.entries(members).map(([name, value]): Text => [dim(`  ${name.padEnd(8)}`), shortened(terminal.redact(String(value)))]);
}
