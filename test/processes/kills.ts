import { expect } from "vitest";
import { call, createMachine, type Machine, serveLocal, tokenIn, tokenOf } from "./command.ts";

/** A machine with one callback task, named `asked`. */
export const asked = JSON.stringify({
  StartAt: "Ask",
  States: {
    Ask: {
      Type: "Task",
      Resource: "arn:aws:states:::lambda:invoke.waitForTaskToken",
      Parameters: { FunctionName: "f", Payload: { "taskToken.$": "$$.Task.Token" } },
      TimeoutSeconds: 86_400,
      End: true,
    },
  },
});
const asArn = "arn:aws:states:us-east-1:123456789012:stateMachine:asked";
const roleArn = "arn:aws:iam::123456789012:role/local";
const killsPerFile = 10;

const activityArn = "arn:aws:states:us-east-1:123456789012:activity:work";
const mixedArn = "arn:aws:states:us-east-1:123456789012:stateMachine:mixed";
const doubled = { StartAt: "Double", States: { Double: { Type: "Pass", Output: "{% $states.input * 2 %}", End: true } } };
const distributed = { StartAt: "Square", States: { Square: { Type: "Pass", Output: "{% $power($states.input, 2) %}", End: true } } };
const lambda = "arn:aws:states:::lambda:invoke.waitForTaskToken";
const Payload = { taskToken: "{% $states.context.Task.Token %}" };
const arnOnly = "{% $states.context.Execution.Id %}";

/** A machine with a Parallel of a callback, an inline and a distributed Map and an activity, all in JSONata, named `mixed`. */
const mixed = JSON.stringify({
  QueryLanguage: "JSONata",
  StartAt: "All",
  States: {
    All: {
      Type: "Parallel",
      Branches: [
        { StartAt: "Ask", States: { Ask: { Type: "Task", Resource: lambda, Arguments: { FunctionName: "f", Payload }, End: true } } },
        { StartAt: "Each", States: { Each: { Type: "Map", Items: [1, 2], ItemProcessor: doubled, End: true } } },
        {
          StartAt: "Many",
          States: {
            Many: {
              Type: "Map",
              Items: [3, 4],
              ItemProcessor: { ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" }, ...distributed },
              End: true,
            },
          },
        },
        { StartAt: "Work", States: { Work: { Type: "Task", Resource: activityArn, Arguments: { of: arnOnly }, End: true } } },
      ],
      Output: "{% $states.result %}",
      End: true,
    },
  },
});

/** What a server answered with 200 before it was killed. */
interface Promised {
  /** Executions of `asked`, to the output they were answered with; null while only started. */
  readonly asked: Map<string, string | null>;
  /** Executions of `mixed`, with which of their two tasks were answered. */
  readonly mixed: Map<string, Set<"Ask" | "Work">>;
  /** Tokens of `mixed` that were answered. */
  readonly spent: Set<string>;
}

type Counts = Readonly<Record<keyof Promised, number>>;
const none: Counts = { asked: 0, mixed: 0, spent: 0 };

export interface Tally {
  started: number;
  answered: number;
  /** Executions of `mixed` whose two tasks were answered. */
  mixed: number;
}

/** Kills a served local `count` times while requests are under way, and expects all it had answered with 200 in the file each time. */
export async function killServers(count: number): Promise<Tally> {
  const tally = { started: 0, answered: 0, mixed: 0 };
  for (let done = 0; done < count; done += killsPerFile) {
    const machine = createMachine();
    const promised: Promised = { asked: new Map(), mixed: new Map(), spent: new Set() };
    let before = none;
    for (let kill = 0; kill < Math.min(killsPerFile, count - done); kill++) {
      const now = { asked: promised.asked.size, mixed: promised.mixed.size, spent: promised.spent.size };
      await killOneServer(machine, promised, before, kill === 0);
      before = now;
    }
    const server = await serveLocal(machine);
    await expectKept(server.url, promised, none);
    server.kill("SIGTERM");
    expect((await server.ended).code).toBe(0);
    tally.started += promised.asked.size + promised.mixed.size;
    tally.answered += [...promised.asked.values()].filter((output) => output !== null).length + promised.spent.size;
    tally.mixed += [...promised.mixed.values()].filter((answered) => answered.size === 2).length;
  }
  return tally;
}

/** Whatever was promised before the last kill was looked at after it; that nothing old is lost is seen in the end. */
async function killOneServer(machine: Machine, promised: Promised, before: Counts, isFirst: boolean): Promise<void> {
  const server = await serveLocal(machine);
  if (isFirst) {
    await call(server.url, "CreateActivity", { name: "work" });
    await call(server.url, "CreateStateMachine", { name: "asked", definition: asked, roleArn });
    await call(server.url, "CreateStateMachine", { name: "mixed", definition: mixed, roleArn });
  } else await expectKept(server.url, promised, before);
  // The moment of the kill: with a reply as early as the first, and as late as in the midst of several `mixed`.
  let repliesLeft = 1 + Math.floor(Math.random() ** 2 * 120);
  const ask: Ask = async (operation, members) => {
    const reply = await call(server.url, operation, members);
    repliesLeft -= 1;
    if (repliesLeft === 0) server.kill("SIGKILL");
    return reply;
  };
  const clients = [driveAsked, driveAsked, driveMixed, driveMixed].map((drive) => untilGone(() => drive(ask, promised)));
  await Promise.all(clients);
  expect((await server.ended).signal).toBe("SIGKILL");
}

/** One request to the server that is going to be killed. */
type Ask = (operation: string, members: object) => ReturnType<typeof call>;

async function untilGone(drive: () => Promise<void>): Promise<void> {
  try {
    for (;;) await drive();
  } catch (error) {
    // fetch throws a TypeError for a broken connection; anything else is a reply that was not a 200.
    if (!(error instanceof TypeError)) throw error;
  }
}

/** Starts two executions and answers one. */
async function driveAsked(ask: Ask, { asked: promised }: Promised): Promise<void> {
  const left = await ask("StartExecution", { stateMachineArn: asArn, input: "{}" });
  promised.set(left.executionArn, null);
  const { executionArn } = await ask("StartExecution", { stateMachineArn: asArn, input: "{}" });
  promised.set(executionArn, null);
  const taskToken = tokenIn(await ask("GetExecutionHistory", { executionArn }));
  const output = JSON.stringify({ turn: promised.size });
  await ask("SendTaskSuccess", { taskToken, output });
  promised.set(executionArn, output);
}

/** Starts an execution, answers its callback task, and does the work that is polled off: this execution's, or that of another one. */
async function driveMixed(ask: Ask, promised: Promised): Promise<void> {
  const { executionArn } = await ask("StartExecution", { stateMachineArn: mixedArn, input: "{}" });
  promised.mixed.set(executionArn, new Set());
  while (!JSON.stringify(await ask("GetExecutionHistory", { executionArn })).includes('"TaskSubmitted"'));
  const asksToken = tokenIn(await ask("GetExecutionHistory", { executionArn }));
  await ask("SendTaskSuccess", { taskToken: asksToken, output: '"asked"' });
  promised.spent.add(asksToken);
  promised.mixed.get(executionArn)?.add("Ask");
  const { taskToken, input } = await ask("GetActivityTask", { activityArn });
  await ask("SendTaskSuccess", { taskToken, output: '"worked"' });
  promised.spent.add(taskToken);
  promised.mixed.get(JSON.parse(input).of)?.add("Work");
}

/** Expects what was promised after the first so many. */
async function expectKept(url: string, promised: Promised, after: Counts): Promise<void> {
  for (const [executionArn, output] of [...promised.asked].slice(after.asked)) {
    const execution = await call(url, "DescribeExecution", { executionArn });
    if (output !== null) expect(execution).toMatchObject({ status: "SUCCEEDED", output });
    // A kill can fall between the commit and the reply, so that what was only started may be answered too.
    else expect(["RUNNING", "SUCCEEDED"]).toContain(execution.status);
  }
  for (const taskToken of [...promised.spent].slice(after.spent)) {
    await expect(call(url, "SendTaskSuccess", { taskToken, output: '"again"' })).rejects.toThrow(/TaskTimedOut/);
  }
  for (const [executionArn, answered] of [...promised.mixed].slice(after.mixed)) {
    const described = () => call(url, "DescribeExecution", { executionArn });
    // JSONata that was being evaluated is evaluated again, and a map run goes on.
    if (answered.size === 2) await expect.poll(async () => (await described()).status, { timeout: 10_000 }).toBe("SUCCEEDED");
    const { events } = await call(url, "GetExecutionHistory", { executionArn, maxResults: 1000 });
    expect(events.map(({ id }: { id: number }) => id)).toEqual(events.map((_: unknown, index: number) => index + 1));
    const { status, output } = await described();
    if (status === "RUNNING") expect(answered.size).toBeLessThan(2);
    else expect({ status, output }).toEqual({ status: "SUCCEEDED", output: '["asked",[2,4],[9,16],"worked"]' });
  }
}

/** Kills `start` and then `succeed` at random moments, `count` in all; each is wholly in the file or not at all, and there where it had said so. */
export async function killCommands(count: number): Promise<Omit<Tally, "mixed">> {
  const machine = createMachine();
  const server = await serveLocal(machine);
  await call(server.url, "CreateStateMachine", { name: "asked", definition: asked, roleArn });
  const tally = { started: 0, answered: 0 };
  for (let done = 0; done < count; done += 2) {
    const name = `killed-${done}`;
    const said = await killed(machine, ["start", "asked", "--name", name, "--json"]);
    const { executions } = await call(server.url, "ListExecutions", { stateMachineArn: asArn });
    const isThere = executions.some((execution: { name: string }) => execution.name === name);
    if (said.includes("executionArn")) expect(isThere).toBe(true);
    if (isThere) tally.started++;
    // The same name and input again is the same execution, begun or not.
    const { executionArn } = await call(server.url, "StartExecution", { stateMachineArn: asArn, input: "{}", name });
    const answered = await killed(machine, ["succeed", `asked/${name}`, "--output", '{"approved":true}', "--json"]);
    const { status, output } = await call(server.url, "DescribeExecution", { executionArn });
    if (answered.includes('"outcome"')) expect(status).toBe("SUCCEEDED");
    if (status === "SUCCEEDED") {
      expect(output).toBe('{"approved":true}');
      tally.answered++;
    } else {
      expect(status).toBe("RUNNING");
      await call(server.url, "SendTaskSuccess", { taskToken: await tokenOf(server.url, executionArn), output: "{}" });
    }
  }
  server.kill("SIGTERM");
  expect((await server.ended).code).toBe(0);
  return tally;
}

async function killed(machine: Machine, argv: readonly string[]): Promise<string> {
  const command = machine.launch(argv);
  // The moment of the kill, not a wait for anything: from before its first statement to after its end.
  await new Promise((done) => setTimeout(done, Math.random() * 500));
  command.kill("SIGKILL");
  return (await command.ended).stdout;
}
