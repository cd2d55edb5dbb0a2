import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLocal, type Local } from "../../src/local/local.ts";
import { durationsOf, longestWait, sevenTimeouts, startToTimeOut, waitForMap, waitForParallel } from "./others.ts";
import { startOfTime } from "./peer.ts";

/** What the server may take to answer others, whatever goes on. With great counts: test/long/others.long.ts. */
const patienceMilliseconds = 1000;

let local: Local;
beforeAll(async () => {
  local = await createLocal({ clock: () => new Date(startOfTime) });
});
afterAll(() => local.close());

describe("others are answered within a second", { timeout: 60_000 }, () => {
  it("while the branches of a Parallel, each with a large input, begin and are answered all at once", async () => {
    expect(await waitForParallel(local.url, 20)).toBeLessThan(patienceMilliseconds);
  });

  it("while a Map goes through many items with large inputs", async () => {
    expect(await waitForMap(local.url, 300)).toBeLessThan(patienceMilliseconds);
  });

  it("while many deadlines fall due at once, each applied at its own time when the clock has been moved", async () => {
    const arns = await startToTimeOut(local.url, 60);
    expect(await longestWait(local.url, local.advance(63_000))).toBeLessThan(patienceMilliseconds);
    for (const [index, seconds] of sevenTimeouts.entries()) {
      const durations = await durationsOf(local.url, arns[index] ?? "");
      expect(durations).toEqual(Array(60).fill(seconds > 63 ? undefined : seconds));
    }
  });
});
