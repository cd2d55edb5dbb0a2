import { randomUUID } from "node:crypto";
import type { Command } from "commander";
import type { Watched } from "../answering/watching.ts";
import type { Execution, StepFunctions } from "../aws/step-functions.ts";
import type { Connection, Context } from "../context.ts";
import { CliError, usageError } from "../errors.ts";
import { offerToAnswer } from "./answer/offer-answer.ts";
import { addSetOptions, allowOneStdin, readJson, type ValueOptions, valueOptions } from "./answer/values.ts";
import { parseDuration } from "./durations.ts";
import { choiceOption, textOption } from "./parsed-options.ts";
import { addExamples, type Run } from "./registration.ts";
import { watchedJson, watchedLines } from "./wait/report.ts";
import { watchShown } from "./wait/watch-shown.ts";

export interface StartOptions {
  readonly machine: string;
  readonly input: ValueOptions;
  readonly name?: string;
  readonly until?: "waiting" | "ended";
  readonly timeoutMilliseconds?: number;
}

/** Puts `start` on the program. */
export function registerStart(program: Command, run: Run): void {
  const command = program
    .command("start")
    .description("start an execution")
    .argument("<state-machine>", "name or ARN")
    .option("--input <json>", "the input: '<json>', @file or - (default: {})")
    .option("--name <name>", "the execution's name")
    .option("--until <what>", "waiting: until a task waits or it ended; ended: until it ended")
    .option("--timeout <duration>", "give up waiting after this time (exit 9)");
  addExamples(addSetOptions(command), [
    `start approval --input '{"order":17}' --until waiting`,
    "start approval --set order=17 --until ended --timeout 1h",
  ]).action(run((context, options, machine) => start(context, parse(options, machine))));
}

function parse(options: Record<string, unknown>, machine = ""): StartOptions {
  const [name, timeout] = [textOption(options, "name"), textOption(options, "timeout")];
  const until = choiceOption(options, "until", ["waiting", "ended"]);
  if (machine === "") throw usageError("the state machine's name is empty");
  if (timeout !== undefined && until === undefined)
    throw usageError("--timeout limits a wait, so it needs --until", "--until waiting, or --until ended");
  if (name === "") throw usageError("--name is empty");
  const input = valueOptions(options, "input");
  allowOneStdin({ "--input": input.value });
  return {
    machine,
    input,
    ...(name === undefined ? {} : { name }),
    ...(until === undefined ? {} : { until }),
    ...(timeout === undefined ? {} : { timeoutMilliseconds: parseDuration(timeout, "--timeout") }),
  };
}

/** Starts an execution and, with --until, watches it. 0 done, 7 it ended otherwise than SUCCEEDED, 9 the time passed. */
export async function start(context: Context, options: StartOptions): Promise<number> {
  const input = (await readJson(context.files, options.input, "--input")) ?? "{}";
  if (Buffer.byteLength(input) > 262_144)
    throw usageError(`--input has ${Buffer.byteLength(input)} bytes; Step Functions takes at most 262144`);
  await using connection = await context.connect();
  const { stepFunctions } = connection;
  const stateMachineArn = await machineArn(stepFunctions, options.machine);
  const started = await startOnce(stepFunctions, { stateMachineArn, input, name: options.name });
  const watched = await follow(context, connection, started, options);
  await context.terminal.result(watchedJson(watched), () => watchedLines(context.terminal, watched));
  if (options.until !== undefined && !watched.reached) {
    context.terminal.warn("the time of --timeout passed; the execution goes on");
    return 9;
  }
  const answered = options.until === "waiting" ? await offerToAnswer(context, connection, watched) : null;
  if (answered !== null) return answered;
  const { status } = watched.execution;
  return options.until === undefined || status === "RUNNING" || status === "SUCCEEDED" ? 0 : 7;
}

/** The ARN of a machine named by its name or by an ARN (of a version or an alias too); a mocked test case stays: `<machine>#<case>`. */
export async function machineArn(stepFunctions: StepFunctions, named: string): Promise<string> {
  if (named.startsWith("arn:")) return named;
  const [machine = "", ...testCase] = named.split("#");
  const names: string[] = [];
  for await (const summary of stepFunctions.stateMachines()) {
    if (summary.name === machine) return [summary.arn, ...testCase].join("#");
    names.push(summary.name);
  }
  const hint =
    names.length === 0
      ? "there is none yet: sfn-callback deploy-example --local makes an example"
      : `there are: ${names.slice(0, 10).join(", ")}`;
  throw usageError(`there is no state machine named ${machine} here`, hint);
}

/**
 * Starts an execution by a name: AWS would make up such a one, too. By ours the same request that is sent again, as its reply was lost, starts nothing twice, and
 * where it has ended by then its name is taken, by nobody else (facts page 2.2).
 */
async function startOnce(
  stepFunctions: StepFunctions,
  { name, ...request }: { readonly stateMachineArn: string; readonly input: string; readonly name: string | undefined },
): Promise<Started> {
  try {
    return await stepFunctions.startExecution({ ...request, name: name ?? randomUUID() });
  } catch (error) {
    const isOurs = name === undefined && error instanceof CliError && error.code === "ExecutionAlreadyExists";
    const arn = isOurs ? /'(arn:[^']+)'/.exec(error.message)?.[1] : undefined;
    if (arn === undefined) throw error;
    return { arn, startedAt: stepFunctions.now() };
  }
}

interface Started {
  readonly arn: string;
  readonly startedAt: Date;
}

/** Once it was started, no failure to look at it may hide that. */
async function follow(context: Context, connection: Connection, started: Started, options: StartOptions): Promise<Watched> {
  const { arn: executionArn } = started;
  const { until, timeoutMilliseconds = null } = options;
  const any = { executionArn, isMeant: () => true, isNew: true };
  try {
    if (until !== undefined) return await watchShown(context, connection, { ...any, until, timeoutMilliseconds, looksInside: true });
    // One look is enough: its waiting tasks are shown where there are some already.
    return await watchShown(context, connection, { ...any, until: "waiting", timeoutMilliseconds: 0, looksInside: false });
  } catch (error) {
    if (!(error instanceof CliError) || until !== undefined || context.signal.aborted) {
      context.terminal.warn(`the execution was started, and goes on: ${executionArn}`);
      throw error;
    }
    context.terminal.warn(`the execution was started, and how it goes on could not be read: ${error.message}`);
    return { execution: unseen(started), waiting: [], reached: false };
  }
}

/** An execution of which only the start is known. */
function unseen({ arn, startedAt }: Started): Execution {
  const [name = "", machine = ""] = arn.split(":").reverse();
  const unknown = { stateMachineVersionArn: null, mapRunArn: null, stoppedAt: null, input: null, output: null, error: null, cause: null };
  const stateMachineArn = arn.replace(/:execution:.*/, `:stateMachine:${machine}`);
  return { arn, name, stateMachineArn, status: "RUNNING", startedAt, isReadable: false, ...unknown };
}
