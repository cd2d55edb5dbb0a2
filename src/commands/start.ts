import type { Command } from "commander";
import { rememberTasks } from "../answering/look-up.ts";
import type { StepFunctions } from "../aws/step-functions.ts";
import type { Context } from "../context.ts";
import { usageError } from "../errors.ts";
import { offerToAnswer } from "./answer/offer-answer.ts";
import { addSetOptions, allowOneStdin, readJson, type ValueOptions, valueOptions } from "./answer/values.ts";
import { parseDuration } from "./durations.ts";
import { choiceOption, textOption } from "./parsed-options.ts";
import { addExamples, type Run } from "./registration.ts";
import { lines, type Watched, watch, watchedJson } from "./wait.ts";

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
    .option("--input <json>", "the input: '<json>', @file or - (default {})")
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
  const request = { stateMachineArn, input, ...(options.name === undefined ? {} : { name: options.name }) };
  const { arn } = await stepFunctions.startExecution(request);
  const watched = await follow(context, stepFunctions, arn, options);
  await rememberTasks(
    context,
    connection,
    arn,
    watched.waiting.map(({ eventId }) => eventId),
  );
  await context.terminal.result(watchedJson(watched), () => lines(context.terminal, watched));
  if (options.until !== undefined && !watched.reached) {
    context.terminal.warn("The time of --timeout passed; the execution goes on.");
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
      ? "There is none yet: sfn-callback deploy-example --local makes an example"
      : `There are: ${names.slice(0, 10).join(", ")}`;
  throw usageError(`there is no state machine named ${machine} here`, hint);
}

// Without --until one look is enough: its waiting tasks are shown where there are some already.
async function follow(context: Context, stepFunctions: StepFunctions, executionArn: string, options: StartOptions): Promise<Watched> {
  const timeoutMilliseconds = options.until === undefined ? 0 : (options.timeoutMilliseconds ?? null);
  const progress = options.until === undefined ? null : context.terminal.progress(`waiting until ${options.until}`);
  try {
    return await watch(context, stepFunctions, {
      executionArn,
      until: options.until ?? "waiting",
      timeoutMilliseconds,
      isMeant: () => true,
    });
  } finally {
    progress?.stop();
  }
}
