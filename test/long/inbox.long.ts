import { expect, it } from "vitest";
import { keyTimes, median } from "../pty/crowd.ts";

it("answers a key within 100 ms while 5,000 tasks wait, and while they are being looked for", async () => {
  const { firstTask, looking, settled } = await keyTimes(5000, 60);
  const worst = Math.max(...looking, ...settled);
  process.stdout.write(
    `the first task came after ${Math.round(firstTask)} ms; a key took ${Math.round(median(looking))} ms while looking, ${Math.round(median(settled))} ms after, ${Math.round(worst)} ms at worst\n`,
  );
  expect(median(looking)).toBeLessThan(100);
  expect(median(settled)).toBeLessThan(100);
});
