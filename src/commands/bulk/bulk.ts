import type { AnswerResult } from "../../answering/answer-result.ts";
import { type Begun, type BulkRequest, Journal, keyOf, type PlannedTask, readJournal } from "../../answering/bulk/journal.ts";
import { type Plan, planByLines, planBySweep } from "../../answering/bulk/plan.ts";
import { answerPlanned, type BulkResult, type BulkTask, runBulk } from "../../answering/bulk/run.ts";
import { pacerFor } from "../../answering/pacing.ts";
import type { Sender } from "../../answering/send.ts";
import { type StopReason, stopExecution } from "../../answering/stop.ts";
import { checkOutput } from "../../callback/answer.ts";
import type { Answer } from "../../callback/history/outcome.ts";
import type { AppendedFile, Connection, Context } from "../../context.ts";
import { CliError, usageError } from "../../errors.ts";
import { senderFor } from "../answer/answering.ts";
import { identified, refuseUnstampable, type SendingOptions } from "../answer/sending-options.ts";
import { guardBulk, refusePreviewOfMany } from "./guard.ts";
import type { BulkChoice } from "./options.ts";
import { counted, countedTasks, groupsJson, plannedGroups, tellPlan } from "./plan-report.ts";
import { bulkResultJson, earlierResults, keptResult, reportBulk } from "./report.ts";

/** What a bulk does to each task; an answer of null where each line has to bring its own output. */
export type BulkAct =
  | { readonly command: "succeed" | "fail"; readonly answer: Answer | null }
  | { readonly command: "stop"; readonly reason: StopReason };

const verbs = { succeed: "Answer with success", fail: "Answer with failure", stop: "Stop" } as const;

/**
 * Answers many tasks: plans, tells the plan, asks, and answers. Exit 0 where all is done, 2 where nothing was sent because of --expect, a
 * missing --yes or a no; 5 where a part failed or could not be looked at.
 */
export async function bulk(context: Context, choice: BulkChoice, act: BulkAct, sending: SendingOptions): Promise<number> {
  refusePreviewOfMany(sending);
  await using connection = await context.connect();
  const request = requestOf(choice, act, sending);
  const text = choice.journal === undefined ? null : await context.files.readIfThere(choice.journal);
  const begun = text === null ? null : resumed(text, choice.journal ?? "", request);
  const plan =
    begun === null
      ? await planned(context, connection, choice, act)
      : { tasks: begun.tasks, tokens: new Map(), unanswerable: 0, notSeen: [] };
  for (const task of plan.tasks) refuseTask(task, act, sending, context.clock.now());
  const groups = await plannedGroups(connection, plan.tasks, foreseen(act));
  tellPlan(context, plan, groups, verbs[act.command]);
  if (begun !== null) context.terminal.note(resumeText(begun, plan.tasks.length));
  if (choice.expect !== undefined && choice.expect !== plan.tasks.length)
    throw usageError(
      `--expect says ${choice.expect}, and there ${plan.tasks.length === 1 ? "is" : "are"} ${plan.tasks.length}; nothing was sent`,
    );
  if (sending.dryRun) {
    await context.terminal.result(
      { dryRun: true, count: plan.tasks.length, groups: groupsJson(groups), tasks: plan.tasks.map(keyOf) },
      () => [`dry run  ${countedTasks(plan.tasks)}; nothing was sent`],
    );
    return 0;
  }
  if (begun === null && act.command === "succeed") await guardBulk(context, connection, plan.tasks, act.answer, sending);
  const signed = await identified(sending, connection);
  for (const task of plan.tasks) refuseTask(task, act, signed, context.clock.now());
  await consent(context, choice, plan.tasks.length);
  await using file = choice.journal === undefined ? null : await context.files.openToAppend(choice.journal);
  const journal = journalOn(file, text);
  if (begun === null) await journal?.begin(request, { at: context.clock.now(), reason: sending.reason ?? null }, plan.tasks);
  return await answerAll(context, connection, { plan, begun, journal, act, choice, sending: signed });
}

/** An answer of the kind that is sent: what follows does not depend on the output. */
function foreseen(act: BulkAct): Answer | null {
  return act.command === "stop" ? null : (act.answer ?? { kind: "success", output: "{}" });
}

interface Running {
  readonly plan: Plan;
  readonly begun: Begun | null;
  readonly journal: Journal | null;
  readonly act: BulkAct;
  readonly choice: BulkChoice;
  readonly sending: SendingOptions;
}

async function answerAll(context: Context, connection: Connection, running: Running): Promise<number> {
  const { terminal, clock, signal } = context;
  const { plan, begun, journal, choice, sending } = running;
  const perform = performer(context, connection, running);
  const keep = (result: AnswerResult) => keptResult(result, running.act.command === "stop", sending.reason, terminal.redact);
  const rest = plan.tasks.filter((task) => begun?.results.has(keyOf(task)) !== true);
  const tasks = rest.map((task) => ({
    ...task,
    token: plan.tokens.get(keyOf(task)) ?? null,
    wasSent: begun?.sent.has(keyOf(task)) === true,
  }));
  const results: BulkResult[] = [];
  const progress = terminal.progress(`0 of ${tasks.length}`);
  const onResult = async (done: BulkResult): Promise<void> => {
    results.push(done);
    progress.update(`${results.length} of ${tasks.length}`);
    await terminal.item(bulkResultJson(done, keep));
  };
  for (const { kept } of earlierResults(plan, begun)) await terminal.item(kept.result);
  let stopped: string | null;
  try {
    const { maxFailures, perSecond } = choice;
    stopped = await runBulk(tasks, { clock, signal, journal, maxFailures, perSecond, act: perform, record: keep, onResult });
  } finally {
    progress.stop();
  }
  await rememberNewTasks(context, connection, results);
  return reportBulk(context, { plan, begun, results, stopped, keep });
}

/** The ids of new attempts that the report names serve in the next command. */
async function rememberNewTasks({ taskIndex }: Context, { place }: Connection, results: readonly BulkResult[]): Promise<void> {
  await taskIndex.remember(
    results.flatMap(({ task: { executionArn }, result }) =>
      result === null || result.newEventId === null || result.newTaskId === null
        ? []
        : { id: result.newTaskId, executionArn, eventId: result.newEventId, place },
    ),
  );
}

function performer(context: Context, connection: Connection, { act, sending }: Running): (task: BulkTask) => Promise<AnswerResult> {
  const pacer = pacerFor(connection.place, context.clock);
  const stepFunctions = connection.stepFunctions.paced(pacer, context.signal);
  const sender: Sender = { ...senderFor(context, connection, sending.stamp), stepFunctions };
  if (act.command === "stop") return stopper(context, sender, act.reason);
  return async (task) => {
    // Sends are not paced by the gateway, which has only one of them to make elsewhere.
    await pacer.take(act.command === "succeed" ? "SendTaskSuccess" : "SendTaskFailure", context.signal);
    return answerPlanned(sender, task, answerFor(task, act.answer));
  };
}

function stopper({ terminal }: Context, sender: Sender, reason: StopReason): (task: BulkTask) => Promise<AnswerResult> {
  let isTold = false;
  return async (task) => {
    const result = await stopExecution(sender, task, reason);
    if (result.withoutReason && !isTold) terminal.warn("where the key may not be used, executions are stopped without error and cause");
    isTold ||= result.withoutReason;
    return result;
  };
}

function answerFor({ output }: PlannedTask, answer: Answer | null): Answer {
  // Only `succeed` plans tasks with an output of their own.
  if (output !== undefined) return { kind: "success", output };
  if (answer === null) throw usageError("a line has no output of its own, and none is given for all");
  return answer;
}

async function planned(context: Context, connection: Connection, choice: BulkChoice, act: BulkAct): Promise<Plan> {
  const { taskIndex, clock, signal, files, terminal } = context;
  const planning = { connection, taskIndex, clock, signal };
  const what = act.command === "stop" ? "executions" : "tasks";
  if (choice.from !== null)
    return planByLines(planning, choice.from === "-" ? await files.readStdin() : await files.read(choice.from), act.command);
  const { stateMachine, state, olderMilliseconds } = choice;
  const filter = {
    ...(stateMachine === undefined ? {} : { stateMachines: [stateMachine] }),
    ...(state === undefined ? {} : { state }),
    ...(olderMilliseconds === undefined ? {} : { olderMilliseconds }),
  };
  const progress = terminal.progress("looking for waiting tasks");
  try {
    return await planBySweep(planning, filter, what, (count) => progress.update(`${counted(count, "task")} found`));
  } finally {
    progress.stop();
  }
}

function refuseTask(task: PlannedTask, act: BulkAct, sending: SendingOptions, now: Date): void {
  if (act.command !== "succeed") return;
  if (task.output === undefined && act.answer === null)
    throw usageError(`${keyOf(task)} has no output of its own, and none was given`, "add --output '<json>', or an output to each line");
  const problem = task.output === undefined ? undefined : checkOutput(task.output);
  if (problem !== undefined) throw usageError(`the output of ${keyOf(task)}: ${problem}`);
  refuseUnstampable(answerFor(task, act.answer), sending, now);
}

/** What makes two runs the same bulk. */
function requestOf(
  { from, stateMachine, state, olderMilliseconds, across }: BulkChoice,
  act: BulkAct,
  { stamp }: SendingOptions,
): BulkRequest {
  const what = act.command === "stop" ? { reason: act.reason } : { answer: act.answer };
  const which = from === null ? { all: { stateMachine, state, olderMilliseconds, across } } : { from };
  // As it will be read back: members that are undefined are not written.
  return JSON.parse(JSON.stringify({ command: act.command, given: { ...what, ...which, stamp } })) as BulkRequest;
}

function resumed(text: string, file: string, request: BulkRequest): Begun | null {
  const begun = readJournal(text, file);
  if (begun === null || JSON.stringify(begun.request) === JSON.stringify(request)) return begun;
  throw usageError(`${file} is the journal of another bulk`, "give the command that it was begun with, or another --journal");
}

function resumeText({ results, sent }: Begun, count: number): string {
  const open = [...sent].filter((key) => !results.has(key)).length;
  if (results.size === count)
    return `all ${count.toLocaleString("en-US")} were done by an earlier run; another bulk needs another --journal`;
  return `going on: ${results.size.toLocaleString("en-US")} of ${count.toLocaleString("en-US")} are done${open === 0 ? "" : `, ${open} were under way`}`;
}

function journalOn(file: AppendedFile | null, text: string | null): Journal | null {
  return file === null ? null : new Journal(file, text !== null && text !== "" && !text.endsWith("\n"));
}

async function consent({ terminal, prompts }: Context, { yes, expect }: BulkChoice, count: number): Promise<void> {
  if (count === 0) return;
  if (yes && (expect !== undefined || terminal.interactive)) return;
  if (yes) throw usageError("--yes off a terminal needs --expect, the count that is meant; nothing was sent", `add --expect ${count}`);
  if (!terminal.interactive)
    throw usageError(
      "many tasks are answered only after a question, and there is no terminal; nothing was sent",
      `add --yes --expect ${count}`,
    );
  if (!(await prompts.confirm(`Go on with ${count.toLocaleString("en-US")}?`)))
    throw new CliError("usage", "nothing was sent", { code: "Declined" });
}
