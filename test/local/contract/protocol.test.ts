import { request } from "node:http";
import { expect, it } from "vitest";
import { call, roleArn, startOfTime } from "../peer.ts";
import { coral, describeContract, machineArn, model, passing, service } from "./endpoint.ts";

const isNull = "failed to satisfy constraint: Member must not be null";
const breaches: [string, object, string][] = [
  ["SendTaskSuccess", { taskToken: "t" }, `1 validation error detected: Value at 'output' ${isNull}`],
  ["SendTaskSuccess", {}, `2 validation errors detected: Value at 'taskToken' ${isNull}; Value at 'output' ${isNull}`],
  ["SendTaskFailure", {}, `1 validation error detected: Value at 'taskToken' ${isNull}`],
  ["SendTaskHeartbeat", { taskToken: null }, `1 validation error detected: Value at 'taskToken' ${isNull}`],
  ["StartExecution", {}, `1 validation error detected: Value null at 'stateMachineArn' ${isNull}`],
  ["DescribeExecution", {}, `1 validation error detected: Value null at 'executionArn' ${isNull}`],
  [
    "CreateStateMachine",
    {},
    `3 validation errors detected: Value null at 'name' ${isNull}; Value at 'definition' ${isNull}; Value null at 'roleArn' ${isNull}`,
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
  [
    "StartExecution",
    { stateMachineArn: machineArn("any"), name: "n".repeat(81) },
    `1 validation error detected: Value '${"n".repeat(81)}' at 'name' failed to satisfy constraint: Member must have length less than or equal to 80`,
  ],
  [
    "ListStateMachines",
    { maxResults: -1 },
    "1 validation error detected: Value '-1' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 0",
  ],
  [
    "CreateStateMachine",
    { name: "n", definition: "{}", roleArn, loggingConfiguration: { level: "LOUD" } },
    "1 validation error detected: Value 'LOUD' at 'loggingConfiguration.level' failed to satisfy constraint: Member must satisfy enum value set: [ALL, ERROR, FATAL, OFF]",
  ],
  [
    "TagResource",
    { resourceArn: machineArn("any"), tags: [{ key: "a", value: "b" }, { value: "c" }] },
    `1 validation error detected: Value null at 'tags.2.member.key' ${isNull}`,
  ],
];

describeContract("the protocol", (at) => {
  it.each(breaches)("refuses in AWS's words a %s that breaks the model, %#", async (operation, body, message) => {
    const reply = await call(at.url, operation, body);
    expect(reply.status).toBe(400);
    expect(JSON.parse(reply.body)).toEqual({ __type: `${coral}#ValidationException`, message });
  });

  it("answers an error as AWS does: 400, the type with its namespace, the message", async () => {
    const reply = await call(at.url, "SendTaskHeartbeat", { taskToken: "nothing" });
    expect(reply).toMatchObject({ status: 400, type: "application/x-amz-json-1.0" });
    expect(JSON.parse(reply.body)).toEqual({ __type: `${model}#InvalidToken`, message: "Invalid Token: 'Invalid token'" });
    const { taskToken } = await at.started();
    expect(await call(at.url, "SendTaskSuccess", { taskToken, output: "1" })).toMatchObject({ status: 200, body: "{}" });
    expect(JSON.parse((await call(at.url, "SendTaskSuccess", { taskToken, output: "1" })).body)).toEqual({
      __type: `${model}#TaskTimedOut`,
      message: "Task Timed Out: 'Provided task does not exist anymore'",
    });
  });

  it("answers a body over 1,049,600 bytes with 413 in plain text", async () => {
    const reply = await call(at.url, "SendTaskSuccess", { taskToken: "t", output: "x".repeat(1_049_600) });
    expect(reply).toEqual({ status: 413, type: "text; charset=utf-8", body: "HTTP content length exceeded 1049600 bytes." });
    expect((await call(at.url, "ListStateMachines", {})).status).toBe(200);
  });

  it("leaves out what is absent instead of writing null", async () => {
    const { executionArn, stateMachineArn } = await at.started();
    for (const [operation, body] of [
      ["DescribeExecution", { executionArn }],
      ["DescribeStateMachine", { stateMachineArn }],
      ["DescribeStateMachineForExecution", { executionArn }],
      ["ListExecutions", { stateMachineArn }],
      ["GetExecutionHistory", { executionArn }],
    ] as const) {
      expect((await call(at.url, operation, body)).body, operation).not.toContain("null");
    }
  });

  at.itsOwn("writes instants as epoch seconds", async () => {
    const { stateMachineArn } = await at.machine({ definition: passing });
    const described = await call(at.url, "DescribeStateMachine", { stateMachineArn });
    expect(described.body).toContain(`"creationDate":${startOfTime / 1000}`);
  });

  it("names an operation that it does not know", async () => {
    const reply = await call(at.url, "RedriveExecutionTwice", {});
    expect(reply.status).toBe(400);
    expect(JSON.parse(reply.body)).toMatchObject({ __type: expect.stringContaining("UnknownOperationException") });
    expect((await call(at.url, "toString", {})).status).toBe(400);
  });

  at.itsOwn("says which operation it does not know", async () => {
    const { body } = await call(at.url, "RedriveExecutionTwice", {});
    expect(JSON.parse(body)).toMatchObject({ message: expect.stringContaining("RedriveExecutionTwice") });
    const send = async (method: string, target: string | null) => {
      const response = await fetch(at.url, { method, headers: target === null ? {} : { "x-amz-target": target } });
      return { status: response.status, ...((await response.json()) as object) };
    };
    const __type = `${service}#UnknownOperationException`;
    const names = (what: string) => ({ status: 400, __type, message: expect.stringContaining(what) });
    expect(await send("GET", null)).toEqual(names("names no operation"));
    expect(await send("GET", "AWSStepFunctions.ListStateMachines")).toEqual(names("POST"));
    expect(await send("POST", "DynamoDB_20120810.ListTables")).toEqual(names("DynamoDB_20120810.ListTables"));
  });

  it.each(["{", "[]", "1", "null", '"text"'])("refuses the body %s", async (body) => {
    const reply = await call(at.url, "ListStateMachines", body);
    expect(reply.status).toBe(400);
    expect(JSON.parse(reply.body)).toMatchObject({ __type: `${service}#SerializationException` });
  });

  it.each([
    ["SendTaskSuccess", { taskToken: 5, output: {} }],
    ["TagResource", { resourceArn: machineArn("any"), tags: {} }],
    ["TagResource", { resourceArn: machineArn("any"), tags: [null] }],
    ["UntagResource", { resourceArn: machineArn("any"), tagKeys: [5] }],
    ["CreateStateMachine", { name: "n", definition: "{}", roleArn, tracingConfiguration: "on" }],
    ["CreateStateMachineAlias", { name: "n", routingConfiguration: [null, "version", 3] }],
    ["ListStateMachines", { maxResults: 1.5 }],
    ["GetExecutionHistory", { executionArn: machineArn("any").replace("stateMachine", "execution"), reverseOrder: "yes" }],
  ])("refuses a %s whose member is of the wrong type, %#", async (operation, body) => {
    const reply = await call(at.url, operation, body);
    expect(reply.status).toBe(400);
    expect(JSON.parse(reply.body)).toMatchObject({ __type: `${service}#SerializationException` });
  });

  at.itsOwn("refuses a foreign origin", async () => {
    for (const origin of ["https://example.com", "null", "http://127.0.0.1.example.com", "http://localhost@example.com"]) {
      expect(await call(at.url, "ListStateMachines", {}, { origin }), origin).toMatchObject({ status: 403 });
    }
    expect((await call(at.url, "ListStateMachines", {}, { origin: at.url })).status).toBe(200);
  });

  at.itsOwn("refuses a foreign host name", async () => {
    const statusFor = (host: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const headers = { host, "x-amz-target": "AWSStepFunctions.ListStateMachines" };
        request(at.url, { method: "POST", headers }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
          .on("error", reject)
          .end("{}");
      });
    const port = new URL(at.url).port;
    expect(await statusFor(`rebound.example.com:${port}`)).toBe(403);
    expect(await statusFor(`127.0.0.1.example.com:${port}`)).toBe(403);
    expect(await statusFor(`localhost:${port}`)).toBe(200);
  });
});
