import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { GetExecutionHistoryCommand, ListExecutionsCommand, ListStateMachinesCommand, SFNClient } from "@aws-sdk/client-sfn";
import { spawn as spawnOnTerminal } from "@lydell/node-pty";
import { connectEndpoint } from "../src/aws/connection.ts";
import { createPacer } from "../src/sweep/pacing.ts";
import { quotaOf } from "../src/sweep/quotas.ts";
import { type Sweep, sweep } from "../src/sweep/sweep.ts";
import { type AccountSize, GeneratedAccount } from "./account.ts";
import type { Figure } from "./local.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** What a sweep of a generated account costs: calls, time and memory, beside the script that anybody would write. */

const bin = join(import.meta.dirname, "..", "bin", "sfn-callback.js");
const region = "eu-central-1";
const share = 0.5;
const mostOfFloor = 1.1;
const mostResidentMegabytes = 150;
const mostFirstRowMilliseconds = 1000;

type Counts = Readonly<Record<string, { readonly answered: number; readonly refused: number }>>;

/** A generated account in a process of its own. */
interface Account {
  readonly url: string;
  /** Ends it; tells what it was asked, and when it first answered. */
  end(): Promise<{ readonly calls: Counts; readonly firstReplyAt: number }>;
}

export async function measureSweep(environment: NodeJS.ProcessEnv, quick: boolean): Promise<Figure[]> {
  const waitingEach = quick ? 50 : 300;
  const small: AccountSize = {
    ...{ waitingMachines: 10, waitingEach, idleMachines: 200, idleEach: 5, updatedEvery: 2, longestHistory: 5000 },
    keepsQuotas: true,
  };
  const large: AccountSize = {
    ...{ waitingMachines: 20, waitingEach: quick ? 500 : 5000, idleMachines: 80, idleEach: 1, updatedEvery: 2, longestHistory: 1000 },
    keepsQuotas: false,
  };
  return [...(await paced(small)), ...(await resident(large, environment))];
}

/** Under AWS's quotas, on a clock that passes over the waiting. */
async function paced(size: AccountSize): Promise<Figure[]> {
  const ours = await sweepPaced(size);
  const script = await obviousScript(size);
  const whole = await sweepPaced(size, 1);
  const waiting = size.waitingMachines * size.waitingEach;
  const floor = floorSeconds(size);
  const what = `sweep: ${waiting} waiting in ${size.waitingMachines + size.idleMachines} machines`;
  const isWhole = ours.found === waiting && script.found === waiting;
  const answered = (operation: string) => ours.calls[operation]?.answered ?? 0;
  return [
    figure(`${what}, histories per task`, answered("GetExecutionHistory") / waiting, "", 1, isWhole),
    figure(`${what}, questions per updated machine`, answered("DescribeStateMachineForExecution") / updatedMachines(size), "", 1, isWhole),
    figure(`${what}, against the floor of ${floor.toFixed(0)} s`, ours.seconds / floor, " x", mostOfFloor, isWhole),
    figure(`${what}, calls against the obvious script's ${total(script.calls)}`, total(ours.calls) / total(script.calls), " x", 1, isWhole),
    figure(`${what}, calls that AWS refused (script: ${refused(script.calls)})`, refused(ours.calls), "", 0, isWhole),
    figure(
      `${what}, time at all of the quotas against the script's ${script.seconds.toFixed(0)} s`,
      whole.seconds / script.seconds,
      " x",
      1,
      isWhole,
    ),
  ];
}

export interface Run {
  /** -1 where it says that it is not complete. */
  readonly found: number;
  readonly seconds: number;
  readonly calls: Counts;
}

/** Sweeps a generated account within a share of AWS's quotas. */
export async function sweepPaced(size: AccountSize, rateShare = share): Promise<Run> {
  let asked = () => 0;
  const clock: VirtualClock = new VirtualClock(() => asked() - account.replies);
  await using account = new GeneratedAccount(size, () => clock.now().getTime());
  const url = await account.listen();
  const place = { kind: "endpoint", region, endpointUrl: url, profile: null } as const;
  await using connection = connectEndpoint({ url, region, place, clock, version: "0.0.0" });
  asked = () => Object.values(connection.stepFunctions.calls).reduce((sum, count) => sum + count, 0);
  const startedAt = clock.now().getTime();
  const swept: Sweep = await sweep(connection.stepFunctions, createPacer(region, rateShare, clock), {});
  return { found: swept.complete ? swept.count : -1, seconds: (clock.now().getTime() - startedAt) / 1000, calls: account.calls };
}

/** Lists, then reads whole histories one after another, and waits a moment where it is refused. */
async function obviousScript(size: AccountSize): Promise<Run> {
  let asked = 0;
  const clock: VirtualClock = new VirtualClock(() => asked - account.replies);
  await using account = new GeneratedAccount(size, () => clock.now().getTime());
  const endpoint = await account.listen();
  const client = new SFNClient({ endpoint, region, credentials: { accessKeyId: "b", secretAccessKey: "b" }, maxAttempts: 1 });
  const patiently = async <Reply>(call: () => Promise<Reply>): Promise<Reply> => {
    for (;;) {
      try {
        asked += 1;
        return await call();
      } catch (error) {
        if (!(error instanceof Error) || error.name !== "ThrottlingException") throw error;
        await clock.sleep(1000);
      }
    }
  };
  const startedAt = clock.now().getTime();
  let found = 0;
  const { stateMachines = [] } = await patiently(() => client.send(new ListStateMachinesCommand({ maxResults: 1000 })));
  for (const { stateMachineArn } of stateMachines) {
    const listed = await patiently(() =>
      client.send(new ListExecutionsCommand({ stateMachineArn, statusFilter: "RUNNING", maxResults: 1000 })),
    );
    for (const { executionArn } of listed.executions ?? []) {
      let nextToken: string | undefined;
      let last: string | undefined;
      do {
        const page = await patiently(() => client.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000, nextToken })));
        last = page.events?.at(-1)?.type;
        nextToken = page.nextToken;
      } while (nextToken !== undefined);
      if (last === "TaskSubmitted") found += 1;
    }
  }
  client.destroy();
  return { found, seconds: (clock.now().getTime() - startedAt) / 1000, calls: account.calls };
}

/** What the whole command gives: each task as it is found; all in order, for a pipe, as JSON, and what fits on the screen of a terminal. */
const forms = [
  { name: "pending --jsonl", args: ["--jsonl"], onTerminal: false },
  { name: "pending in a pipe", args: [], onTerminal: false },
  { name: "pending --json", args: ["--json"], onTerminal: false },
  { name: "pending on a terminal", args: [], onTerminal: true },
] as const;

/** The whole command over many running executions, without quotas: its memory, and how soon it says something. */
async function resident(size: AccountSize, environment: NodeJS.ProcessEnv): Promise<Figure[]> {
  const waiting = size.waitingMachines * size.waitingEach;
  const figures: Figure[] = [];
  for (const { name, args, onTerminal } of forms) {
    const account = await startAccount(size);
    const command = [bin, "pending", ...args, "--endpoint-url", account.url];
    const run = await (onTerminal ? runOnTerminal(command, environment) : runInPipe(command, environment));
    const { firstReplyAt } = await account.end();
    const what = `sweep: ${waiting} running, ${name}`;
    figures.push(figure(`${what}, resident`, run.megabytes, " MB", mostResidentMegabytes, run.code === 0));
    if (name === "pending --jsonl")
      figures.push(
        figure(
          `${what}, first row after the first page`,
          run.firstRowAt - firstReplyAt,
          " ms",
          mostFirstRowMilliseconds,
          run.rows === waiting,
        ),
      );
  }
  return figures;
}

async function runInPipe(command: readonly string[], environment: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, command, { env: environment, stdio: ["ignore", "pipe", "inherit"] });
  let [rows, firstRowAt] = [0, Number.NaN];
  child.stdout.on("data", (chunk: Buffer) => {
    if (rows === 0) firstRowAt = Date.now();
    for (const byte of chunk) if (byte === 10) rows += 1;
  });
  const { code, megabytes } = await watched(child.pid, new Promise<number | null>((done) => child.once("close", done)));
  return { code, rows, megabytes, firstRowAt };
}

async function runOnTerminal(command: readonly string[], environment: NodeJS.ProcessEnv) {
  const env = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined));
  const child = spawnOnTerminal(process.execPath, [...command], { cols: 120, rows: 40, env });
  const ended = new Promise<number>((done) => child.onExit(({ exitCode }) => done(exitCode)));
  return { ...(await watched(child.pid, ended)), rows: Number.NaN, firstRowAt: Number.NaN };
}

/** Looks at a process until it ends. */
async function watched(pid: number | undefined, ended: Promise<number | null>) {
  let megabytes = Number.NaN;
  const timer = setInterval(() => {
    const peak = peakMegabytes(pid);
    if (!Number.isNaN(peak)) megabytes = peak;
  }, 20);
  const code = await ended;
  clearInterval(timer);
  return { code, megabytes };
}

/** The most that it ever had; not known where there is no /proc. */
function peakMegabytes(pid: number | undefined): number {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? Number.NaN) / 1024;
  } catch {
    return Number.NaN;
  }
}

function startAccount(size: AccountSize): Promise<Account> {
  const script = join(import.meta.dirname, "account.ts");
  const child = spawn(process.execPath, [script, JSON.stringify(size)], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.stdout.on("data", (chunk) => {
      text += String(chunk);
      const [url = "", ...rest] = text.split("\n");
      if (rest.length === 1) resolve({ url, end: () => end(child, () => text.split("\n")[1] ?? "") });
    });
  });
}

async function end(child: ChildProcess, said: () => string): Promise<{ calls: Counts; firstReplyAt: number }> {
  const ended = new Promise((done) => child.once("close", done));
  child.kill("SIGTERM");
  await ended;
  return JSON.parse(said()) as { calls: Counts; firstReplyAt: number };
}

/** Half of the machines, or the like. */
export function updatedMachines({ waitingMachines, idleMachines, updatedEvery }: AccountSize): number {
  return Math.ceil((waitingMachines + idleMachines) / updatedEvery);
}

/** The least time that the share of the quotas allows: each machine described and its executions listed, and a history read of each that waits. */
export function floorSeconds({ waitingMachines, waitingEach, idleMachines }: AccountSize): number {
  const machines = waitingMachines + idleMachines;
  const calls = { DescribeStateMachine: machines, ListExecutions: machines, GetExecutionHistory: waitingMachines * waitingEach };
  return Math.max(
    ...Object.entries(calls).map(([operation, count]) => {
      const quota = quotaOf(operation, region);
      return quota === null ? 0 : (count - quota.bucket * share) / (quota.refill * share);
    }),
  );
}

function total(calls: Counts): number {
  return Object.values(calls).reduce((sum, { answered, refused }) => sum + answered + refused, 0);
}

function refused(calls: Counts): number {
  return Object.values(calls).reduce((sum, { refused }) => sum + refused, 0);
}

function figure(what: string, measured: number, unit: string, most: number, isWhole: boolean): Figure {
  const digits = unit === " MB" || unit === " ms" || Number.isInteger(measured) ? 0 : 2;
  const value = Number.isNaN(measured) ? "not known here" : `${measured.toFixed(digits)}${unit}`;
  return { what, value: isWhole ? value : "did not find all", limit: `<= ${most}${unit}`, ok: isWhole && !(measured > most) };
}
