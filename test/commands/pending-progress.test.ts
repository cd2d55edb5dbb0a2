import { describe, expect, it } from "vitest";
import { foundLines, leftText } from "../../src/commands/pending/progress.ts";

const nothing = { machinesLeft: 0, callbackMachinesLeft: 0, executionsRead: 0, executionsLeft: 0, tasks: 0, millisecondsLeft: 0 };

describe("the progress of a sweep", () => {
  it.each([
    [{ machinesLeft: 12, callbackMachinesLeft: 3 }, "12 machines left"],
    [{ machinesLeft: 210, millisecondsLeft: 180_000 }, "210 machines without a callback left, about 3m; Ctrl-C keeps what you have"],
    [{ executionsLeft: 900, millisecondsLeft: 90_000 }, "900 executions left, about 1m 30s; Ctrl-C keeps what you have"],
  ])("%j is told as %j", (at, text) => expect(leftText({ ...nothing, ...at })).toBe(text));

  it("counts what was found where, the most first, in a few lines", () => {
    const group = (count: number) => ({
      stateMachineArn: `arn:${count}`,
      stateMachineName: `m${count}`,
      state: "Ask",
      count,
      answerable: count,
      oldest: new Date(0),
      nextTimeoutAt: null,
    });
    const of = (...counts: number[]) => foundLines({ ...nothing, tasks: 9, executionsRead: 1 }, counts.map(group));
    expect(of()).toEqual(["9 waiting, 1 execution read"]);
    expect(of(120, 4).slice(1)).toEqual(["120  m120  Ask", "  4  m4  Ask"]);
    expect(of(6, 5, 4, 3, 2, 1)).toHaveLength(7);
    expect(of(7, 6, 5, 4, 3, 2, 1).slice(-2)).toEqual(["3  m3  Ask", "and 2 more machines and states"]);
    expect(foundLines(nothing, [{ ...group(1), state: null }])[1]).toBe("1  m1  not readable");
  });
});
