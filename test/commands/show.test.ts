import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { createUser, temporaryFolder } from "../harness.ts";
import { throughApi } from "../local-file.ts";
import { createDecisionMachines } from "./decision-machines.ts";

const localFile = join(temporaryFolder(), "test.db");
const cli = createUser({ localFile });

beforeAll(async () => {
  await throughApi(localFile, createDecisionMachines);
  await cli(["start", "decide", "--name", "a", "--input", `{"amount":1,"long":"${"x".repeat(400)}"}`, "--until", "waiting"]);
  await cli(["start", "nested", "--name", "n", "--input", '{"items":[1,2]}', "--until", "waiting"]);
});

const shown = async (...argv: string[]) => JSON.parse((await cli(["show", ...argv, "--json"])).stdout);

describe("show", () => {
  it("tells what is asked, how it got here, what comes next, the words, and the commands that answer", async () => {
    const { code, stdout } = await cli(["show", "decide/a"]);
    expect(code).toBe(0);
    for (const part of [
      "Somebody decides.",
      '"amount": 1',
      "sqs:sendMessage",
      "How it got here",
      "answered with success",
      "next: Which?",
      "approve  Which? → Yes; the execution succeeds",
      "none set; it may wait up to a year",
    ]) {
      expect(stdout).toContain(part);
    }
    expect(stdout).toMatch(/sfn-callback answer [0-9a-z]{10} reject/);
  });

  it("gives all of it as JSON, with the fields of pending", async () => {
    const task = await shown("decide/a");
    const [pending] = JSON.parse((await cli(["pending", "--json", "--state-machine", "decide"])).stdout).tasks;
    const { waitingSince, ...known } = pending;
    expect(task).toMatchObject({ ...known, waitingSince });
    expect(task).toMatchObject({
      status: "waiting",
      comment: "Somebody decides.",
      input: { amount: 1 },
      payload: { MessageBody: { taskToken: "<task token>" } },
      history: [{ state: "Ask", type: "Task", exitedAt: null }],
      next: { success: { kind: "next", state: "Which?" }, rules: [], otherFailure: { kind: "fails" } },
      links: null,
      unread: [],
    });
    expect(task.commands).toContainEqual(expect.stringMatching(/^sfn-callback succeed [0-9a-z]{10} --output '\{\}'$/));
  });

  it("leads through Parallels and Maps to a task, with the attempts before it", async () => {
    await cli(["fail", "nested/n", "--error", "Again", "--cause", "once more"]);
    await cli(["local", "advance", "2s"]);
    const { path, attempt, history, next } = await shown("nested/n");
    expect({ path, attempt }).toEqual({
      path: [
        { parallel: "Both", branch: 1 },
        { map: "Each", index: 0 },
      ],
      attempt: 2,
    });
    expect(history.map(({ state, iteration }: { state: string; iteration: number | null }) => [state, iteration])).toEqual([
      ["First", null],
      ["Both", null],
      ["Each", 0],
      ["Ask", null],
    ]);
    expect(history[0].exitedAt).not.toBeNull();
    expect(history[3].failedAttempts).toEqual([{ at: expect.any(String), error: "Again", cause: "once more" }]);
    expect(next.rules.map(({ kind, of }: { kind: string; of: string }) => [kind, of])).toEqual([
      ["retry", "Ask"],
      ["catch", "Both"],
    ]);
  });

  it("leaves what other iterations did out of the way", async () => {
    await cli(["start", "nested", "--name", "m", "--input", '{"items":[1,2]}', "--until", "waiting"]);
    await cli(["succeed", "nested/m", "--output", "1"]);
    const { path, history } = await shown("nested/m", "--index", "1");
    expect(path.at(-1)).toEqual({ map: "Each", index: 1 });
    expect(history.map(({ state }: { state: string }) => state)).toEqual(["First", "Both", "Each", "Ask"]);
  });

  it("shows a distributed Map's child with the Map that it is of, and it is answered in words", async () => {
    await cli(["start", "spread", "--name", "s", "--input", '{"items":[1]}']);
    const [pending] = JSON.parse((await cli(["pending", "--json", "--state-machine", "spread"])).stdout).tasks;
    const task = await shown(pending.id);
    expect(task).toMatchObject({ path: pending.path, stateMachineName: "spread", address: pending.address });
    expect(task.path).toEqual([{ child: "Every", mapRunArn: expect.stringContaining(":mapRun:spread/") }]);
    expect(task.words.map(({ word }: { word: string }) => word)).toEqual(["keep"]);
    const { stdout } = await cli(["answer", pending.id, "keep", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: "applied", next: { status: "SUCCEEDED" } });
  });

  it("never prints the token, but for --reveal-token, and then in one place", async () => {
    const whole = await cli(["show", "decide/a", "--full", "--debug"]);
    const { token } = await shown("decide/a", "--reveal-token");
    expect(token).toMatch(/^[A-Za-z0-9+/=]{200,}$/);
    for (const text of [whole.stdout, whole.stderr, (await cli(["show", "decide/a", "--json"])).stdout]) expect(text).not.toContain(token);
    for (const argv of [["--json"], []]) {
      const { stdout } = await cli(["show", "decide/a", "--reveal-token", ...argv]);
      expect(stdout.split(token)).toHaveLength(2);
    }
    expect((await cli(["heartbeat", "--token-env", "T"], { environment: { T: token } })).code).toBe(0);
  });

  it("folds long values on a terminal only, and not with --full", async () => {
    const long = "x".repeat(400);
    expect((await cli(["show", "decide/a"])).stdout).toContain(long);
    const folded = (await cli(["show", "decide/a"], { tty: true })).stdout;
    expect(folded).not.toContain(long);
    expect(folded).toContain("(400 characters)");
    expect((await cli(["show", "decide/a", "--full"], { tty: true })).stdout).toContain(long);
  });

  it("tells how a task ended that no longer waits", async () => {
    await cli(["start", "naked", "--name", "z", "--until", "waiting"]);
    await cli(["answer", "naked/z", "approved"]);
    const { stdout, code } = await cli(["show", "naked/z"]);
    expect(code).toBe(0);
    expect(stdout).toContain("answered with success at");
    expect(stdout).not.toContain("sfn-callback answer");
    expect(await shown("naked/z")).toMatchObject({
      status: "succeeded",
      closed: { kind: "succeeded", output: '{"approved":true}' },
      commands: [],
    });
  });

  it("works where nothing may be changed", async () => {
    expect((await cli(["show", "decide/a"], { environment: { SFN_CALLBACK_READ_ONLY: "1" } })).code).toBe(0);
    expect((await cli(["answer", "decide/a", "approve"], { environment: { SFN_CALLBACK_READ_ONLY: "1" } })).code).toBe(2);
    for (const asking of ["--preview", "--dry-run"])
      expect((await cli(["answer", "decide/a", "approve", asking], { environment: { SFN_CALLBACK_READ_ONLY: "1" } })).code).toBe(0);
  });
});
