import { expect, it } from "vitest";
import { soak } from "../local/soak.ts";

it("a day of 100,000 executions leaves no leak, and their removal gives the file's space back", async () => {
  const day = await soak(100_000, 1);
  // The figures are what docs/decisions.md speaks of.
  process.stdout.write(`${JSON.stringify(day, null, 2)}\n`);
  expect(day.fileMegabytes.at(-1)).toBeLessThan(1000);
  expect(day.fileMegabytesAfterRemoval).toBeLessThan(1);
});
