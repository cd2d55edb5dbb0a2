import { expect, it } from "vitest";
import { arnOf, describeContract, passing, refused } from "./endpoint.ts";

const statuses = "[SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]";

describeContract("executions", (at) => {
  it("starts the same execution twice as one while it runs, and not after", async () => {
    const { stateMachineArn, executionArn, taskToken } = await at.started();
    const start = (input: string) => at.sfn.startExecution({ stateMachineArn, name: "run", input });
    const { startDate } = await at.sfn.describeExecution({ executionArn });
    expect(await start("{}")).toMatchObject({ executionArn, startDate });
    const message = `Execution Already Exists: '${executionArn}'`;
    await refused(start('{"a":1}'), "ExecutionAlreadyExists", message);
    await at.sfn.sendTaskSuccess({ taskToken, output: "1" });
    await at.ended(executionArn);
    await refused(start("{}"), "ExecutionAlreadyExists", message);
  });

  it("makes up a name of its own where none is given", async () => {
    const { stateMachineArn } = await at.machine();
    const { executionArn = "" } = await at.sfn.startExecution({ stateMachineArn });
    expect(executionArn.split(":")[7]).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect((await at.sfn.describeExecution({ executionArn })).input).toBe("{}");
  });

  it("takes any JSON as input and gives it back as it was written, and nothing else", async () => {
    const { stateMachineArn } = await at.machine();
    for (const input of ["1", '"text"', "null", "[]", '{ "a" : 1 }']) {
      const { executionArn } = await at.sfn.startExecution({ stateMachineArn, input });
      expect((await at.sfn.describeExecution({ executionArn })).input).toBe(input);
    }
    const empty = "Invalid State Machine Execution Input: 'Invalid execution input.'";
    await refused(at.sfn.startExecution({ stateMachineArn, input: "" }), "InvalidExecutionInput", empty);
    await refused(at.sfn.startExecution({ stateMachineArn, input: "{oops" }), "InvalidExecutionInput");
  });

  it("makes its checks in AWS's order: the ARN, the model, the machine, the name and the input", async () => {
    const { stateMachineArn } = await at.machine();
    const long = "x".repeat(81);
    await refused(at.sfn.startExecution({ stateMachineArn: "x", name: long, input: "{" }), "InvalidArn");
    await refused(at.sfn.startExecution({ stateMachineArn: `${stateMachineArn}-not`, name: long, input: "{" }), "ValidationException");
    await refused(at.sfn.startExecution({ stateMachineArn: `${stateMachineArn}-not`, name: "a b" }), "StateMachineDoesNotExist");
    await refused(at.sfn.startExecution({ stateMachineArn, name: "a b" }), "InvalidName", "Invalid Name: 'a b'");
  });

  it("describes a running execution without what it does not have, and an ended one with it", async () => {
    const { stateMachineArn, executionArn, taskToken } = await at.started();
    const running = await at.sfn.describeExecution({ executionArn });
    expect(running).toMatchObject({
      stateMachineArn,
      name: "run",
      status: "RUNNING",
      input: "{}",
      inputDetails: { included: true },
      redriveCount: 0,
      redriveStatus: "NOT_REDRIVABLE",
      redriveStatusReason: "Execution is RUNNING and cannot be redriven",
    });
    for (const absent of ["stopDate", "output", "outputDetails", "error", "cause", "mapRunArn", "stateMachineVersionArn", "traceHeader"]) {
      expect(running).not.toHaveProperty(absent);
    }
    await at.sfn.sendTaskSuccess({ taskToken, output: '"done"' });
    expect(await at.ended(executionArn)).toMatchObject({
      status: "SUCCEEDED",
      output: '"done"',
      outputDetails: { included: true },
      stopDate: expect.any(Date),
      redriveStatusReason: "Execution is SUCCEEDED and cannot be redriven",
    });
  });

  it("gives a trace header back", async () => {
    const { stateMachineArn } = await at.machine();
    const traceHeader = "Root=1-5e9d2f5c-0123456789abcdef01234567";
    const { executionArn } = await at.sfn.startExecution({ stateMachineArn, traceHeader });
    expect((await at.sfn.describeExecution({ executionArn })).traceHeader).toBe(traceHeader);
    await refused(
      at.sfn.startExecution({ stateMachineArn, traceHeader: "é" }),
      "ValidationException",
      /regular expression pattern: \\p\{ASCII\}\*$/,
    );
  });

  it("stops an execution, and with it the token it waited with", async () => {
    const { executionArn, taskToken } = await at.started();
    const stop = { executionArn, error: "Halt", cause: "enough" };
    const { stopDate } = await at.sfn.stopExecution(stop);
    expect(await at.ended(executionArn)).toMatchObject({ status: "ABORTED", stopDate, error: "Halt", cause: "enough" });
    await refused(at.sfn.sendTaskSuccess({ taskToken, output: "1" }), "TaskTimedOut");
    expect((await at.history(executionArn)).at(-1)).toMatchObject({
      type: "ExecutionAborted",
      previousEventId: 0,
      executionAbortedEventDetails: { error: "Halt", cause: "enough" },
    });
    expect(await at.sfn.stopExecution({ executionArn, error: "Late" })).toMatchObject({ stopDate });
    expect(await at.sfn.describeExecution({ executionArn })).toMatchObject({ status: "ABORTED", error: "Halt" });
  });

  it("lists executions by status, and refuses filters that do not fit", async () => {
    const { stateMachineArn, executionArn } = await at.started();
    const second = await at.sfn.startExecution({ stateMachineArn, name: "second" });
    await at.sfn.stopExecution({ executionArn });
    await at.ended(executionArn);
    const { executions = [] } = await at.sfn.listExecutions({ stateMachineArn, statusFilter: "RUNNING" });
    expect(executions.map((execution) => execution.executionArn)).toEqual([second.executionArn]);
    expect(executions[0]).toMatchObject({ stateMachineArn, name: "second", status: "RUNNING", redriveCount: 0 });
    expect(executions[0]).not.toHaveProperty("stopDate");
    expect((await at.sfn.listExecutions({ stateMachineArn })).executions).toHaveLength(2);
    const message = `1 validation error detected: Value 'running' at 'statusFilter' failed to satisfy constraint: Member must satisfy enum value set: ${statuses}`;
    await refused(at.sfn.listExecutions({ stateMachineArn, statusFilter: "running" as "RUNNING" }), "ValidationException", message);
    await refused(at.sfn.listExecutions({ stateMachineArn, statusFilter: "PENDING_REDRIVE" }), "ValidationException");
    await refused(at.sfn.listExecutions({ stateMachineArn, redriveFilter: "REDRIVEN" }), "ValidationException");
    await refused(at.sfn.listExecutions({}), "ValidationException");
    const both = { stateMachineArn, mapRunArn: arnOf("mapRun:machine/label:id") };
    await refused(at.sfn.listExecutions(both), "ValidationException");
  });

  it("pages through a listing while executions come and go, without a double or a gap", async () => {
    const { stateMachineArn } = await at.machine();
    const started: (string | undefined)[] = [];
    for (let index = 0; index < 7; index += 1) started.push((await at.sfn.startExecution({ stateMachineArn })).executionArn);
    await at.until(async () => (await at.sfn.listExecutions({ stateMachineArn })).executions?.length === 7);
    const listed: (string | undefined)[] = [];
    let nextToken: string | undefined;
    do {
      const page = await at.sfn.listExecutions({ stateMachineArn, statusFilter: "RUNNING", maxResults: 3, nextToken });
      listed.push(...(page.executions ?? []).map(({ executionArn }) => executionArn));
      nextToken = page.nextToken;
      await at.sfn.startExecution({ stateMachineArn });
      await at.sfn.stopExecution({ executionArn: listed[0] });
    } while (nextToken !== undefined);
    expect(listed.toSorted()).toEqual(started.toSorted());
  });

  it("names the execution that does not exist", async () => {
    const executionArn = arnOf("execution:nowhere:run");
    const missing = `Execution Does Not Exist: '${executionArn}'`;
    for (const call of [
      at.sfn.describeExecution({ executionArn }),
      at.sfn.getExecutionHistory({ executionArn }),
      at.sfn.stopExecution({ executionArn }),
      at.sfn.describeStateMachineForExecution({ executionArn }),
      at.sfn.listMapRuns({ executionArn }),
    ]) {
      await refused(call, "ExecutionDoesNotExist", missing);
    }
    await refused(at.sfn.describeExecution({ executionArn: "run" }), "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: run'");
  });

  at.itsOwn("lists the newest first: a running one by its start, an ended one by its end", async () => {
    const { stateMachineArn } = await at.machine();
    const start = async (name: string) => {
      at.bench.now += 1000;
      return (await at.sfn.startExecution({ stateMachineArn, name })).executionArn;
    };
    const first = await start("first");
    await start("second");
    await start("third");
    at.bench.now += 1000;
    await at.sfn.stopExecution({ executionArn: first });
    const { executions = [] } = await at.sfn.listExecutions({ stateMachineArn });
    expect(executions.map(({ name }) => name)).toEqual(["first", "third", "second"]);
  });

  at.itsOwn("takes a next token for a day, and only for the listing that it was given for", async () => {
    const { stateMachineArn } = await at.machine({ definition: passing });
    for (let index = 0; index < 3; index += 1) await at.sfn.startExecution({ stateMachineArn });
    const list = (more: object) => at.sfn.listExecutions({ stateMachineArn, maxResults: 1, ...more });
    const { nextToken } = await list({});
    const message = "Invalid Token: 'Invalid token'";
    await refused(list({ nextToken, statusFilter: "FAILED" }), "InvalidToken", message);
    await refused(at.sfn.listStateMachines({ nextToken }), "InvalidToken", message);
    const changed = `${nextToken?.slice(0, -6)}${nextToken?.at(-6) === "A" ? "B" : "A"}${nextToken?.slice(-5)}`;
    await refused(list({ nextToken: changed }), "InvalidToken", message);
    at.bench.now += 24 * 3_600_000;
    expect((await list({ nextToken, maxResults: 1000 })).executions).toHaveLength(2);
    at.bench.now += 1;
    await refused(list({ nextToken }), "InvalidToken", message);
  });
});
