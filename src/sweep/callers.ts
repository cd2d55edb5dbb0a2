import { openMapRuns } from "../callback/history/history-tail.ts";
import type { ExecutionReader, Reading } from "./execution-reader.ts";
import { isToldBy } from "./machine-definitions.ts";
import type { Nesting } from "./nesting.ts";
import { WorkQueue, work } from "./work-queue.ts";

const readers = 16;

/** Reads the executions that may wait for what was found, and those that may wait for them in turn, until nothing new is linked. */
export async function readCallers(reader: ExecutionReader, nesting: Nesting): Promise<void> {
  for (let callers = nesting.takeCallers(); callers.length > 0; callers = nesting.takeCallers()) {
    const queue = new WorkQueue<Reading>();
    for (const caller of callers) await queue.give(caller);
    queue.close();
    await work(queue, readers, async (caller) => {
      try {
        const { events } = await reader.read(caller);
        nesting.learn(caller, events);
        // The children of a map run would be as many calls more.
        if (openMapRuns(events).length > 0) nesting.leaveUnread(caller.definition);
      } catch (error) {
        // Nothing waits in them, so that one which may not be read is no gap.
        if (!isToldBy(error)) throw error;
        nesting.leaveUnread(caller.definition);
      }
    });
  }
}
