import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import { call, createMachine, type Launched, serveLocal } from "./command.ts";
import { asked } from "./kills.ts";

const roleArn = "arn:aws:iam::123456789012:role/local";
const lanes = 32;
const output = '{"approved":true}';

/** How often a bulk was ended before its end, and how many answers were under way then and settled afterwards. */
export interface BulkKills {
  readonly killed: number;
  readonly settled: number;
}

/**
 * Answers `count` waiting tasks by one bulk that is killed `kills` times, each time once its journal has grown by a random part, and run again with
 * the same journal. Expects each task to be answered exactly once, and by this bulk.
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
  const chunkBytes = (count * 900) / (kills + 1);
  let killed = 0;
  for (let kill = 0; kill < kills; kill++)
    killed += await killOnce(machine.launch(argv, { environment }), journal, Math.random() * chunkBytes);
  const { code, stdout, stderr } = await machine.run(argv, { environment });
  expect({ code, stderr: stderr.match(/^(error|warning).*/m) }).toEqual({ code: 0, stderr: null });
  const { results, counts } = JSON.parse(stdout) as { results: { executionArn: string; settled: string }[]; counts: object };
  expect(counts).toEqual({ applied: count });
  expect(new Set(results.map(({ executionArn }) => executionArn)).size).toBe(count);
  await expectAnswered(server.url, count);
  expect(readFileSync(journal, "utf8").endsWith("\n")).toBe(true);
  server.kill("SIGTERM");
  await server.ended;
  return { killed, settled: results.filter(({ settled }) => settled === "history").length };
}

/** Kills the command once the journal has grown by so much; 1 if it had not ended by itself before. */
async function killOnce(command: Launched, journal: string, growthBytes: number): Promise<number> {
  let isOver = false;
  const ended = command.ended.finally(() => {
    isOver = true;
  });
  const until = sizeOf(journal) + growthBytes;
  while (!isOver && sizeOf(journal) < until) await pause(2);
  command.kill("SIGKILL");
  return (await ended).signal === "SIGKILL" ? 1 : 0;
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
  let seen = 0;
  let nextToken: string | undefined;
  do {
    const page = await call(url, "ListExecutions", { stateMachineArn, maxResults: 1000, nextToken });
    nextToken = page.nextToken;
    for (const { executionArn, status } of page.executions) {
      expect(status).toBe("SUCCEEDED");
      seen += 1;
      if (seen % 50 !== 0) continue;
      const { events } = await call(url, "GetExecutionHistory", { executionArn });
      const answers = events.filter(({ type }: { type: string }) => type === "TaskSucceeded");
      expect(answers.map((event: { taskSucceededEventDetails: object }) => event.taskSucceededEventDetails)).toMatchObject([{ output }]);
    }
  } while (nextToken !== undefined);
  expect(seen).toBe(count);
}
