import { describe, expect, it } from "vitest";
import { progressText } from "../../src/commands/pending/progress.ts";

const nothing = { machinesLeft: 0, callbackMachinesLeft: 0, executionsRead: 0, executionsLeft: 0, tasks: 0, millisecondsLeft: 0 };

describe("the progress of a sweep", () => {
  it.each([
    [{ machinesLeft: 12, callbackMachinesLeft: 3, tasks: 4, executionsRead: 9 }, "4 waiting, 9 executions read; 12 machines left"],
    [
      { machinesLeft: 210, tasks: 4, executionsRead: 1, millisecondsLeft: 180_000 },
      "4 waiting, 1 execution read; 210 machines without a callback left, about 3m; Ctrl-C keeps what you have",
    ],
    [
      { executionsLeft: 900, tasks: 0, executionsRead: 100, millisecondsLeft: 90_000 },
      "0 waiting, 100 executions read; 900 executions left, about 1m 30s; Ctrl-C keeps what you have",
    ],
  ])("%j is told as %j", (at, text) => expect(progressText({ ...nothing, ...at })).toBe(text));
});
