import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import { expect } from "vitest";
import { exampleMachines } from "../../src/example/definitions.ts";
import { createLocal } from "../../src/local/local.ts";

/** An execution of the machine `random` that waits for its function. */
export interface RandomExecution {
  readonly order: number;
  /** What the function is invoked with, out of the history. */
  readonly event: unknown;
  /** Fails where it has not ended as the function says that it answered. */
  expectEnded(coin: string | undefined): Promise<void>;
}

export interface RandomExecutions extends AsyncDisposable {
  readonly executions: readonly RandomExecution[];
  /** What leads the function's SDK here. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Starts so many executions on an embedded Step Functions of their own. */
export async function startRandom(count: number): Promise<RandomExecutions> {
  const local = await createLocal();
  const client = new SFNClient(local.clientConfig);
  const definition = JSON.stringify(exampleMachines.find(({ name }) => name === "random")?.definition);
  const roleArn = "arn:aws:iam::123456789012:role/x";
  const { stateMachineArn } = await client.send(new CreateStateMachineCommand({ name: "random", definition, roleArn }));

  async function start(order: number): Promise<RandomExecution> {
    const { executionArn } = await client.send(new StartExecutionCommand({ stateMachineArn, input: JSON.stringify({ order }) }));
    const { events = [] } = await client.send(new GetExecutionHistoryCommand({ executionArn }));
    const scheduled = events.find(({ type }) => type === "TaskScheduled")?.taskScheduledEventDetails?.parameters ?? "{}";
    return {
      order,
      event: JSON.parse(scheduled).Payload as unknown,
      async expectEnded(coin) {
        const { status, output, error } = await client.send(new DescribeExecutionCommand({ executionArn }));
        if (coin !== "heads") return expect({ coin, status, error }).toEqual({ coin: "tails", status: "FAILED", error: "Tails" });
        expect({ status, output: JSON.parse(output ?? "null") }).toEqual({ status: "SUCCEEDED", output: { coin, input: { order } } });
      },
    };
  }

  const { endpoint, region, credentials } = local.clientConfig;
  return {
    executions: await Promise.all(Array.from({ length: count }, (_, order) => start(order))),
    environment: {
      AWS_ENDPOINT_URL_SFN: endpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
    async [Symbol.asyncDispose]() {
      client.destroy();
      await local.close();
    },
  };
}
