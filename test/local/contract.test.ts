import { randomUUID } from "node:crypto";
import { request } from "node:http";
import {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  type SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Bench, call, callbackState, lines, machine, roleArn, sdkClient, startOfTime } from "./peer.ts";

const waiting = JSON.stringify(machine({ Ask: callbackState() }));
const machineArn = (name: string) => `arn:aws:states:us-east-1:123456789012:stateMachine:${name}`;
const executionArn = (name: string) => `arn:aws:states:us-east-1:123456789012:execution:${name}:run`;
const model = "com.amazonaws.swf.service.v2.model";
const coral = "com.amazon.coral.validate";
const service = "com.amazon.coral.service";

const endpoints: [string, string | undefined][] = [["the embedded endpoint", undefined]];
const other = process.env["SFN_CALLBACK_TEST_ENDPOINT"];
if (other) endpoints.push(["SFN_CALLBACK_TEST_ENDPOINT", other]);

describe.each(endpoints)("the contract of Step Functions, on %s", (_, given) => {
  let bench: Bench | undefined;
  let client: SFNClient;
  const unique = () => `m-${randomUUID()}`;
  beforeAll(async () => {
    if (given === undefined) bench = await Bench.open();
    client = given === undefined ? (bench as Bench).client : sdkClient(given);
  });
  afterAll(() => bench?.close());

  async function started(name = unique()) {
    const created = await client.send(new CreateStateMachineCommand({ name, roleArn, definition: waiting }));
    const stateMachineArn = created.stateMachineArn ?? "";
    const reply = await client.send(new StartExecutionCommand({ stateMachineArn, name: "run", input: "{}" }));
    const arn = reply.executionArn ?? "";
    await expect.poll(async () => (await history(arn)).some(({ type }) => type === "TaskScheduled"), { timeout: 10_000 }).toBe(true);
    const parameters = (await history(arn)).find(({ type }) => type === "TaskScheduled")?.taskScheduledEventDetails?.parameters ?? "{}";
    const body = (JSON.parse(parameters) as { MessageBody: { Token: string } }).MessageBody;
    return { stateMachineArn, arn, taskToken: body.Token };
  }
  const history = async (arn: string) => (await client.send(new GetExecutionHistoryCommand({ executionArn: arn }))).events ?? [];
  const status = async (arn: string) => (await client.send(new DescribeExecutionCommand({ executionArn: arn }))).status;

  it("creates a machine once for one definition and refuses another under its name", async () => {
    const name = unique();
    const first = await client.send(new CreateStateMachineCommand({ name, roleArn, definition: waiting }));
    const again = await client.send(new CreateStateMachineCommand({ name, roleArn, definition: waiting }));
    expect(again.stateMachineArn).toBe(first.stateMachineArn);
    const changed = client.send(new CreateStateMachineCommand({ name, roleArn, definition: `${waiting} ` }));
    await expect(changed).rejects.toMatchObject({ name: "StateMachineAlreadyExists", $metadata: { httpStatusCode: 400 } });
    const described = await client.send(new DescribeStateMachineCommand({ stateMachineArn: first.stateMachineArn }));
    expect(described).toMatchObject({ name, definition: waiting, roleArn, type: "STANDARD", status: "ACTIVE" });
  });

  it("starts the same execution twice as one while it runs, and not after", async () => {
    const { stateMachineArn, arn, taskToken } = await started();
    const start = (input: string) => client.send(new StartExecutionCommand({ stateMachineArn, name: "run", input }));
    expect((await start("{}")).executionArn).toBe(arn);
    await expect(start('{"a":1}')).rejects.toMatchObject({ name: "ExecutionAlreadyExists" });
    await client.send(new SendTaskSuccessCommand({ taskToken, output: "1" }));
    await expect.poll(() => status(arn)).toBe("SUCCEEDED");
    await expect(start("{}")).rejects.toMatchObject({
      name: "ExecutionAlreadyExists",
      message: `Execution Already Exists: '${arn}'`,
    });
  });

  it("takes one answer for a token, and calls every later one TaskTimedOut", async () => {
    const { arn, taskToken } = await started();
    await client.send(new SendTaskHeartbeatCommand({ taskToken }));
    await client.send(new SendTaskSuccessCommand({ taskToken, output: '"done"' }));
    await expect.poll(() => status(arn)).toBe("SUCCEEDED");
    for (const late of [
      new SendTaskSuccessCommand({ taskToken, output: '"done"' }),
      new SendTaskFailureCommand({ taskToken, error: "E" }),
      new SendTaskHeartbeatCommand({ taskToken }),
    ]) {
      await expect(client.send(late as SendTaskHeartbeatCommand)).rejects.toMatchObject({ name: "TaskTimedOut" });
    }
    const described = await client.send(new DescribeExecutionCommand({ executionArn: arn }));
    expect(described.output).toBe('"done"');
  });

  it("refuses what is no token and what is no output", async () => {
    const { taskToken, arn } = await started();
    await expect(client.send(new SendTaskSuccessCommand({ taskToken: "no token", output: "1" }))).rejects.toMatchObject({
      name: "InvalidToken",
    });
    await expect(client.send(new SendTaskSuccessCommand({ taskToken, output: "done" }))).rejects.toMatchObject({ name: "InvalidOutput" });
    expect(await status(arn)).toBe("RUNNING");
  });

  it("stops an execution, and with it the token it waited with", async () => {
    const { arn, taskToken } = await started();
    const stop = new StopExecutionCommand({ executionArn: arn, error: "Halt", cause: "enough" });
    expect((await client.send(stop)).stopDate).toBeInstanceOf(Date);
    await expect.poll(() => status(arn)).toBe("ABORTED");
    await expect(client.send(new SendTaskSuccessCommand({ taskToken, output: "1" }))).rejects.toMatchObject({ name: "TaskTimedOut" });
    expect((await history(arn)).at(-1)).toMatchObject({
      type: "ExecutionAborted",
      previousEventId: 0,
      executionAbortedEventDetails: { error: "Halt", cause: "enough" },
    });
    await client.send(stop);
    expect(await status(arn)).toBe("ABORTED");
  });

  it("pages through a history, forwards and in reverse, and refuses a token of another listing", async () => {
    const { arn } = await started();
    const ids = { forwards: [] as (number | undefined)[], reverse: [] as (number | undefined)[] };
    let foreign = "";
    for (const direction of ["forwards", "reverse"] as const) {
      let nextToken: string | undefined;
      do {
        const reply: { events?: { id?: number | undefined }[] | undefined; nextToken?: string | undefined } = await client.send(
          new GetExecutionHistoryCommand({ executionArn: arn, maxResults: 2, reverseOrder: direction === "reverse", nextToken }),
        );
        expect(reply.events?.length).toBeLessThanOrEqual(2);
        ids[direction].push(...(reply.events ?? []).map(({ id }) => id));
        nextToken = reply.nextToken;
        foreign = nextToken ?? foreign;
      } while (nextToken !== undefined);
    }
    expect(ids.forwards).toEqual([1, 2, 3, 4, 5]);
    expect(ids.reverse).toEqual([5, 4, 3, 2, 1]);
    const listed = client.send(new ListStateMachinesCommand({ nextToken: `${foreign}x` }));
    await expect(listed).rejects.toMatchObject({ name: "InvalidToken" });
  });

  it("lists executions by status, the newest first", async () => {
    const { stateMachineArn, arn } = await started();
    const second = await client.send(new StartExecutionCommand({ stateMachineArn, name: "second" }));
    await client.send(new StopExecutionCommand({ executionArn: arn }));
    await expect.poll(() => status(arn)).toBe("ABORTED");
    const running = await client.send(new ListExecutionsCommand({ stateMachineArn, statusFilter: "RUNNING" }));
    expect(running.executions?.map((execution) => execution.executionArn)).toEqual([second.executionArn]);
    expect(running.executions?.[0]).not.toHaveProperty("stopDate");
    const all = await client.send(new ListExecutionsCommand({ stateMachineArn }));
    expect(all.executions).toHaveLength(2);
    const wrong = client.send(new ListExecutionsCommand({ stateMachineArn, statusFilter: "ASLEEP" as "RUNNING" }));
    await expect(wrong).rejects.toMatchObject({ name: "ValidationException" });
  });

  it("names what does not exist", async () => {
    const nowhere = executionArn("nowhere");
    for (const command of [
      new DescribeExecutionCommand({ executionArn: nowhere }),
      new GetExecutionHistoryCommand({ executionArn: nowhere }),
      new StopExecutionCommand({ executionArn: nowhere }),
    ]) {
      await expect(client.send(command as StopExecutionCommand)).rejects.toMatchObject({
        name: "ExecutionDoesNotExist",
        message: `Execution Does Not Exist: '${nowhere}'`,
      });
    }
    for (const command of [
      new DescribeStateMachineCommand({ stateMachineArn: machineArn("nowhere") }),
      new StartExecutionCommand({ stateMachineArn: machineArn("nowhere") }),
      new ListExecutionsCommand({ stateMachineArn: machineArn("nowhere") }),
    ]) {
      await expect(client.send(command as StartExecutionCommand)).rejects.toMatchObject({
        name: "StateMachineDoesNotExist",
        message: `State Machine Does Not Exist: '${machineArn("nowhere")}'`,
      });
    }
    await expect(client.send(new DescribeExecutionCommand({ executionArn: "run" }))).rejects.toMatchObject({ name: "InvalidArn" });
  });
});

describe("the embedded endpoint", () => {
  let bench: Bench;
  let url = "";
  beforeAll(async () => {
    bench = await Bench.open();
    url = bench.local.url;
  });
  afterAll(() => bench.close());

  it("answers an error as AWS does: 400, the type with its namespace, the message", async () => {
    const reply = await call(url, "SendTaskHeartbeat", { taskToken: "nothing" });
    expect(reply).toMatchObject({ status: 400, type: "application/x-amz-json-1.0" });
    expect(JSON.parse(reply.body)).toEqual({ __type: `${model}#InvalidToken`, message: "Invalid Token: 'Invalid token'" });
    const arn = await bench.start(machine({ Ask: callbackState() }));
    const taskToken = await bench.token(arn);
    expect(await call(url, "SendTaskSuccess", { taskToken, output: "1" })).toMatchObject({ status: 200, body: "{}" });
    expect(JSON.parse((await call(url, "SendTaskSuccess", { taskToken, output: "1" })).body)).toEqual({
      __type: `${model}#TaskTimedOut`,
      message: "Task Timed Out: 'Provided task does not exist anymore'",
    });
  });

  it("never answers a token with one character changed", async () => {
    const arn = await bench.start(machine({ Ask: callbackState() }));
    const token = await bench.token(arn);
    expect(token.length).toBeGreaterThanOrEqual(648);
    expect(token.length).toBeLessThanOrEqual(712);
    for (const at of [0, 25, 300, token.length - 5, token.length - 1]) {
      const taskToken = token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
      expect(JSON.parse((await call(url, "SendTaskSuccess", { taskToken, output: "1" })).body)).toMatchObject({
        __type: `${model}#InvalidToken`,
      });
    }
    expect((await bench.describe(arn)).status).toBe("RUNNING");
  });

  const nul = "failed to satisfy constraint: Member must not be null";
  const breaches: [string, object, string][] = [
    ["SendTaskSuccess", { taskToken: "t" }, `1 validation error detected: Value at 'output' ${nul}`],
    ["SendTaskSuccess", {}, `2 validation errors detected: Value at 'taskToken' ${nul}; Value at 'output' ${nul}`],
    ["SendTaskFailure", {}, `1 validation error detected: Value at 'taskToken' ${nul}`],
    ["SendTaskHeartbeat", { taskToken: null }, `1 validation error detected: Value at 'taskToken' ${nul}`],
    ["StartExecution", {}, `1 validation error detected: Value at 'stateMachineArn' ${nul}`],
    ["DescribeExecution", {}, `1 validation error detected: Value at 'executionArn' ${nul}`],
    [
      "CreateStateMachine",
      {},
      `3 validation errors detected: Value at 'name' ${nul}; Value at 'definition' ${nul}; Value at 'roleArn' ${nul}`,
    ],
    [
      "SendTaskSuccess",
      { taskToken: "t", output: "é".repeat(131_073) },
      "1 validation error detected: Value at 'output' failed to satisfy constraint: Member must have size less than or equal to 262144 bytes in UTF-8 encoding",
    ],
    [
      "StartExecution",
      { stateMachineArn: machineArn("any"), input: "1".repeat(262_145) },
      "1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have size less than or equal to 262144 bytes in UTF-8 encoding",
    ],
    [
      "SendTaskFailure",
      { taskToken: "t", error: "e".repeat(257), cause: "c".repeat(32_769) },
      "2 validation errors detected: Value at 'error' failed to satisfy constraint: Member must have length less than or equal to 256; " +
        "Value at 'cause' failed to satisfy constraint: Member must have length less than or equal to 32768",
    ],
    [
      "SendTaskHeartbeat",
      { taskToken: "t".repeat(2049) },
      "1 validation error detected: Value at 'taskToken' failed to satisfy constraint: Member must have length less than or equal to 2048",
    ],
  ];
  it.each(breaches)("refuses in AWS's words a %s that breaks the model, %#", async (operation, body, message) => {
    const reply = await call(url, operation, body);
    expect(reply.status).toBe(400);
    expect(JSON.parse(reply.body)).toEqual({ __type: `${coral}#ValidationException`, message });
  });

  it("takes output, error and cause of exactly the largest size", async () => {
    const output = JSON.stringify("x".repeat(262_142));
    const first = await bench.start(machine({ Ask: callbackState() }));
    expect(await call(url, "SendTaskSuccess", { taskToken: await bench.token(first), output })).toMatchObject({ status: 200 });
    expect((await bench.describe(first)).output).toBe(output);
    const second = await bench.start(machine({ Ask: callbackState() }));
    const failure = { error: "e".repeat(256), cause: "c".repeat(32_768) };
    expect(await call(url, "SendTaskFailure", { taskToken: await bench.token(second), ...failure })).toMatchObject({ status: 200 });
    expect(await bench.describe(second)).toMatchObject({ status: "FAILED", ...failure });
  });

  it("checks names, inputs and definitions", async () => {
    const create = (name: string, definition: string) => bench.client.send(new CreateStateMachineCommand({ name, roleArn, definition }));
    await expect(create("a b", waiting)).rejects.toMatchObject({ name: "InvalidName", message: "Invalid Name: 'a b'" });
    await expect(create("bad", '{"StartAt":"A"}')).rejects.toMatchObject({
      name: "InvalidDefinition",
      message: "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /'",
    });
    await expect(create("bad", "not JSON")).rejects.toMatchObject({ name: "InvalidDefinition" });
    const { stateMachineArn } = await create("inputs", waiting);
    const start = (input: string) => bench.client.send(new StartExecutionCommand({ stateMachineArn, input }));
    await expect(start("")).rejects.toMatchObject({
      name: "InvalidExecutionInput",
      message: "Invalid State Machine Execution Input: 'Invalid execution input.'",
    });
    await expect(start("{oops")).rejects.toMatchObject({ name: "InvalidExecutionInput" });
    for (const input of ["1", '"text"', "null", "[]"]) {
      const { executionArn: arn } = await start(input);
      expect((await bench.describe(arn ?? "")).input).toBe(input);
    }
  });

  it("ends the waiting executions of a deleted machine and forgets the machine", async () => {
    const arn = await bench.start(machine({ Ask: callbackState() }));
    const stateMachineArn = (await bench.describe(arn)).stateMachineArn;
    const taskToken = await bench.token(arn);
    await bench.client.send(new DeleteStateMachineCommand({ stateMachineArn }));
    await bench.client.send(new DeleteStateMachineCommand({ stateMachineArn }));
    await expect(bench.client.send(new DescribeStateMachineCommand({ stateMachineArn }))).rejects.toMatchObject({
      name: "StateMachineDoesNotExist",
    });
    await expect(bench.client.send(new SendTaskSuccessCommand({ taskToken, output: "1" }))).rejects.toMatchObject({ name: "TaskTimedOut" });
  });

  it("lists machines by name, page by page, and leaves out what is absent", async () => {
    await using own = await Bench.open();
    for (const name of ["c", "a", "b"]) {
      await own.client.send(new CreateStateMachineCommand({ name, roleArn, definition: waiting }));
    }
    const first = await own.client.send(new ListStateMachinesCommand({ maxResults: 2 }));
    expect(first.stateMachines?.map(({ name }) => name)).toEqual(["a", "b"]);
    const second = await own.client.send(new ListStateMachinesCommand({ maxResults: 2, nextToken: first.nextToken }));
    expect(second.stateMachines?.map(({ name }) => name)).toEqual(["c"]);
    const raw = await call(own.local.url, "ListStateMachines", {});
    expect(Object.keys(JSON.parse(raw.body) as object)).toEqual(["stateMachines"]);
    expect(raw.body).toContain(`"creationDate":${startOfTime / 1000}`);
    const arn = await own.start(machine({ Ask: callbackState() }));
    expect((await call(own.local.url, "DescribeExecution", { executionArn: arn })).body).not.toContain("null");
    expect(lines(await own.history(arn))).toHaveLength(5);
    const foreign = await call(own.local.url, "ListExecutions", { stateMachineArn: machineArn("a"), nextToken: first.nextToken });
    expect(JSON.parse(foreign.body)).toEqual({ __type: `${model}#InvalidToken`, message: "Invalid Token: 'Invalid token'" });
  });

  it("names an operation that it does not know", async () => {
    const reply = await call(url, "RedriveExecutionTwice", {});
    expect(reply.status).toBe(400);
    expect(JSON.parse(reply.body)).toMatchObject({
      __type: `${service}#UnknownOperationException`,
      message: expect.stringContaining("RedriveExecutionTwice"),
    });
    expect((await call(url, "toString", {})).status).toBe(400);
    expect((await fetch(url)).status).toBe(400);
  });

  it.each(["{", "[]", "1", "null", '"text"'])("refuses the body %s", async (body) => {
    const reply = await call(url, "ListStateMachines", body);
    expect(reply.status).toBe(400);
    expect(JSON.parse(reply.body)).toMatchObject({ __type: `${service}#SerializationException` });
  });

  it("refuses a member of the wrong type", async () => {
    const reply = await call(url, "SendTaskSuccess", { taskToken: 5, output: {} });
    expect(JSON.parse(reply.body)).toMatchObject({ __type: `${service}#SerializationException` });
  });

  it("answers a body over 1,049,600 bytes with 413 in plain text", async () => {
    const reply = await call(url, "SendTaskSuccess", { taskToken: "t", output: "x".repeat(1_049_600) });
    expect(reply).toEqual({ status: 413, type: "text; charset=utf-8", body: "HTTP content length exceeded 1049600 bytes." });
    expect((await call(url, "ListStateMachines", {})).status).toBe(200);
  });

  it("refuses a foreign origin", async () => {
    for (const origin of ["https://example.com", "null", "http://127.0.0.1.example.com", "http://localhost@example.com"]) {
      expect(await call(url, "ListStateMachines", {}, { origin }), origin).toMatchObject({ status: 403 });
    }
    expect((await call(url, "ListStateMachines", {}, { origin: url })).status).toBe(200);
  });

  it("refuses a foreign host name", async () => {
    const statusFor = (host: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const headers = { host, "x-amz-target": "AWSStepFunctions.ListStateMachines" };
        request(url, { method: "POST", headers }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
          .on("error", reject)
          .end("{}");
      });
    const port = new URL(url).port;
    expect(await statusFor(`rebound.example.com:${port}`)).toBe(403);
    expect(await statusFor(`127.0.0.1.example.com:${port}`)).toBe(403);
    expect(await statusFor(`localhost:${port}`)).toBe(200);
  });
});
