import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { QuotaBuckets } from "../src/local/quotas.ts";

/** How large a generated account is, and how fast its time runs. */
export interface AccountSize {
  /** Each with a callback, and with so many executions that wait for it. */
  readonly waitingMachines: number;
  readonly waitingEach: number;
  /** Machines without a callback, and how many executions of each run. */
  readonly idleMachines: number;
  readonly idleEach: number;
  /** How many events an execution has at most; most have few. */
  readonly longestHistory: number;
  /** AWS's quotas, in a time that runs so many times as fast as ours; null keeps none. */
  readonly quotasAt: number | null;
}

/**
 * A stand-in for a large AWS account, in a process of its own: `node account.ts '<AccountSize as JSON>'` prints its URL, then, at SIGTERM, a
 * line of JSON with the calls that were answered and refused, by operation. It keeps nothing: machines, executions and
 * histories are made up from their numbers at each request.
 */
const size = JSON.parse(process.argv[2] ?? "{}") as AccountSize;
const account = "arn:aws:states:eu-central-1:123456789012";
const begunAt = Date.now();
const factor = size.quotasAt ?? 1;
const quotas = size.quotasAt === null ? null : new QuotaBuckets("aws", () => begunAt + (Date.now() - begunAt) * factor);
const calls: Record<string, { answered: number; refused: number }> = {};
let firstPageAt: number | null = null;

const Parameters = { QueueUrl: "https://sqs", MessageBody: { "taskToken.$": "$$.Task.Token" } };
const waits = {
  Type: "Task",
  Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
  Parameters,
  TimeoutSeconds: 86_400,
  End: true,
};
const waitingDefinition = JSON.stringify({ StartAt: "Count", States: { Count: { Type: "Pass", Next: "Ask" }, Ask: waits } });
const idleDefinition = JSON.stringify({ StartAt: "Idle", States: { Idle: { Type: "Wait", Seconds: 86_400, End: true } } });

type Members = Readonly<Record<string, unknown>>;

const operations: Readonly<Record<string, (request: Members) => object>> = {
  ListStateMachines: (request) =>
    page(request, size.waitingMachines + size.idleMachines, "stateMachines", (index) => ({
      stateMachineArn: `${account}:stateMachine:${machineName(index)}`,
      name: machineName(index),
      type: "STANDARD",
      creationDate: 1,
    })),
  DescribeStateMachine: ({ stateMachineArn }) => {
    const [name = ""] = String(stateMachineArn).split(":").slice(-1);
    const definition = isWaiting(name) ? waitingDefinition : idleDefinition;
    return { stateMachineArn, name, definition, roleArn: "r", type: "STANDARD", creationDate: 1, status: "ACTIVE" };
  },
  ListExecutions: (request) => {
    const [name = ""] = String(request["stateMachineArn"]).split(":").slice(-1);
    return page(request, isWaiting(name) ? size.waitingEach : size.idleEach, "executions", (index) => ({
      executionArn: `${account}:execution:${name}:run-${index}`,
      stateMachineArn: request["stateMachineArn"],
      name: `run-${index}`,
      status: "RUNNING",
      startDate: begunAt / 1000 - 86_400 + index / 1000,
    }));
  },
  GetExecutionHistory: (request) => {
    const arn = String(request["executionArn"]);
    const [machine = "", run = ""] = arn.split(":").slice(-2);
    const length = isWaiting(machine) ? historyLength(Number(run.slice("run-".length))) : 2;
    return page(request, length, "events", (index) =>
      event(arn, machine, request["reverseOrder"] === true ? length - index : index + 1, length),
    );
  },
};

function machineName(index: number): string {
  // Those that wait are spread over the listing, which comes in the order of the names.
  const every = Math.max(1, Math.floor((size.waitingMachines + size.idleMachines) / size.waitingMachines));
  return `m-${String(index).padStart(6, "0")}-${index % every === 0 && index / every < size.waitingMachines ? "waits" : "idle"}`;
}

function isWaiting(name: string): boolean {
  return name.endsWith("-waits");
}

/** One in a hundred has a long history. */
function historyLength(run: number): number {
  return run % 100 === 0 ? Math.max(8, size.longestHistory) : 8 + 2 * (run % 3);
}

/** Event `id` of a history: rounds of the Pass state, then the callback that waits. */
function event(arn: string, machine: string, id: number, length: number): object {
  const base = { id, previousEventId: Math.max(0, id - 1), timestamp: begunAt / 1000 - 3600 + id / 1000 };
  const call = { resourceType: "sqs", resource: "sendMessage.waitForTaskToken" };
  if (id === 1) return { ...base, type: "ExecutionStarted", executionStartedEventDetails: { input: '{"order":17}' } };
  if (!isWaiting(machine)) return { ...base, type: "WaitStateEntered", stateEnteredEventDetails: { name: "Idle", input: "{}" } };
  if (id <= length - 4) {
    const isEntered = id % 2 === 0;
    const details = isEntered ? { name: "Count", input: '{"order":17}' } : { name: "Count", output: '{"order":17}' };
    const type = isEntered ? "PassStateEntered" : "PassStateExited";
    return { ...base, type, [isEntered ? "stateEnteredEventDetails" : "stateExitedEventDetails"]: details };
  }
  if (id === length - 3) return { ...base, type: "TaskStateEntered", stateEnteredEventDetails: { name: "Ask", input: '{"order":17}' } };
  if (id === length - 1) return { ...base, type: "TaskStarted", taskStartedEventDetails: call };
  if (id === length) return { ...base, type: "TaskSubmitted", taskSubmittedEventDetails: { ...call, output: '{"MessageId":"m"}' } };
  const parameters = JSON.stringify({ QueueUrl: "https://sqs", MessageBody: { taskToken: tokenOf(arn) } });
  return {
    ...base,
    type: "TaskScheduled",
    taskScheduledEventDetails: { ...call, region: "eu-central-1", parameters, timeoutInSeconds: 86_400 },
  };
}

function tokenOf(arn: string): string {
  return `AQCEAAAAKgAAAAMAAAAA${createHash("sha512").update(arn).digest("base64").repeat(7)}`;
}

function page(request: Members, count: number, member: string, item: (index: number) => object): object {
  const from = Number(request["nextToken"] ?? 0);
  const to = Math.min(count, from + (Number(request["maxResults"]) || 100));
  const items = Array.from({ length: to - from }, (_, index) => item(from + index));
  return { [member]: items, ...(to < count ? { nextToken: String(to) } : {}) };
}

const throttling = JSON.stringify({ __type: "ThrottlingException", message: "Rate exceeded" });

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const operation = String(request.headers["x-amz-target"]).replace("AWSStepFunctions.", "");
    const count = calls[operation] ?? { answered: 0, refused: 0 };
    calls[operation] = count;
    const may = quotas?.take(operation) ?? true;
    count[may ? "answered" : "refused"] += 1;
    const reply = may ? JSON.stringify(operations[operation]?.(JSON.parse(Buffer.concat(chunks).toString()) as Members) ?? {}) : throttling;
    response.writeHead(may ? 200 : 400, { "content-type": "application/x-amz-json-1.0" }).end(reply);
    firstPageAt ??= Date.now();
  });
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
process.on("SIGTERM", () => {
  console.log(JSON.stringify({ calls, firstPageAt }));
  process.exit(0);
});
