/** Whose quotas are kept: `aws` are those of most Regions, `aws:big` those of us-east-1, us-west-2 and eu-west-1. */
export type QuotaSet = "aws" | "aws:big";

/** How many calls the bucket holds, and how many come back a second. */
interface Quota {
  readonly size: number;
  readonly refillPerSecond: number;
}

/**
 * The API quotas of one account in one Region, each operation with a bucket of its own: size and refill in most Regions, then in the big ones
 * (facts page 4, documented). StartExecution is that of Standard machines. State transitions are no calls and not counted.
 */
const quotas: Readonly<Record<string, readonly [size: number, refill: number, bigSize: number, bigRefill: number]>> = {
  StartExecution: [800, 150, 1300, 300],
  StopExecution: [500, 25, 1000, 200],
  DescribeExecution: [250, 10, 300, 15],
  ListExecutions: [100, 2, 200, 5],
  ListActivities: [100, 5, 100, 10],
  RedriveExecution: [800, 150, 1300, 300],
  GetActivityTask: [1500, 300, 3000, 500],
  SendTaskSuccess: [1500, 300, 3000, 500],
  SendTaskFailure: [1500, 300, 3000, 500],
  SendTaskHeartbeat: [1500, 300, 3000, 500],
  GetExecutionHistory: [400, 20, 400, 20],
  ListStateMachines: [100, 5, 100, 5],
  DescribeStateMachine: [200, 20, 200, 20],
  DescribeStateMachineForExecution: [200, 1, 200, 1],
  DescribeMapRun: [200, 1, 200, 1],
  DescribeActivity: [200, 1, 200, 1],
  TestState: [50, 10, 50, 10],
  TagResource: [200, 1, 200, 1],
  UntagResource: [200, 1, 200, 1],
  DescribeStateMachineAlias: [200, 1, 200, 1],
};

/** Every other operation: create, update, delete, publish, versions, aliases, ListMapRuns, UpdateMapRun, ListTagsForResource, validate. */
const otherwise: Quota = { size: 100, refillPerSecond: 1 };

/** Counts the calls of one process against AWS's quotas, by a clock of the caller's. */
export class QuotaBuckets {
  readonly #set: QuotaSet;
  readonly #now: () => number;
  readonly #buckets = new Map<string, { left: number; at: number }>();

  /** `now` gives epoch milliseconds; buckets are full at first, and refill as it goes on. */
  constructor(set: QuotaSet, now: () => number) {
    this.#set = set;
    this.#now = now;
  }

  /** Whether the call may be made now. One that may not costs nothing. */
  take(operation: string): boolean {
    const { size, refillPerSecond } = this.#quota(operation);
    const now = this.#now();
    const { left, at } = this.#buckets.get(operation) ?? { left: size, at: now };
    // A clock that is set back refills nothing, and from there on again.
    const refilled = Math.min(size, left + (Math.max(0, now - at) / 1000) * refillPerSecond);
    const may = refilled >= 1;
    this.#buckets.set(operation, { left: may ? refilled - 1 : refilled, at: now });
    return may;
  }

  #quota(operation: string): Quota {
    const quota = Object.hasOwn(quotas, operation) ? quotas[operation] : undefined;
    if (quota === undefined) return otherwise;
    const [size, refill, bigSize, bigRefill] = quota;
    return this.#set === "aws:big" ? { size: bigSize, refillPerSecond: bigRefill } : { size, refillPerSecond: refill };
  }
}
