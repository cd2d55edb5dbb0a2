import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  type SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import { CliError } from "../errors.ts";
import { connectionNeverMade, factsOf, isCertificateError, isThrottling, toCliError } from "./errors.ts";
import type { Message, SendReply, StepFunctions } from "./step-functions.ts";
import { watchWire } from "./wire.ts";

/** The most that one page of any listing may hold (facts page 1). */
const pageSize = 1000;

/**
 * Step Functions through the AWS SDK. `client` may retry as the SDK does; `sendClient` carries answers only and must never retry
 * what AWS may have seen (SendRetryStrategy). `clock` is ours; `now()` puts it right by the Date header of the last reply.
 */
export function createSdkStepFunctions(client: SFNClient, sendClient: SFNClient, clock: { now(): Date }): StepFunctions {
  const wire = watchWire([client, sendClient], clock);
  const calls: Record<string, number> = {};

  function count(operation: string): void {
    calls[operation] = (calls[operation] ?? 0) + 1;
  }

  async function call<Reply>(operation: string, attempt: string, request: () => Promise<Reply>): Promise<Reply> {
    count(operation);
    try {
      return await request();
    } catch (error) {
      throw toCliError(error, attempt, wire.endpoint());
    }
  }

  /** All pages of a listing; each page is asked for only when the one before is used up. */
  async function* pages<Page extends { nextToken?: string | undefined }>(
    operation: string,
    attempt: string,
    request: (nextToken: string | undefined) => Promise<Page>,
  ): AsyncGenerator<Page> {
    let nextToken: string | undefined;
    do {
      const token = nextToken;
      const page = await call(operation, attempt, () => request(token));
      yield page;
      nextToken = page.nextToken;
    } while (nextToken !== undefined && nextToken !== "");
  }

  return {
    calls,
    now: wire.now,

    async *stateMachines() {
      const all = pages("ListStateMachines", "list the state machines", (nextToken) =>
        client.send(new ListStateMachinesCommand({ maxResults: pageSize, nextToken })),
      );
      for await (const page of all) {
        for (const machine of page.stateMachines ?? []) {
          yield { arn: required(machine.stateMachineArn), name: required(machine.name), type: machineType(machine.type) };
        }
      }
    },

    async stateMachine(arn) {
      const reply = await call("DescribeStateMachine", `read the state machine ${arn}`, () =>
        client.send(new DescribeStateMachineCommand({ stateMachineArn: arn })),
      );
      return {
        arn: required(reply.stateMachineArn),
        name: required(reply.name),
        type: machineType(reply.type),
        definition: required(reply.definition),
      };
    },

    async createStateMachine({ name, definition, roleArn }) {
      const reply = await call("CreateStateMachine", `create the state machine ${name}`, () =>
        client.send(new CreateStateMachineCommand({ name, definition, roleArn })),
      );
      return { arn: required(reply.stateMachineArn) };
    },

    async *executions(stateMachineArn, statusFilter) {
      const all = pages("ListExecutions", `list the executions of ${stateMachineArn}`, (nextToken) =>
        client.send(new ListExecutionsCommand({ stateMachineArn, statusFilter, maxResults: pageSize, nextToken })),
      );
      for await (const page of all) {
        for (const execution of page.executions ?? []) {
          yield {
            arn: required(execution.executionArn),
            stateMachineArn: required(execution.stateMachineArn),
            name: required(execution.name),
            status: required(execution.status),
            startedAt: required(execution.startDate),
          };
        }
      }
    },

    async execution(arn) {
      const reply = await call("DescribeExecution", `read the execution ${arn}`, () =>
        client.send(new DescribeExecutionCommand({ executionArn: arn })),
      );
      return {
        arn: required(reply.executionArn),
        stateMachineArn: required(reply.stateMachineArn),
        name: reply.name ?? arn.slice(arn.lastIndexOf(":") + 1),
        status: required(reply.status),
        startedAt: required(reply.startDate),
        stoppedAt: reply.stopDate ?? null,
        input: reply.input ?? null,
        output: reply.output ?? null,
        error: reply.error ?? null,
        cause: reply.cause ?? null,
      };
    },

    async startExecution({ stateMachineArn, name, input }) {
      const reply = await call("StartExecution", `start an execution of ${stateMachineArn}`, () =>
        client.send(new StartExecutionCommand({ stateMachineArn, name, input })),
      );
      return { arn: required(reply.executionArn), startedAt: required(reply.startDate) };
    },

    async stopExecution(arn, { error, cause }) {
      const reply = await call("StopExecution", `stop the execution ${arn}`, () =>
        client.send(new StopExecutionCommand({ executionArn: arn, error, cause })),
      );
      return { stoppedAt: required(reply.stopDate) };
    },

    async *history(executionArn, order) {
      const all = pages("GetExecutionHistory", `read the history of ${executionArn}`, (nextToken) =>
        client.send(
          new GetExecutionHistoryCommand({ executionArn, maxResults: pageSize, reverseOrder: order === "newestFirst", nextToken }),
        ),
      );
      for await (const page of all) {
        yield page.events ?? [];
      }
    },

    async send(taskToken, message) {
      count(operations[message.kind]);
      try {
        await sendMessage(sendClient, taskToken, message);
        return { kind: "taken" };
      } catch (error) {
        const reply = wire.reached(error) ? replyOf(error) : null;
        if (reply !== null) {
          return reply;
        }
        throw toCliError(error, attempts[message.kind], wire.endpoint());
      }
    },
  };
}

const operations = { success: "SendTaskSuccess", failure: "SendTaskFailure", heartbeat: "SendTaskHeartbeat" } as const;
const attempts = { success: "send the success", failure: "send the failure", heartbeat: "send the heartbeat" } as const;

function sendMessage(client: SFNClient, taskToken: string, message: Message): Promise<unknown> {
  switch (message.kind) {
    case "success":
      return client.send(new SendTaskSuccessCommand({ taskToken, output: message.output }));
    case "failure":
      return client.send(new SendTaskFailureCommand({ taskToken, error: message.error, cause: message.cause }));
    case "heartbeat":
      return client.send(new SendTaskHeartbeatCommand({ taskToken }));
  }
}

/** What a failed send tells of the task, or null where it is an error to be told: AWS refused the call, or never saw it. */
function replyOf(error: unknown): SendReply | null {
  const { name, message, status, fromService } = factsOf(error);
  if (error instanceof CliError || connectionNeverMade(error) || isCertificateError(error) || isThrottling(error)) {
    return null;
  }
  if (name === "TaskTimedOut") {
    return { kind: "gone" };
  }
  if (name === "InvalidToken" || name === "TaskDoesNotExist") {
    return { kind: "notAToken", code: name, message };
  }
  // A refusal by AWS, the plain-text 413 for a body that is too long among them (facts page 1): not applied.
  if (status === 413 || (fromService && status !== undefined && status >= 400 && status < 500)) {
    return null;
  }
  return { kind: "lost", reason: message === "" ? name : `${name}: ${message}` };
}

function machineType(type: string | undefined): "STANDARD" | "EXPRESS" {
  return type === "EXPRESS" ? "EXPRESS" : "STANDARD";
}

/** A member the API always gives (facts page 2); an endpoint that leaves it out is not Step Functions. */
function required<Value>(value: Value | undefined): Value {
  if (value === undefined) {
    throw new CliError("failure", "the endpoint left out a part of its reply that Step Functions always gives", {
      code: "UnreadableReply",
    });
  }
  return value;
}
