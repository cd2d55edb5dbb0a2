import { createRequire } from "node:module";
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, expect, it } from "vitest";
import { exampleMachines } from "../../src/example/definitions.ts";
import { exampleTemplate } from "../../src/example/template.ts";
import { createLocal, type Local } from "../../src/local/local.ts";

const executions = 200;

let local: Local;
let client: SFNClient;
beforeAll(async () => {
  local = await createLocal();
  client = new SFNClient(local.clientConfig);
});
afterAll(async () => {
  client.destroy();
  await local.close();
});

/** The function as Lambda loads it: its text out of the template, with the SDK's endpoint in the environment. */
function loadFunction(): (event: unknown) => Promise<{ readonly coin: string }> {
  const { RandomFunction } = exampleTemplate({ machines: ["random"] }).Resources;
  const { ZipFile } = (RandomFunction?.Properties["Code"] ?? { ZipFile: "" }) as { ZipFile: string };
  const exports: { handler?: (event: unknown) => Promise<{ coin: string }> } = {};
  const { endpoint, region, credentials } = local.clientConfig;
  const environment = {
    AWS_ENDPOINT_URL_SFN: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
  Object.assign(process.env, environment);
  new Function("require", "exports", ZipFile)(createRequire(import.meta.url), exports);
  if (exports.handler === undefined) throw new Error("the function has no handler");
  return exports.handler;
}

async function startOne(stateMachineArn: string, order: number): Promise<string> {
  const { executionArn = "" } = await client.send(new StartExecutionCommand({ stateMachineArn, input: JSON.stringify({ order }) }));
  return executionArn;
}

/** The payload that the function is invoked with, out of the history. */
async function payloadOf(executionArn: string): Promise<unknown> {
  const { events = [] } = await client.send(new GetExecutionHistoryCommand({ executionArn, includeExecutionData: true }));
  const scheduled = events.find(({ type }) => type === "TaskScheduled")?.taskScheduledEventDetails?.parameters ?? "{}";
  return (JSON.parse(scheduled) as { Payload: unknown }).Payload;
}

it(`answers ${executions} executions, some with success and some with failure, and loses none`, async () => {
  const machine = exampleMachines.find(({ name }) => name === "random");
  const definition = JSON.stringify(machine?.definition);
  const created = await client.send(
    new CreateStateMachineCommand({ name: "random", definition, roleArn: "arn:aws:iam::123456789012:role/x" }),
  );
  const handler = loadFunction();
  const ended = await Promise.all(
    Array.from({ length: executions }, async (_, order) => {
      const executionArn = await startOne(created.stateMachineArn ?? "", order);
      const { coin } = await handler(await payloadOf(executionArn));
      const { status, output, error } = await client.send(new DescribeExecutionCommand({ executionArn }));
      return { order, coin, status, output, error };
    }),
  );
  for (const { order, coin, status, output, error } of ended) {
    if (coin === "heads")
      expect({ status, output: JSON.parse(output ?? "") }).toEqual({ status: "SUCCEEDED", output: { coin, input: { order } } });
    else expect({ status, error }).toEqual({ status: "FAILED", error: "Tails" });
  }
  // Both 60 to 140 times but once in a hundred million runs.
  const heads = ended.filter(({ coin }) => coin === "heads").length;
  expect(heads).toBeGreaterThan(60);
  expect(heads).toBeLessThan(140);
});
