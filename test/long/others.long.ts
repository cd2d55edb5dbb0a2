import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createLocal } from "../../src/local/local.ts";
import { temporaryFolder } from "../harness.ts";
import { durationsOf, longestWait, sevenTimeouts, startToTimeOut, waitForMap, waitForParallel } from "../local/others.ts";
import { binary } from "../processes/command.ts";

const tell = (what: string, longest: number) => process.stdout.write(`${what}: others waited ${longest.toFixed(0)} ms at the longest\n`);

it("a Parallel of 100 branches with 200 kB each holds nobody up", async () => {
  await using local = await createLocal();
  const longest = await waitForParallel(local.url, 100);
  tell("a Parallel of 100 branches", longest);
  expect(longest).toBeLessThan(1000);
});

it("a Map of 3,000 items with 40 kB each holds nobody up", async () => {
  await using local = await createLocal();
  const longest = await waitForMap(local.url, 3000);
  tell("a Map of 3,000 items", longest);
  expect(longest).toBeLessThan(1000);
});

it("20,000 deadlines that another process moves the clock past hold nobody up", async () => {
  await using local = await createLocal({ file: join(temporaryFolder(), "states.db") });
  const ofEach = 2_857;
  const arns = await startToTimeOut(local.url, ofEach);
  const advance = spawn(process.execPath, [binary, "local", "advance", "10m", "--local-file", local.file], { stdio: "ignore" });
  const longest = await longestWait(local.url, once(advance, "exit"));
  tell(`${ofEach * 7} deadlines`, longest);
  expect(advance.exitCode).toBe(0);
  for (const [index, seconds] of sevenTimeouts.entries()) {
    const durations = await durationsOf(local.url, arns[index] ?? "");
    expect(new Set(durations.map((duration) => duration?.toFixed(3)))).toEqual(new Set([seconds.toFixed(3)]));
  }
  expect(longest).toBeLessThan(1000);
});
