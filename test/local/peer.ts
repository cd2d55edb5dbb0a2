import { join } from "node:path";
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import { createLocal, type Local, type LocalOptions } from "../../src/local/local.ts";
import { temporaryFolder } from "../harness.ts";

export const roleArn = "arn:aws:iam::123456789012:role/test";
export const callbackResource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken";
export const startOfTime = Date.parse("2026-03-01T09:00:00.000Z");

/** A Task state that hands its input and its token over; `more` adds to it or replaces parts of it. */
export function callbackState(more: object = { End: true }): object {
  const Parameters = { QueueUrl: "queue", MessageBody: { "Input.$": "$", "Token.$": "$$.Task.Token" } };
  return { Type: "Task", Resource: callbackResource, Parameters, ...more };
}

export function machine(states: Record<string, object>, more: object = {}): object {
  return { StartAt: Object.keys(states)[0], States: states, ...more };
}

/** An official client of the endpoint, without retries. */
export function sdkClient(url: string): SFNClient {
  return new SFNClient({
    endpoint: url,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    maxAttempts: 1,
  });
}

/** A call over plain HTTP, for what the SDK cannot say or would hide. */
export async function call(url: string, operation: string, body: object | string | Buffer, headers: Record<string, string> = {}) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": `AWSStepFunctions.${operation}`, ...headers },
    body: typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body),
  });
  return { status: response.status, body: await response.text(), type: response.headers.get("content-type") };
}

export type BenchOptions = Pick<LocalOptions, "mockConfig" | "manual" | "pollMilliseconds">;

/** The embedded Step Functions over one file under a clock that only the test moves; it can be closed and opened again. */
export class Bench implements AsyncDisposable {
  readonly file: string;
  now = startOfTime;
  #local: Local | null = null;
  #client: SFNClient | null = null;
  readonly #options: BenchOptions;
  #names = 0;

  private constructor(file: string, options: BenchOptions) {
    this.file = file;
    this.#options = options;
  }

  static async open(file = join(temporaryFolder(), "states.db"), options: BenchOptions = {}): Promise<Bench> {
    const bench = new Bench(file, options);
    await bench.reopen();
    return bench;
  }

  get local(): Local {
    if (this.#local === null) throw new Error("closed");
    return this.#local;
  }

  get client(): SFNClient {
    if (this.#client === null) throw new Error("closed");
    return this.#client;
  }

  async close(): Promise<void> {
    this.#client?.destroy();
    await this.#local?.[Symbol.asyncDispose]();
    this.#local = null;
    this.#client = null;
  }

  async reopen(): Promise<void> {
    await this.close();
    this.#local = await createLocal({ ...this.#options, file: this.file, port: 0, clock: () => new Date(this.now) });
    this.#client = sdkClient(this.#local.url);
  }

  /** Makes a machine of the definition, of a name of its own where none is given, and starts it, with a test case of the mock configuration or none. */
  async start(definition: object, input: unknown = {}, more: { name?: string; testCase?: string } = {}): Promise<string> {
    this.#names += 1;
    const { name = `machine-${this.#names}`, testCase } = more;
    const created = await this.client.send(new CreateStateMachineCommand({ name, roleArn, definition: JSON.stringify(definition) }));
    const stateMachineArn = testCase === undefined ? created.stateMachineArn : `${created.stateMachineArn}#${testCase}`;
    const { executionArn = "" } = await this.client.send(
      new StartExecutionCommand({ stateMachineArn, name: "run", input: JSON.stringify(input) }),
    );
    return executionArn;
  }

  async history(executionArn: string): Promise<HistoryEvent[]> {
    const events: HistoryEvent[] = [];
    let nextToken: string | undefined;
    do {
      const page = await this.client.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000, nextToken }));
      events.push(...(page.events ?? []));
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    return events;
  }

  async describe(executionArn: string) {
    return this.client.send(new DescribeExecutionCommand({ executionArn }));
  }

  /** The token of the task that the event scheduled; of the one scheduled last where none is given. */
  async token(executionArn: string, scheduledEventId?: number): Promise<string> {
    const isMeant = ({ type, id }: HistoryEvent) => type === "TaskScheduled" && (scheduledEventId ?? id) === id;
    const scheduled = (await this.history(executionArn)).findLast(isMeant);
    const parameters = scheduled?.taskScheduledEventDetails?.parameters ?? "";
    return /AQCEAAAAKgAAAAMAAAAA[A-Za-z0-9+/=]+/.exec(parameters)?.[0] ?? "";
  }

  async succeed(executionArn: string, output: unknown): Promise<void> {
    const taskToken = await this.token(executionArn);
    await this.client.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Each event as `id Type<-previousEventId +seconds since the start`, for a whole sequence at a glance. */
export function lines(events: readonly HistoryEvent[]): string[] {
  return events.map(
    ({ id, type, previousEventId, timestamp }) =>
      `${id} ${type}<-${previousEventId} +${((timestamp?.getTime() ?? 0) - startOfTime) / 1000}`,
  );
}

/** Milliseconds from now on; where the machine does other work, those that it gave to this process. */
export function stopwatch(): () => number {
  const [startedAt, before] = [performance.now(), process.cpuUsage()];
  return () => {
    const { user, system } = process.cpuUsage(before);
    return Math.min(performance.now() - startedAt, (user + system) / 1000);
  };
}
