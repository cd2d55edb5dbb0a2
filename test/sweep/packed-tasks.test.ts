import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PathStep } from "../../src/callback/history/waiting-tasks.ts";
import { PackedTasks } from "../../src/sweep/packed-tasks.ts";
import type { SweptTask } from "../../src/sweep/swept-task.ts";

const text = fc.string({ unit: "binary", maxLength: 40 });
const instant = fc.integer({ min: 0, max: 4e12 }).map((at) => new Date(at));
const seconds = fc.option(fc.nat(99_999_999));
const path = fc.array(
  fc.oneof<fc.Arbitrary<PathStep>[]>(
    fc.record({ map: text, index: fc.nat() }),
    fc.record({ parallel: text, branch: fc.nat() }),
    fc.record({ child: text, mapRunArn: text }),
  ),
  { maxLength: 3 },
);
const waiting = fc.record({
  kind: fc.constantFrom("callback" as const, "activity" as const),
  eventId: fc.nat(25_000),
  state: text,
  path,
  attempt: fc.integer({ min: 1, max: 99 }),
  integration: text,
  input: fc.option(text),
  timeoutSeconds: seconds,
  heartbeatSeconds: seconds,
  timeoutAt: fc.option(instant),
  handedTo: fc.option(fc.record({ service: text, id: fc.option(text), since: instant })),
  hasToken: fc.boolean(),
});
/** Few moments, so that many tasks began to wait at the same one. */
const moment = fc.integer({ min: 1_700_000_000_000, max: 1_700_000_000_005 }).map((at) => new Date(at));
const swept: fc.Arbitrary<SweptTask> = fc
  .record({
    id: text,
    executionArn: fc.oneof(
      text,
      text.map((name) => `arn:aws:states:eu-west-1:123456789012:execution:orders/Each:${name}`),
    ),
    executionName: text,
    stateMachineArn: text,
    stateMachineName: text,
    ancestorExecutionArns: fc.array(text, { maxLength: 3 }),
    ancestorsComplete: fc.constant(false),
    task: fc.option(waiting),
    waitingSince: moment,
  })
  .map((found) => ({ ...found, task: found.task === null ? null : { ...found.task, waitingSince: found.waitingSince } }));

function packed(tasks: readonly SweptTask[]): PackedTasks {
  const kept = new PackedTasks();
  for (const task of tasks) kept.add(task);
  return kept;
}

function at(index: number, more: Partial<SweptTask> = {}): SweptTask {
  const name = `run-${index}`;
  const executionArn = `arn:aws:states:us-east-1:123456789012:execution:m:${name}`;
  const machine = { stateMachineArn: "arn:aws:states:us-east-1:123456789012:stateMachine:m", stateMachineName: "m" };
  const around = { ancestorExecutionArns: [], ancestorsComplete: false };
  return { id: name, executionArn, executionName: name, ...machine, ...around, task: null, waitingSince: new Date(index), ...more };
}

const byId = (tasks: readonly SweptTask[]) => new Map(tasks.map((task) => [task.id, task]));
const idsOf = (tasks: Iterable<SweptTask>) => [...tasks].map(({ id }) => id);

describe("packed tasks", () => {
  it("come out as they were put in, the longest waiting first, in one order whichever was found first", () => {
    fc.assert(
      fc.property(fc.array(swept, { maxLength: 20 }), fc.infiniteStream(fc.nat()), (found, numbers) => {
        const tasks = found.map((task, index) => ({ ...task, id: `${index} ${task.id}` }));
        const came = [...packed(tasks).inOrder()];
        expect(byId(came)).toEqual(byId(tasks));
        for (const [index, task] of came.entries())
          expect(+task.waitingSince).toBeGreaterThanOrEqual(+(came[index - 1] ?? task).waitingSince);
        const shuffled = tasks
          .map((task) => ({ task, number: numbers.next().value ?? 0 }))
          .toSorted((one, other) => one.number - other.number)
          .map(({ task }) => task);
        const keyOf = ({ executionArn, task }: SweptTask) => [executionArn, task?.eventId ?? 0];
        expect([...packed(shuffled).inOrder()].map(keyOf)).toEqual(came.map(keyOf));
      }),
    );
  });

  it("are gone through again and in part, and come by any number, the longest waiting first among equals", () => {
    const tasks = packed([3, 1, 2, 4].map((index) => at(index)));
    const ordered = tasks.inOrder(({ id }) => (id === "run-4" ? 0 : 1));
    for (let round = 0; round < 2; round += 1) expect(idsOf(ordered)).toEqual(["run-4", "run-1", "run-2", "run-3"]);
    expect(idsOf(ordered.first(2))).toEqual(["run-4", "run-1"]);
    expect([tasks.length, ordered.first(2).length, ordered.first(9).length]).toEqual([4, 2, 4]);
    expect(idsOf(ordered.first(2).map((task) => ({ ...task, id: `${task.id}!` })))).toEqual(["run-4!", "run-1!"]);
  });

  it("take texts longer than what is taken for many, and more texts than are held once", () => {
    const long = "é".repeat(700_000);
    const tasks = Array.from({ length: 12_000 }, (_, index) =>
      at(index, { stateMachineName: `machine ${index}`, ...(index % 5000 === 1 ? { executionName: long } : {}) }),
    );
    expect([...packed(tasks).inOrder()]).toEqual(tasks);
  });
});
