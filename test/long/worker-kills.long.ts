import { expect, it } from "vitest";
import { killWorkers } from "../processes/worker-kills.ts";

it("1,000 activity tasks, 8 workers, 100 of them killed: each task is answered once or times out", async () => {
  const { answered, timedOut, killed } = await killWorkers({ count: 1000, workers: 8, kills: 100 });
  expect(answered + timedOut).toBe(1000);
  expect(killed).toBeGreaterThan(80);
  // A worker takes one task at a time.
  expect(timedOut).toBeLessThanOrEqual(killed);
});
