import { EventEmitter } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLocal } from "../../src/local/local.ts";
import { denied, faultProxy } from "../fault-proxy.ts";
import { type CliOptions, type CliResult, createUser, temporaryFolder } from "../harness.ts";
import { call, tokenOf } from "../processes/command.ts";
import { fastClock, VirtualClock } from "../virtual-clock.ts";

const credentials = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", AWS_REGION: "us-east-1" };
const cli = createUser({ localFile: null, environment: credentials });

let local: Awaited<ReturnType<typeof createLocal>>;
beforeAll(async () => {
  local = await createLocal();
});
afterAll(() => local.close());

interface Task {
  readonly arn: string;
  /** How its task ended, by its history: the type of the event and its details. */
  ended(): Promise<readonly unknown[]>;
}

const folder = temporaryFolder();
let started = 0;

/** A new execution that waits for an answer, with this HeartbeatSeconds. */
async function waitingTask({
  heartbeatSeconds = 60,
  input = "{}",
  url = local.url,
}: {
  heartbeatSeconds?: number | null;
  input?: string;
  url?: string;
} = {}): Promise<Task> {
  const definition = JSON.stringify({
    StartAt: "Work",
    States: {
      Work: {
        Type: "Task",
        Resource: "arn:aws:states:::lambda:invoke.waitForTaskToken",
        Parameters: { FunctionName: "f", Payload: { "taskToken.$": "$$.Task.Token" } },
        ...(heartbeatSeconds === null ? {} : { HeartbeatSeconds: heartbeatSeconds }),
        TimeoutSeconds: 86_400,
        End: true,
      },
    },
  });
  const name = `work-${heartbeatSeconds}`;
  const { stateMachineArn } = await call(url, "CreateStateMachine", { name, definition, roleArn: "arn:aws:iam::123456789012:role/local" });
  const { executionArn } = await call(url, "StartExecution", { stateMachineArn, name: `run-${started++}`, input });
  return {
    arn: executionArn,
    async ended() {
      const { events } = await call(url, "GetExecutionHistory", { executionArn });
      const last = events.findLast(({ type }: { type: string }) =>
        /^(TaskSucceeded|TaskFailed|TaskTimedOut|ExecutionAborted|TaskSubmitted)$/.test(type),
      );
      const { output, error, cause } = last.taskSucceededEventDetails ?? last.taskFailedEventDetails ?? last.taskTimedOutEventDetails ?? {};
      return [last.type, ...[output, error, cause].filter((value) => value !== undefined)];
    },
  };
}

function run(task: Task, script: string, argv: readonly string[] = [], options: CliOptions & { url?: string } = {}): Promise<CliResult> {
  return cli(["run", task.arn, "--endpoint-url", options.url ?? local.url, ...argv, "--", "sh", "-c", script], options);
}

/** Resolves once the file is there: what a command does to say that it runs. */
async function appears(file: string): Promise<string> {
  while (!existsSync(file)) await new Promise((done) => setImmediate(done));
  return file;
}

const path = (name: string): string => `${folder}/${started}-${name}`;

describe("a command that succeeds", () => {
  it.each<[string, readonly string[], string, string]>([
    ["its stdout", [], `echo '{"a":1}'`, '{"a":1}'],
    ["the last line of its stdout", [], `echo working; echo '{"a":1}'`, '{"a":1}'],
    ["all of its stdout", ["--output-from", "stdout"], `printf '[1,\n2]'`, "[1,\n2]"],
    ["only the last line", ["--output-from", "last-line"], "printf '1\\n2\\n'", "2"],
    ["its file", ["--output-from", "file"], `echo text; echo '{"b":2}' > "$SFN_CALLBACK_OUTPUT_FILE"`, '{"b":2}'],
    ["what it says after a silence, just before it ends", [], `sleep 0.3; echo '{"a":1}'`, '{"a":1}'],
    ["nothing", ["--output-from", "none"], "echo text", "{}"],
    ["no output", [], ":", "{}"],
    ["text, wrapped", ["--wrap"], "echo all done", '{"stdout":"all done"}'],
    ["its input from stdin", [], "cat", '{"order":17}'],
    ["its input from the file", [], 'cat "$SFN_CALLBACK_INPUT_FILE"', '{"order":17}'],
  ])("is answered with %s", async (_, argv, script, output) => {
    const task = await waitingTask({ input: '{"order":17}' });
    const { code, stderr } = await run(task, script, argv);
    expect({ code, ended: await task.ended() }).toEqual({ code: 0, ended: ["TaskSucceeded", output] });
    expect(stderr).toContain("applied");
  });

  it("has its stdout and stderr passed on as they are", async () => {
    const { stdout, stderr } = await run(await waitingTask(), `printf '\\033[1mbold\\n{}'; printf 'no line end' >&2`);
    expect(stdout).toBe("\u001b[1mbold\n{}");
    expect(stderr).toMatch(
      /^.*127\.0\.0\.1.*\nworking on the task Work of \S+, with a heartbeat every 20s\nno line end\napplied {2}the task Work of .*SUCCEEDED with output \{\}\n$/,
    );
  });

  it.each<[string, string, readonly unknown[]]>([
    [
      "is 3 MB",
      `printf '"'; head -c 3000000 /dev/zero | tr '\\0' x; printf '"'`,
      ["OutputTooLong", expect.stringContaining("stdout is 3,000,002 bytes long; AWS takes at most 262,144")],
    ],
    ["is text", "echo done", ["OutputNotJson", expect.stringContaining('it ends with "done"')]],
    ["is binary", "head -c 1000 /bin/sh", ["OutputNotJson", expect.stringContaining("not UTF-8")]],
  ])("fails its task, and ends with 125, where the output %s", async (_, script, failure) => {
    const task = await waitingTask();
    expect((await run(task, script)).code).toBe(125);
    expect(await task.ended()).toEqual(["TaskFailed", ...failure]);
  });

  it("is not waited for by what it left running", async () => {
    const task = await waitingTask();
    const pidFile = path("pid");
    const { code } = await run(task, `sleep 60 & echo $! > ${pidFile}; echo '{"a":1}'`);
    const pid = Number(readFileSync(pidFile, "utf8"));
    expect({ code, ended: await task.ended() }).toEqual({ code: 0, ended: ["TaskSucceeded", '{"a":1}'] });
    expect(process.kill(pid, 0)).toBe(true);
    process.kill(pid, "SIGKILL");
  });

  it("may close its stdin unread", async () => {
    const task = await waitingTask({ input: JSON.stringify("x".repeat(200_000)) });
    expect((await run(task, "exec <&-; echo 1")).code).toBe(0);
  });
});

describe("a command that fails", () => {
  it.each<[string, readonly string[], string, number, readonly string[]]>([
    ["its exit code", [], "echo why >&2; exit 3", 3, ["ExitCode.3", "why"]],
    ["its signal", [], "kill -9 $$", 137, ["Signal.SIGKILL", "The command ended by SIGKILL and wrote nothing to stderr."]],
    ["--error", ["--error", "Broken"], "echo why >&2; exit 3", 3, ["Broken", "why"]],
    ["--error-for", ["--error-for", "75=Busy", "--error-for", "3=No"], "exit 75", 75, ["Busy", expect.stringContaining("75")]],
  ])("fails its task with %s, and ends with its code", async (_, argv, script, expected, failure) => {
    const task = await waitingTask();
    const { code } = await run(task, script, argv);
    expect({ code, ended: await task.ended() }).toEqual({ code: expected, ended: ["TaskFailed", ...failure] });
  });
});

describe("a command that cannot start", () => {
  const notExecutable = `${folder}/not-executable`;
  mkdirSync(`${folder}/directory`, { recursive: true });
  writeFileSync(notExecutable, "");

  it.each([
    ["is not on the PATH", "no-such-program", 127, "it is not on the PATH"],
    ["does not exist", "/no/such/program", 127, "it does not exist"],
    ["is not executable", notExecutable, 126, "permission denied"],
    ["is a folder", `${folder}/directory`, 126, "permission denied"],
  ])("since it %s leaves its task waiting", async (_, program, code, reason) => {
    const task = await waitingTask();
    const ended = await cli(["run", task.arn, "--endpoint-url", local.url, "--", program]);
    expect({ code: ended.code, stdout: ended.stdout, ended: await task.ended() }).toEqual({ code, stdout: "", ended: ["TaskSubmitted"] });
    expect(ended.stderr).toContain(`error: ${program} cannot be started: ${reason}`);
  });
});

describe("a task that is gone", () => {
  // Ten heartbeats a second by the fast clock.
  const quick = ["--every", "1s"];

  it.each<[string, (arn: string) => Promise<unknown>, string]>([
    ["stopped", (executionArn) => call(local.url, "StopExecution", { executionArn }), "was stopped"],
    [
      "answered by someone",
      async (arn) => call(local.url, "SendTaskFailure", { taskToken: await tokenOf(local.url, arn), error: "No" }),
      "was already answered with failure, error No",
    ],
  ])("as it was %s ends its command and all that it has started", async (_, end, reason) => {
    const task = await waitingTask();
    const [ready, told, stray] = [path("ready"), path("told"), path("stray")];
    const script = `trap 'echo > ${told}; exit 0' TERM; (trap 'echo > ${stray}; exit' TERM; echo > ${ready}; while :; do sleep 0.02; done) & while :; do sleep 0.02; done`;
    const running = run(task, script, quick, { clock: fastClock(10) });
    await appears(ready);
    await end(task.arn);
    const { code, stdout, stderr } = await running;
    expect({ code, stdout, isTold: existsSync(told), isStrayTold: existsSync(stray) }).toEqual({
      code: 3,
      stdout: "",
      isTold: true,
      isStrayTold: true,
    });
    expect(stderr).toContain(reason);
    expect(stderr).toContain("; the command was stopped");
  });

  it("gets a SIGKILL after the grace where it ignores SIGTERM", async () => {
    const task = await waitingTask();
    const ready = path("ready");
    const running = run(task, `trap '' TERM; echo > ${ready}; while :; do sleep 0.02; done`, [...quick, "--grace", "1s"], {
      clock: fastClock(10),
    });
    await appears(ready);
    await call(local.url, "StopExecution", { executionArn: task.arn });
    expect((await running).code).toBe(3);
  });

  it("before the command was started has nothing run", async () => {
    const task = await waitingTask();
    await call(local.url, "StopExecution", { executionArn: task.arn });
    const ran = path("ran");
    const { code, stderr } = await run(task, `echo > ${ran}`);
    expect({ code, ran: existsSync(ran) }).toEqual({ code: 3, ran: false });
    expect(stderr).toContain("nothing was run");
  });
});

describe("a signal to us", () => {
  it.each([
    [
      "SIGTERM",
      "fail",
      143,
      ["TaskFailed", "Interrupted", expect.stringMatching(/^sfn-callback got SIGTERM while the command ran\.\n(\w+\n)?bye$/)],
    ],
    [
      "SIGINT",
      "fail",
      130,
      ["TaskFailed", "Interrupted", expect.stringMatching(/^sfn-callback got SIGINT while the command ran\.\n(\w+\n)?bye$/)],
    ],
    [
      "SIGHUP",
      "fail",
      129,
      ["TaskFailed", "Interrupted", expect.stringMatching(/^sfn-callback got SIGHUP while the command ran\.\n(\w+\n)?bye$/)],
    ],
    ["SIGTERM", "leave", 143, ["TaskSubmitted"]],
  ] as const)("%s is passed on and its end awaited; --on-signal %s", async (signal, onSignal, code, ended) => {
    const task = await waitingTask();
    const ready = path("ready");
    const signals = new EventEmitter();
    const trap = `trap 'echo bye >&2; exit 0' ${signal.replace("SIG", "")}`;
    const running = run(task, `${trap}; echo > ${ready}; while :; do sleep 0.02; done`, ["--on-signal", onSignal], { signals });
    await appears(ready);
    signals.emit(signal);
    expect({ code: (await running).code, ended: await task.ended() }).toEqual({ code, ended });
  });

  it("kills a command at the third one", async () => {
    const task = await waitingTask();
    const ready = path("ready");
    const signals = new EventEmitter();
    const running = run(task, `trap '' INT; echo > ${ready}; while :; do sleep 0.02; done`, [], { signals });
    await appears(ready);
    for (let times = 0; times < 3; times++) signals.emit("SIGINT");
    expect((await running).code).toBe(130);
    expect((await task.ended()).slice(0, 2)).toEqual(["TaskFailed", "Interrupted"]);
  });
});

describe("heartbeats", () => {
  /**
   * A command that runs until `go` is there, over a Step Functions whose time the test has in its hands. `goesOn` says, after each beat, whether to go
   * on to the next.
   */
  async function slow(isLost: (seconds: number) => boolean, goesOn: (beats: number) => boolean) {
    const clock = new VirtualClock();
    const startedAt = clock.now().getTime();
    const seconds = () => (clock.now().getTime() - startedAt) / 1000;
    await using virtual = await createLocal({ clock: () => clock.now() });
    await using proxy = await faultProxy(virtual.url, () => (isLost(seconds()) ? { kind: "reset", when: "before" } : null));
    const task = await waitingTask({ heartbeatSeconds: 60, url: virtual.url });
    const [ready, go] = [path("ready"), path("go")];
    let isOver = false;
    const script = `echo > ${ready}; while ! [ -e ${go} ]; do sleep 0.02; done; echo '"done"'`;
    const running = run(task, script, ["--log", "json", "--grace", "30s"], { clock, url: proxy.url }).finally(() => {
      isOver = true;
    });
    await appears(ready);
    for (let beats = 1; !isOver && goesOn(beats); beats++) await clock.goOn(isBetweenBeats, () => isOver);
    writeFileSync(go, "");
    const { code, stderr } = await running;
    const events = stderr.split("\n").filter((line) => line.startsWith("{"));
    return { code, ended: await task.ended(), seconds: seconds(), events: events.map((line) => JSON.parse(line)) };
  }

  // A beat that is under way waits for its reply for all of an interval; between beats it is a little less.
  const isBetweenBeats = (milliseconds: number) => milliseconds < 20_000;

  it("keep a task alive for longer than ten of its windows", async () => {
    const { code, ended, seconds, events } = await slow(
      () => false,
      (beats) => beats < 36,
    );
    expect({ code, ended }).toEqual({ code: 0, ended: ["TaskSucceeded", '"done"'] });
    expect(seconds).toBeGreaterThan(10 * 60);
    expect(events.map(({ event }) => event)).toEqual(["taken", ...Array.from({ length: 36 }, () => "beat"), "answered"]);
  });

  it("go on where the network was gone for half a window", async () => {
    const { code, ended, events } = await slow(
      (seconds) => seconds > 10 && seconds < 45,
      (beats) => beats < 14,
    );
    expect({ code, ended }).toEqual({ code: 0, ended: ["TaskSucceeded", '"done"'] });
    const failures = events.filter(({ event }) => event === "beatFailed");
    expect(failures.length).toBeGreaterThan(3);
    expect(failures[0].reason).toContain("ECONNRESET");
    expect(events.slice(-2).map(({ event }) => event)).toEqual(["beat", "answered"]);
  });

  it("are given up, and the command stopped, where the network was gone for longer than a window", async () => {
    const { code, ended, seconds, events } = await slow(
      (seconds) => seconds > 10,
      () => true,
    );
    expect({ code, ended, seconds }).toEqual({ code: 3, ended: ["TaskTimedOut", "States.Timeout"], seconds: 60 });
    expect(events.at(-1)).toMatchObject({
      event: "lost",
      outcome: null,
      reason: expect.stringContaining("no heartbeat came through for 60 seconds"),
    });
  });

  it("are refused where they would come too late, and warned of where there is no HeartbeatSeconds", async () => {
    const late = await run(await waitingTask({ heartbeatSeconds: 60 }), ":", ["--every", "1m"]);
    expect(late).toMatchObject({
      code: 125,
      stdout: "",
      stderr: expect.stringContaining("the HeartbeatSeconds of Work is 60, so --every must be shorter"),
    });
    const useless = await run(await waitingTask({ heartbeatSeconds: null }), ":");
    expect(useless.code).toBe(0);
    expect(useless.stderr.match(/declares no HeartbeatSeconds/g)).toHaveLength(1);
    expect(useless.stderr).toContain("with a heartbeat every 30s");
  });
});

describe("a token", () => {
  const script = "env | grep -c KEEP; env | grep TOKEN_ || :";

  it("is taken out of the command's environment in whatever form it is there", async () => {
    const task = await waitingTask();
    const token = await tokenOf(local.url, task.arn);
    const variables = {
      TOKEN_PLAIN: token,
      TOKEN_URL: `https://x/?token=${encodeURIComponent(token)}`,
      TOKEN_JSON: JSON.stringify({ token }),
      TOKEN_LINES: `${token.slice(0, 70)}\n${token.slice(70)}`,
      KEEP: "1",
    };
    const argv = (more: readonly string[]) => [
      "run",
      "--token-env",
      "TOKEN_PLAIN",
      "--execution",
      task.arn,
      "--endpoint-url",
      local.url,
      ...more,
      "--wrap",
      "--",
      "sh",
      "-c",
      script,
    ];
    const { code, stdout } = await cli(argv([]), { environment: { ...credentials, ...variables } });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "1\n" });
  });

  it("is left there, and in SFN_CALLBACK_TOKEN, with --pass-token", async () => {
    const task = await waitingTask();
    const token = await tokenOf(local.url, task.arn);
    const argv = [
      "run",
      "--token-env",
      "MINE",
      "--endpoint-url",
      local.url,
      "--pass-token",
      "--output-from",
      "none",
      "--",
      "sh",
      "-c",
      '[ "$MINE" = "$SFN_CALLBACK_TOKEN" ] && [ -n "$MINE" ]',
    ];
    const { code, stderr } = await cli(argv, { environment: { ...credentials, MINE: token } });
    expect(code).toBe(0);
    expect(stderr).toContain("working on a task known by its token, with a heartbeat every 30s");
    expect(stderr).not.toContain(token);
  });

  it("alone is enough where the history may not be read", async () => {
    const task = await waitingTask();
    await using proxy = await faultProxy(local.url, ({ operation }) => (operation === "GetExecutionHistory" ? denied : null));
    const argv = ["run", "--token-env", "MINE", "--execution", task.arn, "--endpoint-url", proxy.url, "--", "echo", "1"];
    const { code, stderr } = await cli(argv, { environment: { ...credentials, MINE: await tokenOf(local.url, task.arn) } });
    expect({ code, ended: await task.ended() }).toEqual({ code: 0, ended: ["TaskSucceeded", "1"] });
    expect(stderr).toContain("cannot be proven");
  });
});

describe("what is told", () => {
  it("under --json is the result on stdout, with the command's stdout on stderr", async () => {
    const task = await waitingTask();
    const { code, stdout, stderr } = await run(task, "echo text; echo why >&2; exit 3", ["--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      sent: "failure",
      outcome: "applied",
      exitCode: 3,
      signal: null,
      error: "ExitCode.3",
      executionArn: task.arn,
    });
    expect({ code, stderr: stderr.split("\n").sort() }).toEqual({ code: 3, stderr: ["", "text", "why"] });
  });

  it("under --log json tells our failures from the command's", async () => {
    const events = ({ stderr }: CliResult) =>
      stderr
        .split("\n")
        .filter((line) => line.startsWith("{"))
        .map((line) => JSON.parse(line));
    const task = await waitingTask();
    const failed = await run(task, "exit 3", ["--log", "json"]);
    expect(events(failed).at(-1)).toMatchObject({
      event: "answered",
      sent: "failure",
      outcome: "applied",
      exitCode: 3,
      error: "ExitCode.3",
    });
    const gone = await run(task, "exit 3", ["--log", "json"]);
    expect(gone.code).toBe(3);
    expect(events(gone)).toMatchObject([{ event: "lost", outcome: "different" }]);
  });

  it.each([
    [["--error-for", "3"], "is not <exit code>=<name>"],
    [["--error-for", "0=Ok"], "is not <exit code>=<name>"],
    [["--output-from", "stderr"], "--output-from takes auto, stdout, last-line, file or none"],
    [["--wrap", "--output-from", "file"], "--wrap takes text of stdout"],
    [["--on-signal", "die"], "--on-signal takes fail or leave"],
    [["--grace", "long"], "is not a duration"],
    [["--every", "0.5s"], "a second or more"],
    [["--concurrency", "2"], "--concurrency is for a worker"],
    [["--activity", "work"], "it is given none"],
    [["--error", "x".repeat(300)], "256"],
    [["--no-such-option"], "unknown option"],
  ])("of %o is a usage error, with 125", async (argv, message) => {
    const { code, stdout, stderr } = await cli(["run", "work/one", ...argv, "--", "echo"]);
    expect({ code, stdout }).toEqual({ code: 125, stdout: "" });
    expect(stderr).toContain(message);
  });

  it("without a command is a usage error", async () => {
    for (const argv of [
      ["run", "work/one"],
      ["run", "work/one", "--"],
    ]) {
      expect(await cli(argv)).toMatchObject({ code: 125, stderr: expect.stringContaining("which command?") });
    }
  });
});

describe("an answer that does not come through", () => {
  it("is sent again until it does, and counts once", async () => {
    const task = await waitingTask();
    let lost = 0;
    await using proxy = await faultProxy(local.url, ({ operation }) => {
      if (operation !== "SendTaskSuccess" || lost >= 3) return null;
      lost += 1;
      return { kind: "reset", when: "before" };
    });
    const { code, stderr } = await run(task, "echo 1", [], { url: proxy.url, clock: fastClock(20) });
    expect({ code, ended: await task.ended() }).toEqual({ code: 0, ended: ["TaskSucceeded", "1"] });
    expect(stderr).toContain("the answer did not come through, and is tried again");
  });
});
