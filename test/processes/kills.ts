import { expect } from "vitest";
import { call, createMachine, type Machine, serveLocal, tokenOf } from "./command.ts";

/** A machine with one callback task, named `asked`. */
const asked = JSON.stringify({
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

/** What a server answered with 200 before it was killed: execution ARN to the output it was answered with, null while only started. */
type Promised = Map<string, string | null>;

export interface Tally {
  started: number;
  answered: number;
}

/** Kills a served local `count` times while requests are under way, and expects all it had answered with 200 in the file each time. */
export async function killServers(count: number): Promise<Tally> {
  const tally = { started: 0, answered: 0 };
  for (let done = 0; done < count; done += killsPerFile) {
    const machine = createMachine();
    const promised: Promised = new Map();
    for (let kill = 0; kill < Math.min(killsPerFile, count - done); kill++) await killOneServer(machine, promised, kill === 0);
    const server = await serveLocal(machine);
    await expectKept(server.url, promised);
    server.kill("SIGTERM");
    expect((await server.ended).code).toBe(0);
    tally.started += promised.size;
    tally.answered += [...promised.values()].filter((output) => output !== null).length;
  }
  return tally;
}

async function killOneServer(machine: Machine, promised: Promised, isFirst: boolean): Promise<void> {
  const server = await serveLocal(machine);
  if (isFirst) await call(server.url, "CreateStateMachine", { name: "asked", definition: asked, roleArn });
  else await expectKept(server.url, promised);
  const clients = [drive(server.url, promised), drive(server.url, promised), drive(server.url, promised)];
  // The moment of the kill, not a wait for anything.
  await new Promise((done) => setTimeout(done, Math.random() * 60));
  server.kill("SIGKILL");
  await Promise.all(clients);
  expect((await server.ended).signal).toBe("SIGKILL");
}

/** Starts and answers one execution after the other until the server is gone. Every other one is left waiting. */
async function drive(url: string, promised: Promised): Promise<void> {
  for (let turn = 0; ; turn++) {
    try {
      const { executionArn } = await call(url, "StartExecution", { stateMachineArn: asArn, input: "{}" });
      promised.set(executionArn, null);
      if (turn % 2 === 1) continue;
      const taskToken = await tokenOf(url, executionArn);
      const output = JSON.stringify({ turn });
      await call(url, "SendTaskSuccess", { taskToken, output });
      promised.set(executionArn, output);
    } catch (error) {
      // fetch throws a TypeError for a broken connection; anything else is a reply that was not a 200.
      if (error instanceof TypeError) return;
      throw error;
    }
  }
}

async function expectKept(url: string, promised: Promised): Promise<void> {
  for (const [executionArn, output] of promised) {
    const execution = await call(url, "DescribeExecution", { executionArn });
    if (output !== null) expect(execution).toMatchObject({ status: "SUCCEEDED", output });
    // A kill can fall between the commit and the reply, so that what was only started may be answered too.
    else expect(["RUNNING", "SUCCEEDED"]).toContain(execution.status);
  }
}

/** Kills `start` and then `succeed` at random moments, `count` in all; each is wholly in the file or not at all, and there where it had said so. */
export async function killCommands(count: number): Promise<Tally> {
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
  await new Promise((done) => setTimeout(done, Math.random() * 500));
  command.kill("SIGKILL");
  return (await command.ended).stdout;
}
