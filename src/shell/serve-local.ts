import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { LocalOptions, LocalServer } from "../context/local-server.ts";
import type { Clock, Environment } from "../context.ts";
import { CliError, usageError } from "../errors.ts";
import type { Closers } from "./closers.ts";
import { stateFolder } from "./files.ts";
import { codeOf, reasonOf } from "./system-error.ts";

/** Serves the embedded Step Functions, loaded now; what `Context.serveLocal` promises. An empty file name means the standard one. */
export async function serveLocal(
  { environment, clock, closers }: { environment: Environment; clock: Clock; closers: Closers },
  options: LocalOptions,
): Promise<LocalServer> {
  const { createLocal } = await import("../local/local.ts");
  const standard = join(stateFolder(environment), "local.db");
  const file = resolve(options.file !== "" ? options.file : environment["SFN_CALLBACK_LOCAL_FILE"] || standard);
  // Only our own folder is made: a mistyped --local-file must not leave folders behind.
  if (file === resolve(standard)) await mkdir(dirname(file), { recursive: true, mode: 0o700 }).catch(() => {});
  else if (!existsSync(dirname(file)))
    throw fileFailure(file, `there is no folder ${dirname(file)}`, "make the folder, or name another file with --local-file <file>");
  const server = await createLocal({ ...options, file, clock: () => clock.now() }).catch((error: unknown) => {
    throw localFailure(error, file, options.port);
  });
  return {
    url: server.url,
    file: server.file,
    region: server.region,
    accountId: server.accountId,
    now: () => server.now(),
    advance: (milliseconds) => server.advance(milliseconds),
    [Symbol.asyncDispose]: closers.add(() => server[Symbol.asyncDispose]()),
  };
}

function localFailure(error: unknown, file: string, port: number): unknown {
  if (error instanceof CliError) return error;
  if (error instanceof Error && error.name === "MockConfigError") return usageError(`--mock-config: ${error.message}`);
  if (error instanceof Error && error.name === "ImportError") return usageError(`--import: ${error.message}`);
  if (error instanceof Error && error.name === "ListenError") return usageError(error.message);
  if (codeOf(error) === "EADDRINUSE") {
    return new CliError("failure", `port ${port} is in use`, {
      code: "PortInUse",
      hint: "choose another one: --port 0 takes any free one",
      cause: error,
    });
  }
  const isFull = error instanceof Error && error.message.includes("disk is full");
  const hint = isFull
    ? "make room, or name another one with --local-file <file>"
    : "name another one with --local-file <file>, or move this one away: a new one is made";
  return fileFailure(file, reasonOf(error), hint, error);
}

function fileFailure(file: string, reason: string, hint: string, cause?: unknown): CliError {
  return new CliError("failure", `the local file ${file} cannot be used: ${reason}`, { code: "LocalFile", hint, cause });
}
