import { createRequire } from "node:module";
import { expect, it } from "vitest";
import { exampleTemplate } from "../../src/example/template.ts";
import { startRandom } from "./random-executions.ts";

type Handler = (event: unknown) => Promise<{ readonly coin: string }>;

/** The function as Lambda loads it: its text out of the template, with the SDK of the runtime. */
function loadFunction(): Handler {
  const { RandomFunction } = exampleTemplate({ machines: ["random"] }).Resources;
  const { ZipFile } = (RandomFunction?.Properties["Code"] ?? { ZipFile: "" }) as { ZipFile: string };
  const exports: { handler?: Handler } = {};
  new Function("require", "exports", ZipFile)(createRequire(import.meta.url), exports);
  if (exports.handler === undefined) throw new Error("the function has no handler");
  return exports.handler;
}

it("the function in the template answers 200 executions, some with success and some with failure, and loses none", {
  timeout: 60_000,
}, async () => {
  await using random = await startRandom(200);
  Object.assign(process.env, random.environment);
  const handler = loadFunction();
  const coins = await Promise.all(
    random.executions.map(async ({ event, expectEnded }) => {
      const { coin } = await handler(event);
      await expectEnded(coin);
      return coin;
    }),
  );
  // Each 60 to 140 times, but once in some fifty million runs.
  const heads = coins.filter((coin) => coin === "heads").length;
  expect(heads).toBeGreaterThan(60);
  expect(heads).toBeLessThan(140);
});
