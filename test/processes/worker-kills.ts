import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import { createLocal } from "../../src/local/local.ts";
import { call, createMachine, type Launched, type Machine } from "./command.ts";

const heartbeatSeconds = 60;

/** How the tasks ended: answered by a worker, or timed out since theirs was killed; and how many workers were killed. */
export interface WorkerKills {
  readonly answered: number;
  readonly timedOut: number;
  readonly killed: number;
}

/**
 * Has workers do `count` tasks of an activity, and kills one of them `kills` times, whichever and whenever; each is started again at once. Expects each
 * task to be handed out once, and to be answered once, by its worker, or to time out.
 */
export async function killWorkers({ count, workers, kills }: { count: number; workers: number; kills: number }): Promise<WorkerKills> {
  const machine = createMachine();
  await using local = await createLocal({ file: machine.file, pollMilliseconds: 500 });
  const { activityArn } = await call(local.url, "CreateActivity", { name: "work" });
  const executions = await startAll(local.url, activityArn, count);
  // Every task that a command was run for, and every one that it had done.
  const log = join(machine.folder, "log");
  const crew = Array.from({ length: workers }, () => newWorker(machine, local.url, log));
  let killed = 0;
  for (let kill = 0; kill < kills; kill++) {
    const at = Math.floor(Math.random() * workers);
    // Two lines of about 14 bytes a task.
    await grown(log, (Math.random() * 28 * count) / kills);
    crew[at]?.kill("SIGKILL");
    if ((await crew[at]?.ended)?.signal === "SIGKILL") killed += 1;
    crew[at] = newWorker(machine, local.url, log);
  }
  // Nothing comes to a poll of ours once all tasks are taken.
  for (let task = await call(local.url, "GetActivityTask", { activityArn }); task.taskToken !== null; ) {
    await call(local.url, "SendTaskSuccess", { taskToken: task.taskToken, output: task.input });
    task = await call(local.url, "GetActivityTask", { activityArn });
  }
  // Before it says so, a worker has polled for nothing and simply ends at a signal.
  for (const worker of crew) await worker.line(/waiting for tasks/);
  for (const worker of crew) worker.kill("SIGTERM");
  for (const worker of crew) expect(await worker.ended).toMatchObject({ code: 0, signal: null });
  await local.advance(heartbeatSeconds * 1000);
  const ends = await endsOf(local.url, executions);
  expectOnce(readFileSync(log, "utf8"), count);
  return { answered: ends.answered, timedOut: ends.timedOut, killed };
}

function newWorker(machine: Machine, url: string, log: string): Launched {
  const environment = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", AWS_REGION: "us-east-1", SFN_CALLBACK_LOCAL_FILE: undefined };
  const script = `n=$(cat); echo "began $n" >> ${log}; echo "$n"; echo "ended $n" >> ${log}`;
  return machine.launch(["run", "--activity", "work", "--endpoint-url", url, "--every", "20s", "--", "sh", "-c", script], { environment });
}

async function startAll(url: string, activityArn: string, count: number): Promise<readonly string[]> {
  const definition = JSON.stringify({
    StartAt: "Work",
    States: { Work: { Type: "Task", Resource: activityArn, HeartbeatSeconds: heartbeatSeconds, End: true } },
  });
  const { stateMachineArn } = await call(url, "CreateStateMachine", {
    name: "work",
    definition,
    roleArn: "arn:aws:iam::123456789012:role/local",
  });
  const executions: string[] = [];
  for (let n = 0; n < count; n++) {
    // As long as any other, for what the log grows by.
    executions.push(
      (await call(url, "StartExecution", { stateMachineArn, input: JSON.stringify(String(n).padStart(5, "0")) })).executionArn,
    );
  }
  return executions;
}

async function grown(file: string, bytes: number): Promise<void> {
  const size = () => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  const until = size() + bytes;
  // The moment of the kill; by a time, too, since all tasks may be taken.
  for (let times = 0; times < 100 && size() < until; times++) await pause(5);
}

async function endsOf(url: string, executions: readonly string[]): Promise<{ answered: number; timedOut: number }> {
  const ends = { answered: 0, timedOut: 0 };
  for (const executionArn of executions) {
    const { events } = await call(url, "GetExecutionHistory", { executionArn });
    const [started, closed, ...more] = events.filter(({ type }: { type: string }) =>
      /^Activity(Started|Succeeded|Failed|TimedOut)$/.test(type),
    );
    expect({ started: started.type, more }).toEqual({ started: "ActivityStarted", more: [] });
    if (closed.type === "ActivitySucceeded") {
      expect(closed.activitySucceededEventDetails.output).toBe(events[0].executionStartedEventDetails.input);
      ends.answered += 1;
    } else {
      expect(closed).toMatchObject({ type: "ActivityTimedOut", activityTimedOutEventDetails: { error: "States.Timeout" } });
      expect(closed.timestamp - started.timestamp).toBeGreaterThanOrEqual(heartbeatSeconds);
      ends.timedOut += 1;
    }
  }
  return ends;
}

/** No task had its command run twice. */
function expectOnce(log: string, count: number): void {
  for (const word of ["began", "ended"]) {
    const tasks = log.split("\n").filter((line) => line.startsWith(word));
    expect(new Set(tasks).size).toBe(tasks.length);
    expect(tasks.length).toBeLessThanOrEqual(count);
  }
}
