import type { Command } from "commander";
import type { HandedTask, Imported, LocalServer } from "../context/local-server.ts";
import type { Context } from "../context.ts";
import { usageError } from "../errors.ts";
import { bold, dim, type Text } from "../text.ts";
import { parseDuration } from "./durations.ts";
import { HandOvers } from "./hand-overs.ts";
import { addServeOptions, parseServeOptions, type ServeOptions } from "./local-options.ts";
import { requestLine, tellImported } from "./local-report.ts";
import { addExamples, type Run } from "./registration.ts";

/** Puts `local` and `local advance` on the program. */
export function registerLocal(program: Command, run: Run): void {
  const local = program
    .command("local")
    .description("serve the embedded Step Functions to other tools; with -- <command>, for that command only")
    .usage("[options] [-- <command>]");
  addExamples(addServeOptions(local), ["local", "local -- aws stepfunctions list-state-machines", "local advance 25h"]).action(
    run(localCommand, { readsOnly: true, takesCommand: true }),
  );
  const advancing = local
    .command("advance")
    .description("move the clock of the local file forward; every deadline on the way falls due at its own time")
    .argument("<duration>", "90s, 15m, 6h or 7d");
  addExamples(advancing, ["local advance 25h"]).action(
    run((context, options, duration) => advance(context, options, parseDuration(duration ?? "", "<duration>"))),
  );
}

async function localCommand(context: Context, options: Record<string, unknown>): Promise<number> {
  const command = options["--"];
  if (!Array.isArray(command)) return serveUntilStopped(context, await parseServeOptions(context, options, 8083));
  const words = command.filter((word) => typeof word === "string");
  const [program, ...args] = words;
  if (program === undefined) throw usageError("there is no command after --", "sfn-callback local -- <command>");
  return serveFor(context, await parseServeOptions(context, options, 0), program, args);
}

/** Serves until SIGINT or SIGTERM, which end it with 0: stopping a server is not a failure. */
export async function serveUntilStopped(context: Context, options: ServeOptions): Promise<number> {
  const { server, handOvers, imports } = await open(context, options);
  await using _open = server;
  const { url, region, accountId, file } = server;
  await announce(context, server, { url, region, accountId, file, imported: imports.atStart });
  imports.tell();
  await new Promise<void>((resolve) => {
    if (context.signal.aborted) resolve();
    context.signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await handOvers?.finish();
  if (context.terminal.format === "human") context.terminal.note(dim("Stopped. Everything is in the file."));
  return 0;
}

/** Serves for one command, with the endpoint in its environment, and ends with that command's exit code. */
export async function serveFor(context: Context, options: ServeOptions, program: string, args: readonly string[]): Promise<number> {
  const { server, handOvers, imports } = await open(context, options);
  await using _open = server;
  imports.tell();
  const exitCode = await context.spawn(program, args, { environment: environmentFor(context, server) });
  await handOvers?.finish();
  return exitCode;
}

async function advance(context: Context, options: Record<string, unknown>, milliseconds: number): Promise<number> {
  if (options["endpointUrl"] !== undefined) throw usageError("only the clock of a local file can be moved", "leave --endpoint-url out");
  await using server = await context.serveLocal({ file: localFile(context), port: 0, ...regionOf(context) });
  await server.advance(milliseconds);
  const now = server.now().toISOString();
  await context.terminal.result({ now, file: server.file }, () => [["It is now ", bold(now), " in ", server.file, "."]]);
  return 0;
}

interface Open {
  readonly server: LocalServer;
  readonly handOvers: HandOvers | undefined;
  readonly imports: Imports;
}

async function open(context: Context, options: ServeOptions): Promise<Open> {
  const { onTask, verbose = false, ...services } = options;
  // A task can be handed over before serveLocal has told us where it serves.
  let resolve: (server: LocalServer) => void = () => {};
  const served = new Promise<LocalServer>((done) => {
    resolve = done;
  });
  const handOvers = onTask === undefined ? undefined : new HandOvers(context, onTask);
  const hand =
    handOvers === undefined ? {} : { onTask: async (task: HandedTask) => handOvers.run(task, environmentFor(context, await served)) };
  const imports = new Imports(context);
  const server = await context.serveLocal({
    ...services,
    ...hand,
    ...regionOf(context),
    file: localFile(context),
    onImport: (imported) => imports.add(imported),
    ...(verbose ? { onRequest: (request) => context.terminal.note(requestLine(request)) } : {}),
  });
  resolve(server);
  if (!isLoopback(options.host)) {
    context.terminal.warn([
      `whoever can reach ${options.host} can use this Step Functions: it asks for no credentials that are worth anything.`,
    ]);
  }
  return { server, handOvers, imports };
}

/** What is imported: held until it is known where it was imported to, told as it happens from then on. */
class Imports {
  readonly atStart: Imported[] = [];
  readonly #context: Context;
  #isTelling = false;

  constructor(context: Context) {
    this.#context = context;
  }

  add(imported: Imported): void {
    if (this.#isTelling) void tellImported(this.#context.terminal, imported);
    else this.atStart.push(imported);
  }

  tell(): void {
    this.#isTelling = true;
    for (const each of this.atStart) void tellImported(this.#context.terminal, each);
  }
}

function isLoopback(host = "127.0.0.1"): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|::1)$/i.test(host);
}

function localFile(context: Context): string {
  const { endpointUrl, profile, localFile: file } = context.connectionOptions;
  if (endpointUrl !== undefined || profile !== undefined)
    throw usageError("local serves a local file, not AWS", "leave --endpoint-url and --profile out");
  // "" stands for the file that SFN_CALLBACK_LOCAL_FILE names, or the one in the state directory: serveLocal knows both.
  return file ?? "";
}

function regionOf(context: Context): { region?: string } {
  const { region } = context.connectionOptions;
  return region === undefined ? {} : { region };
}

/** The variables with which any AWS SDK or tool, and sfn-callback itself, reaches a local server. Its credentials are made up. */
export function localVariables(server: LocalServer): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_SFN: server.url,
    AWS_REGION: server.region,
    AWS_DEFAULT_REGION: server.region,
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    SFN_CALLBACK_LOCAL_FILE: server.file,
  };
}

function environmentFor(context: Context, server: LocalServer): Record<string, string | undefined> {
  // A profile or a session token of the user's would win over, or spoil, the made-up credentials.
  const { AWS_PROFILE: _profile, AWS_DEFAULT_PROFILE: _default, AWS_SESSION_TOKEN: _session, ...inherited } = context.environment;
  return { ...inherited, ...localVariables(server) };
}

async function announce(context: Context, server: LocalServer, ready: Readonly<Record<string, unknown>>): Promise<void> {
  if (context.terminal.format === "jsonl") return context.terminal.item(ready);
  const exports = Object.entries(localVariables(server)).map(([name, value]): Text => `export ${name}=${quoted(value)}`);
  await context.terminal.result(ready, () => exports);
  if (context.terminal.format !== "human") return;
  context.terminal.note(["The embedded Step Functions serves ", bold(server.file), " at ", bold(server.url), ". Ctrl-C stops it."]);
}

function quoted(value: string): string {
  return /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replace(/'/g, "'\\''")}'`;
}
