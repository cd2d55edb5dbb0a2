import { ListExecutionsCommand, ListMapRunsCommand, SendTaskSuccessCommand } from "@aws-sdk/client-sfn";
import { describe, expect, it } from "vitest";
import { createLocal, type HandedTask } from "../../src/local/local.ts";
import { Bench, call, callbackResource, callbackState, lines, machine, sdkClient } from "./peer.ts";
import { expectSameHistories } from "./random-run.ts";

const asks = { StartAt: "Ask", States: { Ask: callbackState() } };
const MessageBody = { Token: "{% $states.context.Task.Token %}" };
/** Machines that ask once, for an output with nothing but brackets around the answer. */
const asking = {
  "a machine": asks,
  "a Parallel": machine({ All: { Type: "Parallel", Branches: [asks], End: true } }),
  "a Map": machine({ Each: { Type: "Map", ItemProcessor: asks, End: true } }),
  "a distributed Map": machine({
    Each: { Type: "Map", ItemProcessor: { ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" }, ...asks }, End: true },
  }),
  "a JSONata machine": machine(
    {
      Ask: {
        Type: "Task",
        Resource: callbackResource,
        Arguments: { QueueUrl: "queue", MessageBody },
        Output: "{% $states.result %}",
        End: true,
      },
    },
    { QueryLanguage: "JSONata" },
  ),
};

describe("any machine under any answers", () => {
  it("leaves the same histories however its servers are killed, opened again and doubled, takes each token once, and never gets stuck", async () => {
    await expectSameHistories(10, 10_000);
  }, 120_000);

  it("tells JSONata that is evaluated at once in the order in which it was begun, whichever is ready first", async () => {
    const slow = "{% $reduce([1..20000], function($sum, $item) { $sum + $item }) %}";
    const branch = (name: string, Output: string) => ({
      StartAt: name,
      States: { [name]: { Type: "Pass", Output, Assign: { [`of${name}`]: Output }, End: true } },
    });
    const Branches = [branch("Slow", slow), branch("Quick", "{% 1 %}"), branch("Middle", "{% $sum([1..500]) %}")];
    await using bench = await Bench.open();
    const arn = await bench.start(machine({ All: { Type: "Parallel", Branches, End: true } }, { QueryLanguage: "JSONata" }));
    await expect.poll(async () => (await bench.describe(arn)).status, { timeout: 15_000 }).toBe("SUCCEEDED");
    const exited = (await bench.history(arn)).flatMap(({ stateExitedEventDetails: details }) => details?.name ?? []);
    expect(exited).toEqual(["Slow", "Quick", "Middle", "All"]);
  });
});

describe("a distributed Map", () => {
  it.each(["STANDARD", "EXPRESS"])(
    "of %s children goes the same way whether anybody looks all the time, or first when it is over",
    async (ExecutionType) => {
      const Wait = {
        StartAt: "Wait",
        States: { Wait: { Type: "Wait", SecondsPath: "$", Next: "Stop" }, Stop: { Type: "Fail", Error: "Stopped" } },
      };
      const ItemProcessor = { ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType }, ...Wait };
      const each = { Type: "Map", ItemProcessor, MaxConcurrency: 2, ToleratedFailureCount: 3, Next: "Then" };
      const definition = machine({ Each: each, Then: { Type: "Wait", Seconds: 5, End: true } }, { TimeoutSeconds: 200 });
      const seen: string[][] = [];
      for (const looks of [60, 1]) {
        await using bench = await Bench.open();
        const arn = await bench.start(definition, [10, 20, 5, 30, 1]);
        await bench.history(arn);
        for (let look = 0; look < looks; look += 1) {
          bench.now += 60_000 / looks;
          await bench.history(arn);
        }
        const { mapRuns } = await bench.client.send(new ListMapRunsCommand({ executionArn: arn }));
        const { executions } = await bench.client.send(new ListExecutionsCommand({ mapRunArn: mapRuns?.[0]?.mapRunArn }));
        const times = (executions ?? []).map(
          ({ status, startDate, stopDate }) => `${status} ${startDate?.toISOString()} ${stopDate?.toISOString()}`,
        );
        seen.push([...lines(await bench.history(arn)), ...times.sort()]);
      }
      expect(seen[1]).toEqual(seen[0]);
      expect(seen[0]?.filter((line) => line.includes("MapRunFailed"))).toEqual(["5 MapRunFailed<-4 +21"]);
    },
  );
});

describe("many clients at once", () => {
  it.each(["a machine", "a Parallel", "a Map", "a distributed Map", "a JSONata machine"] as const)(
    "of 32 that answer one token of %s over two servers, exactly one is told that it did",
    async (place) => {
      await using bench = await Bench.open();
      const handed: string[] = [];
      const onTask = async (task: HandedTask) => void handed.push(task.taskToken);
      await using other = await createLocal({ file: bench.file, port: 0, clock: () => new Date(bench.now), onTask });
      const arn = await bench.start(asking[place], [1]);
      await expect.poll(() => handed.length, { timeout: 10_000 }).toBe(1);
      const [taskToken] = handed;
      const answers = await Promise.all(
        Array.from({ length: 32 }, (_, index) =>
          call(index % 2 === 0 ? bench.local.url : other.url, "SendTaskSuccess", { taskToken, output: String(index) }),
        ),
      );
      const won = answers.flatMap(({ status }, index) => (status === 200 ? [index] : []));
      expect(won).toHaveLength(1);
      for (const { status, body } of answers) if (status !== 200) expect(body).toContain("#TaskTimedOut");
      await expect.poll(async () => (await bench.describe(arn)).status, { timeout: 10_000 }).toBe("SUCCEEDED");
      expect((await bench.describe(arn)).output).toMatch(new RegExp(`^\\[*${won[0]}\\]*$`));
    },
  );

  it("over two servers of one file neither double nor lose a step, and hand no task over twice", async () => {
    await using bench = await Bench.open();
    const handed: string[] = [];
    const options = { file: bench.file, port: 0, clock: () => new Date(bench.now) };
    const onTask = async ({ taskToken }: { readonly taskToken: string }) => {
      handed.push(taskToken);
    };
    await using one = await createLocal({ ...options, onTask });
    await using two = await createLocal({ ...options, onTask });
    const clients = [sdkClient(one.url), sdkClient(two.url)];
    const states = { A: callbackState({ Next: "B" }), B: callbackState({ Next: "C" }), C: callbackState() };
    const arns = await Promise.all(Array.from({ length: 10 }, () => bench.start(machine(states))));
    for (let step = 0; step < 3; step += 1) {
      await Promise.all(
        arns.map(async (arn) => {
          const taskToken = await bench.token(arn);
          const sends = clients.map((client) => client.send(new SendTaskSuccessCommand({ taskToken, output: "{}" })));
          const answers = await Promise.allSettled(sends);
          expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
        }),
      );
    }
    for (const arn of arns) {
      const events = await bench.history(arn);
      expect(events.map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
      expect((await bench.describe(arn)).status).toBe("SUCCEEDED");
    }
    for (const client of clients) client.destroy();
    expect(new Set(handed).size).toBe(handed.length);
  });

  it("takes no answer whose deadline came between the look at the deadlines and the writing", async () => {
    await using bench = await Bench.open();
    const arn = await bench.start(machine({ Ask: callbackState({ End: true, TimeoutSeconds: 60 }) }));
    const taskToken = await bench.token(arn);
    let calls = 0;
    // An own clock that passes the deadline as soon as it has been looked at once.
    const clock = () => new Date(bench.now + (calls++ === 0 ? 0 : 60_000));
    await using slow = await createLocal({ file: bench.file, port: 0, clock });
    const client = sdkClient(slow.url);
    await expect(client.send(new SendTaskSuccessCommand({ taskToken, output: "1" }))).rejects.toMatchObject({ name: "TaskTimedOut" });
    client.destroy();
  });
});
