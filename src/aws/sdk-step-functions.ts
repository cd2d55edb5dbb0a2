import {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  DescribeStateMachineForExecutionCommand,
  GetActivityTaskCommand,
  GetExecutionHistoryCommand,
  ListActivitiesCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  type SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
  TestStateCommand,
} from "@aws-sdk/client-sfn";
import { CliError } from "../errors.ts";
import { type Call, type Counts, count, failed, pacedCalls, pages, plainCalls } from "./calls.ts";
import { replyOf, sendFailed, sendMessage, sendOperations } from "./sending.ts";
import type { StateTrial, StepFunctions } from "./step-functions.ts";
import type { Wire } from "./wire.ts";

/** The most that one page of any listing may hold (facts page 1). */
const pageSize = 1000;

/** The clients of a connection, each made at its first use. */
export interface Clients {
  /** May retry as the SDK does. */
  readonly read: () => SFNClient;
  /** Never retries: what is held to a pace is retried within it. */
  readonly paced: () => SFNClient;
  /** Never retries, and waits as long as a poll for an activity's task is held. */
  readonly poll: () => SFNClient;
  /** Carries answers only, and must never retry what AWS may have seen (SendRetryStrategy). */
  readonly send: () => SFNClient;
}

/** Step Functions through the AWS SDK. `wire` watches all clients; its clock is ours, put right by the Date header of the last reply. */
export function createSdkStepFunctions(clients: Clients, wire: Wire): StepFunctions {
  const counts = { calls: {}, throttles: {} };
  return gateway(clients, wire, counts, plainCalls(clients.read, wire, counts));
}

function gateway(clients: Clients, wire: Wire, counts: Counts, call: Call): StepFunctions {
  return {
    ...counts,
    now: wire.now,

    paced: (pace, signal) => gateway(clients, wire, counts, pacedCalls(clients.paced, wire, counts, pace, signal)),

    async *stateMachines() {
      const all = pages(call, "ListStateMachines", { to: "list the state machines", of: null }, (client, options, nextToken) =>
        client.send(new ListStateMachinesCommand({ maxResults: pageSize, nextToken }), options),
      );
      for await (const page of all) {
        for (const machine of page.stateMachines ?? []) {
          yield { arn: required(machine.stateMachineArn), name: required(machine.name), type: machineType(machine.type) };
        }
      }
    },

    async stateMachine(arn) {
      const reply = await call("DescribeStateMachine", { to: "read the state machine", of: arn }, (client, options) =>
        client.send(new DescribeStateMachineCommand({ stateMachineArn: arn }), options),
      );
      return {
        arn: required(reply.stateMachineArn),
        name: required(reply.name),
        type: machineType(reply.type),
        definition: required(reply.definition),
        revisionId: reply.revisionId ?? null,
      };
    },

    async stateMachineOf(executionArn) {
      const reply = await call("DescribeStateMachineForExecution", { to: "read the definition of", of: executionArn }, (client, options) =>
        client.send(new DescribeStateMachineForExecutionCommand({ executionArn }), options),
      );
      return { definition: required(reply.definition), revisionId: reply.revisionId ?? null, updatedAt: required(reply.updateDate) };
    },

    async createStateMachine({ name, definition, roleArn, tags = {} }) {
      const list = Object.entries(tags).map(([key, value]) => ({ key, value }));
      const request = { name, definition, roleArn, ...(list.length === 0 ? {} : { tags: list }) };
      const reply = await call("CreateStateMachine", { to: `create the state machine ${name}`, of: null }, (client, options) =>
        client.send(new CreateStateMachineCommand(request), options),
      );
      return { arn: required(reply.stateMachineArn) };
    },

    async deleteStateMachine(stateMachineArn) {
      await call("DeleteStateMachine", { to: "delete the state machine", of: stateMachineArn }, (client, options) =>
        client.send(new DeleteStateMachineCommand({ stateMachineArn }), options),
      );
    },

    async *executions(of, statusFilter) {
      const whose = "mapRunArn" in of ? of.mapRunArn : of.stateMachineArn;
      const all = pages(call, "ListExecutions", { to: "list the executions of", of: whose }, (client, options, nextToken) =>
        client.send(new ListExecutionsCommand({ ...of, statusFilter, maxResults: pageSize, nextToken }), options),
      );
      for await (const page of all) {
        for (const execution of page.executions ?? []) {
          yield {
            arn: required(execution.executionArn),
            stateMachineArn: required(execution.stateMachineArn),
            name: required(execution.name),
            status: required(execution.status),
            startedAt: required(execution.startDate),
            stateMachineVersionArn: execution.stateMachineVersionArn ?? null,
          };
        }
      }
    },

    async execution(arn) {
      const describe = (includedData?: "METADATA_ONLY") =>
        call("DescribeExecution", { to: "read the execution", of: arn }, (client, options) =>
          client.send(new DescribeExecutionCommand({ executionArn: arn, includedData }), options),
        );
      // What is encrypted takes the key; the rest is told without it (facts page 9, documented).
      const reply = await describe().catch((error: unknown) => {
        if (error instanceof CliError && error.kind === "access" && error.code.startsWith("Kms")) return describe("METADATA_ONLY");
        throw error;
      });
      return {
        arn: required(reply.executionArn),
        stateMachineArn: required(reply.stateMachineArn),
        name: reply.name ?? arn.slice(arn.lastIndexOf(":") + 1),
        status: required(reply.status),
        startedAt: required(reply.startDate),
        stateMachineVersionArn: reply.stateMachineVersionArn ?? null,
        mapRunArn: reply.mapRunArn ?? null,
        stoppedAt: reply.stopDate ?? null,
        isReadable: reply.inputDetails?.included !== false,
        input: reply.input ?? null,
        output: reply.output ?? null,
        error: reply.error ?? null,
        cause: reply.cause ?? null,
      };
    },

    async startExecution({ stateMachineArn, name, input }) {
      const reply = await call("StartExecution", { to: "start an execution of", of: stateMachineArn }, (client, options) =>
        client.send(new StartExecutionCommand({ stateMachineArn, name, input }), options),
      );
      return { arn: required(reply.executionArn), startedAt: required(reply.startDate) };
    },

    async stopExecution(arn, { error, cause }) {
      const reply = await call("StopExecution", { to: "stop the execution", of: arn }, (client, options) =>
        client.send(new StopExecutionCommand({ executionArn: arn, error, cause }), options),
      );
      return { stoppedAt: required(reply.stopDate) };
    },

    async tryState(trial) {
      const reply = await call("TestState", { to: "try the state", of: null }, (client, options) =>
        client.send(testStateCommand(trial), options),
      );
      return {
        status: required(reply.status),
        output: reply.output ?? null,
        error: reply.error ?? null,
        cause: reply.cause ?? null,
        nextState: reply.nextState ?? null,
        variables: reply.inspectionData?.variables ?? null,
      };
    },

    async *history(executionArn, order, sizes = { first: pageSize, others: pageSize }) {
      const reverseOrder = order === "newestFirst";
      const all = pages(call, "GetExecutionHistory", { to: "read the history of", of: executionArn }, (client, options, nextToken) => {
        const maxResults = nextToken === undefined ? sizes.first : sizes.others;
        return client.send(new GetExecutionHistoryCommand({ executionArn, maxResults, reverseOrder, nextToken }), options);
      });
      for await (const page of all) {
        yield page.events ?? [];
      }
    },

    async *activities() {
      const all = pages(call, "ListActivities", { to: "list the activities", of: null }, (client, options, nextToken) =>
        client.send(new ListActivitiesCommand({ maxResults: pageSize, nextToken }), options),
      );
      for await (const page of all) {
        for (const { activityArn, name } of page.activities ?? []) yield { arn: required(activityArn), name: required(name) };
      }
    },

    async activityTask(arn, workerName) {
      count(counts.calls, "GetActivityTask");
      try {
        const { taskToken, input } = await clients.poll().send(new GetActivityTaskCommand({ activityArn: arn, workerName }));
        return taskToken ? { taskToken, input: input ?? "{}" } : null;
      } catch (error) {
        throw failed(error, "GetActivityTask", { to: "take a task of", of: arn }, wire);
      }
    },

    async send(taskToken, message) {
      count(counts.calls, sendOperations[message.kind]);
      try {
        await sendMessage(clients.send(), taskToken, message);
        return { kind: "taken" };
      } catch (error) {
        const reply = wire.reached(error) ? replyOf(error) : null;
        if (reply !== null) {
          return reply;
        }
        throw sendFailed(error, message, wire.endpoint());
      }
    },
  };
}

function testStateCommand({ state, input, variables, callEnds }: StateTrial): TestStateCommand {
  const mock = callEnds === undefined || "result" in callEnds ? callEnds : { errorOutput: callEnds };
  return new TestStateCommand({ definition: state, input, variables, inspectionLevel: "DEBUG", ...(mock === undefined ? {} : { mock }) });
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
