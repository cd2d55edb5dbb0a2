import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";
import type { Clock } from "../../src/context.ts";
import { createLocal } from "../../src/local/local.ts";
import { type Fault, faultProxy, type PassingRequest } from "../fault-proxy.ts";
import { createUser, temporaryFolder } from "../harness.ts";
import { call } from "../processes/command.ts";

// The tool's own pauses pass at once; the requests' timeouts and the SDK's pauses take their time.
const hurried: Clock = {
  now: () => new Date(),
  sleep: (_, signal) => new Promise((resolve, reject) => setImmediate(() => (signal?.aborted ? reject(signal.reason) : resolve()))),
};

const cli = createUser({
  localFile: null,
  environment: { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", AWS_REGION: "us-east-1" },
  clock: hurried,
});

const roleArn = "arn:aws:iam::123456789012:role/local";
const ask = {
  Type: "Task",
  Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
  Parameters: { QueueUrl: "https://queue", MessageBody: { "TaskToken.$": "$$.Task.Token" } },
};
/** Whatever is answered, it asks again at once: a second answer would find something to answer. */
const definition = JSON.stringify({
  StartAt: "Ask",
  States: {
    Ask: {
      ...ask,
      Next: "Ask",
      Catch: [
        { ErrorEquals: ["Enough"], Next: "Done" },
        { ErrorEquals: ["States.ALL"], Next: "Ask" },
      ],
    },
    Done: { Type: "Succeed" },
  },
});

const values = {
  succeed: {
    argv: ["--output", '{"approved":true}'],
    operation: "SendTaskSuccess",
    type: "TaskSucceeded",
    detail: { output: '{"approved":true}' },
  },
  fail: {
    argv: ["--error", "No", "--cause", "why"],
    operation: "SendTaskFailure",
    type: "TaskFailed",
    detail: { error: "No", cause: "why" },
  },
  heartbeat: { argv: [], operation: "SendTaskHeartbeat", type: null, detail: {} },
  stop: { argv: ["--error", "No"], operation: "StopExecution", type: "ExecutionAborted", detail: { error: "No" } },
} as const;
export type Command = keyof typeof values;

/** The sending commands, for one task and for three. */
export const forms = [
  ...(["succeed", "fail", "heartbeat", "stop"] as const).map((command) => ({ command, tasks: 1 })),
  ...(["succeed", "fail", "stop"] as const).map((command) => ({ command, tasks: 3 })),
] as const;
export type Form = (typeof forms)[number];

export function operationOf({ command }: Form): string {
  return values[command].operation;
}

/** What other people do to a task, past the proxy. */
export const rivals = {
  "the same": { operation: "SendTaskSuccess", members: { output: '{ "approved": true }' } },
  "another output": { operation: "SendTaskSuccess", members: { output: '{"approved":false}' } },
  "another failure": { operation: "SendTaskFailure", members: { error: "Other" } },
  "a stop": { operation: "StopExecution", members: { error: "Other" } },
} as const;
export type Rival = keyof typeof rivals;

/** How the first task of an execution has ended, in the endpoint's own words. */
interface Truth {
  /** `equal`: somebody else's answer of the same value, written otherwise. */
  readonly kind: "waiting" | "ours" | "equal" | "other";
  /** How often anything in the execution was answered or ended. */
  readonly endings: number;
}

/** Says what happens to a request; knows the executions of the run. */
export type Meddle = (request: PassingRequest, arns: readonly string[]) => Fault | null | Promise<Fault | null>;

export interface FaultRun {
  readonly code: number;
  readonly stderr: string;
  /** What was printed of each task; empty where the command ended without a result. */
  readonly printed: readonly { readonly outcome: string | null; readonly sent: string | null }[];
  readonly truths: readonly Truth[];
  /** Requests of the form's own operation that reached the proxy. */
  readonly sends: number;
  /** Whether any other request met a fault. */
  readonly readsFailed: boolean;
}

export interface RunOptions {
  /** One task is named by its execution, where a second look-up would find the task that asks next, or by its address. */
  readonly named?: "execution" | "address";
  /** How long a request may hang. Long, since a machine may be busy: only where one is to hang is it worth being short. */
  readonly requestMilliseconds?: number;
}

export interface FaultBed extends AsyncDisposable {
  run(form: Form, meddle: Meddle, options?: RunOptions): Promise<FaultRun>;
  /** Answers the task that a request is about, if it still waits. */
  interfere(executionArn: string, rival: Rival): Promise<void>;
}

/** An endpoint with a machine that asks for ever. */
export async function faultBed(): Promise<FaultBed> {
  const local = await createLocal({ file: `${temporaryFolder()}/f.db`, port: 0 });
  const { stateMachineArn } = await call(local.url, "CreateStateMachine", { name: "asked", definition, roleArn });
  const events = async (executionArn: string) => (await call(local.url, "GetExecutionHistory", { executionArn })).events;

  async function run(form: Form, meddle: Meddle, options: RunOptions = {}): Promise<FaultRun> {
    const { named = "execution", requestMilliseconds = 10_000 } = options;
    const arns: string[] = [];
    for (let count = 0; count < form.tasks; count++)
      arns.push((await call(local.url, "StartExecution", { stateMachineArn, name: randomUUID(), input: "{}" })).executionArn);
    await using proxy = await faultProxy(local.url, (request) => meddle(request, arns));
    const { code, stdout, stderr } = await cli([...argvOf(form, arns, named), "--json", "--endpoint-url", proxy.url], {
      stdin: arns.map((arn) => `${arn}#3`).join("\n"),
      timeouts: { connectionMilliseconds: 5000, requestMilliseconds },
    });
    const truths = await Promise.all(arns.map(async (arn) => truthOf(form.command, await events(arn))));
    const [own, reads] = [true, false].map((isOwn) =>
      proxy.requests.filter(({ operation }) => (operation === operationOf(form)) === isOwn),
    );
    const readsFailed = reads?.some(({ fault }) => fault !== null) === true;
    return { code, stderr, printed: printedOf(stdout, form, arns), truths, sends: own?.length ?? 0, readsFailed };
  }

  async function interfere(executionArn: string, rival: Rival): Promise<void> {
    const { operation, members } = rivals[rival];
    const all = await events(executionArn);
    const taskToken = JSON.parse(all[2].taskScheduledEventDetails.parameters).MessageBody.TaskToken;
    const whom = operation === "StopExecution" ? { executionArn } : { taskToken };
    await call(local.url, operation, { ...whom, ...members }).catch(() => {});
  }

  return { run, interfere, [Symbol.asyncDispose]: () => local[Symbol.asyncDispose]() };
}

function argvOf({ command, tasks }: Form, arns: readonly string[], named: "address" | "execution"): string[] {
  if (tasks === 1) return [command, `${arns[0]}${named === "address" ? "#3" : ""}`, ...values[command].argv];
  return [command, "--from", "-", ...values[command].argv, "--yes", "--expect", String(tasks)];
}

function printedOf(stdout: string, form: Form, arns: readonly string[]): FaultRun["printed"] {
  if (stdout === "") return [];
  const result = JSON.parse(stdout);
  if (form.tasks === 1) return [result];
  return arns.map((arn) => result.results.find(({ executionArn }: { executionArn: string }) => executionArn === arn));
}

interface Event {
  readonly type: string;
  readonly [details: string]: unknown;
}

function truthOf(command: Command, events: readonly Event[]): Truth {
  const endings = events.filter(({ type }) => /^(TaskSucceeded|TaskFailed|Execution(Aborted|Failed|Succeeded))$/.test(type));
  // A stop is about the execution, an answer about its first task.
  const ending = command === "stop" ? endings.find(({ type }) => type.startsWith("Execution")) : endings[0];
  if (ending === undefined) return { kind: "waiting", endings: endings.length };
  const { type, detail } = values[command];
  const details = ending[`${ending.type.charAt(0).toLowerCase()}${ending.type.slice(1)}EventDetails`];
  const isOurs = ending.type === type && isLike(details, detail, (text) => text);
  const isEqual = ending.type === type && isLike(details, detail, JSON.parse);
  return { kind: isOurs ? "ours" : isEqual ? "equal" : "other", endings: endings.length };
}

function isLike(details: unknown, detail: object, read: (output: string) => unknown): boolean {
  const inside = (key: string, value: unknown) => (key === "output" && typeof value === "string" ? read(value) : value);
  const [theirs, own] = [details, detail].map((each) => JSON.parse(JSON.stringify(each, inside)) as Record<string, unknown>);
  return Object.entries(own ?? {}).every(([key, value]) => isDeepStrictEqual(theirs?.[key], value));
}

const codes: Readonly<Record<string, number>> = {
  applied: 0,
  same: 0,
  accepted: 0,
  retried: 3,
  different: 3,
  expired: 3,
  stopped: 3,
  unknown: 6,
};

/** Expects that what was printed of each task is what the endpoint's history says, and that the exit code says the same. */
export function expectTrue(form: Form, { code, printed, truths, stderr, readsFailed }: FaultRun): void {
  const outcomes = truths.map((_, index) => printed[index]?.outcome ?? null);
  const canBeRead = !readsFailed && form.command !== "heartbeat";
  for (const [index, truth] of truths.entries()) {
    const outcome = outcomes[index] ?? null;
    const said = `${form.command} of ${form.tasks}: ${outcome} where it is ${truth.kind}: ${stderr}`;
    expect(possible(form, truth.kind), said).toContain(outcome);
    if (canBeRead && truth.kind !== "waiting") expect(outcome, said).not.toBe("unknown");
  }
  if (form.tasks > 1 && printed.length > 0) expect(code).toBe(outcomes.every((outcome) => codes[outcome ?? ""] === 0) ? 0 : 5);
  else if (outcomes[0] !== null && outcomes[0] !== undefined) expect(code).toBe(codes[outcomes[0]]);
  else expect([1, 2, 3, 4]).toContain(code);
}

/** What may be said truly. Null: an error, of which nothing came. */
function possible({ command }: Form, kind: Truth["kind"]): readonly (string | null)[] {
  if (kind === "ours") return ["applied", "unknown"];
  // After a lost reply nothing tells it from ours.
  if (kind === "equal") return ["same", "applied", "unknown", null];
  if (kind === "other") return ["different", "stopped", "expired", "unknown", null, ...(command === "heartbeat" ? ["applied"] : [])];
  // An execution whose task was answered meanwhile goes on.
  if (command === "stop") return ["unknown", "different", null];
  return ["unknown", null, ...(command === "heartbeat" ? ["applied"] : [])];
}
