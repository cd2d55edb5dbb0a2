import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What the embedded Step Functions does a second, and what it takes to come back with many waiting executions. */

export interface Figure {
  readonly what: string;
  readonly value: string;
  readonly limit: string;
  readonly ok: boolean;
}

const bin = join(import.meta.dirname, "..", "bin", "sfn-callback.js");
const load = join(import.meta.dirname, "local-load.ts");
const leastPerSecond = 1500;
const mostRestoreMilliseconds = 1000;
const mostResidentMegabytes = 300;

interface Server {
  readonly child: ChildProcess;
  readonly url: string;
  readonly readyMilliseconds: number;
}

/** `folder` is thrown away by the caller. */
export async function measureLocal(folder: string, environment: NodeJS.ProcessEnv, quick: boolean): Promise<Figure[]> {
  // No fewer for a quick look: of a thousand, most of the time is Node's, for compiling what it has not run yet.
  const rates = await throughput(join(folder, "throughput.db"), environment, 5000);
  return [...rates, ...(await restore(join(folder, "restore.db"), environment, quick ? 1000 : 10_000))];
}

async function throughput(file: string, environment: NodeJS.ProcessEnv, count: number): Promise<Figure[]> {
  const server = await serve(file, environment);
  const { started, answered } = runLoad(server.url, count, environment);
  await kill(server);
  return [
    atLeast(`local: executions started (${count}, 32 connections)`, started),
    atLeast(`local: callbacks answered (${count}, 32 connections)`, answered),
  ];
}

async function restore(file: string, environment: NodeJS.ProcessEnv, count: number): Promise<Figure[]> {
  const before = await serve(file, environment);
  runLoad(before.url, count, environment, "wait");
  await kill(before);
  const after = await serve(file, environment);
  const startedAt = performance.now();
  const arn = "arn:aws:states:us-east-1:123456789012:stateMachine:bench";
  const headers = { "content-type": "application/x-amz-json-1.0", "x-amz-target": "AWSStepFunctions.ListExecutions" };
  const body = JSON.stringify({ stateMachineArn: arn, statusFilter: "RUNNING", maxResults: 1000 });
  const response = await fetch(after.url, { method: "POST", headers, body });
  const { executions } = (await response.json()) as { executions: unknown[] };
  const milliseconds = after.readyMilliseconds + performance.now() - startedAt;
  const megabytes = residentMegabytes(after.child);
  await kill(after);
  const found = executions.length === Math.min(count, 1000);
  const what = `local: ${count} waiting, back after SIGKILL`;
  const value = found ? `${milliseconds.toFixed(0)} ms` : `${executions.length} listed`;
  return [
    { what, value, limit: `<= ${mostRestoreMilliseconds} ms`, ok: found && milliseconds <= mostRestoreMilliseconds },
    {
      what: `local: ${count} waiting, resident`,
      value: Number.isNaN(megabytes) ? "not known here" : `${megabytes.toFixed(0)} MB`,
      limit: `<= ${mostResidentMegabytes} MB`,
      ok: !(megabytes > mostResidentMegabytes),
    },
  ];
}

function serve(file: string, environment: NodeJS.ProcessEnv): Promise<Server> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [bin, "local", "--port", "0", "--local-file", file, "--jsonl"], {
    env: environment,
    stdio: ["ignore", "pipe", "inherit"],
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`local ended with ${code}`)));
    child.stdout?.once("data", (line) => {
      const { url } = JSON.parse(String(line)) as { url: string };
      resolve({ child, url, readyMilliseconds: performance.now() - startedAt });
    });
  });
}

function runLoad(url: string, count: number, environment: NodeJS.ProcessEnv, ...how: string[]): { started: number; answered: number } {
  const { stdout, stderr, status } = spawnSync(process.execPath, [load, url, String(count), ...how], {
    env: environment,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`the load failed: ${stderr}`);
  return JSON.parse(stdout) as { started: number; answered: number };
}

async function kill({ child }: Server): Promise<void> {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
}

function residentMegabytes(child: ChildProcess): number {
  try {
    const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1];
    return Number(kilobytes ?? Number.NaN) / 1024;
  } catch {
    return Number.NaN;
  }
}

function atLeast(what: string, perSecond: number): Figure {
  return { what, value: `${perSecond.toFixed(0)} /s`, limit: `>= ${leastPerSecond} /s`, ok: perSecond >= leastPerSecond };
}
