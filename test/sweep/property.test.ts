import { CreateActivityCommand, RedriveExecutionCommand, SendTaskFailureCommand, SendTaskSuccessCommand } from "@aws-sdk/client-sfn";
import fc from "fast-check";
import { describe, it } from "vitest";
import { Bench } from "../local/peer.ts";
import { blocks, type Language } from "../local/random-definition.ts";
import { activityNames, machineOf } from "../local/random-states.ts";
import { livingTokens, settled, sweepExactly } from "./account.ts";

/** What the outside does between two sweeps, to the tasks that wait then. */
type Act = "succeed" | "fail" | "wait" | "redrive";

/** More under SFN_CALLBACK_SWEEP_RUNS. */
const runs = Number(process.env["SFN_CALLBACK_SWEEP_RUNS"] ?? 25);

const cases = fc.record({
  line: blocks(2, 2),
  language: fc.constantFrom<Language[]>("JSONPath", "JSONata"),
  acts: fc.array(fc.record({ act: fc.constantFrom<Act[]>("succeed", "succeed", "fail", "wait", "redrive"), which: fc.nat() }), {
    minLength: 1,
    maxLength: 6,
  }),
});

describe("a sweep of any machine under any answers", () => {
  it(
    "lists exactly the tasks whose token the endpoint accepts",
    async () => {
      await fc.assert(
        fc.asyncProperty(cases, async ({ line, language, acts }) => {
          const { definition, mocks } = machineOf(line, language, null);
          await using bench = await Bench.open(undefined, { mockConfig: mockConfigOf(mocks), manual: false });
          for (const name of activityNames) await bench.client.send(new CreateActivityCommand({ name }));
          const arn = await bench.start(definition, { n: 1 }, { name: "random", testCase: "case" });
          await settled(bench);
          await sweepExactly(bench);
          for (const { act, which } of acts) {
            await does(bench, arn, act, which);
            await settled(bench);
            await sweepExactly(bench);
          }
        }),
        { numRuns: runs },
      );
    },
    60_000 + runs * 3000,
  );
});

async function does(bench: Bench, arn: string, act: Act, which: number): Promise<void> {
  if (act === "redrive") {
    // Refused while it runs.
    await bench.client.send(new RedriveExecutionCommand({ executionArn: arn })).catch(() => {});
    return;
  }
  const tokens = await livingTokens(bench);
  const taskToken = tokens[which % tokens.length];
  if (act === "wait" || taskToken === undefined) bench.now += 4000;
  else if (act === "succeed") await bench.client.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify({ which }) }));
  else await bench.client.send(new SendTaskFailureCommand({ taskToken, error: ["Refused", "Broken"][which % 2] }));
}

function mockConfigOf(mocks: ReturnType<typeof machineOf>["mocks"]): string {
  const responses = Object.entries(mocks).map(([state, results]) => [state, Object.fromEntries(results.entries())]);
  const states = Object.fromEntries(Object.keys(mocks).map((state) => [state, state]));
  return JSON.stringify({
    StateMachines: { random: { TestCases: { case: states } } },
    MockedResponses: Object.fromEntries(responses),
  });
}
