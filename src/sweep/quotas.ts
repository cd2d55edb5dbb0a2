/** An API operation's token bucket per account and Region: how much it holds, and how much comes back each second. */
export interface Quota {
  readonly bucket: number;
  readonly refill: number;
}

const bigRegions = new Set(["us-east-1", "us-west-2", "eu-west-1"]);

/** AWS's quotas of the operations that a sweep or a bulk uses (facts page section 4, documented): in the big Regions, and in the others. */
const quotas: Readonly<Record<string, readonly [big: Quota, other: Quota]>> = {
  GetExecutionHistory: [
    { bucket: 400, refill: 20 },
    { bucket: 400, refill: 20 },
  ],
  SendTaskSuccess: [
    { bucket: 3000, refill: 500 },
    { bucket: 1500, refill: 300 },
  ],
  SendTaskFailure: [
    { bucket: 3000, refill: 500 },
    { bucket: 1500, refill: 300 },
  ],
  StopExecution: [
    { bucket: 1000, refill: 200 },
    { bucket: 500, refill: 25 },
  ],
  DescribeExecution: [
    { bucket: 300, refill: 15 },
    { bucket: 250, refill: 10 },
  ],
  ListExecutions: [
    { bucket: 200, refill: 5 },
    { bucket: 100, refill: 2 },
  ],
  ListStateMachines: [
    { bucket: 100, refill: 5 },
    { bucket: 100, refill: 5 },
  ],
  DescribeStateMachine: [
    { bucket: 200, refill: 20 },
    { bucket: 200, refill: 20 },
  ],
  DescribeStateMachineForExecution: [
    { bucket: 200, refill: 1 },
    { bucket: 200, refill: 1 },
  ],
};

/** The quota of an operation in a Region; null for one that is not paced. */
export function quotaOf(operation: string, region: string): Quota | null {
  const [big, other] = quotas[operation] ?? [null, null];
  return bigRegions.has(region) ? big : other;
}
