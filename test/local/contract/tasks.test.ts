import { expect, it } from "vitest";
import { describeContract, refused } from "./endpoint.ts";

describeContract("tasks", (at) => {
  it("takes one answer for a token, and calls every later one TaskTimedOut", async () => {
    const { executionArn, taskToken } = await at.started();
    await at.sfn.sendTaskHeartbeat({ taskToken });
    await at.sfn.sendTaskSuccess({ taskToken, output: '"done"' });
    expect((await at.ended(executionArn)).output).toBe('"done"');
    const message = "Task Timed Out: 'Provided task does not exist anymore'";
    await refused(at.sfn.sendTaskSuccess({ taskToken, output: '"done"' }), "TaskTimedOut", message);
    await refused(at.sfn.sendTaskFailure({ taskToken, error: "E" }), "TaskTimedOut", message);
    await refused(at.sfn.sendTaskHeartbeat({ taskToken }), "TaskTimedOut", message);
  });

  it("fails a task with what is said of it, and with nothing where nothing is said", async () => {
    const told = await at.started();
    await at.sfn.sendTaskFailure({ taskToken: told.taskToken, error: "Refused", cause: "no" });
    expect(await at.ended(told.executionArn)).toMatchObject({ status: "FAILED", error: "Refused", cause: "no" });
    const untold = await at.started();
    await at.sfn.sendTaskFailure({ taskToken: untold.taskToken });
    const described = await at.ended(untold.executionArn);
    expect(described.status).toBe("FAILED");
    expect(described).not.toHaveProperty("error");
    expect(described).not.toHaveProperty("cause");
  });

  it("refuses what is no token and what is no output", async () => {
    const { taskToken, executionArn } = await at.started();
    const message = "Invalid Token: 'Invalid token'";
    await refused(at.sfn.sendTaskSuccess({ taskToken: "no token", output: "1" }), "InvalidToken", message);
    await refused(at.sfn.sendTaskFailure({ taskToken: "no token" }), "InvalidToken", message);
    await refused(at.sfn.sendTaskHeartbeat({ taskToken: "no token" }), "InvalidToken", message);
    await refused(at.sfn.sendTaskSuccess({ taskToken, output: "done" }), "InvalidOutput");
    expect((await at.sfn.describeExecution({ executionArn })).status).toBe("RUNNING");
  });

  it("takes output, error and cause of exactly the largest size", async () => {
    const output = JSON.stringify("x".repeat(262_142));
    const first = await at.started();
    await at.sfn.sendTaskSuccess({ taskToken: first.taskToken, output });
    expect((await at.ended(first.executionArn)).output).toBe(output);
    const second = await at.started();
    const failure = { error: "e".repeat(256), cause: "c".repeat(32_768) };
    await at.sfn.sendTaskFailure({ taskToken: second.taskToken, ...failure });
    expect(await at.ended(second.executionArn)).toMatchObject({ status: "FAILED", ...failure });
  });

  at.itsOwn("never answers a token with one character changed", async () => {
    const { taskToken: token, executionArn } = await at.started();
    expect(token.length).toBeGreaterThanOrEqual(648);
    expect(token.length).toBeLessThanOrEqual(712);
    for (const place of [0, 25, 300, token.length - 5, token.length - 1]) {
      const taskToken = token.slice(0, place) + (token[place] === "A" ? "B" : "A") + token.slice(place + 1);
      await refused(at.sfn.sendTaskSuccess({ taskToken, output: "1" }), "InvalidToken");
    }
    expect((await at.sfn.describeExecution({ executionArn })).status).toBe("RUNNING");
  });
});
