import { expect, it } from "vitest";
import { killBulk } from "./bulk-kills.ts";

it("kill -9 of a bulk over 150 tasks, three times, leaves each answered exactly once", { timeout: 60_000 }, async () => {
  const { killed } = await killBulk(150, 3);
  expect(killed).toBeGreaterThan(0);
});
