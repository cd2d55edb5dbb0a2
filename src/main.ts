import nodeProcess from "node:process";
import packageJson from "../package.json" with { type: "json" };
import type { Timeouts } from "./aws/connection.ts";
import { hideTokens } from "./callback/task-token.ts";
import { type Host, type Invocation, run } from "./cli.ts";
import type { LocalOptions } from "./context/local-server.ts";
import type { Clock, Context, Environment, OutputOptions } from "./context.ts";
import { checkProgram, startChild } from "./shell/child.ts";
import { Children } from "./shell/children.ts";
import { systemClock } from "./shell/clock.ts";
import { Closers } from "./shell/closers.ts";
import { connector } from "./shell/connect.ts";
import { isPlain, writeAtOnce } from "./shell/descriptors.ts";
import { createFiles, stateFolder } from "./shell/files.ts";
import { atExit, type JobProcess, suspendJob } from "./shell/foreground.ts";
import { ProcessGroups } from "./shell/process-group.ts";
import { serveLocal } from "./shell/serve-local.ts";
import { listenForSignals, type SignalSource } from "./shell/signals.ts";
import { createTaskIndex } from "./shell/task-index.ts";
import { createLatePrompts, createPrompts } from "./terminal/prompts.ts";
import { checkQuery } from "./terminal/query.ts";
import type { Foreground } from "./terminal/screen.ts";
import { createSecrets } from "./terminal/secrets.ts";
import { createTerminal } from "./terminal/terminal.ts";
import { createWriter, type OutputStream } from "./terminal/writer.ts";

// The bundles that are loaded late take these from here: a class is itself in one bundle only.
export { CliError, usageError } from "./errors.ts";

/** What is used of `process`; the tests pass streams of their own. */
export type Process = ProcessStreams & SignalSource & JobProcess;

interface ProcessStreams {
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean; setRawMode?(isRaw: boolean): unknown };
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}

/** What one command line is run with. */
interface World {
  readonly process: Process;
  readonly clock: Clock;
  /** Shorter ones for tests. */
  readonly timeouts: Timeouts | undefined;
}

/** The composition root: runs the command line of `process` and resolves to its exit code. Only here do the parts meet. */
export async function main(process: Process, clock: Clock = systemClock, timeouts?: Timeouts): Promise<number> {
  let begun: Begun | undefined;
  // The streams of a test are no file descriptors.
  const opensStream = (stream: "stdout" | "stderr") => process !== nodeProcess || !isPlain(stream);
  const host: Host = {
    version: packageJson.version,
    environment: process.env,
    write: (stream, text) => {
      const rest = opensStream(stream) ? text : writeAtOnce(stream, text);
      if (rest.length > 0) void createWriter(process[stream])(rest).catch(() => {});
    },
    get helpColumns() {
      return opensStream("stdout") && process.stdout.isTTY ? process.stdout.columns : undefined;
    },
    begin(options) {
      begun ??= begin({ process, clock, timeouts }, options);
      return begun;
    },
  };
  try {
    const exitCode = await run(process.argv.slice(2), host);
    begun?.exitSoonWhereAborted(exitCode);
    return exitCode;
  } finally {
    await begun?.end();
  }
}

interface Begun extends Invocation {
  exitSoonWhereAborted(exitCode: number): void;
  /** Closes what is open. */
  end(): Promise<void>;
}

function begin({ process, clock, timeouts }: World, options: OutputOptions): Begun {
  const { env: environment } = process;
  const closers = new Closers();
  const children = new Children(environment);
  const groups = new ProcessGroups(process);
  const { signal, terminated, givenUp, ...signals } = listenForSignals(
    process,
    () => children.idle(),
    () => closers.closed(),
  );
  const secrets = createSecrets(hideTokens);
  const foreground: Foreground = {
    interrupt: signals.interrupt,
    atExit: (restore) => atExit(process, restore),
    suspend: (resumed) => suspendJob(process, resumed),
  };
  const terminal = createTerminal(process, environment, options, secrets, foreground);
  const linePrompts = createLatePrompts(async () =>
    (await import("./terminal/line-prompts.ts")).createLinePrompts(process, signal, terminal.redact),
  );
  const prompts = environment["TERM"] === "dumb" ? linePrompts : createPrompts(process, signal, terminal);
  const local = (local: LocalOptions) => serveLocal({ environment, clock, closers }, local);
  const { version } = packageJson;
  const connecting = { environment, clock, closers, version, timeouts, serveLocal: local, promptSecret: prompts.secret };
  const connect = connector(connecting, terminal);
  return {
    terminal,
    signal,
    givenUp,
    checkQuery: async () => (options.query === undefined ? undefined : checkQuery(options.query)),
    context: (connectionOptions): Context => ({
      terminal,
      prompts,
      linePrompts,
      environment,
      files: createFiles(process, closers),
      clock,
      signal,
      taskIndex: createTaskIndex(stateFolder(environment), terminal.warn),
      connectionOptions,
      connect: (to = connectionOptions) => connect(to),
      serveLocal: local,
      undoAtEnd: (undo) => closers.add(undo),
      spawn: (command, args, how) => children.spawn(command, args, how, how.stop ?? terminated),
      startChild: (command, args, how) => startChild(groups, command, args, how),
      checkProgram: (command) => checkProgram(command, environment),
      takeSignals: signals.take,
    }),
    exitSoonWhereAborted: signals.exitSoonWhereAborted,
    async end() {
      signals.stopListening();
      await closers.closeAll();
    },
  };
}
