import { setTimeout as pause } from "node:timers/promises";
import { expect, it } from "vitest";
import { systemClock } from "../../src/shell/clock.ts";

it("sleeps longer than Node's longest timer, which would end at once", async () => {
  const end = new AbortController();
  let woke = false;
  const sleeping = systemClock.sleep(120 * 86_400_000, end.signal).then(() => {
    woke = true;
  });
  await Promise.race([sleeping, pause(20)]);
  expect(woke).toBe(false);
  end.abort(new Error("enough"));
  await expect(sleeping).rejects.toThrow("enough");
});

it("does not begin to sleep where the signal was raised before", async () => {
  await expect(systemClock.sleep(60_000, AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
});
