import { expect, it } from "vitest";
import { soak } from "./soak.ts";

it("a day of executions leaves no leak, and their removal gives the file's space back", async () => {
  const { fileMegabytes, fileMegabytesAfterRemoval } = await soak(300, 8);
  expect(fileMegabytes.at(-1)).toBeGreaterThan(1);
  expect(fileMegabytesAfterRemoval).toBeLessThan(0.5);
});
