import { call, callbackState, machine, roleArn, stopwatch } from "./peer.ts";

/** Asks as another client does while something goes on: how long it waited at the longest, in milliseconds. */
export async function longestWait(url: string, goesOn: Promise<unknown>): Promise<number> {
  let [longest, isOver] = [0, false];
  const over = goesOn.finally(() => {
    isOver = true;
  });
  do {
    const taken = stopwatch();
    const { status, body } = await call(url, "ListActivities", {});
    if (status !== 200) throw new Error(body);
    longest = Math.max(longest, taken());
    // Others ask all the while, but not so often that they are what takes the time.
    await new Promise((resolve) => setTimeout(resolve, 10));
  } while (!isOver);
  await over;
  return longest;
}

/** Makes a machine of a name of its own. */
async function created(url: string, states: Record<string, object>): Promise<string> {
  const reply = await asked(url, "CreateStateMachine", { name: crypto.randomUUID(), roleArn, definition: JSON.stringify(machine(states)) });
  return String(reply["stateMachineArn"]);
}

/** A call that has to be answered with 200. */
async function asked(url: string, operation: string, body: object): Promise<Record<string, unknown>> {
  const reply = await call(url, operation, body);
  if (reply.status !== 200) throw new Error(reply.body);
  return JSON.parse(reply.body) as Record<string, unknown>;
}

/** The tokens that an execution waits for an answer with, once there are so many. */
async function tokensOf(url: string, executionArn: string, count: number): Promise<string[]> {
  for (;;) {
    const tokens: string[] = [];
    let nextToken: unknown;
    do {
      const page = await asked(url, "GetExecutionHistory", { executionArn, maxResults: 1000, ...(nextToken ? { nextToken } : {}) });
      for (const { taskScheduledEventDetails: details } of page["events"] as { taskScheduledEventDetails?: { parameters: string } }[]) {
        const token = /AQCEAAAAKgAAAAMAAAAA[A-Za-z0-9+/=]+/.exec(details?.parameters ?? "")?.[0];
        if (token !== undefined) tokens.push(token);
      }
      ({ nextToken } = page);
    } while (nextToken !== undefined);
    if (tokens.length >= count) return tokens;
  }
}

/** How an execution has ended, waited for. */
async function endOf(url: string, executionArn: string): Promise<Record<string, unknown>> {
  for (;;) {
    const described = await asked(url, "DescribeExecution", { executionArn });
    if (described["status"] !== "RUNNING") return described;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Does so many things, 32 at a time. */
async function times(count: number, work: () => Promise<unknown>): Promise<void> {
  let left = count;
  const lane = async () => {
    while (left > 0) {
      left -= 1;
      await work();
    }
  };
  await Promise.all(Array.from({ length: 32 }, lane));
}

/** Others' longest wait while a Parallel's branches begin, each with 200 kB, and while all are answered at once. */
export async function waitForParallel(url: string, count: number): Promise<number> {
  const Branches = Array.from({ length: count }, (_, index) =>
    machine({ [`Ask ${index}`]: callbackState({ ResultPath: null, End: true }) }),
  );
  const stateMachineArn = await created(url, { All: { Type: "Parallel", Branches, ResultSelector: { done: true }, End: true } });
  const { executionArn } = await asked(url, "StartExecution", { stateMachineArn, input: JSON.stringify("x".repeat(200_000)) });
  const waiting = tokensOf(url, String(executionArn), count);
  const begun = await longestWait(url, waiting);
  const answers = (await waiting).map((taskToken) => asked(url, "SendTaskSuccess", { taskToken, output: "{}" }));
  const answered = await longestWait(url, Promise.all(answers));
  const { status, output } = await endOf(url, String(executionArn));
  if (status !== "SUCCEEDED" || output !== '{"done":true}') throw new Error(`it ended ${String(status)} with ${String(output)}`);
  return Math.max(begun, answered);
}

/** Others' longest wait while an inline Map goes through its items, each with 40 kB. */
export async function waitForMap(url: string, count: number): Promise<number> {
  const Each = {
    ...{
      Type: "Map",
      ItemsPath: "$.items",
      ItemSelector: { "item.$": "$$.Map.Item.Value", "more.$": "$.more" },
      ResultPath: null,
      End: true,
    },
    ItemProcessor: machine({ Item: { Type: "Pass", End: true } }),
  };
  const stateMachineArn = await created(url, { Each });
  const input = JSON.stringify({ items: Array.from({ length: count }, (_, index) => index), more: "x".repeat(40_000) });
  const { executionArn } = await asked(url, "StartExecution", { stateMachineArn, input });
  const ended = endOf(url, String(executionArn));
  const longest = await longestWait(url, ended);
  const { status, output } = await ended;
  if (status !== "SUCCEEDED" || output !== input) throw new Error(`it ended ${String(status)}`);
  return longest;
}

/** The seconds that the tasks of seven machines may take, each a machine's. */
export const sevenTimeouts = [60, 61, 62, 63, 64, 65, 66];

/** Starts so many executions of each of seven machines whose tasks time out at different times. */
export async function startToTimeOut(url: string, ofEach: number): Promise<string[]> {
  const arns = await Promise.all(
    sevenTimeouts.map((TimeoutSeconds) => created(url, { Ask: callbackState({ TimeoutSeconds, End: true }) })),
  );
  for (const stateMachineArn of arns) await times(ofEach, () => asked(url, "StartExecution", { stateMachineArn }));
  return arns;
}

/** How many seconds each of a machine's last 1,000 executions has taken; undefined for one that runs. */
export async function durationsOf(url: string, stateMachineArn: string): Promise<(number | undefined)[]> {
  const { executions } = await asked(url, "ListExecutions", { stateMachineArn, maxResults: 1000 });
  return (executions as { startDate: number; stopDate?: number }[]).map(({ startDate, stopDate }) => stopDate && stopDate - startDate);
}
