import { expect, it } from "vitest";
import { soak } from "./soak.ts";

it("a day of executions leaves no leak, and their removal gives the file's space back", async () => {
  const { fileMegabytes, fileMegabytesAfterRemoval } = await soak(200, 8);
  expect(fileMegabytes.at(-1)).toBeGreaterThan(0.6);
  expect(fileMegabytesAfterRemoval).toBeLessThan(0.5);
});
