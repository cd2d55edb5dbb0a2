import { Agent, request } from "node:http";

/** The load of the throughput bench, in a process of its own: `node local-load.ts <url> <count>` prints `{"started","answered"}` a second. */

const connections = 32;
const [url = "", counted = "1000"] = process.argv.slice(2);
const count = Number(counted);
const agent = new Agent({ keepAlive: true, maxSockets: connections });

function call(operation: string, body: object): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/x-amz-json-1.0", "x-amz-target": `AWSStepFunctions.${operation}` };
    const sent = request(url, { method: "POST", agent, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => {
        if (response.statusCode === 200) resolve(JSON.parse(text) as Record<string, unknown>);
        else reject(new Error(`${operation}: ${response.statusCode} ${text.slice(0, 200)}`));
      });
    });
    sent.on("error", reject);
    sent.end(JSON.stringify(body));
  });
}

/** Does `work` for 0 to `count` - 1, on all connections at once; resolves to how many a second. */
async function rate(work: (index: number) => Promise<void>): Promise<number> {
  let index = 0;
  const startedAt = performance.now();
  const lane = async (): Promise<void> => {
    while (index < count) await work(index++);
  };
  await Promise.all(Array.from({ length: connections }, lane));
  return count / ((performance.now() - startedAt) / 1000);
}

interface HistoryEvent {
  readonly taskScheduledEventDetails?: { readonly parameters: string };
}

/** What is sent is what any consumer is handed: the token in the task's parameters. */
async function tokenOf(executionArn: string): Promise<string> {
  const { events } = (await call("GetExecutionHistory", { executionArn })) as unknown as { events: readonly HistoryEvent[] };
  const scheduled = events.find((event) => event.taskScheduledEventDetails !== undefined);
  const parameters = JSON.parse(scheduled?.taskScheduledEventDetails?.parameters ?? "{}") as { MessageBody?: { taskToken?: string } };
  return parameters.MessageBody?.taskToken ?? "";
}

const definition = JSON.stringify({
  StartAt: "Ask",
  States: {
    Ask: {
      Type: "Task",
      Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
      Parameters: { QueueUrl: "https://sqs.us-east-1.amazonaws.com/123456789012/q", MessageBody: { "taskToken.$": "$$.Task.Token" } },
      TimeoutSeconds: 86_400,
      End: true,
    },
  },
});
const { stateMachineArn } = await call("CreateStateMachine", {
  name: "bench",
  definition,
  roleArn: "arn:aws:iam::123456789012:role/bench",
});
const arns: string[] = [];
const started = await rate(async (index) => {
  const { executionArn } = await call("StartExecution", { stateMachineArn, name: `bench-${index}`, input: '{"order":17}' });
  arns[index] = String(executionArn);
});
const tokens: string[] = [];
await rate(async (index) => {
  tokens[index] = await tokenOf(arns[index] ?? "");
});
const answered =
  process.argv[4] === "wait"
    ? 0
    : await rate(async (index) => {
        await call("SendTaskSuccess", { taskToken: tokens[index], output: '{"approved":true}' });
      });
agent.destroy();
console.log(JSON.stringify({ started, answered }));
