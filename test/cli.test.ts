import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cli, createUser, temporaryFolder } from "./harness.ts";

describe("the command line", () => {
  it("prints its help with the exit codes", async () => {
    const { code, stdout, stderr } = await cli(["--help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("Exit codes:");
    expect(stdout).toContain("130  ended by Ctrl-C");
  });

  it("prints the help and ends with 2 where no command is given", async () => {
    const { code, stderr } = await cli([]);
    expect(code).toBe(2);
    expect(stderr).toContain("Usage: sfn-callback");
  });

  it.each(["pending", "succeed", "fail", "heartbeat", "run", "stop", "start", "wait", "deploy-example", "local", "demo"])(
    "gives an example and the global options in the help of %s",
    async (command) => {
      const { code, stdout } = await cli([command, "--help"]);
      expect(code).toBe(0);
      expect(stdout).toContain("Examples:\n  sfn-callback ");
      expect(stdout).toContain("--local-file <file>");
    },
  );

  it("prints its version", async () => {
    expect(await cli(["--version"])).toEqual({ code: 0, stdout: "0.1.0\n", stderr: "" });
  });

  it.each([
    [["pendng"], "did you mean pending?"],
    [["fail", "x", "--error", "--cause", "y"], "--error needs a value"],
    [["fail", "x", "--cause", "--json"], "--cause needs a value"],
    [["start", "--nmae", "x"], "--nmae"],
    [["start"], "state-machine"],
    [["start", "approval", "--output", "json"], "formats are chosen by --json"],
    [["start", "approval", "--timeout", "5m"], "--until"],
    [["start", "approval", "--until", "ended", "--timeout", "soon"], "is not a duration"],
    [["start", "approval", "--input", "order 17"], "is not JSON"],
    [["start", "approval", "--input", "-"], "closed or empty"],
    [["start", "approval", "--input", "@missing.json"], "missing.json cannot be read"],
    [["start", "approval", "--input", "{}", "--set", "a=1"], "--set cannot stand beside it"],
    [["start", "approval", "--local", "--endpoint-url", "http://127.0.0.1:1"], "two different places"],
    [["local", "--port", "http"], "is not a port"],
    [["local", "--"], "no command after --"],
    [["pending", "--", "ls"], "takes no command"],
    [["deploy-example", "--template", "other"], "random, approval or all"],
  ])("refuses %j with exit 2 and one clear message", async (argv, message) => {
    const { code, stdout, stderr } = await cli(argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("    at ");
  });

  it("points at the help of the command that was misused", async () => {
    expect((await cli(["start", "--nmae", "x"])).stderr).toContain("sfn-callback start --help");
  });

  it("tells an error as JSON under --json, before or after the command", async () => {
    for (const argv of [
      ["--json", "start"],
      ["start", "--json"],
    ]) {
      const { code, stderr } = await cli(argv);
      expect(code).toBe(2);
      expect(JSON.parse(stderr)).toMatchObject({ error: { code: "Usage", hint: "sfn-callback start --help", awsRequestId: null } });
    }
  });

  it.each([
    ["start", "approval"],
    ["succeed", "x", "--output", "1"],
    ["fail", "x"],
    ["heartbeat", "x"],
    ["stop", "x"],
    ["deploy-example"],
    ["local", "advance", "1h"],
  ])("refuses %s under SFN_CALLBACK_READ_ONLY", async (...argv) => {
    const { code, stderr } = await cli(argv, { environment: { SFN_CALLBACK_READ_ONLY: "1" } });
    expect(code).toBe(2);
    expect(stderr).toContain("SFN_CALLBACK_READ_ONLY");
  });
});

describe("the example", () => {
  it("is deployed once, started, and found waiting", async () => {
    const user = createUser();
    expect((await user(["deploy-example"])).code).toBe(0);
    expect((await user(["deploy-example", "--json"])).stdout).toContain('"unchanged"');
    const started = await user(["start", "approval", "--input", '{"order":17}', "--until", "waiting", "--json"]);
    expect(started.code).toBe(0);
    expect(JSON.parse(started.stdout)).toMatchObject({ status: "RUNNING", waiting: [expect.any(String)] });
  });

  it.each([
    [["--output", '{"approved":true}'], "SUCCEEDED"],
    [["--output", '{"approved":false}'], "FAILED"],
    [["--output", "{}"], "FAILED"],
    [["--output", '"yes"'], "FAILED"],
  ])("ends %j as %s", async (answer, status) => {
    const user = createUser();
    await user(["deploy-example"]);
    const { executionArn, waiting } = JSON.parse((await user(["start", "approval", "--until", "waiting", "--json"])).stdout);
    expect((await user(["succeed", waiting[0], ...answer])).code).toBe(0);
    expect(JSON.parse((await user(["wait", executionArn, "--json"])).stdout)).toMatchObject({ status });
  });

  it("expires without a heartbeat when the local clock passes a day", async () => {
    const user = createUser();
    await user(["deploy-example"]);
    const { executionArn } = JSON.parse((await user(["start", "approval", "--json"])).stdout);
    expect((await user(["local", "advance", "25h"])).code).toBe(0);
    expect(JSON.parse((await user(["wait", executionArn, "--json"])).stdout)).toMatchObject({ status: "FAILED", error: "Expired" });
  });

  it("knows no machine that is not there, and says which are", async () => {
    const user = createUser();
    await user(["deploy-example"]);
    const { code, stderr } = await user(["start", "aproval"]);
    expect(code).toBe(2);
    expect(stderr).toContain("approval");
  });
});

describe("local", () => {
  it("runs a command with its address in the environment and ends with its exit code", async () => {
    const script = 'process.exit(process.env.AWS_ENDPOINT_URL_SFN.startsWith("http://127.0.0.1:") && !process.env.AWS_PROFILE ? 42 : 1)';
    const { code } = await cli(["local", "--", process.execPath, "-e", script], { environment: { AWS_PROFILE: "mine" } });
    expect(code).toBe(42);
  });

  it("says that a command cannot be started", async () => {
    const { code, stderr } = await cli(["local", "--", "/no/such/command"]);
    expect(code).toBe(2);
    expect(stderr).toContain("/no/such/command cannot be started");
  });

  it("says that its port is in use", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await cli(["local", "--port", String(port)]);
    other.close();
    expect(code).toBe(1);
    expect(stderr).toContain("in use");
  });

  it("ends with 0 when it is stopped", async () => {
    const controller = new AbortController();
    const served = cli(["local", "--port", "0", "--json"], { interrupt: controller.signal });
    controller.abort();
    expect((await served).code).toBe(0);
  });

  it("refuses a file that is not its own", async () => {
    const file = join(temporaryFolder(), "not.db");
    writeFileSync(file, "this is not a database, it is a text that is long enough to be looked at as one".repeat(20));
    const { code, stderr } = await cli(["pending", "--local-file", file]);
    expect(code).toBe(1);
    expect(stderr).toContain("not.db");
  });
});

describe("demo", () => {
  it("plays the whole story unattended and leaves nothing behind in the home", async () => {
    const { code, stdout } = await cli(["demo"]);
    expect(code).toBe(0);
    for (const word of ["approved", "rejected", "expired", "SUCCEEDED", "FAILED", "Next, for yourself:"]) expect(stdout).toContain(word);
  }, 10_000);

  it("gives its endings as JSON", async () => {
    const { executions } = JSON.parse((await cli(["demo", "--json"])).stdout);
    expect(executions.map(({ outcome, status }: { outcome: string; status: string }) => `${outcome} ${status}`)).toEqual([
      "applied SUCCEEDED",
      "applied FAILED",
      "applied SUCCEEDED",
      "applied FAILED",
      "expired FAILED",
    ]);
  }, 10_000);
});
