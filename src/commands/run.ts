import type { Command } from "commander";
import { type Reference, readReference, type TaskOptions } from "../answering/task-reference.ts";
import { type Rhythm, rhythmOf } from "../answering/working/beating.ts";
import type { HeldTask } from "../answering/working/held-task.ts";
import { taskId } from "../callback/task-id.ts";
import type { Context } from "../context.ts";
import { CliError, usageError } from "../errors.ts";
import { addExamples, type Run } from "./registration.ts";
import { endJson, exitCodeOf } from "./run/end.ts";
import { hold } from "./run/holding.ts";
import { Interrupts } from "./run/interrupts.ts";
import { runLog, type Tell } from "./run/log.ts";
import { addRunOptions, parseEvery, parseLog, parseRunSettings, parseWorker } from "./run/options.ts";
import { lost, type RunSettings, type WorkEnd, workOn, workplace } from "./run/task.ts";
import { runWorker } from "./run/worker.ts";
import { addTaskOptions, taskOptions } from "./task-argument.ts";

const exitCodesHelp = `
The command gets the task's input on its standard input and in the file
that SFN_CALLBACK_INPUT_FILE names. What it prints is passed on, and with
exit code 0 is the output: auto takes all of stdout if it is JSON, else its
last line if that is; file takes what it has written to the file that
SFN_CALLBACK_OUTPUT_FILE names; none answers {}. No output at all is {}.

Exit codes:
  0        the command succeeded, and that was answered
           (a worker: it was told to end, or has done --max-tasks)
  n        the command's own where it failed and that was answered;
           128 + the signal's number where a signal ended it
  3        the task no longer waits: the command was stopped,
           or its answer did not count
  6        unknown: the answer may or may not have been applied
  125      sfn-callback failed, or the output could not be used
  126, 127 the command cannot be run, or is not found; the task was not answered
  130, 143 ended by Ctrl-C, by SIGTERM`;

export function registerRun(program: Command, run: Run): void {
  const command = program
    .command("run")
    .description("run a command, tell AWS meanwhile that the work goes on, and answer with its result; --activity makes it a worker")
    .usage("[options] [task] -- <command> [args...]")
    .argument("[task]", "a task id, an address, or an execution");
  addRunOptions(addTaskOptions(command)).addHelpText("after", exitCodesHelp);
  addExamples(command, [
    "run 3f9c -- ./resize.sh",
    'run --token-env TASK_TOKEN --execution "$EXECUTION_ARN" -- npm run migrate',
    "run 3f9c --output-from last-line --error-for 75=TemporaryFailure -- python work.py",
    "run --activity resize --concurrency 4 --every 10s -- ./resize.sh",
  ]).action(run(runCommand, { takesCommand: true }));
}

async function runCommand(context: Context, options: Record<string, unknown>, word?: string): Promise<number> {
  const naming = taskOptions(options);
  const settings = parseRunSettings(options, context.terminal);
  const everyMilliseconds = parseEvery(options);
  const worker = parseWorker(options);
  const log = parseLog(options);
  const namesTask = word !== undefined || Object.keys(naming).length > 0;
  if (worker !== null && namesTask)
    throw usageError("a worker takes the tasks of its activity, so it is given none", "leave <task> and --token out");
  await context.checkProgram(settings.command);
  const tellOf = (task?: number): Tell => runLog(context.terminal, log, () => context.clock.now(), task);
  try {
    if (worker !== null) return await runWorker(context, settings, worker, rhythmOf(null, everyMilliseconds), tellOf);
    return await runTask(context, settings, await readReference(context, word, naming), naming, everyMilliseconds, tellOf());
  } catch (error) {
    if (error instanceof CliError) tellOf()({ event: "failed", code: error.code, message: error.message });
    throw error;
  }
}

async function runTask(
  context: Context,
  settings: RunSettings,
  reference: Reference,
  naming: TaskOptions,
  everyMilliseconds: number | null,
  tell: Tell,
): Promise<number> {
  await using connection = await context.connect();
  const holding = await hold(context, connection, reference, naming, everyMilliseconds);
  if ("closed" in holding) return report(context, lost(holding.closed, tell, "nothing was run"));
  const { held, rhythm } = holding;
  tellTaken(tell, held, rhythm);
  const interrupts = takeSignals(context, tell);
  const place = workplace(context, connection, { settings, interrupts, isHanded: false });
  return await report(context, await workOn(place, held, rhythm, tell));
}

function tellTaken(tell: Tell, { target, heartbeatSeconds }: HeldTask, { everyMilliseconds }: Rhythm): void {
  const { executionArn = null, task = null } = target ?? {};
  tell({
    event: "taken",
    taskId: executionArn === null || task === null ? null : taskId(executionArn, task.eventId),
    ...{ executionArn, state: task?.state ?? null, heartbeatSeconds, everySeconds: everyMilliseconds / 1000 },
  });
}

/** Passes signals on to the command; the third one kills it. */
function takeSignals(context: Context, tell: Tell): Interrupts {
  const interrupts = new Interrupts();
  let count = 0;
  context.takeSignals((signal) => {
    count += 1;
    const kills = count >= 3;
    tell({ event: "signal", signal, does: kills ? "the command is killed" : "passed on to the command" });
    interrupts.pass(signal, kills ? "SIGKILL" : signal);
  });
  return interrupts;
}

/** Gives the result where JSON is asked for (in words it is told already) and returns the exit code. */
async function report({ terminal }: Context, end: WorkEnd): Promise<number> {
  if (end.kind === "lost" && end.result instanceof CliError) {
    // Told already, in words.
    if (terminal.format !== "human") throw end.result;
    return end.result.exitCode;
  }
  if (end.kind !== "left") await terminal.result(endJson(end), () => []);
  return exitCodeOf(end);
}
