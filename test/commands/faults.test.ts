import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { denied, type Fault, type PassingRequest, throttled } from "../fault-proxy.ts";
import { expectTrue, type FaultBed, type Form, faultBed, forms, operationOf } from "./fault-runs.ts";
import { lossy, randomFaults } from "./random-faults.ts";

let bed: FaultBed;
beforeAll(async () => {
  bed = await faultBed();
});
afterAll(() => bed[Symbol.asyncDispose]());

const nameOf = ({ command, tasks }: Form) => (tasks === 1 ? command : `${command} of ${tasks}`);
const each = forms.map((form) => [nameOf(form), form] as const);
const heartbeatless = (form: Form, count: number) => (form.command === "heartbeat" ? 0 : count);

/** The fault at the first so many of the form's own requests. */
const first = (form: Form, times: number, fault: Fault) => {
  let count = 0;
  return ({ operation }: PassingRequest) => (operation === operationOf(form) && count++ < times ? fault : null);
};
const always = (form: Form, fault: Fault) => first(form, Number.POSITIVE_INFINITY, fault);

const patience = ({ kind }: Fault) => (kind === "hang" ? { requestMilliseconds: 2500 } : {});

describe.concurrent("a reply that is lost", { timeout: 60_000 }, () => {
  const cases = each.flatMap(([name, form]) => lossy.map((fault) => [name, fault, form] as const));

  it.each(cases)("once, %s, %o: it was applied once, and that is printed", async (_, fault, form) => {
    const run = await bed.run(form, first(form, 1, fault), patience(fault));
    expectTrue(form, run);
    expect(run.printed.map(({ outcome }) => outcome)).toEqual(Array(form.tasks).fill("applied"));
    expect(run.truths.map(({ endings }) => endings)).toEqual(Array(form.tasks).fill(heartbeatless(form, 1)));
  });

  // What hangs again and again is lost as what is reset is, only more slowly.
  it.each(cases.filter(([, fault]) => fault.kind !== "hang"))(
    "again and again, %s, %o: is applied where it came through, else unknown",
    async (_, fault, form) => {
      const run = await bed.run(form, always(form, fault));
      expectTrue(form, run);
      const isApplied = (fault.kind === "cut" || ("when" in fault && fault.when === "after")) && form.command !== "heartbeat";
      // A heartbeat leaves no trace to prove it by.
      expect(run.printed.map(({ outcome }) => outcome)).toEqual(Array(form.tasks).fill(isApplied ? "applied" : "unknown"));
      expect(run.truths.map(({ endings }) => endings)).toEqual(Array(form.tasks).fill(isApplied ? 1 : 0));
      // An answer goes out twice at most; a stop, which does nothing twice, as often as the SDK or the pacing tries.
      expect(run.sends).toBeLessThanOrEqual(form.tasks * (form.command === "stop" ? 4 : 2));
    },
  );
});

describe.concurrent("a call that AWS refused", { timeout: 60_000 }, () => {
  it.each(each)("for its rate, twice, is made again: %s", async (_, form) => {
    const run = await bed.run(form, first(form, 2, throttled));
    expectTrue(form, run);
    expect(run.printed.map(({ outcome }) => outcome)).toEqual(Array(form.tasks).fill("applied"));
    expect(run.truths.map(({ endings }) => endings)).toEqual(Array(form.tasks).fill(heartbeatless(form, 1)));
  });

  it.each([
    ["for want of permission", denied, 4],
    ["for its length", { kind: "tooLong" }, 2],
  ] as const)("%s changes nothing and says so", async (_, fault, code) => {
    for (const form of forms) {
      const run = await bed.run(form, always(form, fault));
      expectTrue(form, run);
      expect(run.code).toBe(form.tasks === 1 ? code : 5);
      expect(run.truths.map(({ endings }) => endings)).toEqual(Array(form.tasks).fill(0));
      expect(run.sends).toBe(form.tasks);
    }
  });
});

it.each(forms.filter(({ command }) => command === "succeed" || command === "fail"))(
  "$command of $tasks is told of as applied where the history may no longer be read after sending",
  async (form) => {
    let isSent = false;
    const run = await bed.run(form, ({ operation }) => {
      if (operation === operationOf(form)) isSent = true;
      return isSent && operation === "GetExecutionHistory" ? denied : null;
    });
    expectTrue(form, run);
    expect(run.code).toBe(0);
  },
);

it("a task that AWS says is gone, and whose history cannot be read, is told as closed and not as unknown", async () => {
  const form = { command: "succeed", tasks: 1 } as const;
  let isSent = false;
  const run = await bed.run(form, async ({ operation }, [arn = ""]) => {
    if (operation === "GetExecutionHistory") return isSent ? denied : null;
    if (!isSent) await bed.interfere(arn, "another output");
    isSent = true;
    return null;
  });
  expect({ code: run.code, printed: run.printed }).toEqual({ code: 3, printed: [] });
  expect(run.stderr).toContain("no longer waits");
});

it("whatever is lost, and whoever else answers meanwhile: what is printed is what the history says", { timeout: 120_000 }, async () => {
  await randomFaults(bed, 60);
});
