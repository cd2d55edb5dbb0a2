import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { cli, temporaryFolder } from "../harness.ts";
import { keys, type ScreenOptions, screen } from "./screen.ts";

let here: ScreenOptions & { readonly localFile: string };

beforeEach(async () => {
  const home = temporaryFolder();
  here = { home, localFile: join(home, "test.db") };
  await cli(["deploy-example"], here);
  for (const name of ["one", "two"]) await cli(["start", "approval", "--name", name, "--until", "waiting"], here);
});

const argv = ["fail", "--all", "--state-machine", "approval", "--state", "Ask for approval", "--error", "No"];

async function waiting(): Promise<number> {
  return JSON.parse((await cli(["pending", "--json"], here)).stdout).tasks.length;
}

it.each([
  ["n", 2, "nothing was sent", 2],
  ["y", 0, "applied 2", 0],
])("a bulk on a terminal shows its plan and asks: %s", async (key, expectedCode, said, left) => {
  const bulk = screen(argv, here);
  await bulk.shows("Answer with failure 2 tasks:");
  await bulk.shows("Catch → Rejected");
  await bulk.shows("Go on with 2?");
  bulk.type(`${key}${keys.enter}`);
  const { code, lines } = await bulk.ended;
  expect(code).toBe(expectedCode);
  expect(lines.join("\n")).toContain(said);
  expect(await waiting()).toBe(left);
});
