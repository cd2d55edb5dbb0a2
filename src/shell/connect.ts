import { readFile } from "node:fs/promises";
import type { Timeouts } from "../aws/connection.ts";
import type { LocalOptions, LocalServer } from "../context/local-server.ts";
import type { Clock, Connection, ConnectionOptions, Environment, Place, Terminal } from "../context.ts";
import { dim } from "../text.ts";
import type { Closers } from "./closers.ts";

/** What a connection is made with. */
export interface Connecting {
  readonly environment: Environment;
  readonly clock: Clock;
  readonly closers: Closers;
  readonly version: string;
  /** Shorter ones for tests. */
  readonly timeouts: Timeouts | undefined;
  serveLocal(options: LocalOptions): Promise<LocalServer>;
  promptSecret(message: string): Promise<string>;
}

/**
 * A way to connect to AWS, an endpoint or the embedded Step Functions, whichever is meant. It loads the gateway when it is used, and the
 * first time for each place it says in a dim line where it leads: on a terminal always, elsewhere only where that is not AWS.
 */
export function connector(using: Connecting, terminal: Terminal): (options: ConnectionOptions) => Promise<Connection> {
  const told = new Set<string>();
  return async (options) => {
    const connection = await (meansLocal(options, using.environment) ? connectLocal(using, options) : connectAws(using, options));
    const worthTelling = terminal.format === "human" && (terminal.stderrIsTerminal || connection.place.kind !== "aws");
    const place = describePlace(connection);
    if (worthTelling && !told.has(place)) terminal.note(dim(place));
    if (!told.has(place)) warnOfOtherRegion(terminal, connection.place, options.region);
    told.add(place);
    return connection;
  };
}

/** A local file keeps the Region that it was made with. */
function warnOfOtherRegion(terminal: Terminal, place: Place, asked: string | undefined): void {
  if (place.kind === "local" && asked !== undefined && asked !== place.region)
    terminal.warn(`the local file is in ${place.region}: --region ${asked} counts only when one is made`);
}

function describePlace({ place }: Connection): string {
  if (place.kind === "local") return `local, ${place.file}`;
  const profile = place.profile === null ? "" : `profile ${place.profile}, `;
  return place.kind === "endpoint" ? `${profile}${place.region}, ${place.endpointUrl}` : `${profile}${place.region}`;
}

/** Explicit AWS options win over SFN_CALLBACK_LOCAL_FILE; --local and --local-file win over everything. */
function meansLocal(options: ConnectionOptions, environment: Environment): boolean {
  if (options.local === true || options.localFile !== undefined) return true;
  if (options.endpointUrl !== undefined || options.profile !== undefined || options.region !== undefined) return false;
  return (environment["SFN_CALLBACK_LOCAL_FILE"] ?? "") !== "";
}

async function connectAws(using: Connecting, options: ConnectionOptions): Promise<Connection> {
  const { connectAws } = await import("../aws/connection.ts");
  const { environment, clock, version, timeouts, promptSecret } = using;
  const connection = await connectAws(options, {
    environment,
    clock,
    version,
    promptSecret,
    readFile: (path) => readFile(path, "utf8"),
    ...(timeouts === undefined ? {} : { timeouts }),
  });
  return { ...connection, [Symbol.asyncDispose]: using.closers.add(() => connection[Symbol.asyncDispose]()) };
}

async function connectLocal(using: Connecting, options: ConnectionOptions): Promise<Connection> {
  const { connectEndpoint } = await import("../aws/connection.ts");
  const region = options.region === undefined ? {} : { region: options.region };
  const server = await using.serveLocal({ file: options.localFile ?? "", port: 0, ...region });
  const place = { kind: "local", region: server.region, file: server.file } as const;
  // The file's own clock may have been moved ahead; deadlines are told by it.
  const clock = { now: () => server.now() };
  const connection = connectEndpoint({ url: server.url, region: server.region, place, clock, version: using.version });
  const close = using.closers.add(async () => {
    await connection[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });
  return { ...connection, [Symbol.asyncDispose]: close };
}
