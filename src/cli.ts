import { Command, CommanderError } from "commander";
import { connectionOptions, outputOptions, outputOptionsIn } from "./cli/global-options.ts";
import { refuseMisread, unknownCommand } from "./cli/misread-arguments.ts";
import { commandIn, createProgram, type HelpHost, nameOf } from "./cli/program.ts";
import { isReadOnly } from "./commands/read-only.ts";
import type { Act, Run, Traits } from "./commands/registration.ts";
import type { ConnectionOptions, Context, Environment, OutputOptions, Terminal } from "./context.ts";
import { CliError, usageError } from "./errors.ts";

/** What the program needs of the process around it. */
export interface Host extends HelpHost {
  readonly environment: Environment;
  /** Begins what needs more than help does; the first options count. */
  begin(options: OutputOptions): Invocation;
}

/** A command line that has something to do or to tell. */
export interface Invocation {
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  /** Throws a usage error where --query is none: what it could filter must not be done before that is known. */
  checkQuery(): Promise<void>;
  context(connectionOptions: ConnectionOptions): Context;
  /** Rejects with the signal's reason once a command had its time to end by itself after an abort. */
  readonly givenUp: Promise<never>;
}

/** Runs one command line (without node and script) and resolves to its exit code; every error is told on stderr here, nowhere else. */
export async function run(argv: readonly string[], host: Host): Promise<number> {
  const dashes = argv.indexOf("--");
  const own = dashes === -1 ? [...argv] : argv.slice(0, dashes);
  const after = dashes === -1 ? undefined : argv.slice(dashes + 1);
  const outcome = { exitCode: 0 };
  const program = createProgram(own, host, runner(host, after, outcome));
  try {
    refuseMisread(program, own);
    await program.parseAsync(own, { from: "user" });
    return outcome.exitCode;
  } catch (error) {
    if (error instanceof CommanderError && isHelp(error)) return error.exitCode === 0 ? 0 : 2;
    const { terminal, signal } = host.begin(outputOptionsIn(own, program.opts()));
    const failure = asCliError(error, program, own, signal);
    tell(failure, error, terminal);
    return exitCodeFor(failure, commandIn(program, own));
  }
}

function runner(host: Host, after: readonly string[] | undefined, outcome: { exitCode: number }): Run {
  return (act: Act, { readsOnly = false, takesCommand = false, takesRegions = false }: Traits = {}) =>
    async (...commanderArgs: unknown[]) => {
      const command = commanderArgs.at(-1);
      if (!(command instanceof Command)) throw new Error("commander called an action without its command");
      const name = nameOf(command);
      const options: Record<string, unknown> = command.optsWithGlobals();
      if (after !== undefined) {
        if (!takesCommand) throw usageError(`${name} takes no command after --`, `sfn-callback ${name} --help`);
        options["--"] = after;
      }
      if (!(typeof readsOnly === "function" ? readsOnly(options) : readsOnly)) refuseWhereReadOnly(name, host.environment);
      const invocation = host.begin(outputOptions(options));
      const context = invocation.context(connectionOptions(options, name, { takesRegions }));
      await invocation.checkQuery();
      const args = commanderArgs.slice(0, -2).map((arg) => (typeof arg === "string" ? arg : undefined));
      outcome.exitCode = await Promise.race([act(context, options, ...args), invocation.givenUp]);
    };
}

function refuseWhereReadOnly(name: string, environment: Environment): void {
  if (!isReadOnly(environment)) return;
  throw usageError(`${name} changes something, and SFN_CALLBACK_READ_ONLY is set`, "unset SFN_CALLBACK_READ_ONLY to allow it");
}

function isHelp(error: CommanderError): boolean {
  return ["commander.help", "commander.helpDisplayed", "commander.version"].includes(error.code);
}

function asCliError(error: unknown, program: Command, argv: readonly string[], signal: AbortSignal): CliError {
  if (error instanceof CliError) return error;
  if (signal.aborted && signal.reason instanceof CliError) return signal.reason;
  if (error instanceof CommanderError) {
    const command = commandIn(program, argv);
    if (error.code === "commander.excessArguments" && command === program.name()) return unknownCommand(program, program.args[0]);
    return usageError(
      error.message
        .replace(/^error: /, "")
        .replace(/\n/g, " ")
        .replace(/\.$/, ""),
      `${command} --help`,
    );
  }
  const message = error instanceof Error ? error.message : String(error);
  return new CliError("failure", `internal error: ${message}`, { code: "Internal", hint: "--debug shows where", cause: error });
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
