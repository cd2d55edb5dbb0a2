import { type Plan, planByLines, planBySweep } from "../answering/bulk-plan.ts";
import { answerPlanned, type BulkResult, type BulkTask, isDone, runBulk } from "../answering/bulk-run.ts";
import { type Begun, type BulkRequest, Journal, keyOf, type PlannedTask, type RecordedResult, readJournal } from "../answering/journal.ts";
import { pacerFor } from "../answering/pacing.ts";
import type { AnswerResult, Sender } from "../answering/send.ts";
import { type StopReason, stopExecution } from "../answering/stop.ts";
import type { Answer, Outcome } from "../callback/outcome.ts";
import type { AppendedFile, Connection, Context } from "../context.ts";
import { CliError, usageError } from "../errors.ts";
import { senderFor } from "./answering.ts";
import type { BulkChoice } from "./bulk-options.ts";
import { counted, failureColumns, groupsJson, plannedGroups, tellPlan } from "./bulk-plan-report.ts";
import { outcomeJson, redacted, sentence, stopSentence } from "./outcome-report.ts";
import { refuseUnstampable, type SendingOptions } from "./sending-options.ts";

/** What a bulk does to each task; an answer of null where each line has to bring its own output. */
export type BulkAct =
  | { readonly command: "succeed" | "fail"; readonly answer: Answer | null }
  | { readonly command: "stop"; readonly reason: StopReason };

/** A part of it failed. */
const notAllDone = 5;

const verbs = { succeed: "Answer with success", fail: "Answer with failure", stop: "Stop" } as const;

/**
 * Answers many tasks: plans, tells the plan, asks, and answers. Exit 0 where all is done, 2 where nothing was sent because of --expect, a
 * missing --yes or a no; 5 where a part failed or could not be looked at.
 */
export async function bulk(context: Context, choice: BulkChoice, act: BulkAct, sending: SendingOptions): Promise<number> {
  await using connection = await context.connect();
  const request = requestOf(choice, act, sending);
  const text = choice.journal === undefined ? null : await context.files.readIfThere(choice.journal);
  const begun = text === null ? null : resumed(text, choice.journal ?? "", request);
  const plan =
    begun === null
      ? await planned(context, connection, choice, act)
      : { tasks: begun.tasks, tokens: new Map(), unanswerable: 0, notSeen: [] };
  for (const task of plan.tasks) refuseTask(task, act, sending, context.clock.now());
  const groups = await plannedGroups(connection, plan.tasks, act.command === "stop" ? null : act.answer);
  tellPlan(context, plan, groups, verbs[act.command]);
  if (begun !== null) context.terminal.note(resumeText(begun, plan.tasks.length));
  if (choice.expect !== undefined && choice.expect !== plan.tasks.length)
    throw usageError(
      `--expect says ${choice.expect}, and there ${plan.tasks.length === 1 ? "is" : "are"} ${plan.tasks.length}; nothing was sent`,
    );
  if (sending.dryRun) {
    await context.terminal.result(
      { dryRun: true, count: plan.tasks.length, groups: groupsJson(groups), tasks: plan.tasks.map(keyOf) },
      () => [`dry run  ${counted(plan.tasks.length, "task")}; nothing was sent`],
    );
    return 0;
  }
  await consent(context, choice, plan.tasks.length);
  await using file = choice.journal === undefined ? null : await context.files.openToAppend(choice.journal);
  const journal = journalOn(file, text);
  if (begun === null) await journal?.begin(request, { at: context.clock.now(), reason: sending.reason ?? null }, plan.tasks);
  return await answerAll(context, connection, { plan, begun, journal, act, choice, sending });
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
  const record = (result: AnswerResult): RecordedResult => outcomeJson(result, sending.reason);
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
    await terminal.item(resultJson(done, record));
  };
  let stopped: string | null;
  try {
    const { maxFailures, perSecond } = choice;
    stopped = await runBulk(tasks, { clock, signal, journal, maxFailures, perSecond, act: perform, record, onResult });
  } finally {
    progress.stop();
  }
  return report(context, running, results, record, stopped);
}

function performer(context: Context, connection: Connection, { act, sending }: Running): (task: BulkTask) => Promise<AnswerResult> {
  const pacer = pacerFor(connection.place, context.clock);
  const stepFunctions = connection.stepFunctions.paced(pacer, context.signal);
  if (act.command === "stop") return (task) => stopExecution(stepFunctions, task, act.reason);
  const sender: Sender = { ...senderFor(context, connection, sending.stamp), stepFunctions };
  return async (task) => {
    // Sends are not paced by the gateway, which has only one of them to make elsewhere.
    await pacer.take(act.command === "succeed" ? "SendTaskSuccess" : "SendTaskFailure", context.signal);
    return answerPlanned(sender, task, answerFor(task, act.answer));
  };
}

function answerFor({ output }: PlannedTask, answer: Answer | null): Answer {
  if (output !== undefined) return { kind: "success", output };
  if (answer === null) throw usageError("a line has no output of its own, and none is given for all");
  return answer;
}

async function report(
  { terminal, signal }: Context,
  { plan, begun, act }: Running,
  results: readonly BulkResult[],
  record: (result: AnswerResult) => RecordedResult,
  stopped: string | null,
): Promise<number> {
  const earlier = plan.tasks.flatMap((task) => begun?.results.get(keyOf(task)) ?? []);
  const all = [...earlier, ...results.map((each) => resultJson(each, record))];
  const counts: Record<string, number> = {};
  for (const outcome of all.map((each) => each.outcome ?? "failed")) counts[outcome] = (counts[outcome] ?? 0) + 1;
  const notSent = plan.tasks.length - all.length;
  if (notSent > 0) counts["notSent"] = notSent;
  const failures = results.flatMap((each) => failureOf(each, act, terminal.redact));
  if (terminal.format !== "jsonl") {
    const summary = Object.entries(counts).map(([outcome, count]) => `${outcome} ${count.toLocaleString("en-US")}`);
    const lines = () => [
      ...(failures.length === 0 ? [] : terminal.table(failureColumns, failures)),
      summary.join(", ") || "nothing is waiting",
    ];
    await terminal.result({ results: all, counts }, lines);
  }
  if (stopped !== null) terminal.warn(`stopped: ${stopped}; ${counted(notSent, "task")} got nothing`);
  if (signal.aborted && signal.reason instanceof CliError) return signal.reason.exitCode;
  const isAllDone = all.every(({ outcome }) => outcome !== null && isDone(outcome as Outcome)) && notSent === 0;
  return isAllDone && plan.notSeen.length === 0 ? 0 : notAllDone;
}

function resultJson({ task, result, error }: BulkResult, record: (result: AnswerResult) => RecordedResult) {
  if (result !== null) return record(result);
  const { id, executionArn, state } = task;
  const about = { taskId: id, executionArn, state, sent: null, outcome: null, settled: null, closedAt: null, next: null, newTaskId: null };
  return { ...about, error: error === null ? null : { code: error.code, message: error.message } };
}

function failureOf({ task, result, error }: BulkResult, act: BulkAct, redact: (text: string) => string) {
  if (error !== null) return [{ task, outcome: error.code, why: error.message }];
  if (result === null || isDone(result.outcome)) return [];
  const shown = redacted(result, redact);
  return [{ task, outcome: result.outcome, why: act.command === "stop" ? stopSentence(shown) : sentence(shown) }];
}

async function planned(context: Context, connection: Connection, choice: BulkChoice, act: BulkAct): Promise<Plan> {
  const { taskIndex, clock, signal, files, terminal } = context;
  const planning = { connection, taskIndex, clock, signal };
  const what = act.command === "stop" ? "executions" : "tasks";
  if (choice.from !== null)
    return planByLines(planning, choice.from === "-" ? await files.readStdin() : await files.read(choice.from), what);
  const { stateMachine, state, olderMilliseconds } = choice;
  const filter = {
    ...(stateMachine === undefined ? {} : { stateMachines: [stateMachine] }),
    ...(state === undefined ? {} : { state }),
    ...(olderMilliseconds === undefined ? {} : { waitingSince: new Date(connection.stepFunctions.now().getTime() - olderMilliseconds) }),
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
  return `going on: ${results.size.toLocaleString("en-US")} of ${count.toLocaleString("en-US")} are done${open === 0 ? "" : `, ${open} were under way`}`;
}

function journalOn(file: AppendedFile | null, text: string | null): Journal | null {
  return file === null ? null : new Journal(file, text !== null && text !== "" && !text.endsWith("\n"));
}

async function consent({ terminal, prompts }: Context, { yes, expect }: BulkChoice, count: number): Promise<void> {
  if (count === 0) return;
  if (yes && (expect !== undefined || terminal.interactive)) return;
  if (yes) throw usageError("--yes off a terminal needs --expect, the count that is meant; nothing was sent", `Add --expect ${count}`);
  if (!terminal.interactive)
    throw usageError(
      "many tasks are answered only after a question, and there is no terminal; nothing was sent",
      `Add --yes --expect ${count}`,
    );
  if (!(await prompts.confirm(`Go on with ${count.toLocaleString("en-US")}?`)))
    throw new CliError("usage", "nothing was sent", { code: "Declined" });
}
