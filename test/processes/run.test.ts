import { spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { binary, call, createMachine, type Machine, serveLocal, tokenOf } from "./command.ts";
import { killWorkers } from "./worker-kills.ts";

/** A waiting task on a machine whose Step Functions is served, with its token and execution. */
async function waitingTask(machine: Machine, server: { readonly url: string }) {
  const definition = JSON.stringify({
    StartAt: "Deploy",
    States: {
      Deploy: {
        Type: "Task",
        Resource: "arn:aws:states:::lambda:invoke.waitForTaskToken",
        Parameters: { FunctionName: "f", Payload: { "taskToken.$": "$$.Task.Token" } },
        HeartbeatSeconds: 60,
        End: true,
      },
    },
  });
  const roleArn = "arn:aws:iam::123456789012:role/local";
  const { stateMachineArn } = await call(server.url, "CreateStateMachine", { name: "work", definition, roleArn });
  const { executionArn } = await call(server.url, "StartExecution", { stateMachineArn, input: '{"order":17}' });
  const environment = {
    AWS_ENDPOINT_URL_SFN: server.url,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "a",
    AWS_SECRET_ACCESS_KEY: "b",
    SFN_CALLBACK_LOCAL_FILE: undefined,
  };
  const described = async () => {
    const { status, output, error, cause } = await call(server.url, "DescribeExecution", { executionArn });
    return { status, output, error, cause };
  };
  return { executionArn, token: await tokenOf(server.url, executionArn), environment, described, folder: machine.folder };
}

describe("run", () => {
  it.skipIf(process.platform !== "linux")("takes no more memory for 100 MB of stderr", async () => {
    const machine = createMachine();
    const { executionArn, environment } = await waitingTask(machine, await serveLocal(machine));
    // The command's parent is us: what it prints is how much memory we have taken at most, in kB.
    const peak = "sed -n 's/^VmHWM:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/$PPID/status";
    const script = `${peak}; head -c 100000000 /dev/zero | tr '\\0' 'x' >&2; ${peak}`;
    const child = spawn(process.execPath, [binary, "run", executionArn, "--output-from", "last-line", "--", "sh", "-c", script], {
      env: { HOME: machine.folder, PATH: process.env["PATH"], ...environment },
      stdio: ["ignore", "pipe", "ignore"],
    });
    let stdout = "";
    child.stdout.on("data", (text) => {
      stdout += text;
    });
    expect(await new Promise((done) => child.on("close", done))).toBe(0);
    const [before = 0, after = 0] = stdout.trim().split("\n").map(Number);
    expect(before).toBeGreaterThan(10_000);
    expect(after - before).toBeLessThan(40_000);
  });

  it("passes a SIGTERM on, and answers before it ends", async () => {
    const machine = createMachine();
    const { executionArn, environment, described } = await waitingTask(machine, await serveLocal(machine));
    const script = "trap 'echo bye >&2; exit 0' TERM; echo up; while :; do sleep 0.02; done";
    const running = machine.launch(["run", executionArn, "--", "sh", "-c", script], { environment });
    await running.line(/^up$/);
    running.kill("SIGTERM");
    expect((await running.ended).code).toBe(143);
    expect(await described()).toMatchObject({ status: "FAILED", error: "Interrupted", cause: expect.stringMatching(/bye$/) });
  });

  it("takes away the folder that a killed one left, once what it had started is gone", async () => {
    const machine = createMachine();
    const { executionArn, environment } = await waitingTask(machine, await serveLocal(machine));
    const temporary = { ...environment, TMPDIR: join(machine.folder, "tmp") };
    mkdirSync(temporary.TMPDIR);
    const folders = () => readdirSync(temporary.TMPDIR).filter((name) => name.startsWith("sfn-callback-"));
    const foldersAfter = async (...command: string[]) => {
      await machine.run(["run", executionArn, "--on-signal", "leave", "--", ...command], { environment: temporary });
      return folders();
    };
    const killed = machine.launch(["run", executionArn, "--", "sh", "-c", "echo $$; exec sleep 60"], { environment: temporary });
    const orphan = Number(await killed.line(/^\d+$/));
    killed.kill("SIGKILL");
    await killed.ended;
    const left = folders();
    expect(left).toHaveLength(1);
    expect(await foldersAfter("sh", "-c", "kill -TERM $PPID; sleep 60")).toEqual(left);
    process.kill(orphan, "SIGKILL");
    expect(await foldersAfter("true")).toEqual([]);
  });
});

describe("the README's CI examples", () => {
  const readme = readFileSync("README.md", "utf8");
  const section = readme.slice(readme.indexOf("\n## Working on a task"), readme.indexOf("\n## Looking through"));
  const blocks = [...section.matchAll(/```(sh|yaml)\n([\s\S]*?)```/g)].map(([, language, text = ""]) => ({ language, text }));

  /** Runs a script of the README, with what it calls beside it, as CI would. */
  async function runsScript(
    script: string,
    program: string,
    variablesOf: (task: { token: string; executionArn: string }) => Record<string, string>,
  ) {
    const machine = createMachine();
    const server = await serveLocal(machine);
    const { environment, described, ...task } = await waitingTask(machine, server);
    mkdirSync(join(machine.folder, "node_modules", ".bin"), { recursive: true });
    symlinkSync(binary, join(machine.folder, "node_modules", ".bin", "sfn-callback"));
    writeFileSync(join(machine.folder, program), `#!/bin/sh\necho "$TASK_TOKEN working"\ncat\n`);
    chmodSync(join(machine.folder, program), 0o755);
    writeFileSync(join(machine.folder, "script"), script);
    const { status, stderr } = spawnSync("sh", ["-e", "script"], {
      cwd: machine.folder,
      env: {
        HOME: machine.folder,
        PATH: [dirname(process.execPath), process.env["PATH"]].join(delimiter),
        npm_config_offline: "true",
        ...environment,
        ...variablesOf(task),
      },
      encoding: "utf8",
    });
    expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
    expect(await described()).toMatchObject({ status: "SUCCEEDED", output: '{"order":17}' });
  }

  it("plain sh, with a token in the environment", async () => {
    const [script] = blocks.filter(({ text }) => text.includes("TASK_TOKEN"));
    await runsScript(script?.text ?? "", "build.sh", ({ token, executionArn }) => ({ TASK_TOKEN: token, EXECUTION_ARN: executionArn }));
  });

  it("a step of GitHub Actions, with the execution alone", async () => {
    const [workflow] = blocks.filter(({ language }) => language === "yaml");
    const step = parse(workflow?.text ?? "").jobs.deploy.steps.find(({ run }: { run?: string }) => run !== undefined);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is how GitHub writes it
    expect(step.env).toEqual({ EXECUTION: "${{ inputs.execution }}" });
    await runsScript(step.run, "deploy.sh", ({ executionArn }) => ({ EXECUTION: executionArn }));
  });
});

it("20 activity tasks, 2 workers, 3 of them killed: each task is answered once or times out", async () => {
  const { answered, timedOut, killed } = await killWorkers({ count: 20, workers: 2, kills: 3 });
  expect(answered + timedOut).toBe(20);
  expect(timedOut).toBeLessThanOrEqual(killed);
});
