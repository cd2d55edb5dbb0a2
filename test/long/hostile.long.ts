import { expect, it } from "vitest";
import { createLocal } from "../../src/local/local.ts";
import { call, machine, roleArn, stopwatch } from "../local/peer.ts";

it("a machine that writes 200 kB over and over holds nobody up, and little of it in memory", async () => {
  await using local = await createLocal();
  const never = { Variable: "$$.Execution.Name", StringEquals: "never", Next: "End" };
  const definition = JSON.stringify(machine({ Round: { Type: "Choice", Choices: [never], Default: "Round" }, End: { Type: "Succeed" } }));
  const { stateMachineArn } = JSON.parse((await call(local.url, "CreateStateMachine", { name: "loop", roleArn, definition })).body);
  const input = JSON.stringify("x".repeat(200_000));
  const { executionArn } = JSON.parse((await call(local.url, "StartExecution", { stateMachineArn, input })).body);
  const eventsOf = async () => {
    const { body } = await call(local.url, "GetExecutionHistory", { executionArn, reverseOrder: true, maxResults: 1 });
    return JSON.parse(body).events[0].id as number;
  };
  let [longest, resident] = [0, 0];
  while ((await eventsOf()) < 5000) {
    const taken = stopwatch();
    expect((await call(local.url, "ListActivities", {})).status).toBe(200);
    longest = Math.max(longest, taken());
    resident = Math.max(resident, process.memoryUsage().rss / 1_000_000);
  }
  await call(local.url, "StopExecution", { executionArn });
  expect(JSON.parse((await call(local.url, "DescribeExecution", { executionArn })).body).status).toBe("ABORTED");
  expect(await eventsOf()).toBeLessThan(25_000);
  process.stdout.write(`others waited ${longest.toFixed(0)} ms at the longest; ${resident.toFixed(0)} MB resident\n`);
  expect(longest).toBeLessThan(1000);
  expect(resident).toBeLessThan(1000);
});
