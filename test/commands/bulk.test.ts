import { appendFileSync, copyFileSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createLocal } from "../../src/local/local.ts";
import { faultProxy } from "../fault-proxy.ts";
import { createUser, temporaryFolder } from "../harness.ts";
import { allHistories, throughApi } from "../local-file.ts";

let cli = createUser();
let folder = "";
let file = "";

/** Three executions wait in one state, and two elsewhere: made once, and copied for each test. */
const template = join(temporaryFolder(), "template.db");

beforeAll(async () => {
  await createUser({ localFile: template })(["deploy-example"]);
  await throughApi(template, async (stepFunctions) => {
    const machines = new Map<string, string>();
    for await (const { name, arn } of stepFunctions.stateMachines()) machines.set(name, arn);
    for (const name of ["a", "b", "c"]) await start("approval", name);
    for (const name of ["d", "e"]) await start("random", name);
    async function start(machine: string, name: string) {
      await stepFunctions.startExecution({ stateMachineArn: machines.get(machine) ?? "", name, input: "{}" });
    }
  });
});

beforeEach(() => {
  folder = temporaryFolder();
  file = join(folder, "f.db");
  copyFileSync(template, file);
  cli = createUser({ localFile: file });
});

const strict = JSON.stringify({
  StartAt: "Ask",
  States: {
    Ask: {
      Type: "Task",
      Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
      Parameters: { QueueUrl: "https://queue", MessageBody: { "TaskToken.$": "$$.Task.Token" } },
      Next: "Approved?",
    },
    "Approved?": { Type: "Choice", Choices: [{ Variable: "$.approved", BooleanEquals: true, Next: "Done" }], Default: "Done" },
    Done: { Type: "Succeed" },
  },
});

/** Starts an execution that asks twice, one after the other. */
async function startedTwice(): Promise<string> {
  const ask = { ...JSON.parse(strict).States.Ask, Next: "Again" };
  const { Next: _, ...again } = ask;
  const definition = JSON.stringify({ StartAt: "Ask", States: { Ask: ask, Again: { ...again, End: true } } });
  return throughApi(file, async (stepFunctions) => {
    const { arn } = await stepFunctions.createStateMachine({ name: "twice", definition, roleArn: "arn:aws:iam::123456789012:role/local" });
    return (await stepFunctions.startExecution({ stateMachineArn: arn, name: "twice", input: "{}" })).arn;
  });
}

const approvals = ["--all", "--state-machine", "approval", "--state", "Ask for approval"];
const yes = ["--output", '{"approved":true}'];

async function json(argv: readonly string[], stdin?: string) {
  const { code, stdout, stderr } = await cli([...argv, "--json"], stdin === undefined ? {} : { stdin });
  return { code, stderr, result: stdout === "" ? null : JSON.parse(stdout) };
}

async function statuses(): Promise<Record<string, string>> {
  return throughApi(file, async (stepFunctions) => {
    const all: Record<string, string> = {};
    for await (const { arn } of stepFunctions.stateMachines())
      for await (const { name, status } of stepFunctions.executions({ stateMachineArn: arn })) all[name] = status;
    return all;
  });
}

const untouched = { a: "RUNNING", b: "RUNNING", c: "RUNNING", d: "RUNNING", e: "RUNNING" };

describe("a bulk answer", () => {
  it("answers all of one state, and nothing else", async () => {
    const { code, result } = await json(["succeed", ...approvals, ...yes, "--yes", "--expect", "3", "--reason", "all good"]);
    expect(code).toBe(0);
    expect(result.counts).toEqual({ applied: 3 });
    expect(result.results).toHaveLength(3);
    expect(result.results[0]).toMatchObject({ outcome: "applied", settled: "reply", state: "Ask for approval", reason: "all good" });
    expect(await statuses()).toEqual({ ...untouched, a: "SUCCEEDED", b: "SUCCEEDED", c: "SUCCEEDED" });
  });

  it("shows what is planned and what follows before it asks", async () => {
    const { stderr, code } = await cli(["fail", ...approvals, "--error", "No"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/Answer with failure 3 tasks:\n {2}approval, Ask for approval: 3, the oldest since .* → Catch → Rejected\n/);
    expect(stderr).toContain("add --yes --expect 3");
    expect(await statuses()).toEqual(untouched);
  });

  it.each([
    ["another count", [...approvals, "--yes", "--expect", "2"], "--expect says 2"],
    ["no --expect off a terminal", [...approvals, "--yes"], "--expect 3"],
    ["no state", ["--all", "--state-machine", "approval"], "one --state"],
    ["a pattern", ["--all", "--state-machine", "app*", "--state", "Ask for approval"], "one --state"],
    ["a task beside --all", ["some-task", ...approvals], "<task> names one task"],
    ["--all and --from", [...approvals, "--from", "-"], "different tasks"],
    ["an option of many tasks for one", ["some-task", "--yes"], "--yes is for many tasks"],
    ["--preview", [...approvals, "--preview", "--yes", "--expect", "3"], "--preview tells what an answer does to one task"],
    ["a filter of lines", ["--from", "-", "--state", "x"], "--state goes with --all"],
    ["a rate that is none", [...approvals, "--rate", "fast"], "--rate"],
  ])("sends nothing and ends with 2 for %s", async (_, argv, said) => {
    const { code, stderr, stdout } = await cli(["succeed", ...argv, ...yes], { stdin: "" });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(said);
    expect(await statuses()).toEqual(untouched);
  });

  it("is refused where it would kill an execution, as one answer is, unless it is forced", async () => {
    await throughApi(file, async (stepFunctions) => {
      const { arn } = await stepFunctions.createStateMachine({
        name: "strict",
        definition: strict,
        roleArn: "arn:aws:iam::123456789012:role/local",
      });
      for (const name of ["f", "g"]) await stepFunctions.startExecution({ stateMachineArn: arn, name, input: "{}" });
    });
    const which = ["--all", "--state-machine", "strict", "--state", "Ask", "--yes", "--expect", "2"];
    const wrong = ["succeed", ...which, "--output", '{"aproved":true}'];
    const { code, stderr, stdout } = await cli(wrong);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/nothing was sent: of strict\/\w, this answer would kill the execution/);
    expect(await statuses()).toEqual({ ...untouched, f: "RUNNING", g: "RUNNING" });
    expect(await json([...wrong, "--force"])).toMatchObject({ code: 0, result: { counts: { applied: 2 } } });
    expect(await statuses()).toEqual({ ...untouched, f: "FAILED", g: "FAILED" });
  });

  it("goes across machines where that is meant", async () => {
    expect(await json(["fail", "--all", "--across", "--yes", "--expect", "5"])).toMatchObject({
      code: 0,
      result: { counts: { applied: 5 } },
    });
    expect(new Set(Object.values(await statuses()))).toEqual(new Set(["FAILED"]));
  });

  it("tells the plan and sends nothing with --dry-run", async () => {
    const { code, result } = await json(["succeed", ...approvals, ...yes, "--dry-run"]);
    expect(code).toBe(0);
    expect(result).toMatchObject({
      dryRun: true,
      count: 3,
      groups: [{ count: 3, state: "Ask for approval", consequence: { text: "next: Approved?" } }],
    });
    expect(result.tasks).toHaveLength(3);
    expect(await statuses()).toEqual(untouched);
  });

  it("stops nothing for the sake of a task that is answered between the plan and the stop", async () => {
    const executionArn = await startedTwice();
    await using local = await createLocal({ file, port: 0 });
    let reads = 0;
    await using proxy = await faultProxy(local.url, async ({ operation, body }) => {
      if (operation !== "GetExecutionHistory" || body["executionArn"] !== executionArn) return null;
      reads += 1;
      // The first is the plan's.
      if (reads === 2) await cli(["succeed", executionArn, "--output", "1"]);
      return null;
    });
    const argv = ["stop", "--all", "--state-machine", "twice", "--state", "Ask", "--yes", "--expect", "1", "--endpoint-url", proxy.url];
    const environment = { AWS_REGION: "us-east-1", AWS_ACCESS_KEY_ID: "any", AWS_SECRET_ACCESS_KEY: "any" };
    const { code, stdout } = await cli([...argv, "--json"], { environment });
    expect({ code, counts: JSON.parse(stdout).counts }).toEqual({ code: 5, counts: { different: 1 } });
    expect(proxy.requests.map(({ operation }) => operation)).not.toContain("StopExecution");
  });

  it("says that nothing is waiting, and expects it", async () => {
    await json(["stop", "--all", "--across", "--yes", "--expect", "5"]);
    expect(await json(["succeed", ...approvals, ...yes])).toMatchObject({ code: 0, result: { results: [], counts: {} } });
    expect((await json(["succeed", ...approvals, ...yes, "--expect", "1"])).code).toBe(2);
  });
});

it("--rate sends so many a second", async () => {
  const pauses: number[] = [];
  const now = new Date();
  const clock = { now: () => now, sleep: async (milliseconds: number) => void pauses.push(milliseconds) };
  const { code } = await cli(["fail", "--all", "--across", "--yes", "--expect", "5", "--rate", "4"], { clock });
  expect(code).toBe(0);
  expect(pauses.filter((milliseconds) => milliseconds >= 250)).toEqual([250, 500, 750, 1000]);
});

describe("lines from elsewhere", () => {
  it("are what pending --jsonl prints, each with an output of its own if it likes", async () => {
    const lines = (await cli(["pending", "--state-machine", "approval", "--jsonl"])).stdout.trim().split("\n");
    const own = lines
      .map((line) => JSON.parse(line))
      .map((task) => ({ ...task, ...(task.executionName === "b" ? { output: { approved: false } } : {}) }));
    const stdin = own.map((task) => JSON.stringify(task)).join("\n");
    expect(await json(["succeed", "--from", "-", ...yes, "--yes", "--expect", "3"], stdin)).toMatchObject({
      code: 0,
      result: { counts: { applied: 3 } },
    });
    expect(await statuses()).toEqual({ ...untouched, a: "SUCCEEDED", b: "FAILED", c: "SUCCEEDED" });
  });

  it("are ids, quoted or not, and addresses", async () => {
    const tasks = JSON.parse((await cli(["pending", "--json", "--state-machine", "approval"])).stdout).tasks;
    const stdin = `${tasks[0].id}\n\n"${tasks[1].id}"\napproval/${tasks[2].executionName}#3\n${tasks[0].address}\n`;
    expect(await json(["fail", "--from", "-", "--yes", "--expect", "3"], stdin)).toMatchObject({
      code: 0,
      result: { counts: { applied: 3 } },
    });
  });

  it.each([
    ["no JSON", "{\n", "line 1 is not JSON"],
    ["an execution", "approval/a#3\napproval/b\n", "line 2 names an execution"],
    [
      "a task of another Region",
      "arn:aws:states:eu-west-1:123456789012:execution:approval:a#3\n",
      "line 1 is of eu-west-1, and this connection leads to us-east-1",
    ],
    ["an unknown id", "zzzz\n", "line 1: the task zzzz is not remembered"],
    ["nothing that names a task", '{"x":1}\n', "line 1 has none of"],
    [
      "two outputs for one task",
      '{"address":"approval/a#3","output":1}\n{"address":"approval/a#3","output":2}\n',
      "line 2 gives another output",
    ],
  ])("are refused where one is %s", async (_, stdin, said) => {
    const { code, stderr } = await cli(["succeed", "--from", "-", ...yes, "--yes", "--expect", "1"], { stdin });
    expect(code).toBe(2);
    expect(stderr).toContain(said);
    expect(await statuses()).toEqual(untouched);
  });

  it.each([
    [
      "an output that fail does not send",
      ["fail", "--error", "No"],
      '{"address":"approval/a#3","output":{"approved":true}}',
      "line 1 brings an output",
    ],
    ["an output that stop does not send", ["stop"], '{"executionArn":"approval/a","output":1}', "line 1 brings an output"],
    ["an output of 256 KiB and a byte", ["succeed"], `{"address":"approval/a#3","output":"${"x".repeat(262_143)}"}`, "262,144"],
  ])("are refused where one brings %s", async (_, argv, stdin, said) => {
    const { code, stderr } = await cli([...argv, "--from", "-", "--yes", "--expect", "1"], { stdin });
    expect(code).toBe(2);
    expect(stderr).toContain(said);
    expect(await statuses()).toEqual(untouched);
  });

  it("are told what follows where all bring their own output, which is sent to the letter", async () => {
    const stdin = JSON.stringify({ address: "approval/a#3", state: "Ask for approval" }).replace(
      "}",
      ',"output":{"approved":true,"id":1234567890123456789}}',
    );
    const { stderr, stdout } = await cli(["succeed", "--from", "-", "--yes", "--expect", "1"], { stdin });
    expect(stderr).toContain("approval, Ask for approval: 1 → next: Approved?");
    expect(stdout).toBe("applied 1\n");
    const sent = [...(await allHistories(file)).values()].flat().find(({ type }) => type === "TaskSucceeded");
    expect(sent?.taskSucceededEventDetails?.output).toBe('{"approved":true,"id":1234567890123456789}');
  });

  it("have to bring an output where none is given for all", async () => {
    const { code, stderr } = await cli(["succeed", "--from", "-", "--yes", "--expect", "1"], { stdin: "approval/a#3\n" });
    expect(code).toBe(2);
    expect(stderr).toContain("has no output of its own");
  });

  it("that were answered meanwhile are told in a table, and end it with 5", async () => {
    const stdin = "approval/a#3\napproval/b#3\napproval/c#3\n";
    await cli(["fail", "approval/b", "--error", "No"]);
    await cli(["stop", "approval/c"]);
    const { code, stdout } = await cli(["succeed", "--from", "-", ...yes, "--yes", "--expect", "3"], { stdin });
    expect(code).toBe(5);
    expect(stdout).toMatch(/^\w+\tapproval\tb\tdifferent\tthe task Ask for approval of approval\/b was already answered with failure/m);
    expect(stdout).toMatch(/^\w+\tapproval\tc\tstopped\t/m);
    expect(stdout).toMatch(/applied 1/);
  });

  it("of which the task was answered meanwhile are not stopped while another waits", async () => {
    const executionArn = await startedTwice();
    await cli(["succeed", executionArn, "--output", "1"]);
    const stdin = [`${executionArn}#3`, "approval/a#3"].join("\n");
    const { code, result, stderr } = await json(["stop", "--from", "-", "--yes", "--expect", "2"], stdin);
    expect({ code, counts: result.counts }).toEqual({ code: 5, counts: { applied: 1, different: 1 } });
    expect(stderr).toBe("");
    expect(await statuses()).toMatchObject({ a: "ABORTED", twice: "RUNNING" });
    await json(["stop", "--from", "-", "--yes", "--expect", "1"], executionArn);
    expect(await statuses()).toMatchObject({ twice: "ABORTED" });
  });

  it("are left alone once more than --max-failures have failed", async () => {
    await cli(["stop", "--all", "--across", "--yes", "--expect", "5"]);
    const stdin = Array.from({ length: 100 }, (_, index) => `approval/a#${index + 10}`).join("\n");
    const { code, result, stderr } = await json(["fail", "--from", "-", "--yes", "--expect", "100", "--max-failures", "3"], stdin);
    expect(code).toBe(5);
    expect(stderr).toContain("more than --max-failures");
    expect(result.counts.notSent).toBeGreaterThan(70);
    expect(result.counts.failed + result.counts.notSent).toBe(100);
  });
});

describe("a journal", () => {
  const argv = () => ["succeed", ...approvals, ...yes, "--yes", "--expect", "3", "--journal", join(folder, "journal.jsonl")];

  it("is readable by its owner alone, and holds the plan, each answer and no token", async () => {
    await json([...argv(), "--reason", "why not"]);
    const text = readFileSync(join(folder, "journal.jsonl"), "utf8");
    const records = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(records[0]).toMatchObject({
      plan: { command: "succeed", count: 3, reason: "why not", given: { answer: { output: '{"approved":true}' } } },
    });
    expect(records.filter((record) => "task" in record)).toHaveLength(3);
    expect(records.filter((record) => "sending" in record)).toHaveLength(3);
    expect(records.filter((record) => record.result?.outcome === "applied")).toHaveLength(3);
    expect(text).not.toMatch(/[A-Za-z0-9+/=]{100}/);
    expect(statSync(join(folder, "journal.jsonl")).mode & 0o777).toBe(0o600);
  });

  it("makes the same command go on: what was applied is not sent again, what was under way is settled", async () => {
    const { result } = await json(argv());
    const lines = readFileSync(join(folder, "journal.jsonl"), "utf8").trim().split("\n");
    // As if killed when one answer was out and its result was half written, and before another one went out.
    const resultLines = lines.filter((line) => line.includes('"result"'));
    const kept = lines.filter((line) => line !== resultLines[1]);
    writeFileSync(join(folder, "journal.jsonl"), `${kept.join("\n")}\n${resultLines[1]?.slice(0, 30)}`);
    const again = await json(argv());
    expect(again).toMatchObject({ code: 0, result: { counts: { applied: 3 } } });
    const settled = again.result.results.map((each: { settled: string }) => each.settled).sort();
    expect(settled).toEqual(["history", "reply", "reply"]);
    const third = await cli(argv());
    expect(third).toMatchObject({ code: 0, stdout: "applied 3\n" });
    expect(third.stderr).toContain("all 3 were done by an earlier run");
    expect(result.results).toHaveLength(3);
  });

  it("tells the failures of earlier runs too", async () => {
    await cli(["fail", "approval/b", "--error", "No"]);
    const ids = ["a", "b", "c"].map((name) => `approval/${name}#3`).join("\n");
    const all = ["succeed", "--from", "-", ...yes, "--yes", "--expect", "3", "--journal", join(folder, "journal.jsonl")];
    const told = async (stdin?: string) => {
      const { code, stdout } = await cli(all, stdin === undefined ? {} : { stdin });
      return { code, stdout: stdout.split("\n").toSorted() };
    };
    const first = await told(ids);
    expect(first.code).toBe(5);
    expect(first.stdout.join("\n")).toMatch(
      /\tb\tdifferent\tthe task Ask for approval of approval\/b was already answered with failure, error No/,
    );
    // What is named is in the journal: nothing is read from standard input any more.
    expect(await told()).toEqual(first);
    const lines = (await cli([...all, "--jsonl"])).stdout.trim().split("\n");
    expect(lines.map((line) => JSON.parse(line).outcome).toSorted()).toEqual(["applied", "applied", "different"]);
  });

  it("goes on after a Ctrl-C, which lets what is under way come to its end", async () => {
    const journal = join(folder, "journal.jsonl");
    const all = ["fail", "--all", "--across", "--error", "No", "--yes", "--expect", "5", "--journal", journal, "--json"];
    const controller = new AbortController();
    const interrupted = cli([...all, "--rate", "2"], { interrupt: controller.signal });
    while (!existsSync(journal) || !readFileSync(journal, "utf8").includes('"result"')) await pause(5);
    controller.abort();
    const { code, stdout } = await interrupted;
    const { results, counts } = JSON.parse(stdout);
    expect(code).toBe(130);
    expect(counts).toEqual({ applied: results.length, notSent: 5 - results.length });
    expect(Object.values(await statuses()).filter((status) => status === "FAILED")).toHaveLength(results.length);
    expect(await json(all)).toMatchObject({ code: 0, result: { counts: { applied: 5 } } });
  });

  it("whose plan is not whole is begun anew", async () => {
    writeFileSync(join(folder, "journal.jsonl"), '{"plan":{"command":"succeed","given":{},"co');
    expect(await json(argv())).toMatchObject({ code: 0, result: { counts: { applied: 3 } } });
    expect(await json(argv())).toMatchObject({ code: 0, result: { counts: { applied: 3 } } });
  });

  it("of another bulk is refused, as is a file that is none", async () => {
    await json(argv());
    const other = await cli(["fail", ...approvals, "--yes", "--expect", "3", "--journal", join(folder, "journal.jsonl")]);
    expect(other).toMatchObject({ code: 2 });
    expect(other.stderr).toContain("another bulk");
    appendFileSync(join(folder, "notes.txt"), "my notes\n");
    const none = await cli(["succeed", ...approvals, ...yes, "--yes", "--expect", "3", "--journal", join(folder, "notes.txt")]);
    expect(none.code).toBe(2);
    expect(readFileSync(join(folder, "notes.txt"), "utf8")).toBe("my notes\n");
  });
});
