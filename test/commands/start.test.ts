import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLocal } from "../../src/local/local.ts";
import { denied, type Fault, type FaultOf, faultProxy } from "../fault-proxy.ts";
import { createUser, temporaryFolder } from "../harness.ts";
import { throughApi } from "../local-file.ts";

const credentials = { AWS_REGION: "us-east-1", AWS_ACCESS_KEY_ID: "any", AWS_SECRET_ACCESS_KEY: "any" };
const cli = createUser({ localFile: null, environment: credentials });
const gone: Fault = { kind: "refuse", name: "ExecutionDoesNotExist" };

let local: Awaited<ReturnType<typeof createLocal>>;
beforeAll(async () => {
  local = await createLocal({ file: `${temporaryFolder()}/s.db`, port: 0 });
  await cli(["deploy-example", "--template", "approval", "--local-file", local.file]);
  const definition = JSON.stringify({ StartAt: "Done", States: { Done: { Type: "Succeed" } } });
  await throughApi(local.file, (api) => api.createStateMachine({ name: "quick", definition, roleArn: "arn:aws:iam::123456789012:role/r" }));
});
afterAll(() => local[Symbol.asyncDispose]());

async function startedThrough(faultOf: FaultOf, ...more: string[]) {
  await using proxy = await faultProxy(local.url, faultOf);
  const { code, stdout, stderr } = await cli(["start", "approval", "--json", "--endpoint-url", proxy.url, ...more]);
  return { code, stderr, result: stdout === "" ? null : JSON.parse(stdout) };
}

describe("an execution that was started", () => {
  it("is waited for where AWS does not tell of it at once", async () => {
    const faultOf: FaultOf = ({ operation, repeated }) => (operation === "DescribeExecution" && repeated < 2 ? gone : null);
    expect(await startedThrough(faultOf, "--until", "waiting")).toMatchObject({ code: 0, result: { waiting: [expect.any(String)] } });
  });

  it.each([
    ["approval", "RUNNING"],
    ["quick", "SUCCEEDED"],
  ])("of %s is started once where the first reply is lost, though nobody gave it a name", async (machine, status) => {
    const lost: FaultOf = ({ operation, repeated }) =>
      operation === "StartExecution" && repeated === 0 ? { kind: "reset", when: "after" } : null;
    await using proxy = await faultProxy(local.url, lost);
    const { code, stdout } = await cli(["start", machine, "--json", "--endpoint-url", proxy.url]);
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, status });
    const [first, second, ...more] = proxy.requests.filter(({ operation }) => operation === "StartExecution");
    expect(second?.body).toEqual(first?.body);
    expect(more).toEqual([]);
    expect(JSON.parse(stdout).executionArn).toContain(`:${machine}:${first?.body["name"]}`);
  });

  it("is told by who may not read it, too", async () => {
    const { code, stderr, result } = await startedThrough(({ operation }) => (operation === "DescribeExecution" ? denied : null));
    expect(code).toBe(0);
    expect(result).toMatchObject({ executionArn: expect.stringContaining(":execution:approval:"), status: "RUNNING", waiting: [] });
    expect(stderr).toContain("the execution was started, and how it goes on could not be read");
  });

  it("is named where it cannot be waited for", async () => {
    const faultOf: FaultOf = ({ operation }) => (operation === "GetExecutionHistory" ? denied : null);
    const { code, stderr, result } = await startedThrough(faultOf, "--until", "waiting", "--name", "unread");
    expect({ code, result }).toEqual({ code: 4, result: null });
    expect(stderr).toMatch(/the execution was started, and goes on: arn:\S+:execution:approval:unread/);
  });
});
