import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLocal, type Local } from "../../src/local/local.ts";
import { call, machine, roleArn, stopwatch } from "./peer.ts";

/** What the server may take to answer others, whatever one client does. */
const patienceMilliseconds = 1000;
const patience = { timeout: 120_000 };
const requestMilliseconds = 500;
const deep = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
const head = (length: number, more = "") =>
  `POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/x-amz-json-1.0\r\nx-amz-target: AWSStepFunctions.ListStateMachines\r\ncontent-length: ${length}\r\n${more}\r\n`;

const jsonata = (output: unknown) =>
  JSON.stringify(machine({ E: { Type: "Pass", Output: output, End: true } }, { QueryLanguage: "JSONata" }));
const endless = [
  "{% ($f := function($x){$f($x)}; $f(1)) %}",
  "{% ($f := function($x){[$f($x), 1]}; $f(1)) %}",
  "{% $match($states.input.x, /^(a+)+$/) %}",
];

let local: Local;
let count = 0;
/** Executions of endless JSONata, which take their time while all else here is tried. */
const endlessArns: string[] = [];

beforeAll(async () => {
  local = await createLocal({ requestMilliseconds });
  const input = JSON.stringify({ x: `${"a".repeat(40)}b` });
  for (const expression of endless) {
    const { stateMachineArn } = JSON.parse((await create(jsonata(expression))).body);
    endlessArns.push(JSON.parse((await call(local.url, "StartExecution", { stateMachineArn, input })).body).executionArn);
  }
});
afterAll(() => local.close());

function create(definition: string) {
  count += 1;
  return call(local.url, "CreateStateMachine", { name: `m-${count}`, roleArn, definition });
}

/** A connection of which everything can be written, and everything read that comes. */
async function raw(text = ""): Promise<{ socket: Socket; answer: Promise<string> }> {
  const { port } = new URL(local.url);
  const socket = connect({ port: Number(port), host: "127.0.0.1", allowHalfOpen: true });
  let received = "";
  socket.setEncoding("utf8").on("data", (chunk) => {
    received += chunk;
  });
  socket.on("error", () => {}).once("end", () => socket.end());
  const answer = once(socket, "close").then(() => received);
  await once(socket, "connect");
  if (text !== "") socket.write(text);
  return { socket, answer };
}

async function expectOthersToBeAnswered(): Promise<void> {
  const taken = stopwatch();
  expect((await call(local.url, "ListStateMachines", {})).status).toBe(200);
  expect(taken()).toBeLessThan(patienceMilliseconds);
}

function error(answer: string): { __type: string; message: string } {
  return JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4));
}

describe("a connection that", patience, () => {
  it("sends its body too slowly is told so and closed", async () => {
    const { answer } = await raw(`${head(100)}{`);
    await expectOthersToBeAnswered();
    expect(await answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(error(await answer).message).toContain("did not arrive in time");
  });

  it("sends its headers too slowly is told so and closed", async () => {
    const { answer } = await raw("POST / HTTP/1.1\r\nhost: 127.0.0.1\r\n");
    await expectOthersToBeAnswered();
    expect(await answer).toMatch(/^HTTP\/1\.1 408 /);
  });

  it("shuts its own side after a whole request gets the reply", async () => {
    const { socket, answer } = await raw();
    socket.end(`${head(2)}{}`);
    expect(await answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(await answer).toContain("stateMachines");
  });

  it("shuts its own side in the middle of a request is told so", async () => {
    const { socket, answer } = await raw();
    socket.end(`${head(100)}{`);
    expect(await answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(error(await answer).message).toContain("cut off");
  });

  it("breaks in the middle of a request harms nobody", async () => {
    const { socket, answer } = await raw(`${head(100)}{`);
    socket.resetAndDestroy();
    await answer;
    await expectOthersToBeAnswered();
  });

  it("speaks no HTTP is told so", async () => {
    const { answer } = await raw("SSH-2.0-OpenSSH_9.6\r\n\r\n");
    expect(await answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(error(await answer).message).toContain("no HTTP request");
  });

  it("sends too long headers is told so", async () => {
    const { answer } = await raw(head(2, `x-long: ${"x".repeat(100_000)}\r\n`));
    expect(await answer).toMatch(/^HTTP\/1\.1 431 /);
  });

  it("says nothing at all costs nothing, were it a thousand, and is closed in time", async () => {
    const idle = await Promise.all(Array.from({ length: 1000 }, () => raw()));
    await expectOthersToBeAnswered();
    await Promise.all(idle.map(({ answer }) => answer));
    await expectOthersToBeAnswered();
  });

  it("leaves an activity's poll gives the task to the next one", async () => {
    const { activityArn } = JSON.parse((await call(local.url, "CreateActivity", { name: "a" })).body);
    const body = JSON.stringify({ activityArn });
    const poll = head(body.length).replace("ListStateMachines", "GetActivityTask") + body;
    const { socket, answer } = await raw();
    socket.end(poll);
    // The poll ends with its connection's own side, so its reply holds no task.
    expect(error(await answer)).toEqual({ taskToken: null });
    const definition = JSON.stringify(machine({ Work: { Type: "Task", Resource: activityArn, End: true } }));
    const { stateMachineArn } = JSON.parse((await call(local.url, "CreateStateMachine", { name: "w", roleArn, definition })).body);
    await call(local.url, "StartExecution", { stateMachineArn });
    expect(JSON.parse((await call(local.url, "GetActivityTask", { activityArn })).body).taskToken).toEqual(expect.any(String));
  });
});

describe("a request with", patience, () => {
  const broken: [string, string | Buffer, Record<string, string>, RegExp][] = [
    [
      "another content type",
      "{}",
      { "content-type": "text/plain" },
      /content type is "text\/plain" instead of application\/x-amz-json-1\.0/,
    ],
    ["a form", "a=b", { "content-type": "application/x-www-form-urlencoded" }, /content type/],
    ["broken JSON", '{"maxResults":', {}, /the body is not JSON/],
    ["no JSON object", "[]", {}, /the body is not a JSON object/],
    ["a number", "1", {}, /the body is not a JSON object/],
    ["bytes that are no text", Buffer.from('{"nextToken":"\xff"}', "latin1"), {}, /the body is not UTF-8/],
    ["10,000 nested arrays", `{"x":${deep(10_000)}}`, {}, /nested more than 100 levels deep/],
    ["500,000 nested arrays", `{"x":${deep(500_000)}}`, {}, /nested more than 100 levels deep/],
    ["500,000 arrays that never end", `{"x":${"[".repeat(500_000)}`, {}, /the body is not JSON/],
  ];

  it.each(broken)("%s is a SerializationException", async (_, body, headers, message) => {
    const reply = await call(local.url, "ListStateMachines", body, headers);
    expect(reply.status).toBe(400);
    expect(JSON.parse(reply.body)).toEqual({
      __type: "com.amazon.coral.service#SerializationException",
      message: expect.stringMatching(message),
    });
    await expectOthersToBeAnswered();
  });

  it("a payload of 10,000 nested arrays is a clear error, not a failure of the server, and starts nothing", async () => {
    const definition = JSON.stringify(machine({ Done: { Type: "Pass", End: true } }));
    const { stateMachineArn } = JSON.parse((await call(local.url, "CreateStateMachine", { name: "deep", roleArn, definition })).body);
    const reply = await call(local.url, "StartExecution", { stateMachineArn, input: deep(10_000) });
    expect(reply.status).toBe(400);
    expect(JSON.parse(reply.body).message).toContain("nested too deeply");
    expect(JSON.parse((await call(local.url, "ListExecutions", { stateMachineArn })).body)).toEqual({ executions: [] });
  });
});

describe("a definition with", patience, () => {
  const expressions = (length: number) => Array.from({ length }, (_, index) => `{%${index}%}`);
  const chain = Array.from({ length: 15_000 }, (_, index) => [`S${index}`, { Type: "Pass", Next: `S${index + 1}` }]);
  const longest = machine({ ...Object.fromEntries(chain), S15000: { Type: "Succeed" } });

  it.each([
    ["5,000 expressions", jsonata(expressions(5_000)), 200],
    ["2,000 expressions, the last of them wrong", jsonata([...expressions(2_000), "{%(%}"]), 400],
    ["15,000 states", JSON.stringify(longest), 200],
    ["10,000 nested arrays", JSON.stringify(machine({ A: { Type: "Pass", Result: 1, End: true } })).replace(":1", `:${deep(10_000)}`), 400],
    ["a million bytes of one text", JSON.stringify(machine({ A: { Type: "Succeed", Comment: "x".repeat(1_040_000) } })), 200],
  ])("%s holds nobody up", async (_, definition, status) => {
    const created = create(definition);
    // Others ask all the while, but not so often that they are what takes the time.
    const others = setInterval(() => asked.push(expectOthersToBeAnswered()), 20);
    const asked = [expectOthersToBeAnswered()];
    expect((await created.finally(() => clearInterval(others))).status).toBe(status);
    await Promise.all(asked);
  });

  it("a regular expression without end in a path holds nobody up", async () => {
    const state = { Type: "Pass", InputPath: "$..[?(@.x =~ /(a+)+$/)]", End: true };
    const { stateMachineArn } = JSON.parse((await create(JSON.stringify(machine({ P: state })))).body);
    const taken = stopwatch();
    await call(local.url, "StartExecution", { stateMachineArn, input: JSON.stringify({ v: { x: `${"a".repeat(40)}b` } }) });
    expect(taken()).toBeLessThan(patienceMilliseconds);
  });
});

describe("a machine that never ends", patience, () => {
  const never = { Variable: "$$.Execution.Name", StringEquals: "never", Next: "End" };
  const loop = { Round: { Type: "Choice", Choices: [never], Default: "Round" }, End: { Type: "Succeed" } };

  it("holds nobody up, and fails at the limit of events", async () => {
    const { stateMachineArn } = JSON.parse((await create(JSON.stringify(machine(loop)))).body);
    const { executionArn } = JSON.parse((await call(local.url, "StartExecution", { stateMachineArn })).body);
    const described = async () => {
      await expectOthersToBeAnswered();
      return JSON.parse((await call(local.url, "DescribeExecution", { executionArn })).body);
    };
    await expect.poll(described, { timeout: 100_000 }).toMatchObject({
      status: "FAILED",
      cause: "The execution reached the maximum number of history events (25000).",
    });
  });
});

describe("JSONata that never ends", patience, () => {
  it("holds nobody up, and fails its execution alone", async () => {
    const statuses = async () => {
      await expectOthersToBeAnswered();
      const replies = await Promise.all(endlessArns.map((executionArn) => call(local.url, "DescribeExecution", { executionArn })));
      return replies.map(({ body }) => JSON.parse(body).status);
    };
    await expect.poll(statuses, { timeout: 100_000 }).toEqual(endless.map(() => "FAILED"));
  });
});
