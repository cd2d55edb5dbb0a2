import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { call, createMachine, type Machine, serveLocal, tokenOf } from "./command.ts";
import { asked } from "./kills.ts";

/** A file may not grow beyond this in the process that runs out of room, in blocks of 512 bytes. */
const blocks = 2000;
const roleArn = "arn:aws:iam::123456789012:role/local";

/** A Node whose files cannot grow any further, as on a disk that is full. */
function cramped({ folder }: Machine): string {
  const path = join(folder, "cramped-node");
  writeFileSync(path, `#!/bin/sh\nulimit -f ${blocks}\nexec "${process.execPath}" "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}

/** Starts executions of the machine until ten starts were refused. */
async function fill(
  url: string,
  stateMachineArn: string,
): Promise<{ readonly kept: readonly string[]; readonly refused: readonly string[] }> {
  const kept: string[] = [];
  const refused: string[] = [];
  const lane = async (name: number) => {
    for (let index = 0; refused.length < 10; index += 1) {
      await call(url, "StartExecution", { stateMachineArn, name: `${name}-${index}` }).then(
        ({ executionArn }) => kept.push(executionArn),
        (error: Error) => refused.push(error.message),
      );
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, name) => lane(name)));
  return { kept, refused };
}

describe("local on a full disk", () => {
  it("refuses what it cannot keep, keeps what it answered with 200, and answers on", async () => {
    const machine = createMachine();
    const full = await serveLocal(machine, [], { node: cramped(machine) });
    const { stateMachineArn } = await call(full.url, "CreateStateMachine", { name: "asked", definition: asked, roleArn });
    const { kept, refused } = await fill(full.url, stateMachineArn);
    expect(kept.length).toBeGreaterThan(10);
    for (const message of refused) expect(message).toMatch(/StartExecution: 500 .*InternalFailure.*(disk|full)/);
    expect((await call(full.url, "DescribeStateMachine", { stateMachineArn })).name).toBe("asked");
    full.kill("SIGKILL");
    await full.ended;
    const roomy = await serveLocal(machine);
    for (const executionArn of kept) {
      await call(roomy.url, "SendTaskSuccess", { taskToken: await tokenOf(roomy.url, executionArn), output: "{}" });
    }
    const { executions } = await call(roomy.url, "ListExecutions", { stateMachineArn, maxResults: 1000 });
    expect(executions).toHaveLength(kept.length);
    roomy.kill("SIGTERM");
    expect((await roomy.ended).code).toBe(0);
  });

  it("leaves what falls due for later, and ends as ever", async () => {
    const machine = createMachine();
    const full = await serveLocal(machine, [], { node: cramped(machine) });
    const definition = asked.replace("86400", "2");
    const { stateMachineArn } = await call(full.url, "CreateStateMachine", { name: "hurried", definition, roleArn });
    const { kept } = await fill(full.url, stateMachineArn);
    const newest = { executionArn: kept.at(-1) ?? "", reverseOrder: true };
    const asking = () => call(full.url, "GetExecutionHistory", newest).catch((error: Error) => error.message);
    await expect.poll(asking, { timeout: 10_000 }).toMatch(/GetExecutionHistory: 500 .*(disk|full)/);
    full.kill("SIGTERM");
    expect((await full.ended).code).toBe(0);
    const roomy = await serveLocal(machine);
    const { events } = await call(roomy.url, "GetExecutionHistory", newest);
    expect(events[0]).toMatchObject({ type: "ExecutionFailed", executionFailedEventDetails: { error: "States.Timeout" } });
    roomy.kill("SIGTERM");
    expect((await roomy.ended).code).toBe(0);
  });
});
