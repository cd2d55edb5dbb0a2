import { type HistoryEvent, SendTaskFailureCommand, SendTaskSuccessCommand } from "@aws-sdk/client-sfn";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLocal } from "../../src/local/local.ts";
import { Bench, callbackState, machine, sdkClient } from "./peer.ts";

/** One state of a line, with what the outside does when it is reached. */
type Link =
  | { readonly kind: "pass" }
  | { readonly kind: "wait"; readonly seconds: number }
  | { readonly kind: "task"; readonly answer: "success" | "failure" | "timeout"; readonly isRetried: boolean; readonly value: unknown };

const links: fc.Arbitrary<Link[]> = fc.array(
  fc.oneof(
    fc.constant<Link>({ kind: "pass" }),
    fc.record({ kind: fc.constant("wait" as const), seconds: fc.integer({ min: 1, max: 100 }) }),
    fc.record({
      kind: fc.constant("task" as const),
      answer: fc.constantFrom("success" as const, "failure" as const, "timeout" as const),
      isRetried: fc.boolean(),
      value: fc.jsonValue({ maxDepth: 2 }),
    }),
  ),
  { minLength: 1, maxLength: 5 },
);

function line(all: readonly Link[]): object {
  const states = all.map((link, index): [string, object] => {
    const flow = index === all.length - 1 ? { End: true } : { Next: `S${index + 1}` };
    if (link.kind === "pass") return [`S${index}`, { Type: "Pass", ...flow }];
    if (link.kind === "wait") return [`S${index}`, { Type: "Wait", Seconds: link.seconds, ...flow }];
    const Retry = link.isRetried ? [{ ErrorEquals: ["States.ALL"], IntervalSeconds: 3, MaxAttempts: 1 }] : [];
    const Catch = index === all.length - 1 ? [] : [{ ErrorEquals: ["States.ALL"], ResultPath: "$", Next: `S${index + 1}` }];
    return [`S${index}`, callbackState({ ...flow, TimeoutSeconds: 30, Retry, Catch })];
  });
  return machine(Object.fromEntries(states));
}

/** Runs a line to its end; `disturb` is called before each act of the outside. */
async function run(all: readonly Link[], disturb: (bench: Bench) => Promise<void>) {
  await using bench = await Bench.open();
  const arn = await bench.start(line(all), { n: 1 });
  const tokens: string[] = [];
  for (let acts = 0; acts < 100 && (await bench.describe(arn)).status === "RUNNING"; acts += 1) {
    await disturb(bench);
    const events = await bench.history(arn);
    const name = events.findLast(({ stateEnteredEventDetails: details }) => details !== undefined)?.stateEnteredEventDetails?.name ?? "S0";
    const link = all[Number(name.slice(1))];
    if (link?.kind !== "task" || link.answer === "timeout" || events.at(-1)?.type !== "TaskSubmitted") {
      bench.now += 1000 * 101;
      continue;
    }
    const taskToken = await bench.token(arn);
    tokens.push(taskToken);
    if (link.answer === "success") await bench.client.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(link.value) }));
    else await bench.client.send(new SendTaskFailureCommand({ taskToken, error: "No" }));
    await expect(bench.client.send(new SendTaskSuccessCommand({ taskToken, output: "2" }))).rejects.toMatchObject({ name: "TaskTimedOut" });
  }
  for (const taskToken of tokens) {
    await expect(bench.client.send(new SendTaskSuccessCommand({ taskToken, output: "2" }))).rejects.toMatchObject({ name: "TaskTimedOut" });
  }
  expect(new Set(tokens).size).toBe(tokens.length);
  const [described, history] = [await bench.describe(arn), await bench.history(arn)];
  return { status: described.status, output: described.output, events: history.map(comparable) };
}

/** Without what hangs on the file's own secret: tokens, and the ids of the delivery. */
function comparable({ taskSubmittedEventDetails: _, ...event }: HistoryEvent): unknown {
  return JSON.parse(JSON.stringify(event).replace(/AQCEAAAAKgAAAAMAAAAA[A-Za-z0-9+/=]+/g, "<token>"));
}

describe("any line of states under any answers", () => {
  it("leaves the same history when the file is closed and opened again at any time, and takes no token twice", async () => {
    await fc.assert(
      fc.asyncProperty(links, fc.infiniteStream(fc.boolean()), async (all, reopen) => {
        const undisturbed = await run(all, async () => {});
        const disturbed = await run(all, async (bench) => {
          if (reopen.next().value === true) await bench.reopen();
        });
        expect(undisturbed.status).not.toBe("RUNNING");
        expect(disturbed).toEqual(undisturbed);
        expect(disturbed.events).toEqual(disturbed.events.map((event, index) => ({ ...(event as object), id: index + 1 })));
      }),
      { numRuns: 30 },
    );
  }, 60_000);
});

describe("many clients at once", () => {
  it("of 32 that answer one token, exactly one is told that it did", async () => {
    await using bench = await Bench.open();
    for (let round = 0; round < 5; round += 1) {
      const arn = await bench.start(machine({ Ask: callbackState() }));
      const taskToken = await bench.token(arn);
      const clients = Array.from({ length: 32 }, () => sdkClient(bench.local.url));
      const answers = await Promise.allSettled(
        clients.map((client, index) => client.send(new SendTaskSuccessCommand({ taskToken, output: String(index) }))),
      );
      for (const client of clients) client.destroy();
      const won = answers.flatMap(({ status }, index) => (status === "fulfilled" ? [index] : []));
      expect(won).toHaveLength(1);
      for (const answer of answers) if (answer.status === "rejected") expect(answer.reason).toMatchObject({ name: "TaskTimedOut" });
      expect((await bench.describe(arn)).output).toBe(String(won[0]));
      expect((await bench.history(arn)).filter(({ type }) => type === "TaskSucceeded")).toHaveLength(1);
    }
  });

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
