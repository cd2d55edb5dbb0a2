import { expect, it } from "vitest";
import { killBulk } from "./bulk-kills.ts";

it("kill -9 of a bulk over 200 tasks, five times, leaves each answered exactly once", { timeout: 60_000 }, async () => {
  const { killed } = await killBulk(200, 5);
  expect(killed).toBeGreaterThan(0);
});
