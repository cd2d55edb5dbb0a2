import { join } from "node:path";
import { temporaryFolder } from "../harness.ts";
import { throughApi } from "../local-file.ts";
import { keys, screen } from "./screen.ts";

const definition = JSON.stringify({
  StartAt: "Ask",
  States: {
    Ask: {
      Type: "Task",
      Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
      Parameters: { QueueUrl: "https://sqs.us-east-1.amazonaws.com/123456789012/q", MessageBody: { "token.$": "$$.Task.Token" } },
      End: true,
    },
  },
});

const lanes = 32;

/** In milliseconds. */
export interface KeyTimes {
  /** From the command to the first task on the screen. */
  readonly firstTask: number;
  readonly looking: readonly number[];
  readonly settled: readonly number[];
}

/** How long the inbox took for each of so many keys, in milliseconds, while so many tasks wait: those pressed while it looks for them, and those after. */
export async function keyTimes(tasks: number, presses: number): Promise<KeyTimes> {
  const home = temporaryFolder();
  const localFile = join(home, "test.db");
  await throughApi(localFile, async (api) => {
    const { arn } = await api.createStateMachine({ name: "crowd", definition, roleArn: "arn:aws:iam::123456789012:role/r" });
    let started = 0;
    const lane = async (): Promise<void> => {
      while (started < tasks) {
        started += 1;
        await api.startExecution({ stateMachineArn: arn, name: `task-${started}`, input: "{}" });
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  });
  const openedAt = performance.now();
  const inbox = screen([], { home, localFile, columns: 80, rows: 24 });
  const press = async (key: string, shows: string): Promise<number> => {
    const pressedAt = performance.now();
    inbox.type(key);
    await inbox.sees(shows);
    return performance.now() - pressedAt;
  };
  await inbox.sees(/── 1 of \d+/);
  const firstTask = performance.now() - openedAt;
  // Where the chosen task is among the others changes while older ones are found.
  const looking: number[] = [];
  while (looking.length < presses) looking.push(await press("?", "send a heartbeat"), await press("?", "── "));
  await inbox.sees(`${tasks.toLocaleString("en-US")} waiting`, 300_000);
  inbox.type("g");
  await inbox.sees("── 1 of ");
  const settled: number[] = [];
  while (settled.length < presses) settled.push(await press(keys.down, `── ${settled.length + 2} of `));
  inbox.type("q");
  await inbox.ended;
  return { firstTask, looking, settled };
}

export function median(numbers: readonly number[]): number {
  return numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}
