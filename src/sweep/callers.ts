import type { ExecutionReader } from "./execution-reader.ts";
import { isToldBy } from "./machine-definitions.ts";
import type { Nesting } from "./nesting.ts";
import { WorkQueue, work } from "./work-queue.ts";

const readers = 16;

/** Reads the executions that may wait for these, and those that may wait for them in turn, until nothing new is linked. */
export async function readCallers(reader: ExecutionReader, nesting: Nesting, executionArns: ReadonlySet<string>): Promise<void> {
  for (;;) {
    const callers = nesting.takeCallersOf(executionArns);
    if (callers.length === 0) return;
    const queue = new WorkQueue<(typeof callers)[number]>();
    for (const caller of callers) await queue.give(caller);
    queue.close();
    await work(queue, readers, async (caller) => {
      try {
        nesting.learn(caller.execution.arn, (await reader.read(caller)).events);
      } catch (error) {
        // Nothing waits in them, so that one which may not be read is no gap.
        if (!isToldBy(error)) throw error;
      }
    });
  }
}
