import { randomUUID } from "node:crypto";
import { type CreateStateMachineCommandInput, type HistoryEvent, SFN } from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { Bench, callbackState, machine, roleArn } from "../peer.ts";

export const waiting = JSON.stringify(machine({ Ask: callbackState() }));
export const passing = JSON.stringify(machine({ Done: { Type: "Pass", Result: "done", End: true } }));
export const model = "com.amazonaws.swf.service.v2.model";
export const coral = "com.amazon.coral.validate";
export const service = "com.amazon.coral.service";

export const arnOf = (resource: string) => `arn:aws:states:us-east-1:123456789012:${resource}`;
export const machineArn = (name: string) => arnOf(`stateMachine:${name}`);

/** The endpoint that the contract is checked on: the embedded one, or any other given by SFN_CALLBACK_TEST_ENDPOINT. */
export class Endpoint {
  readonly isEmbedded: boolean;
  readonly #given: string | undefined;
  #bench: Bench | null = null;
  #sfn: SFN | null = null;

  constructor(given: string | undefined) {
    this.#given = given;
    this.isEmbedded = given === undefined;
  }

  async open(): Promise<void> {
    if (this.#given === undefined) this.#bench = await Bench.open();
    this.#sfn = sfnClient(this.url);
  }

  async close(): Promise<void> {
    this.#sfn?.destroy();
    await this.#bench?.close();
  }

  get sfn(): SFN {
    if (this.#sfn === null) throw new Error("the endpoint is not open");
    return this.#sfn;
  }

  get url(): string {
    return this.#given ?? this.bench.local.url;
  }

  /** The embedded endpoint with its clock. */
  get bench(): Bench {
    if (this.#bench === null) throw new Error("not the embedded endpoint");
    return this.#bench;
  }

  /** A test of what only the embedded endpoint has: a clock to move, a file, words of its own. */
  itsOwn(name: string, test: () => Promise<void>): void {
    const reason = this.isEmbedded ? "" : " (skipped: it needs the embedded endpoint's clock or file)";
    it.skipIf(!this.isEmbedded)(`${name}${reason}`, test);
  }

  /** A machine of a name of its own. */
  async machine(more: Partial<CreateStateMachineCommandInput> = {}) {
    const { stateMachineArn = "", ...rest } = await this.sfn.createStateMachine({ name: unique(), roleArn, definition: waiting, ...more });
    return { stateMachineArn, ...rest };
  }

  /** An execution that waits for an answer, with its token. */
  async started(): Promise<{ stateMachineArn: string; executionArn: string; taskToken: string }> {
    const { stateMachineArn } = await this.machine();
    const { executionArn = "" } = await this.sfn.startExecution({ stateMachineArn, name: "run", input: "{}" });
    await this.until(async () => (await this.history(executionArn)).some(({ type }) => type === "TaskScheduled"));
    const scheduled = (await this.history(executionArn)).find(({ type }) => type === "TaskScheduled");
    const { MessageBody } = JSON.parse(scheduled?.taskScheduledEventDetails?.parameters ?? "{}") as { MessageBody: { Token: string } };
    return { stateMachineArn, executionArn, taskToken: MessageBody.Token };
  }

  async history(executionArn: string): Promise<HistoryEvent[]> {
    return (await this.sfn.getExecutionHistory({ executionArn })).events ?? [];
  }

  async ended(executionArn: string) {
    await this.until(async () => (await this.sfn.describeExecution({ executionArn })).status !== "RUNNING");
    return await this.sfn.describeExecution({ executionArn });
  }

  /** Endpoints other than the embedded one are only eventually consistent. */
  async until(isSo: () => Promise<boolean>): Promise<void> {
    await vi.waitUntil(isSo, { timeout: 10_000 });
  }
}

/** An official client of the endpoint, without retries, that reaches StartSyncExecution on a custom endpoint too. */
export function sfnClient(url: string): SFN {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  return new SFN({ endpoint: url, region: "us-east-1", credentials, maxAttempts: 1, disableHostPrefix: true });
}

export function describeContract(what: string, tests: (endpoint: Endpoint) => void): void {
  const other = process.env["SFN_CALLBACK_TEST_ENDPOINT"];
  const endpoints: [string, string | undefined][] = [["the embedded endpoint", undefined]];
  if (other) endpoints.push(["SFN_CALLBACK_TEST_ENDPOINT", other]);
  describe.each(endpoints)(`${what}, on %s`, (_, given) => {
    const endpoint = new Endpoint(given);
    beforeAll(() => endpoint.open());
    afterAll(() => endpoint.close());
    tests(endpoint);
  });
}

export function unique(): string {
  return `m-${randomUUID()}`;
}

/** Expects a refusal of this name, with this message where one is given. */
export async function refused(call: Promise<unknown>, name: string, message?: string | RegExp): Promise<void> {
  const said = typeof message === "string" ? { message } : message === undefined ? {} : { message: expect.stringMatching(message) };
  await expect(call).rejects.toMatchObject({ name, ...said, $metadata: { httpStatusCode: 400 } });
}

/** As many calls as an account may make of something, some at once. */
export async function callMany(count: number, send: (index: number) => Promise<{ status: number; body: string }>): Promise<void> {
  const indexes = Array.from({ length: count }, (_, index) => index);
  const lane = async () => {
    for (let index = indexes.pop(); index !== undefined; index = indexes.pop()) {
      const { status, body } = await send(index);
      if (status !== 200) throw new Error(body);
    }
  };
  await Promise.all(Array.from({ length: 16 }, lane));
}
