import fc from "fast-check";
import { type Fault, throttled } from "../fault-proxy.ts";
import { expectTrue, type FaultBed, forms, type Meddle, type Rival, rivals } from "./fault-runs.ts";

/** Faults after which nobody knows whether the request was applied. */
export const lossy: readonly Fault[] = [
  { kind: "reset", when: "before" },
  { kind: "reset", when: "after" },
  { kind: "hang", when: "before" },
  { kind: "hang", when: "after" },
  { kind: "status", when: "before", status: 500 },
  { kind: "status", when: "after", status: 500 },
  { kind: "status", when: "before", status: 503 },
  { kind: "status", when: "after", status: 503 },
  { kind: "cut" },
];

// Those that take time, hanging and throttling, come less often.
const fault = fc.oneof(
  { weight: 30, arbitrary: fc.constant(null) },
  { weight: 40, arbitrary: fc.constantFrom<Fault>(...lossy.filter(({ kind }) => kind !== "hang")) },
  { weight: 1, arbitrary: fc.constantFrom<Fault>({ kind: "hang", when: "before" }, { kind: "hang", when: "after" }, throttled) },
);
const rival = fc.option(fc.constantFrom(...(Object.keys(rivals) as Rival[])), { freq: 3, nil: null });
/** What happens at one request: somebody else answers a task, and the request meets a fault. */
const step = fc.record({ fault, rival, whose: fc.nat({ max: 2 }) });

/** Runs sending commands under random faults and rivals, so often. The steps are those of the requests, one by one; what follows is left alone. */
export async function randomFaults(bed: FaultBed, times: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...forms), fc.array(step, { maxLength: 12 }), async (form, steps) => {
      const left = [...steps];
      const meddle: Meddle = async (_, arns) => {
        const now = left.shift();
        if (now === undefined) return null;
        if (now.rival !== null) await bed.interfere(arns[now.whose % arns.length] ?? "", now.rival);
        return now.fault;
      };
      expectTrue(form, await bed.run(form, meddle, { named: "address", requestMilliseconds: 1500 }));
    }),
    { numRuns: times },
  );
}
