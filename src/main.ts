import { spawn as spawnChild } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { homedir, constants as osConstants, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import packageJson from "../package.json" with { type: "json" };
import type { Timeouts } from "./aws/connection.ts";
import { type Host, run } from "./cli.ts";
import type {
  Clock,
  Connection,
  ConnectionOptions,
  Context,
  Environment,
  Files,
  LocalOptions,
  LocalServer,
  OutputOptions,
  SpawnOptions,
  Terminal,
} from "./context.ts";
import { CliError, usageError } from "./errors.ts";

/** What is used of `process`; the tests pass streams of their own. */
export interface Process {
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly stdin: NodeJS.ReadableStream & { isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
  readonly stderr: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
  on(signal: "SIGINT" | "SIGTERM", listener: () => void): unknown;
  off(signal: "SIGINT" | "SIGTERM", listener: () => void): unknown;
  exit(code: number): unknown;
}

const systemClock: Clock = {
  now: () => new Date(),
  sleep: (milliseconds, signal) =>
    new Promise((done, fail) => {
      if (signal?.aborted) return fail(signal.reason);
      const stop = () => {
        clearTimeout(timer);
        fail(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", stop);
        done();
      }, milliseconds);
      signal?.addEventListener("abort", stop, { once: true });
    }),
};

// Long enough for a command to close a server or tell a result after Ctrl-C, short enough not to feel stuck in a request that hangs.
const graceMilliseconds = 500;

/** The composition root: runs the command line of `process` and resolves to its exit code. Only here do the parts meet. */
export async function main(process: Process, clock: Clock = systemClock, timeouts?: Timeouts): Promise<number> {
  const world = new World(process, clock, timeouts);
  const stop = world.listenForSignals();
  try {
    const exitCode = await run(process.argv.slice(2), world.host());
    world.exitSoonWhereInterrupted(exitCode);
    return exitCode;
  } finally {
    stop();
    await world.close();
  }
}

/** One invocation: its signal, what it has open, and how the parts are made on first use. */
class World {
  readonly #process: Process;
  readonly #clock: Clock;
  readonly #timeouts: Timeouts | undefined;
  readonly #abort = new AbortController();
  readonly #closers = new Set<() => Promise<void>>();
  readonly #children = new Set<Promise<unknown>>();
  #terminal: Promise<Terminal> | undefined;
  #said = false;

  constructor(process: Process, clock: Clock, timeouts?: Timeouts) {
    this.#process = process;
    this.#clock = clock;
    this.#timeouts = timeouts;
  }

  listenForSignals(): () => void {
    const onInterrupt = () => {
      if (this.#abort.signal.aborted) this.#process.exit(130);
      this.#abort.abort(new CliError("interrupted", "interrupted"));
    };
    const onTerminate = () => this.#abort.abort(new CliError("terminated", "ended by SIGTERM"));
    // A failed write also comes as an event, which would end the process; the terminal's writer tells what must be told.
    const ignore = () => {};
    this.#process.on("SIGINT", onInterrupt);
    this.#process.on("SIGTERM", onTerminate);
    this.#process.stdout.on("error", ignore);
    this.#process.stderr.on("error", ignore);
    return () => {
      this.#process.off("SIGINT", onInterrupt);
      this.#process.off("SIGTERM", onTerminate);
    };
  }

  host(): Host {
    const { stdout, stderr, env } = this.#process;
    return {
      version: packageJson.version,
      environment: env,
      signal: this.#abort.signal,
      write: (stream, text) => void (stream === "stdout" ? stdout : stderr).write(text),
      helpColumns: stdout.isTTY ? stdout.columns : undefined,
      terminal: (options) => this.#openTerminal(options),
      context: (terminal, connectionOptions) => this.#context(terminal, connectionOptions),
      givenUp: this.#givenUp(),
    };
  }

  /** A request that still hangs after Ctrl-C must not keep the process; where nothing hangs, the timer keeps nothing either. */
  exitSoonWhereInterrupted(exitCode: number): void {
    if (this.#abort.signal.aborted) setTimeout(() => this.#process.exit(exitCode), graceMilliseconds).unref();
  }

  async close(): Promise<void> {
    for (const closer of [...this.#closers].reverse()) await closer();
  }

  #givenUp(): Promise<never> {
    const { signal } = this.#abort;
    const promise = new Promise<never>((_, fail) => {
      const giveUp = async () => {
        // A child got the signal too and may take its time; its exit code is ours.
        while (this.#children.size > 0) await Promise.allSettled(this.#children);
        setTimeout(() => fail(signal.reason), graceMilliseconds);
      };
      signal.addEventListener("abort", () => void giveUp(), { once: true });
    });
    // Nobody may be listening: the command can have ended before the signal came.
    promise.catch(() => {});
    return promise;
  }

  #openTerminal(options: OutputOptions): Promise<Terminal> {
    this.#terminal ??= (async () => {
      const [{ createTerminal }, { hideTokens }] = await Promise.all([
        import("./terminal/terminal.ts"),
        import("./callback/task-token.ts"),
      ]);
      const { stdin, stdout, stderr, env } = this.#process;
      return createTerminal({ stdin, stdout, stderr }, env, options, hideTokens);
    })();
    return this.#terminal;
  }

  async #context(terminal: Terminal, connectionOptions: ConnectionOptions): Promise<Context> {
    const { env: environment } = this.#process;
    const signal = this.#abort.signal;
    const { createTaskIndex } = await import("./answering/task-index.ts");
    return {
      terminal,
      prompts: await this.#prompts(),
      environment,
      files: this.#files(),
      clock: this.#clock,
      signal,
      taskIndex: createTaskIndex(stateFolder(environment), (problem) => terminal.warn(problem)),
      connectionOptions,
      connect: (options = connectionOptions) => this.#connect(terminal, options),
      serveLocal: (options) => this.#serveLocal(options),
      spawn: (command, args, options) => this.#spawn(command, args, options),
    };
  }

  /** Prompts that load inquirer at the first question. */
  async #prompts(): Promise<Context["prompts"]> {
    const { stdin, stderr } = this.#process;
    const load = async () => (await import("./terminal/prompts.ts")).createPrompts({ stdin, stderr }, this.#abort.signal);
    return {
      confirm: async (...args) => (await load()).confirm(...args),
      input: async (...args) => (await load()).input(...args),
      select: async (...args) => (await load()).select(...args),
      secret: async (...args) => (await load()).secret(...args),
    };
  }

  async #connect(terminal: Terminal, options: ConnectionOptions): Promise<Connection> {
    const { env: environment } = this.#process;
    const connection = usesLocal(options, environment) ? await this.#connectLocal(options) : await this.#connectAws(options);
    if (!this.#said && (terminal.stderrIsTerminal || connection.place.kind !== "aws")) {
      this.#said = true;
      if (terminal.format === "human") terminal.note({ style: "dim", text: where(connection) });
    }
    return connection;
  }

  async #connectAws(options: ConnectionOptions): Promise<Connection> {
    const { connectAws } = await import("./aws/connection.ts");
    const promptSecret = async (message: string) => (await this.#prompts()).secret(message);
    const { env: environment } = this.#process;
    const readText = (path: string) => readFile(path, "utf8");
    const connection = await connectAws(options, {
      environment,
      clock: this.#clock,
      readFile: readText,
      promptSecret,
      version: packageJson.version,
      ...(this.#timeouts === undefined ? {} : { timeouts: this.#timeouts }),
    });
    return this.#tracked(connection, () => connection[Symbol.asyncDispose]());
  }

  async #connectLocal(options: ConnectionOptions): Promise<Connection> {
    const { connectEndpoint } = await import("./aws/connection.ts");
    const region = options.region === undefined ? {} : { region: options.region };
    const server = await this.#serveLocal({ file: options.localFile ?? "", port: 0, ...region });
    const place = { kind: "local", region: server.region, file: server.file } as const;
    // The file's own clock may have been moved ahead; deadlines are told by it.
    const clock: Clock = { now: () => server.now(), sleep: this.#clock.sleep };
    const connection = await connectEndpoint({ url: server.url, region: server.region, place, clock, version: packageJson.version });
    return this.#tracked(connection, async () => {
      await connection[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    });
  }

  async #serveLocal(options: LocalOptions): Promise<LocalServer> {
    const { createLocal } = await import("./local/local.ts");
    const { env } = this.#process;
    const standard = join(stateFolder(env), "local.db");
    const file = resolve(options.file !== "" ? options.file : env["SFN_CALLBACK_LOCAL_FILE"] || standard);
    // Only our own folder is made: a mistyped --local-file must not leave folders behind.
    if (file === resolve(standard)) await mkdir(dirname(file), { recursive: true, mode: 0o700 }).catch(() => {});
    const server = await createLocal({ ...options, file, clock: () => this.#clock.now() }).catch((error: unknown) => {
      throw localFailure(error, file, options.port);
    });
    return this.#tracked(server, () => server[Symbol.asyncDispose]());
  }

  /** The same thing, closed once: by its owner, or at the end of the command. */
  #tracked<Thing extends AsyncDisposable>(thing: Thing, closeIt: () => PromiseLike<void>): Thing {
    const closer = async () => {
      if (this.#closers.delete(closer)) await closeIt();
    };
    this.#closers.add(closer);
    return new Proxy(thing, {
      get: (target, key) => {
        if (key === Symbol.asyncDispose) return closer;
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  }

  #files(): Files {
    return {
      read: async (path) => {
        try {
          return await readFile(path, "utf8");
        } catch (error) {
          throw usageError(`the file ${path} cannot be read: ${reason(error)}`);
        }
      },
      readStdin: () => readAll(this.#process.stdin),
      temporaryFolder: async () => {
        const folder = await mkdtemp(join(tmpdir(), "sfn-callback-"));
        this.#closers.add(() => rm(folder, { recursive: true, force: true }));
        return folder;
      },
    };
  }

  #spawn(command: string, args: readonly string[], options: SpawnOptions): Promise<number> {
    const child = spawnChild(command, args, {
      env: options.environment ?? this.#process.env,
      shell: options.shell ?? false,
      stdio: [options.stdin === undefined ? "inherit" : "pipe", options.stdout === "stderr" ? 2 : "inherit", "inherit"],
    });
    const forward = () => child.kill("SIGTERM");
    // Ctrl-C reaches the child by itself, being of the terminal's group; SIGTERM is sent to us alone.
    const onAbort = () => void (this.#abort.signal.reason?.kind === "terminated" && forward());
    this.#abort.signal.addEventListener("abort", onAbort, { once: true });
    const ended = new Promise<number>((done, fail) => {
      child.on("error", (error) => fail(usageError(`${command} cannot be started: ${reason(error)}`)));
      child.on("close", (code, signal) => done(code ?? 128 + (signal === null ? 0 : osConstants.signals[signal])));
    });
    // A child that does not read its input is free not to.
    child.stdin?.on("error", () => {}).end(options.stdin);
    this.#children.add(ended);
    const forget = () => {
      this.#children.delete(ended);
      this.#abort.signal.removeEventListener("abort", onAbort);
    };
    ended.then(forget, forget);
    return ended;
  }
}

/** Explicit AWS options win over SFN_CALLBACK_LOCAL_FILE; --local and --local-file win over everything. */
function usesLocal(options: ConnectionOptions, environment: Environment): boolean {
  if (options.local === true || options.localFile !== undefined) return true;
  if (options.endpointUrl !== undefined || options.profile !== undefined || options.region !== undefined) return false;
  return (environment["SFN_CALLBACK_LOCAL_FILE"] ?? "") !== "";
}

function where({ place }: Connection): string {
  if (place.kind === "local") return `local, ${place.file}`;
  const profile = place.profile === null ? "" : `profile ${place.profile}, `;
  return place.kind === "endpoint" ? `${profile}${place.region}, ${place.endpointUrl}` : `${profile}${place.region}`;
}

function stateFolder(environment: Environment): string {
  const home = environment["HOME"] || homedir();
  return join(environment["XDG_STATE_HOME"] || join(home, ".local", "state"), "sfn-callback");
}

function localFailure(error: unknown, file: string, port: number): unknown {
  if (error instanceof CliError) return error;
  if (error instanceof Error && error.name === "MockConfigError") return usageError(`--mock-config: ${error.message}`);
  if (errorCode(error) === "EADDRINUSE") {
    return new CliError("failure", `port ${port} is in use`, {
      code: "PortInUse",
      hint: "Choose another one: --port 0 takes any free one.",
      cause: error,
    });
  }
  const hint = "Give another one: --local-file <file>";
  return new CliError("failure", `the local file ${file} cannot be used: ${reason(error)}`, { code: "LocalFile", hint, cause: error });
}

async function readAll(stdin: Process["stdin"]): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
  } catch (error) {
    throw usageError(`standard input cannot be read: ${reason(error)}`);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  if (text.trim() === "") throw usageError("standard input is closed or empty, and - reads the value from it");
  return text;
}

function errorCode(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

function reason(error: unknown): string {
  const known: Record<string, string> = { ENOENT: "it does not exist", EACCES: "permission denied", EISDIR: "it is a folder" };
  const message = error instanceof Error ? error.message : String(error);
  return known[String(errorCode(error))] ?? message.replace(/\.$/, "");
}
