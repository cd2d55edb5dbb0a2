import { createHash } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { QuotaBuckets } from "../src/local/quotas.ts";

/** How large a generated account is, and whether it keeps AWS's quotas. */
export interface AccountSize {
  /** Each with a callback, and with so many executions that wait for it. */
  readonly waitingMachines: number;
  readonly waitingEach: number;
  /** Machines without a callback, and how many executions of each run. */
  readonly idleMachines: number;
  readonly idleEach: number;
  /** Every so many machines one was updated, before what runs now was started. */
  readonly updatedEvery: number;
  /** How many events an execution has at most; most have few. */
  readonly longestHistory: number;
  readonly keepsQuotas: boolean;
}

const account = "arn:aws:states:eu-central-1:123456789012";
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

const throttling = JSON.stringify({ __type: "ThrottlingException", message: "Rate exceeded" });

type Members = Readonly<Record<string, unknown>>;
type Counts = Record<string, { answered: number; refused: number }>;

/**
 * A stand-in for a large AWS account. It keeps nothing: machines, executions and histories are made up from their numbers at each request. Run
 * as a script (`node account.ts '<AccountSize as JSON>'`) it prints its URL, then, at SIGTERM, a line of JSON with the calls that were answered
 * and refused, by operation, and when the first was.
 */
export class GeneratedAccount implements AsyncDisposable {
  readonly calls: Counts = {};
  firstReplyAt: number | null = null;
  /** How many replies were written. */
  replies = 0;
  readonly #size: AccountSize;
  readonly #now: () => number;
  readonly #begunAt: number;
  readonly #quotas: QuotaBuckets | null;
  readonly #server: Server;

  constructor(size: AccountSize, now: () => number) {
    this.#size = size;
    this.#now = now;
    this.#begunAt = now();
    this.#quotas = size.keepsQuotas ? new QuotaBuckets("aws", now) : null;
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const operation = String(request.headers["x-amz-target"]).replace("AWSStepFunctions.", "");
        const reply = this.#reply(operation, JSON.parse(Buffer.concat(chunks).toString()) as Members);
        const headers = { "content-type": "application/x-amz-json-1.0", date: new Date(this.#now()).toUTCString() };
        response.writeHead(reply === null ? 400 : 200, headers).end(reply === null ? throttling : JSON.stringify(reply));
        this.firstReplyAt ??= this.#now();
        this.replies += 1;
      });
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  /** Null where it came too soon. */
  #reply(operation: string, request: Members): object | null {
    const count = this.calls[operation] ?? { answered: 0, refused: 0 };
    this.calls[operation] = count;
    const may = this.#quotas?.take(operation) ?? true;
    count[may ? "answered" : "refused"] += 1;
    return may ? (this.#operations[operation]?.(request) ?? {}) : null;
  }

  readonly #operations: Readonly<Record<string, (request: Members) => object>> = {
    ListStateMachines: (request) =>
      page(request, this.#size.waitingMachines + this.#size.idleMachines, "stateMachines", (index) => {
        const name = machineName(index, this.#size);
        return { stateMachineArn: `${account}:stateMachine:${name}`, name, type: "STANDARD", creationDate: 1 };
      }),
    DescribeStateMachine: ({ stateMachineArn }) => {
      const name = lastOf(stateMachineArn);
      return { ...this.#definition(name), type: "STANDARD", creationDate: 1, status: "ACTIVE" };
    },
    DescribeStateMachineForExecution: ({ executionArn }) => ({
      ...this.#definition(String(executionArn).split(":").at(-2) ?? ""),
      updateDate: this.#begunAt / 1000 - 10 * 86_400,
    }),
    ListExecutions: (request) => {
      const name = lastOf(request["stateMachineArn"]);
      return page(request, isWaiting(name) ? this.#size.waitingEach : this.#size.idleEach, "executions", (index) => ({
        executionArn: `${account}:execution:${name}:run-${index}`,
        stateMachineArn: request["stateMachineArn"],
        name: `run-${index}`,
        status: "RUNNING",
        startDate: this.#begunAt / 1000 - 86_400 + index / 1000,
      }));
    },
    GetExecutionHistory: (request) => {
      const arn = String(request["executionArn"]);
      const [machine = "", run = ""] = arn.split(":").slice(-2);
      const length = isWaiting(machine) ? historyLength(Number(run.slice("run-".length)), this.#size.longestHistory) : 2;
      return page(request, length, "events", (index) => {
        const id = request["reverseOrder"] === true ? length - index : index + 1;
        return event(arn, machine, id, length, this.#begunAt / 1000);
      });
    },
  };

  /** Only what was updated has a revision. */
  #definition(name: string): object {
    const definition = isWaiting(name) ? waitingDefinition : idleDefinition;
    const isUpdated = Number(/\d+/.exec(name)?.[0]) % this.#size.updatedEvery === 0;
    const revision = isUpdated ? { revisionId: `revision-of-${name}` } : {};
    return { stateMachineArn: `${account}:stateMachine:${name}`, name, definition, roleArn: "r", ...revision };
  }
}

function lastOf(arn: unknown): string {
  return String(arn).split(":").at(-1) ?? "";
}

function machineName(index: number, { waitingMachines, idleMachines }: AccountSize): string {
  // Those that wait are spread over the listing, which comes in the order of the names.
  const every = Math.max(1, Math.floor((waitingMachines + idleMachines) / waitingMachines));
  return `m-${String(index).padStart(6, "0")}-${index % every === 0 && index / every < waitingMachines ? "waits" : "idle"}`;
}

function isWaiting(name: string): boolean {
  return name.endsWith("-waits");
}

/** One in a hundred has a long history. */
function historyLength(run: number, longest: number): number {
  return run % 100 === 0 ? Math.max(8, longest) : 8 + 2 * (run % 3);
}

/** Event `id` of a history: rounds of the Pass state, then the callback that waits. */
function event(arn: string, machine: string, id: number, length: number, begunAtSeconds: number): object {
  const base = { id, previousEventId: Math.max(0, id - 1), timestamp: begunAtSeconds - 3600 + id / 1000 };
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

if (process.argv[1] === import.meta.filename) {
  const served = new GeneratedAccount(JSON.parse(process.argv[2] ?? "{}") as AccountSize, Date.now);
  console.log(await served.listen());
  process.on("SIGTERM", () => {
    console.log(JSON.stringify({ calls: served.calls, firstReplyAt: served.firstReplyAt }));
    process.exit(0);
  });
}
