import { expect, it } from "vitest";
import { killBulk } from "../processes/bulk-kills.ts";

it("kill -9 of a bulk over 10,000 tasks, ten times, leaves each answered exactly once", { timeout: 15 * 60_000 }, async ({ annotate }) => {
  const kills = await killBulk(10_000, 10);
  await annotate(JSON.stringify(kills));
  expect(kills.killed).toBe(10);
  expect(kills.settled).toBeGreaterThan(0);
  expect(kills.seconds).toBeLessThan(120);
});
