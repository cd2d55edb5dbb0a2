import { spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { temporaryFolder } from "../harness.ts";
import { atEndOfFile } from "../leftovers.ts";

/** The program's entry, as npm links it. `npm run build` makes what it loads. */
export const binary = resolve("bin/sfn-callback.js");

export interface LaunchOptions {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Text for standard input, or "closed". Closed where absent. */
  readonly stdin?: string;
  /** When we close our end of its standard output: before it writes anything, or after the first bytes, as `head -1` does. */
  readonly closeStdout?: "at once" | "after first bytes";
  /** An open file that is its standard output. */
  readonly stdoutFile?: number;
  /** The Node to run it with; the one that runs the tests where absent. */
  readonly node?: string;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Launched {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** The first line of either stream that matches, as soon as it is whole. Rejects where the process ends without it. */
  line(pattern: RegExp): Promise<string>;
  kill(signal: NodeJS.Signals): void;
}

/** One user's machine: a home and a local file that every process started through it shares. */
export interface Machine {
  readonly folder: string;
  readonly file: string;
  launch(argv: readonly string[], options?: LaunchOptions): Launched;
  run(argv: readonly string[], options?: LaunchOptions): Promise<Ended>;
}

/** A fresh machine, removed after the tests of the file. */
export function createMachine(): Machine {
  const folder = temporaryFolder();
  const file = join(folder, "local.db");
  const environment = {
    HOME: folder,
    XDG_STATE_HOME: join(folder, "state"),
    PATH: process.env["PATH"],
    AWS_EC2_METADATA_DISABLED: "true",
    SFN_CALLBACK_LOCAL_FILE: file,
  };
  const start = (argv: readonly string[], options: LaunchOptions = {}) =>
    launch(argv, { ...options, environment: { ...environment, ...options.environment } });
  return { folder, file, launch: start, run: (argv, options) => start(argv, options).ended };
}

function launch(argv: readonly string[], options: LaunchOptions): Launched {
  const child = spawn(options.node ?? process.execPath, [binary, ...argv], {
    env: { ...options.environment },
    stdio: [options.stdin === undefined ? "ignore" : "pipe", options.stdoutFile ?? "pipe", "pipe"],
  });
  atEndOfFile(() => {
    if (!over) child.kill("SIGKILL");
  });
  child.stdin?.on("error", () => {}).end(options.stdin);
  if (options.closeStdout === "at once") child.stdout?.destroy();
  const texts = { stdout: "", stderr: "" };
  const listeners = new Set<() => void>();
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (text: string) => {
      texts[name] += text;
      if (name === "stdout" && options.closeStdout === "after first bytes") child.stdout?.destroy();
      for (const listener of [...listeners]) listener();
    });
  }
  let over = false;
  const ended = new Promise<Ended>((done, fail) => {
    child.on("error", fail);
    child.on("close", (code, signal) => {
      over = true;
      for (const listener of [...listeners]) listener();
      done({ code, signal, ...texts });
    });
  });
  const line = (pattern: RegExp) =>
    new Promise<string>((done, fail) => {
      const look = () => {
        const wholeLines = [texts.stdout, texts.stderr].flatMap((text) => text.split("\n").slice(0, -1));
        const found = wholeLines.find((text) => pattern.test(text));
        if (found === undefined && !over) return;
        listeners.delete(look);
        if (found === undefined) fail(new Error(`ended without ${pattern}: ${texts.stdout}${texts.stderr}`));
        else done(found);
      };
      listeners.add(look);
      look();
    });
  return { pid: child.pid ?? -1, ended, line, kill: (signal) => void child.kill(signal) };
}

/** A `local --port 0 --jsonl` that is ready, and where it serves. */
export async function serveLocal(
  machine: Machine,
  argv: readonly string[] = [],
  options: LaunchOptions = {},
): Promise<Launched & { readonly url: string }> {
  const server = machine.launch(["local", "--port", "0", "--jsonl", ...argv], options);
  const ready = JSON.parse(await server.line(/"url"/)) as { url: string };
  return { ...server, url: ready.url };
}

/** One request to a served local, unsigned. Rejects where the connection breaks or the reply is not a 200. */
export async function call(url: string, operation: string, members: object) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": `AWSStepFunctions.${operation}` },
    body: JSON.stringify(members),
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${operation}: ${response.status} ${text}`);
  return JSON.parse(text);
}

/** The token that the given execution's task waits with, read from its history. */
export async function tokenOf(url: string, executionArn: string): Promise<string> {
  return tokenIn(await call(url, "GetExecutionHistory", { executionArn }));
}

/** The token of the task that was scheduled first in a reply of GetExecutionHistory. */
export function tokenIn({
  events,
}: {
  readonly events: readonly { type: string; taskScheduledEventDetails: { parameters: string } }[];
}): string {
  const scheduled = events.find((event) => event.type === "TaskScheduled");
  return JSON.parse(scheduled?.taskScheduledEventDetails.parameters ?? "null").Payload.taskToken;
}

/** The token in a callback task's parameters of an SQS message. */
export function tokenOfMessage(parameters: string): string {
  return JSON.parse(parameters).MessageBody.TaskToken;
}
