import { Command, CommanderError } from "commander";
import { registerAnswer } from "./commands/answer.ts";
import { registerDemo } from "./commands/demo.ts";
import { registerDeployExample } from "./commands/deploy-example.ts";
import { registerFail } from "./commands/fail.ts";
import { registerHeartbeat } from "./commands/heartbeat.ts";
import { registerInbox } from "./commands/inbox.ts";
import { registerLocal } from "./commands/local.ts";
import { registerPending } from "./commands/pending.ts";
import { registerPolicy } from "./commands/policy.ts";
import { isReadOnly } from "./commands/read-only.ts";
import type { Act, Run } from "./commands/registration.ts";
import { registerRun } from "./commands/run.ts";
import { registerShow } from "./commands/show.ts";
import { registerStart } from "./commands/start.ts";
import { registerStop } from "./commands/stop.ts";
import { registerSucceed } from "./commands/succeed.ts";
import { registerWait } from "./commands/wait.ts";
import type { ConnectionOptions, Context, Environment, Format, OutputOptions, Terminal } from "./context.ts";
import { CliError, usageError } from "./errors.ts";

/** What the program needs of the process around it. */
export interface Host {
  readonly version: string;
  readonly environment: Environment;
  /** Help and version only; everything else goes through the terminal. */
  write(stream: "stdout" | "stderr", text: string): void;
  /** The width for help, or undefined where the stream is no terminal. */
  readonly helpColumns: number | undefined;
  /** Begins what needs more than help does; the first options count. */
  begin(options: OutputOptions): Invocation;
}

/** A command line that has something to do or to tell. */
export interface Invocation {
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  context(connectionOptions: ConnectionOptions): Context;
  /** Rejects with the signal's reason once a command had its time to end by itself after an abort. */
  readonly givenUp: Promise<never>;
}

// Everything else is refused under SFN_CALLBACK_READ_ONLY, so a command forgotten here is refused rather than let through.
const readingCommands = new Set(["inbox", "pending", "show", "wait", "local", "demo", "policy"]);
/** Where no command is named. */
const defaultCommand = "inbox";
const commandsTakingACommand = new Set(["local", "run"]);
const commandsTakingRegions = new Set(["pending"]);

/** Examples of each command, printed below its help. */
const examples: Readonly<Record<string, readonly string[]>> = {
  show: ["show 3f9c", "show approval/order-17", "show 3f9c --json --query payload"],
  answer: ["answer 3f9c approve", "answer 3f9c reject --set reason='too expensive'", "answer approval/order-17"],
  pending: [
    "pending",
    "pending --state-machine 'order-*' --older 6h --sort deadline",
    "pending --by state --region eu-west-1 --region us-east-1",
    "pending --columns id,age,input.orderId",
    "pending --json --query 'tasks[].id'",
    "pending --older 1d --count --fail-if-any",
  ],
  succeed: [
    `succeed 3f9c --output '{"approved":true}'`,
    "succeed approval/order-17 --set approved=true",
    "succeed --token-file token.txt --output @result.json",
    "succeed --all --state-machine approval --state 'Ask for approval' --set approved=true --journal bulk.jsonl",
    "succeed --from ids.txt --output '{}' --yes --expect 12",
  ],
  fail: ["fail 3f9c --error Rejected --cause 'too expensive'", "fail approval/order-17 --error Rejected --cause @reason.txt"],
  heartbeat: ["heartbeat 3f9c", "heartbeat 3f9c --every 10m --for 8h"],
  run: [
    "run 3f9c -- ./resize.sh",
    'run --token-env TASK_TOKEN --execution "$EXECUTION_ARN" -- npm run migrate',
    "run 3f9c --output-from last-line --error-for 75=TemporaryFailure -- python work.py",
    "run --activity resize --concurrency 4 --every 10s -- ./resize.sh",
  ],
  stop: ["stop 3f9c", "stop approval/order-17 --cause 'no longer wanted'"],
  start: [`start approval --input '{"order":17}' --until waiting`, "start approval --set order=17 --until ended --timeout 1h"],
  wait: ["wait approval/order-17 --until ended --timeout 15m", "wait 3f9c --until answered"],
  "deploy-example": [
    "deploy-example",
    "deploy-example --local",
    "deploy-example --template approval --stack-name trial --tags team=orders --yes",
    "deploy-example --delete --stop-executions",
    "deploy-example --print > template.yaml",
    "deploy-example --eject callback-example --as sam",
  ],
  policy: [
    "policy lister > policy.json",
    "policy approver --state-machine orders --region eu-central-1 --account 123456789012",
    "policy worker --activity approve-by-hand",
    "policy state-machine --definition orders.asl.json",
  ],
  local: ["local", "local -- aws stepfunctions list-state-machines", "local advance 25h"],
  demo: ["demo", "demo --json"],
};

const exitCodesHelp = `
Exit codes:
  0    done: applied, same or accepted; nothing is waiting
  1    AWS, the network or sfn-callback failed before anything was sent
  2    usage: a bad option or value, an ambiguous task, no Region, refused by a guard
  3    the task no longer waits and this answer did not count; unknown id or token
  4    access: no credentials, expired or denied
  5    part of it: a sweep could not look everywhere, some of a bulk answer failed
  6    unknown: the answer may or may not have been applied
  7    the execution that was waited for did not succeed
  8    something is waiting (pending --fail-if-any)
  9    --timeout passed
  125  run: sfn-callback failed; 126, 127: the command cannot be run; else the command's own code
  130  ended by Ctrl-C; 143 ended by SIGTERM`;

/** Runs one command line (without node and script) and resolves to its exit code; every error is told on stderr here, nowhere else. */
export async function run(argv: readonly string[], host: Host): Promise<number> {
  const dashes = argv.indexOf("--");
  const own = dashes === -1 ? [...argv] : argv.slice(0, dashes);
  const after = dashes === -1 ? undefined : argv.slice(dashes + 1);
  const outcome = { exitCode: 0 };
  const program = createProgram(own, host, runner(host, after, outcome));
  try {
    refuseFormatsAsOutput(own);
    refuseFlagsAsValues(program, own);
    await program.parseAsync(own, { from: "user" });
    return outcome.exitCode;
  } catch (error) {
    if (error instanceof CommanderError && isHelp(error)) return error.exitCode === 0 ? 0 : 2;
    const output = outputOptions({ ...flagsIn(own), ...program.opts() });
    const { terminal, signal } = host.begin(output);
    const failure = asCliError(error, program, own, signal);
    tell(failure, error, terminal);
    return exitCodeFor(failure, commandIn(program, own));
  }
}

function runner(host: Host, after: readonly string[] | undefined, outcome: { exitCode: number }): Run {
  return (act: Act) =>
    async (...commanderArgs: unknown[]) => {
      const command = commanderArgs.at(-1);
      if (!(command instanceof Command)) throw new Error("commander called an action without its command");
      const name = fullName(command);
      const options: Record<string, unknown> = command.optsWithGlobals();
      if (after !== undefined) {
        if (!commandsTakingACommand.has(name)) throw usageError(`${name} takes no command after --`, `sfn-callback ${name} --help`);
        options["--"] = after;
      }
      refuseWhereReadOnly(name, host.environment);
      const invocation = host.begin(outputOptions(options));
      const context = invocation.context(connectionOptions(options, name));
      const args = commanderArgs.slice(0, -2).map((arg) => (typeof arg === "string" ? arg : undefined));
      outcome.exitCode = await Promise.race([act(context, options, ...args), invocation.givenUp]);
    };
}

function createProgram(argv: readonly string[], host: Host, run: Run): Command {
  const program = new Command("sfn-callback");
  program.createCommand = (name) => (argv.includes(name ?? "") || name === defaultCommand ? new Command(name) : withoutOptions(name));
  program
    .description("Find, show and answer AWS Step Functions callback tasks (.waitForTaskToken).")
    .version(host.version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .configureHelp({ showGlobalOptions: true, displayWidth: (text) => text.length, subcommandTerm: nameAndArguments })
    .configureOutput({
      writeOut: (text) => host.write("stdout", text),
      writeErr: (text) => host.write("stderr", text),
      outputError: () => {},
      getOutHelpWidth: () => host.helpColumns ?? 100,
      getErrHelpWidth: () => host.helpColumns ?? 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .exitOverride();
  addGlobalOptions(program);
  for (const register of [
    registerInbox,
    registerPending,
    registerShow,
    registerAnswer,
    registerSucceed,
    registerFail,
    registerHeartbeat,
    registerRun,
    registerStop,
    registerStart,
    registerWait,
    registerDeployExample,
    registerPolicy,
    registerLocal,
    registerDemo,
  ]) {
    register(program, run);
  }
  for (const command of program.commands) {
    const example = examples[command.name()];
    if (example !== undefined) command.addHelpText("after", exampleHelp(example));
  }
  return program.addHelpText("after", `${exitCodesHelp}\n\nNo AWS account? Begin with: sfn-callback demo`);
}

/** A command that the command line does not name: it is listed, and to make the options of all takes a quarter of the start-up. */
function withoutOptions(name: string | undefined): Command {
  const command = new Command(name);
  const leaveOut = () => command;
  return Object.assign(command, { option: leaveOut, addOption: leaveOut });
}

function nameAndArguments(command: Command): string {
  const words = command.registeredArguments.map((argument) => (argument.required ? `<${argument.name()}>` : `[${argument.name()}]`));
  return [command.name(), ...words].join(" ");
}

function exampleHelp(lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  sfn-callback ${line}`).join("\n")}`;
}

function addGlobalOptions(program: Command): void {
  program
    .option(
      "--region <region>",
      "AWS Region (default: from the environment or the profile); pending takes several",
      (region, before: string[] = []) => [...before, region],
    )
    .option("--profile <name>", "profile in the AWS config files")
    .option("--endpoint-url <url>", "use another Step Functions endpoint")
    .option("--local", "use the embedded Step Functions: no AWS account, a file on this machine")
    .option("--local-file <file>", "the file of the embedded Step Functions; implies --local")
    .option("--json", "print one JSON document")
    .option("--jsonl", "print one JSON object a line, as they are found")
    .option("--query <jmespath>", "print what this expression selects of the JSON; implies --json")
    .option("--raw", "print a selected string without quotes")
    .option("--no-color", "print without color")
    .option("--debug", "say on stderr what is being done");
}

function refuseWhereReadOnly(name: string, environment: Environment): void {
  if (!isReadOnly(environment) || readingCommands.has(name)) return;
  throw usageError(`${name} changes something, and SFN_CALLBACK_READ_ONLY is set`, "Unset SFN_CALLBACK_READ_ONLY to allow it.");
}

function refuseFormatsAsOutput(argv: readonly string[]): void {
  const format = /^(json|text|table|yaml|yaml-stream)$/;
  const at = argv.findIndex(
    (token, index) => (token === "--output" && format.test(argv[index + 1] ?? "")) || /^--output=(json|text|table|yaml)$/.test(token),
  );
  if (at === -1) return;
  throw usageError("--output gives a task's output, it does not choose a format", "Formats are chosen by --json, --jsonl and --query.");
}

/** An option where a value should be means that the value was forgotten; commander would take the option's name as the value. */
function refuseFlagsAsValues(program: Command, argv: readonly string[]): void {
  let command = program;
  for (let index = 0; index < argv.length; index += 1) {
    const token = argv[index] ?? "";
    const options = [...new Set([...program.options, ...(command.parent?.options ?? []), ...command.options])];
    const taking = options.find((option) => option.required && (option.long === token || option.short === token));
    if (taking === undefined) {
      command = command.commands.find((sub) => sub.name() === token) ?? command;
      continue;
    }
    const value = argv[index + 1];
    const isFlag = value === "--help" || value === "-h" || options.some((option) => option.long === value || option.short === value);
    if (value !== undefined && isFlag) {
      throw usageError(
        `${token} needs a value, and the option ${value} stands in its place`,
        `If ${value} is the value: ${token}=${value}`,
      );
    }
    index += 1;
  }
}

function isHelp(error: CommanderError): boolean {
  return ["commander.help", "commander.helpDisplayed", "commander.version"].includes(error.code);
}

function asCliError(error: unknown, program: Command, argv: readonly string[], signal: AbortSignal): CliError {
  if (error instanceof CliError) return error;
  if (signal.aborted && signal.reason instanceof CliError) return signal.reason;
  if (error instanceof CommanderError) {
    if (error.code === "commander.excessArguments" && commandIn(program, argv) === "sfn-callback") return unknownCommand(program);
    return usageError(error.message.replace(/^error: /, "").replace(/\n/g, " "), `${commandIn(program, argv)} --help`);
  }
  const message = error instanceof Error ? error.message : String(error);
  return new CliError("failure", `internal error: ${message}`, { code: "Internal", hint: "--debug shows where.", cause: error });
}

/** Any word that names no command reaches the inbox, the command where none is named. */
function unknownCommand({ args: [word = ""], commands }: Command): CliError {
  const alike = commands.map((command) => command.name()).filter((name) => name.startsWith(word.slice(0, 2)));
  const hint = alike.length === 0 ? "sfn-callback --help" : `Did you mean ${alike.join(" or ")}?`;
  return usageError(`unknown command '${word}'`, hint);
}

/** As `timeout` and `docker run` do, `run` keeps the low codes for the command that it runs. */
function exitCodeFor({ kind, exitCode }: CliError, command: string): number {
  const isOwn = kind === "failure" || kind === "usage" || kind === "access";
  return isOwn && command === "sfn-callback run" ? 125 : exitCode;
}

function tell(failure: CliError, error: unknown, terminal: Terminal): void {
  terminal.error({ code: failure.code, message: failure.message, hint: failure.hint, awsRequestId: failure.awsRequestId });
  const origin = failure.cause ?? error;
  if (origin instanceof Error && origin.stack !== undefined) terminal.debug(origin.stack);
}

function commandIn(program: Command, argv: readonly string[]): string {
  let command = program;
  for (const token of argv) command = command.commands.find((sub) => sub.name() === token) ?? command;
  return command === program ? "sfn-callback" : `sfn-callback ${fullName(command)}`;
}

function fullName(command: Command): string {
  const parent = command.parent;
  return parent === null || parent.parent === null ? command.name() : `${fullName(parent)} ${command.name()}`;
}

/** The output flags of a command line that commander could not parse: its error must still have the right format. */
function flagsIn(argv: readonly string[]): Record<string, unknown> {
  const flags: Record<string, unknown> = {};
  for (const name of ["json", "jsonl", "debug"]) if (argv.includes(`--${name}`)) flags[name] = true;
  if (argv.includes("--no-color")) flags["color"] = false;
  return flags;
}

function outputOptions(options: Record<string, unknown>): OutputOptions {
  const query = options["query"];
  const format: Format = options["jsonl"] === true ? "jsonl" : options["json"] === true || query !== undefined ? "json" : "human";
  return {
    format,
    ...(typeof query === "string" ? { query } : {}),
    raw: options["raw"] === true,
    color: options["color"] !== false,
    debug: options["debug"] === true,
  };
}

function connectionOptions(options: Record<string, unknown>, command: string): ConnectionOptions {
  const text = (name: string): string | undefined => {
    const given = options[name];
    const value: unknown = Array.isArray(given) ? given[0] : given;
    if (value === "") throw usageError(`--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} is empty.`);
    return typeof value === "string" ? value : undefined;
  };
  const [region, profile, endpointUrl, localFile] = [text("region"), text("profile"), text("endpointUrl"), text("localFile")];
  const local = options["local"] === true || localFile !== undefined;
  if (local && endpointUrl !== undefined) throw usageError("--local and --endpoint-url name two different places", "Give one of them.");
  const regions = new Set(Array.isArray(options["region"]) ? options["region"] : []);
  if (regions.size > 1 && !commandsTakingRegions.has(command)) throw usageError(`${command} works in one --region`, "Give one of them.");
  if (local && regions.size > 1) throw usageError("--local has one Region", "Give one --region, or leave it out.");
  if (local && profile !== undefined) throw usageError("--local uses no AWS profile", "Leave --profile out.");
  return {
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(endpointUrl === undefined ? {} : { endpointUrl }),
    ...(local ? { local } : {}),
    ...(localFile === undefined ? {} : { localFile }),
  };
}
