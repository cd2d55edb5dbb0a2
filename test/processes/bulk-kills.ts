import { readFileSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import { call, createMachine, type Launched, serveLocal } from "./command.ts";
import { asked } from "./kills.ts";

const roleArn = "arn:aws:iam::123456789012:role/local";
const lanes = 32;
const output = '{"approved":true}';

export interface BulkKills {
  /** How often a bulk was ended before its end. */
  readonly killed: number;
  /** How often its journal then ended in a line that was torn. */
  readonly torn: number;
  /** How many answers were under way then, or had their results torn, and were settled from the history. */
  readonly settled: number;
  /** How long all the runs took together. */
  readonly seconds: number;
}

/**
 * Answers `count` waiting tasks by one bulk that is killed `kills` times, each time once its journal has grown by a random part, and run again with
 * the same journal, whose last line is torn where it tells of a result: that need not have reached the disk. Expects each task to be answered exactly
 * once, and by this bulk.
 */
export async function killBulk(count: number, kills: number): Promise<BulkKills> {
  const machine = createMachine();
  const server = await serveLocal(machine);
  await startAll(server.url, count);
  const journal = join(machine.folder, "journal.jsonl");
  const environment = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", AWS_REGION: "us-east-1", SFN_CALLBACK_LOCAL_FILE: undefined };
  const filter = ["--all", "--state-machine", "asked", "--state", "Ask", "--yes", "--expect", String(count)];
  const argv = ["succeed", ...filter, "--output", output, "--journal", journal, "--json", "--endpoint-url", server.url];
  // A plan is about 300 bytes a task, and what follows for each of them 600.
  const [planBytes, chunkBytes] = [count * 300, (count * 600) / kills];
  let [killed, torn] = [0, 0];
  const startedAt = performance.now();
  for (let kill = 0; kill < kills; kill++) {
    const command = machine.launch(argv, { environment });
    // The first while it plans, the others while it answers.
    killed += await killOnce(command, journal, Math.random() * (kill === 0 ? planBytes : chunkBytes), kill > 0);
    torn += tear(journal);
  }
  const { code, stdout, stderr } = await machine.run(argv, { environment });
  const seconds = (performance.now() - startedAt) / 1000;
  expect({ code, stderr: stderr.match(/^(error|warning).*/m) }).toEqual({ code: 0, stderr: null });
  const { results, counts } = JSON.parse(stdout) as { results: { executionArn: string; settled: string }[]; counts: object };
  expect(counts).toEqual({ applied: count });
  expect(new Set(results.map(({ executionArn }) => executionArn)).size).toBe(count);
  await expectAnswered(server.url, count);
  expect(readFileSync(journal, "utf8").endsWith("\n")).toBe(true);
  server.kill("SIGTERM");
  await server.ended;
  return { killed, torn, settled: results.filter(({ settled }) => settled === "history").length, seconds };
}

/** Kills the command once the journal has grown by so much, from its whole plan on if so wanted; 1 if it had not ended by itself before. */
async function killOnce(command: Launched, journal: string, growthBytes: number, afterPlan: boolean): Promise<number> {
  let isOver = false;
  const ended = command.ended.finally(() => {
    isOver = true;
  });
  while (afterPlan && !isOver && !hasPlan(journal)) await pause(20);
  const until = sizeOf(journal) + growthBytes;
  while (!isOver && sizeOf(journal) < until) await pause(2);
  command.kill("SIGKILL");
  return (await ended).signal === "SIGKILL" ? 1 : 0;
}

function hasPlan(journal: string): boolean {
  return sizeOf(journal) > 0 && readFileSync(journal, "utf8").includes('{"planned":');
}

/** Cuts the last line in two where it is a result; 1 if it was. */
function tear(journal: string): number {
  const size = sizeOf(journal);
  if (size === 0) return 0;
  const text = readFileSync(journal);
  const lineAt = text.lastIndexOf("\n", size - 2) + 1;
  if (!text.subarray(lineAt).includes('"result":')) return 0;
  truncateSync(journal, lineAt + Math.floor((size - lineAt) / 2));
  return 1;
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

async function startAll(url: string, count: number): Promise<void> {
  const { stateMachineArn } = await call(url, "CreateStateMachine", { name: "asked", definition: asked, roleArn });
  let left = count;
  const lane = async () => {
    while (left-- > 0) await call(url, "StartExecution", { stateMachineArn, input: "{}" });
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

async function expectAnswered(url: string, count: number): Promise<void> {
  const stateMachineArn = "arn:aws:states:us-east-1:123456789012:stateMachine:asked";
  const arns: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await call(url, "ListExecutions", { stateMachineArn, maxResults: 1000, nextToken });
    nextToken = page.nextToken;
    arns.push(...page.executions.map(({ executionArn }: { executionArn: string }) => executionArn));
  } while (nextToken !== undefined);
  expect(arns.length).toBe(count);
  const left = arns.values();
  const lane = async () => {
    for (const executionArn of left) {
      const { events } = await call(url, "GetExecutionHistory", { executionArn });
      const endings = events.filter(({ type }: { type: string }) =>
        /^(Task(Succeeded|Failed|TimedOut)|Execution(Failed|Aborted))$/.test(type),
      );
      expect(endings.map((event: { taskSucceededEventDetails?: object }) => event.taskSucceededEventDetails)).toMatchObject([{ output }]);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
