import { execFileSync } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, it } from "vitest";
import { createMachine } from "./command.ts";

describe("standard output", { timeout: 60_000 }, () => {
  it("may be closed by its reader, as head -1 does, with no error told", async () => {
    const machine = createMachine();
    await machine.run(["deploy-example", "--yes"]);
    // More than a pipe holds, so that writing goes on after the reader is gone.
    const input = JSON.stringify({ text: "x".repeat(200_000) });
    for (const name of ["one", "two"])
      expect((await machine.run(["start", "approval", "--name", name, "--input", "-"], { stdin: input })).code).toBe(0);
    for (const closeStdout of ["at once", "after first bytes"] as const) {
      for (const format of [[], ["--json", "--with-input"], ["--jsonl", "--with-input"]]) {
        const { code, signal, stderr } = await machine.run(["pending", ...format], { closeStdout });
        expect({ code, signal }).toEqual({ code: 0, signal: null });
        expect(stderr).not.toMatch(/EPIPE|Error|failed/);
      }
    }
  });

  it.skipIf(!existsSync("/dev/full"))("that is full once an answer was sent ends with 6, and tells the outcome", async () => {
    const machine = createMachine();
    await machine.run(["deploy-example", "--yes"]);
    await machine.run(["start", "approval", "--name", "one", "--until", "waiting"]);
    const succeed = ["succeed", "approval/one", "--output", '{"approved":true}', "--json"];
    const full = openSync("/dev/full", "w");
    const { code, stderr } = await machine.run(succeed, { stdoutFile: full });
    closeSync(full);
    expect(JSON.parse(stderr).error).toMatchObject({ code: "ResultNotWritten", message: expect.stringMatching(/applied, but .*ENOSPC/) });
    expect(code).toBe(6);
    const again = await machine.run(succeed);
    expect({ code: again.code, outcome: JSON.parse(again.stdout).outcome }).toEqual({ code: 0, outcome: "same" });
  });

  it("closed before the help is written is no failure either", async () => {
    expect(await createMachine().run(["--help"], { closeStdout: "at once" })).toMatchObject({ code: 0, stderr: "" });
  });
});

describe("standard input", () => {
  it("may be closed where no value is read from it", async () => {
    const machine = createMachine();
    expect((await machine.run(["deploy-example", "--yes"])).code).toBe(0);
    expect((await machine.run(["start", "approval", "--until", "waiting"])).code).toBe(0);
  });

  it("closed or empty ends a - with 2", async () => {
    const machine = createMachine();
    await machine.run(["deploy-example", "--yes"]);
    await machine.run(["start", "approval", "--name", "one", "--until", "waiting"]);
    for (const options of [{}, { stdin: "" }] as const) {
      const { code, stdout, stderr } = await machine.run(["succeed", "approval/one", "--output", "-"], options);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toContain("standard input is closed or empty");
    }
    expect((await machine.run(["succeed", "approval/one", "--output", "-"], { stdin: '{"approved":true}' })).code).toBe(0);
  });
});

describe("a signal", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s during wait ends it promptly with %i", async (signal, code) => {
    const machine = createMachine();
    await machine.run(["deploy-example", "--yes"]);
    await machine.run(["start", "approval", "--name", "one", "--until", "waiting"]);
    const waiting = machine.launch(["wait", "approval/one"]);
    await waiting.line(/local, /);
    const sentAt = performance.now();
    waiting.kill(signal);
    expect(await waiting.ended).toMatchObject({ code, stdout: "" });
    expect(performance.now() - sentAt).toBeLessThan(3000);
  });
});

describe("two commands at once over one new file", { timeout: 60_000 }, () => {
  it("both work", async () => {
    for (let round = 0; round < 5; round++) {
      const machine = createMachine();
      const both = await Promise.all([
        machine.run(["deploy-example", "--template", "random", "--yes"]),
        machine.run(["deploy-example", "--template", "approval", "--yes"]),
      ]);
      expect(both.map(({ code, stderr }) => ({ code, failed: /failed|locked|cannot/.test(stderr) }))).toEqual([
        { code: 0, failed: false },
        { code: 0, failed: false },
      ]);
      const started = await Promise.all(["random", "approval"].map((name) => machine.run(["start", name, "--until", "waiting"])));
      expect(started.map(({ code }) => code)).toEqual([0, 0]);
    }
  });
});

/** A Node of the machine's own, older than the oldest that is supported; null where there is none. */
function oldNode(): string | null {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const node = join(folder, "node");
    if (folder.includes("node_modules") || !existsSync(node)) continue;
    const [major = 0, minor = 0] = execFileSync(node, ["-p", "process.versions.node"], { encoding: "utf8" }).split(".").map(Number);
    if (major < 22 || (major === 22 && minor < 13)) return node;
  }
  return null;
}

describe("a Node older than 22.13", () => {
  const node = oldNode();
  it.skipIf(node === null)(`gets one clear line and exit 1${node === null ? " (skipped: PATH has no such Node)" : ""}`, async () => {
    const ended = await createMachine().run(["--version"], { node: node ?? "" });
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr).toMatch(/^sfn-callback needs Node\.js 22\.13 or newer; this is [\d.]+\n$/);
  });
});
