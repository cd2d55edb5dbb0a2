import { join } from "node:path";
import fc from "fast-check";
import { expect } from "vitest";
import { createLocal } from "../../src/local/local.ts";
import { temporaryFolder } from "../harness.ts";
import { call, roleArn, startOfTime } from "./peer.ts";
import { everyExecution, Watch } from "./random-checks.ts";
import { type Block, blocks, hasRace, type Language } from "./random-definition.ts";
import { type Outside, Receivers, untilOver } from "./random-outside.ts";
import { activityNames, machineOf } from "./random-states.ts";
import { type Disturbance, undisturbed, World } from "./random-world.ts";

/** A machine, what the outside does with its tasks, and what happens to the servers meanwhile. */
interface Case {
  readonly line: readonly Block[];
  readonly language: Language;
  readonly timeoutSeconds: number | null;
  readonly stopAtTick: number | null;
  readonly manual: boolean;
  readonly outside: Outside;
  readonly disturbances: readonly Disturbance[];
  /** Whether the disturbed run looks only when the undisturbed one did something: all that falls due meanwhile is made up for. */
  readonly isAway: boolean;
}

const disturbance: fc.Arbitrary<Disturbance> = fc.record({
  what: fc.constantFrom(
    ...(["nothing", "nothing", "nothing", "reopen", "crash", "crash under way", "join", "leave", "both at once"] as const),
  ),
  turns: fc.nat({ max: 12 }),
});

const cases: fc.Arbitrary<Case> = fc.record({
  line: blocks(2, 2),
  language: fc.constantFrom<Language[]>("JSONPath", "JSONPath", "JSONata"),
  timeoutSeconds: fc.option(fc.integer({ min: 20, max: 120 }), { freq: 4 }),
  stopAtTick: fc.option(fc.integer({ min: 1, max: 6 }), { freq: 4 }),
  manual: fc.boolean(),
  outside: fc.record({ seed: fc.nat(), values: fc.array(fc.jsonValue({ maxDepth: 2 }), { minLength: 1, maxLength: 4 }) }),
  disturbances: fc.array(disturbance, { minLength: 1, maxLength: 20 }),
  isAway: fc.boolean(),
});

const machineArn = "arn:aws:states:us-east-1:123456789012:stateMachine:random";
const executionArn = "arn:aws:states:us-east-1:123456789012:execution:random:run";
/** Every task is answered, or runs out of time, within a few ticks; this is many times what the longest case takes. */
const maxTicks = 400;

/**
 * Runs so many random cases, each undisturbed and disturbed, and expects of both the same answers taken and the same histories. On a busy machine as
 * many as begin within the milliseconds.
 */
export async function expectSameHistories(numRuns: number, milliseconds = Number.POSITIVE_INFINITY): Promise<void> {
  await fc.assert(fc.asyncProperty(cases, whileTimeLasts(milliseconds, expectSame)), { numRuns });
}

/** A property that holds of all that begins later, as long as it has not failed: what fails is still made smaller. */
export function whileTimeLasts<Case>(milliseconds: number, property: (one: Case) => Promise<void>): (one: Case) => Promise<void> {
  const until = performance.now() + milliseconds;
  let hasFailed = false;
  return async (one) => {
    if (performance.now() > until && !hasFailed) return;
    await property(one).catch((error: unknown) => {
      hasFailed = true;
      throw error;
    });
  };
}

async function expectSame(one: Case): Promise<void> {
  const options = { mockConfig: mockConfigOf(one), manual: one.manual };
  const original = await preparedFile(one, options);
  const calm = await outcomeOf(one, original, options, { next: () => undisturbed, isThere: () => true });
  let next = 0;
  const wild = await outcomeOf(one, original, options, {
    next: () => {
      next += 1;
      return one.disturbances[next % one.disturbances.length] ?? undisturbed;
    },
    isThere: (tick) => !one.isAway || tick >= calm.ticks || tick === one.stopAtTick || calm.log.some((line) => line.startsWith(`${tick} `)),
  });
  // Where executions race each other for JSONata, each run is held to what is true of every one alone.
  if (hasRace(one.line, one.language)) return;
  expect(wild.log).toEqual(calm.log);
  expect(wild.histories).toEqual(calm.histories);
}

interface Outcome {
  /** The last tick. */
  readonly ticks: number;
  readonly log: readonly string[];
  readonly histories: readonly unknown[];
}

async function outcomeOf(
  one: Case,
  original: string,
  options: { readonly mockConfig: string; readonly manual: boolean },
  { next, isThere }: { readonly next: () => Disturbance; readonly isThere: (tick: number) => boolean },
): Promise<Outcome> {
  await using world = await World.open(original, options);
  const receivers = new Receivers(world, one.outside, next);
  const watch = new Watch();
  const ticks = await untilOver(world, maxTicks, async (tick) => {
    if (tick > 0 && !isThere(tick)) return;
    const start = { stateMachineArn: `${machineArn}#case`, name: "run", input: '{"n":1}' };
    // To start it again under its name is to start it once, as long as it runs.
    if (tick === 0 && (await world.disturbed(next(), "StartExecution", start)).includes(null)) await world.request("StartExecution", start);
    if (tick === one.stopAtTick) {
      await world.settle();
      await world.request("StopExecution", { executionArn, error: "Stopped", cause: "at a tick" });
    }
    await receivers.act(tick, () => watch.look(world.store));
  });
  await receivers.expectAllRefused();
  expect(everyExecution(world.store)[0]?.arn).toBe(executionArn);
  watch.look(world.store);
  return { ticks, log: receivers.log, histories: await historiesOf(world) };
}

/** As a client reads them, without what is random by itself: the UUIDs of map runs and of their executions. */
async function historiesOf(world: World): Promise<unknown[]> {
  const histories: unknown[] = [];
  for (const { arn } of everyExecution(world.store)) {
    const history = await world.request("GetExecutionHistory", { executionArn: arn, maxResults: 1000 });
    const description = await world.request("DescribeExecution", { executionArn: arn });
    const texts = JSON.stringify([description.body, history.body["events"]]);
    histories.push(JSON.parse(texts.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "<uuid>")));
  }
  return histories;
}

/** A file with the machine and the activities, in which nothing has been started. */
async function preparedFile({ line, language, timeoutSeconds }: Case, options: { readonly mockConfig: string }): Promise<string> {
  const file = join(temporaryFolder(), "states.db");
  await using local = await createLocal({ ...options, file, port: 0, clock: () => new Date(startOfTime) });
  const definition = JSON.stringify(machineOf(line, language, timeoutSeconds).definition);
  const created = await call(local.url, "CreateStateMachine", { name: "random", roleArn, definition });
  expect(created.status, `${created.body}\n${definition}`).toBe(200);
  for (const name of activityNames) await call(local.url, "CreateActivity", { name });
  return file;
}

function mockConfigOf({ line, language, timeoutSeconds }: Case): string {
  const { mocks } = machineOf(line, language, timeoutSeconds);
  const responses = Object.entries(mocks).map(([state, results]) => [state, Object.fromEntries(results.entries())]);
  const states = Object.fromEntries(Object.keys(mocks).map((state) => [state, state]));
  return JSON.stringify({
    StateMachines: { random: { TestCases: { case: states } } },
    MockedResponses: Object.fromEntries(responses),
  });
}
