// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the files under test write their placeholders so
import { mkdirSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { binary, call, createMachine, type Machine, serveLocal, tokenOf } from "./command.ts";

const accountArn = "arn:aws:states:us-east-1:123456789012";
/** Shared by all that do not mind what others have started. */
let machine: Machine;

beforeAll(async () => {
  machine = await machineWithExample();
});

async function machineWithExample(): Promise<Machine> {
  const made = createMachine();
  expect((await made.run(["deploy-example", "--yes"])).code).toBe(0);
  return made;
}

function json(text: string) {
  return JSON.parse(text);
}

/** Runs a script through the shell as --on-task and `--` do. */
function script(name: string, text: string): string {
  const path = join(machine.folder, name);
  writeFileSync(path, text);
  return path;
}

describe("local", () => {
  it("says where it serves in one JSON document, and with no banner", async () => {
    const server = machine.launch(["local", "--port", "0", "--json"]);
    await server.line(/^}$|^\{.*\}$/);
    server.kill("SIGTERM");
    const { code, stdout, stderr } = await server.ended;
    expect(code).toBe(0);
    expect(json(stdout)).toEqual({
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      region: "us-east-1",
      accountId: "123456789012",
      file: machine.file,
      imported: [],
    });
    expect(stderr).toBe("");
  });

  it.each(["SIGTERM", "SIGINT"] as const)("says so in words without --json, and ends with 0 at %s, whatever goes on", async (signal) => {
    // A machine of its own: what never ends goes on in every server over the same file.
    const machine = createMachine();
    const server = machine.launch(["local", "--port", "0"]);
    const [, url = ""] = /SFN=(\S+)/.exec(await server.line(/SFN=/)) ?? [];
    await server.line(/serves/);
    const states = { On: { Type: "Pass", Output: "{% ($on := function($x) { $on($x) }; $on(1)) %}", End: true } };
    const definition = JSON.stringify({ QueryLanguage: "JSONata", StartAt: "On", States: states });
    const { stateMachineArn } = await call(url, "CreateStateMachine", {
      name: "on",
      roleArn: "arn:aws:iam::123456789012:role/x",
      definition,
    });
    await call(url, "StartExecution", { stateMachineArn });
    server.kill(signal);
    const { code, stdout, stderr } = await server.ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/export AWS_ENDPOINT_URL_SFN=http:\/\/127\.0\.0\.1:\d+/);
    expect(stderr).toContain(machine.file);
    expect(stderr).toContain("Stopped");
  });

  it("ends with 1 where its port is in use", async () => {
    const server = await serveLocal(machine);
    const port = new URL(server.url).port;
    const { code, stdout, stderr } = await machine.run(["local", "--port", port]);
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain(`port ${port} is in use`);
    server.kill("SIGTERM");
    expect((await server.ended).code).toBe(0);
  });
});

describe("local --import", () => {
  const pass = (comment: string) => JSON.stringify({ Comment: comment, StartAt: "Done", States: { Done: { Type: "Pass", End: true } } });

  function definitions(): string {
    const folder = join(machine.folder, "machines");
    mkdirSync(folder);
    writeFileSync(join(folder, "one.asl.json"), pass("${Stage}"));
    writeFileSync(join(folder, "two.asl.yaml"), "StartAt: Done\nStates: { Done: { Type: Pass, End: true } }\n");
    return folder;
  }

  it("serves a definition that is so long that it is checked in a thread", async () => {
    const { folder, run } = createMachine();
    const definitions = join(folder, "long");
    mkdirSync(definitions);
    const states = { Long: { Type: "Pass", Result: "x".repeat(140_000), End: true } };
    writeFileSync(join(definitions, "long.asl.json"), JSON.stringify({ StartAt: "Long", States: states }));
    const { code, stderr } = await run(["local", "--port", "0", "--import", definitions, "--", process.execPath, "-e", "0"]);
    expect(stderr).toMatch(/^created long /m);
    expect(code).toBe(0);
  });

  it("says what it imported: in words on stderr, in the one JSON document, and in lines as files change", async () => {
    const folder = definitions();
    const argv = ["local", "--port", "0", "--import", folder, "--substitute", "Stage=test"];
    const said = machine.launch(argv);
    await said.line(/created two/);
    said.kill("SIGTERM");
    expect((await said.ended).stderr).toMatch(/created one arn:\S+:one\ncreated two arn:\S+:two\n/);
    const server = machine.launch([...argv, "--watch", "--jsonl"]);
    const ready = json(await server.line(/"url"/));
    expect(ready.imported).toEqual([
      { file: "one.asl.json", name: "one", arn: `${accountArn}:stateMachine:one`, change: "unchanged" },
      { file: "two.asl.yaml", name: "two", arn: `${accountArn}:stateMachine:two`, change: "unchanged" },
    ]);
    writeFileSync(join(folder, "one.asl.json"), "no definition");
    await server.line(/warning: one\.asl\.json is not imported/);
    await server.line(/^ {2}INVALID_JSON_DESCRIPTION: /);
    writeFileSync(join(folder, "one.asl.json"), pass("${Stage} 2"));
    expect(json(await server.line(/"updated"/))).toEqual({
      imported: { file: "one.asl.json", name: "one", arn: `${accountArn}:stateMachine:one`, change: "updated" },
    });
    const described = await call(ready.url, "DescribeStateMachine", { stateMachineArn: `${accountArn}:stateMachine:one` });
    expect(json(described.definition).Comment).toBe("test 2");
    server.kill("SIGINT");
    expect((await server.ended).code).toBe(0);
  });

  it("checks a definition of thousands of expressions without holding others up, as published", async () => {
    const server = await serveLocal(machine);
    const Output = Array.from({ length: 5_000 }, (_, index) => `{%${index}%}`);
    const definition = JSON.stringify({ QueryLanguage: "JSONata", StartAt: "A", States: { A: { Type: "Pass", Output, End: true } } });
    const created = call(server.url, "CreateStateMachine", { name: "many", roleArn: "arn:aws:iam::123456789012:role/x", definition });
    const first = await Promise.race([created.then(() => "created"), call(server.url, "ListActivities", {}).then(() => "listed")]);
    expect(first).toBe("listed");
    expect(await created).toMatchObject({ stateMachineArn: `${accountArn}:stateMachine:many` });
    server.kill("SIGTERM");
    await server.ended;
  });
});

describe("local --verbose", () => {
  it("tells each request on stderr, and no token", async () => {
    const server = await serveLocal(machine, ["--verbose"]);
    const { executionArn } = await call(server.url, "StartExecution", { stateMachineArn: `${accountArn}:stateMachine:random` });
    const taskToken = await tokenOf(server.url, executionArn);
    await call(server.url, "SendTaskSuccess", { taskToken, output: '{"approved":true}' });
    const again = call(server.url, "SendTaskSuccess", { taskToken, output: "{}" });
    await expect(again).rejects.toThrow("TaskTimedOut");
    expect(await server.line(/^SendTaskSuccess 400/)).toMatch(/^SendTaskSuccess 400 TaskTimedOut: .* \d+\.\d ms$/);
    server.kill("SIGTERM");
    const { stderr } = await server.ended;
    expect(stderr).toMatch(/^StartExecution 200 \d+\.\d ms$/m);
    expect(stderr).not.toContain(taskToken.slice(0, 40));
    expect(stderr).not.toContain("approved");
  });
});

describe("local --listen", () => {
  it("listens on all addresses where it is told to, warns of it, and refuses foreign names still", async () => {
    const server = machine.launch(["local", "--port", "0", "--jsonl", "--listen", "0.0.0.0", "--allow-host", "stepfunctions"]);
    await server.line(/warning: whoever can reach 0\.0\.0\.0/);
    const { url } = json(await server.line(/"url"/));
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await statusWithHost(url, "stepfunctions:8083")).toBe(200);
    expect(await statusWithHost(url, "evil.example")).toBe(403);
    server.kill("SIGTERM");
    expect((await server.ended).code).toBe(0);
  });
});

/** The status of a ListStateMachines under another host's name, which fetch does not send. */
function statusWithHost(url: string, host: string): Promise<number> {
  const headers = { host, "content-type": "application/x-amz-json-1.0", "x-amz-target": "AWSStepFunctions.ListStateMachines" };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: "POST", headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on("error", reject).end("{}");
  });
}

describe("local -- <command>", () => {
  it("gives the command an endpoint, a Region and credentials that work, and ends with its exit code", async () => {
    const path = script(
      "child.mjs",
      `const { AWS_ENDPOINT_URL_SFN: url, AWS_REGION, AWS_DEFAULT_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_PROFILE } = process.env;
       const response = await fetch(url, {
         method: "POST",
         headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": "AWSStepFunctions.StartExecution" },
         body: JSON.stringify({ stateMachineArn: "${accountArn}:stateMachine:approval", name: "by-a-child" }),
       });
       const ok = response.status === 200 && AWS_ACCESS_KEY_ID && AWS_SECRET_ACCESS_KEY && AWS_PROFILE === undefined;
       console.log(JSON.stringify({ AWS_REGION, AWS_DEFAULT_REGION, arn: (await response.json()).executionArn }));
       process.exit(ok ? 17 : 1);`,
    );
    const ended = await machine.run(["local", "--", process.execPath, path], { environment: { AWS_PROFILE: "work" } });
    expect(ended).toMatchObject({ code: 17, stderr: "" });
    const executionArn = `${accountArn}:execution:approval:by-a-child`;
    expect(json(ended.stdout)).toEqual({ AWS_REGION: "us-east-1", AWS_DEFAULT_REGION: "us-east-1", arn: executionArn });
    const { tasks } = json((await machine.run(["pending", "--json"])).stdout);
    expect(tasks).toContainEqual(expect.objectContaining({ executionArn }));
  });

  it("serves sfn-callback itself through its own environment", async () => {
    const ended = await machine.run(["local", "--", process.execPath, binary, "start", "approval", "--json"]);
    expect(ended.code).toBe(0);
    expect(json(ended.stdout)).toMatchObject({ status: "RUNNING" });
  });

  it("ends with 128 and the signal's number where a signal ended the command", async () => {
    const ended = await machine.run(["local", "--", process.execPath, "-e", "process.kill(process.pid, 'SIGKILL')"]);
    expect(ended.code).toBe(137);
  });

  it("passes SIGTERM on to the command and ends with its code", async () => {
    const child = "process.on('SIGTERM', () => process.exit(5)); setInterval(() => {}, 1000); console.log('up')";
    const local = machine.launch(["local", "--", process.execPath, "-e", child]);
    await local.line(/^up$/);
    local.kill("SIGTERM");
    expect((await local.ended).code).toBe(5);
  });
});

describe("local advance", () => {
  it("expires a task for other processes and for a running server", async () => {
    const server = await serveLocal(machine);
    const { executionArn } = await call(server.url, "StartExecution", { stateMachineArn: `${accountArn}:stateMachine:approval` });
    expect(await call(server.url, "DescribeExecution", { executionArn })).toMatchObject({ status: "RUNNING" });
    const advanced = await machine.run(["local", "advance", "25h", "--json"]);
    expect(advanced.code).toBe(0);
    expect(Date.parse(json(advanced.stdout).now)).toBeGreaterThan(Date.now() + 24 * 3_600_000);
    expect(await call(server.url, "DescribeExecution", { executionArn })).toMatchObject({ status: "FAILED", error: "Expired" });
    const waited = await machine.run(["wait", executionArn, "--json"]);
    expect(waited.code).toBe(7);
    expect(json(waited.stdout)).toMatchObject({ status: "FAILED", error: "Expired" });
    server.kill("SIGTERM");
    expect((await server.ended).code).toBe(0);
  });
});

describe("local --on-task", () => {
  let own: Machine;
  beforeAll(async () => {
    own = await machineWithExample();
  });

  it("plays the function of random both ways, for executions that other processes started too", async () => {
    const path = script(
      "function.mjs",
      `import { spawnSync } from "node:child_process";
       let text = "";
       for await (const chunk of process.stdin) text += chunk;
       const { Payload } = JSON.parse(text);
       if (Payload.taskToken !== process.env.SFN_CALLBACK_TOKEN) process.exit(9);
       const answer = Payload.input.lucky ? ["succeed", "--output", '{"won":true}'] : ["fail", "--error", "Unlucky", "--cause", "not today"];
       process.exit(spawnSync(process.execPath, ["${binary}", ...answer], { stdio: "ignore" }).status);`,
    );
    // One waits before anyone serves, one begins in another process, one through the server itself.
    const lucky = json((await own.run(["start", "random", "--input", '{"lucky":true}', "--json"])).stdout);
    const server = await serveLocal(own, ["--on-task", `"${process.execPath}" "${path}"`]);
    const unlucky = json((await own.run(["start", "random", "--input", '{"lucky":false}', "--json"])).stdout);
    const input = '{"lucky":true}';
    const served = await call(server.url, "StartExecution", { stateMachineArn: `${accountArn}:stateMachine:random`, input });
    const waits = [lucky, unlucky, served].map(({ executionArn }) => own.run(["wait", executionArn, "--timeout", "15s", "--json"]));
    const [first, second, third] = await Promise.all(waits);
    expect(first?.code).toBe(0);
    expect(json(first?.stdout ?? "")).toMatchObject({ status: "SUCCEEDED", output: { won: true } });
    expect(second?.code).toBe(7);
    expect(json(second?.stdout ?? "")).toMatchObject({ status: "FAILED", error: "Unlucky", cause: "not today" });
    expect(third?.code).toBe(0);
    server.kill("SIGTERM");
    // The last answer's own command may still be reading it back; the server ends with 0 all the same.
    expect((await server.ended).code).toBe(0);
  });

  it("lets a command that runs answer and read back before a SIGTERM closes the server", async () => {
    const go = join(own.folder, "go");
    const path = script(
      "slow.mjs",
      `import { spawnSync } from "node:child_process";
       import { existsSync } from "node:fs";
       console.error("handed over");
       while (!existsSync(${JSON.stringify(go)})) await new Promise((done) => setTimeout(done, 20));
       const { status } = spawnSync(process.execPath, ["${binary}", "succeed", "--output", "{}"], { stdio: "inherit" });
       console.error("answered with " + status);`,
    );
    const server = await serveLocal(own, ["--on-task", `"${process.execPath}" "${path}"`]);
    const { executionArn } = json((await own.run(["start", "random", "--json"])).stdout);
    await server.line(/^handed over$/);
    server.kill("SIGTERM");
    writeFileSync(go, "");
    const { code, stderr } = await server.ended;
    expect(code).toBe(0);
    expect(stderr).toContain("answered with 0");
    expect(json((await own.run(["wait", executionArn, "--timeout", "0s", "--json"])).stdout)).toMatchObject({ status: "SUCCEEDED" });
  });
});
