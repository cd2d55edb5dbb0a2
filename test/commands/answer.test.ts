import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { createLocal, type ServedRequest } from "../../src/local/local.ts";
import { type CliOptions, createUser, temporaryFolder } from "../harness.ts";
import { allHistories, throughApi } from "../local-file.ts";
import { createDecisionMachines } from "./decision-machines.ts";

const folder = temporaryFolder();
const localFile = join(folder, "test.db");
const cli = createUser({ localFile });

beforeAll(async () => {
  await throughApi(localFile, createDecisionMachines);
  await cli(["deploy-example", "--template", "approval"]);
});

let started = 0;

/** Starts an execution and gives its `<machine>/<name>`. */
async function waiting(machine: string, input: object = {}, name = `n${++started}`): Promise<string> {
  const { code } = await cli(["start", machine, "--name", name, "--input", JSON.stringify(input), "--until", "waiting"]);
  expect(code).toBe(0);
  return `${machine}/${name}`;
}

async function json(argv: readonly string[], options: CliOptions = {}) {
  const { code, stdout, stderr } = await cli([...argv, "--json"], options);
  return { code, stderr, result: stdout === "" ? null : JSON.parse(stdout) };
}

const wordsOf = async (task: string) => (await json(["show", task])).result.words.map(({ word }: { word: string }) => word);

describe("the words of a task", () => {
  it("are those that lead where the Choice has them, with this execution's own input", async () => {
    expect(await wordsOf(await waiting("decide", { amount: 1 }))).toEqual(["approve", "reject"]);
    const { result } = await json(["show", await waiting("decide", { amount: 200 })]);
    expect(
      result.words.map(({ word, output, preview }: { word: string; output: object; preview: object }) => [word, output, preview]),
    ).toEqual([
      [
        "approve",
        { decision: "approve" },
        expect.objectContaining({ passed: ["Which?"], follows: expect.objectContaining({ state: "Board" }) }),
      ],
      ["reject", { decision: "reject" }, expect.objectContaining({ passed: ["Which?", "No"] })],
    ]);
  });

  it("are those of JSONata, with the variables and the context object of the execution", async () => {
    expect(await wordsOf(await waiting("expressions", {}, "one"))).toEqual(["keep"]);
    expect(await wordsOf(await waiting("expressions", {}, "two"))).toEqual([]);
  });

  it("answer the task: approve goes on to its branch, and again it is the same", async () => {
    const task = await waiting("decide", { amount: 1 });
    const { code, result } = await json(["answer", task, "Approve"]);
    expect({ code, result }).toMatchObject({ code: 0, result: { sent: "success", outcome: "applied", next: { status: "SUCCEEDED" } } });
    expect(await json(["answer", task, "approve"])).toMatchObject({ code: 0, result: { outcome: "same" } });
    expect(await json(["answer", task, "reject"])).toMatchObject({ code: 3, result: { outcome: "different" } });
  });

  it("are told where none or a wrong one was given, and nothing is sent", async () => {
    const task = await waiting("decide", { amount: 1 });
    for (const words of [[], ["aprove"], ["__proto__"]]) {
      const { code, stderr } = await cli(["answer", task, ...words]);
      expect(code).toBe(2);
      expect(stderr).toContain("there are: approve, reject");
    }
    expect(await json(["wait", task, "--until", "waiting"])).toMatchObject({ code: 0, result: { status: "RUNNING" } });
  });

  it("are found by a token with its execution, and not by a token alone", async () => {
    const task = await waiting("decide", { amount: 1 });
    const { token, executionArn } = (await json(["show", task, "--reveal-token"])).result;
    const environment = { TASK_TOKEN: token };
    const alone = await cli(["answer", "--token-env", "TASK_TOKEN", "approve"], { environment });
    expect(alone).toMatchObject({ code: 2 });
    expect(alone.stderr).toContain("--execution <arn>");
    const both = await json(["answer", "--token-env", "TASK_TOKEN", "--execution", executionArn, "approve"], { environment });
    expect(both).toMatchObject({ code: 0, result: { outcome: "applied" } });
  });
});

describe("an answer that would kill the execution", () => {
  it("is refused with exit 2 and what is missing, and sent with --force", async () => {
    const task = await waiting("naked");
    const refused = await cli(["succeed", task, "--set", "aproved=true"]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("would kill the execution: Approved? would fail with States.Runtime");
    expect(refused.stderr).toContain("$.approved");
    expect((await json(["wait", task, "--until", "waiting"])).result.status).toBe("RUNNING");
    const forced = await json(["succeed", task, "--set", "aproved=true", "--force"]);
    expect(forced).toMatchObject({ code: 0, result: { outcome: "applied", next: { status: "FAILED" } } });
  });

  it("is refused where the state's own ResultSelector wants more", async () => {
    const { code, stderr } = await cli(["succeed", await waiting("decide", { amount: 1 }), "--output", '{"verdict":"approve"}']);
    expect(code).toBe(2);
    expect(stderr).toContain("would kill the execution: Ask would fail");
  });

  it("is told of by --preview, which sends nothing", async () => {
    const task = await waiting("naked");
    const preview = await json(["succeed", task, "--output", "{}", "--preview"]);
    expect(preview.code).toBe(2);
    expect(preview.result).toMatchObject({ preview: true, kills: { state: "Approved?", error: "States.Runtime" } });
    expect((await json(["wait", task, "--until", "waiting"])).result.status).toBe("RUNNING");
  });
});

describe("--preview", () => {
  it("tells the state's output, the next state and where that leads", async () => {
    const task = await waiting("decide", { amount: 1 });
    const { code, result } = await json(["succeed", task, "--set", "decision=reject", "--preview"]);
    expect(code).toBe(0);
    expect(result).toMatchObject({
      request: { operation: "SendTaskSuccess", output: '{"decision":"reject"}' },
      output: { amount: 1, review: { is: "reject" } },
      next: "Which?",
      passed: ["Which?", "No"],
      follows: { kind: "fails", text: "the execution fails" },
      kills: null,
    });
    const human = await cli(["fail", task, "--error", "X", "--preview"]);
    expect(human.stdout).toContain("the execution fails");
    expect(human.stdout).toContain("nothing was sent");
  });

  it("of a failure follows the state's own Catch, and counts the attempts of its Retry", async () => {
    const task = await waiting("nested", { items: [1] });
    const again = await json(["fail", task, "--error", "Again", "--preview"]);
    expect(again.result.follows).toMatchObject({ kind: "retry", attemptsLeft: 2 });
    expect((await json(["fail", task, "--error", "No", "--preview"])).result.follows).toMatchObject({ kind: "catch", state: "Caught" });
    const example = await waiting("approval");
    const caught = await json(["fail", example, "--error", "Rejected", "--preview"]);
    expect(caught.result).toMatchObject({
      output: { Error: "Rejected" },
      next: "Rejected",
      passed: ["Rejected"],
      follows: { kind: "fails" },
    });
  });
});

describe("a preview of a task on another endpoint", () => {
  it("asks that endpoint for the definition, and tries it on the embedded Step Functions", async () => {
    const requests: ServedRequest[] = [];
    await using server = await createLocal({ file: join(folder, "served.db"), port: 0, onRequest: (request) => requests.push(request) });
    const environment = { AWS_ACCESS_KEY_ID: "x", AWS_SECRET_ACCESS_KEY: "x", AWS_REGION: "us-east-1" };
    const there = ["--endpoint-url", server.url];
    const person = createUser({ localFile: null, environment });
    await person(["deploy-example", "--yes", ...there]);
    await person(["start", "approval", "--name", "a", "--until", "waiting", ...there]);
    requests.length = 0;
    const { code, stdout } = await person(["succeed", "approval/a", "--set", "approved=true", "--preview", "--json", ...there]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).passed).toEqual(["Approved?", "Approved"]);
    const operations = requests.map(({ operation }) => operation);
    expect(operations).toContain("DescribeStateMachineForExecution");
    expect(operations).not.toContain("TestState");
    expect(operations).not.toContain("SendTaskSuccess");
  });
});

describe("a contract", () => {
  const contract = {
    stateMachines: {
      decide: {
        Ask: {
          title: "Spend {{input.amount}}?",
          outcomes: {
            spend: {
              form: { properties: { note: { type: "string", maxLength: 10 } }, required: ["note"] },
              success: { decision: "approve", note: "{{form.note}}" },
            },
            refuse: { failure: { error: "Refused" } },
          },
        },
      },
    },
  };
  const file = join(folder, "contract-of-mine.json");
  writeFileSync(file, JSON.stringify(contract));

  it("gives the words, the title, and the fields to fill in", async () => {
    const task = await waiting("decide", { amount: 1 });
    const { result } = await json(["show", task, "--contract", file]);
    expect(result).toMatchObject({ title: "Spend 1?", contract: file });
    expect(result.words.map(({ word, kind }: { word: string; kind: string }) => [word, kind])).toEqual([
      ["spend", "success"],
      ["refuse", "failure"],
    ]);
    const missing = await cli(["answer", task, "spend", "--contract", file]);
    expect(missing.code).toBe(2);
    expect(missing.stderr).toContain("--set note=…");
    const tooLong = await cli(["answer", task, "spend", "--set", "note=0123456789a", "--contract", file]);
    expect(tooLong).toMatchObject({ code: 2 });
    expect(tooLong.stderr).toContain("note must NOT have more than 10 characters");
    const applied = await json(["answer", task, "spend", "--set", "note=fine", "--contract", file]);
    expect(applied).toMatchObject({ code: 0, result: { outcome: "applied" } });
  });

  it("checks --output, unless forced", async () => {
    const task = await waiting("decide", { amount: 1 });
    const refused = await cli(["succeed", task, "--set", "decision=approve", "--set", "nope=1", "--contract", file]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/does not fit the outcome spend of the contract .*must have required property 'note'.*nope/);
    const forced = await json(["succeed", task, "--set", "decision=approve", "--contract", file, "--force"]);
    expect(forced).toMatchObject({ code: 0, result: { outcome: "applied" } });
  });

  it("is taken from the user's configuration folder, and never from the working directory", async () => {
    const config = join(folder, "config");
    mkdirSync(join(config, "sfn-callback"), { recursive: true });
    writeFileSync(join(config, "sfn-callback", "contract.json"), JSON.stringify(contract));
    const task = await waiting("decide", { amount: 1 });
    expect((await json(["show", task], { environment: { XDG_CONFIG_HOME: config } })).result.title).toBe("Spend 1?");
    for (const XDG_CONFIG_HOME of ["config", ".", ""]) {
      expect((await json(["show", task], { environment: { XDG_CONFIG_HOME } })).result.title).toBeNull();
    }
  });

  it("with a fault, or without the state, is told before anything is sent", async () => {
    const task = await waiting("decide", { amount: 1 });
    const faults: [string, RegExp][] = [
      ["{", /is not JSON: line 1/],
      ['{"machines":{}}', /has a fault: .*stateMachines/],
      ['{"stateMachines":{}}', /says nothing of the state Ask of decide/],
      [JSON.stringify(contract).replace('"maxLength":10', '"maxLenght":10'), /the form of spend .*maxLenght/],
    ];
    for (const [text, message] of faults) {
      writeFileSync(join(folder, "faulty.json"), text);
      const { code, stderr } = await cli(["answer", task, "spend", "--contract", join(folder, "faulty.json")]);
      expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringMatching(message) });
    }
  });

  it("comes with the example", async () => {
    const task = await waiting("approval", { order: 17 });
    const { result } = await json(["show", task]);
    expect(result).toMatchObject({ title: "Approve order 17?", contract: expect.stringContaining("example") });
    expect(result.words.map(({ word }: { word: string }) => word)).toEqual(["approve", "reject"]);
    expect(await json(["answer", task, "approve"])).toMatchObject({
      code: 0,
      result: { outcome: "applied", next: { status: "SUCCEEDED" } },
    });
  });
});

describe("many answers at once", () => {
  it("are refused where the first of a state would be killed, and a preview of many is told to be none", async () => {
    const names = [await waiting("naked", {}, "bulk-1"), await waiting("naked", {}, "bulk-2")];
    const ids = await Promise.all(names.map(async (name) => (await json(["show", name])).result.id));
    writeFileSync(join(folder, "ids.txt"), ids.join("\n"));
    const all = ["succeed", "--from", join(folder, "ids.txt"), "--yes", "--expect", "2"];
    const refused = await cli([...all, "--set", "aproved=true"]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/nothing was sent: of naked\/bulk-\d, this answer would kill the execution: Approved\?/);
    const preview = await cli([...all, "--set", "approved=true", "--preview"]);
    expect(preview.code).toBe(2);
    expect(preview.stderr).toContain("--dry-run tells the plan of many");
    for (const name of names) expect((await json(["wait", name, "--until", "waiting"])).result.status).toBe("RUNNING");
    const sent = await json([...all, "--set", "approved=true"]);
    expect(sent).toMatchObject({ code: 0, result: { counts: { applied: 2 } } });
  });
});

describe("what a preview tells", () => {
  const inputs: [string, object][] = [
    ["decide", { amount: 1 }],
    ["decide", { amount: 200 }],
    ["naked", {}],
    ["approval", { order: 1 }],
  ];

  it.each(inputs)("is what then happens, word by word: %s %j", async (machine, input) => {
    const { words } = (await json(["show", await waiting(machine, input)])).result;
    expect(words.length).toBeGreaterThan(1);
    for (const { word, preview } of words) {
      const task = await waiting(machine, input);
      const given = word === "reject" && machine === "approval" ? ["--set", "reason=because"] : [];
      expect((await json(["answer", task, word, ...given])).result.outcome).toBe("applied");
      const foreseen = [...preview.passed, ...(preview.follows.kind === "next" ? [preview.follows.state] : [])];
      expect({ word, entered: await statesAfterTask(task) }).toEqual({ word, entered: foreseen });
      const { status } = (await json(["wait", task, "--until", "waiting"])).result;
      expect(status).toBe({ next: "RUNNING", succeeds: "SUCCEEDED", fails: "FAILED" }[preview.follows.kind as "next"]);
    }
  });
});

/** The states that an execution entered after its first. */
async function statesAfterTask(task: string): Promise<string[]> {
  const [machine, name] = task.split("/");
  const histories = await allHistories(localFile);
  const events = histories.get(`arn:aws:states:us-east-1:123456789012:execution:${machine}:${name}`) ?? [];
  return events.flatMap(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name ?? []).slice(1);
}
