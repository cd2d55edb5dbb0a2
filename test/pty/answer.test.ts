import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { cli, temporaryFolder } from "../harness.ts";
import { keys, type Screen, type ScreenOptions, screen } from "./screen.ts";

const home = temporaryFolder();
const here: ScreenOptions & { readonly localFile: string } = { home, localFile: join(home, "test.db"), columns: 160 };

let started = 0;
let task = "";

beforeAll(async () => {
  await cli(["deploy-example", "--template", "approval"], here);
});

beforeEach(async () => {
  const name = `order-${++started}`;
  task = `approval/${name}`;
  await cli(["start", "approval", "--name", name, "--input", '{"order":17}', "--until", "waiting"], here);
});

/** How the execution stands: it waits, or has ended. */
async function ended(): Promise<{ status: string; error: string | null; cause: string | null; output: unknown }> {
  const { stdout } = await cli(["wait", task, "--until", "waiting", "--json"], here);
  return JSON.parse(stdout);
}

/** Ends the command at a prompt and expects that nothing was sent and the terminal is as it was. */
async function interrupt(at: Screen): Promise<void> {
  at.type(keys.controlC);
  const { code, written } = await at.ended;
  expect(code).toBe(130);
  expect(written.lastIndexOf("\u001b[?25h")).toBeGreaterThanOrEqual(written.lastIndexOf("\u001b[?25l"));
  expect(await ended()).toMatchObject({ status: "RUNNING" });
}

/** An editor that writes one text after the other, each time it is opened, and keeps what it was opened with. */
function editorWriting(...texts: readonly string[]): { readonly command: string; readonly environment: Record<string, string> } {
  const folder = temporaryFolder();
  texts.forEach((text, index) => {
    writeFileSync(join(folder, `text-${index}`), text);
  });
  const command = join(folder, "editor");
  writeFileSync(
    command,
    `#!/bin/sh
count=$(cat '${folder}/count' 2>/dev/null || echo 0)
cp "$1" '${folder}/opened-'$count
cp '${folder}/text-'$count "$1"
echo $((count + 1)) > '${folder}/count'
`,
  );
  chmodSync(command, 0o755);
  return { command, environment: { VISUAL: command } };
}

describe("show on a terminal", () => {
  it("tells the task in color within its width, and a hostile input moves no cursor", async () => {
    const hostile = JSON.stringify({ note: "\u001b[2J\u001b]0;owned\u0007 \u202eabc" });
    await cli(["start", "approval", "--name", "evil", "--input", hostile, "--until", "waiting"], here);
    const { code, lines, written } = await screen(["show", "approval/evil"], { ...here, columns: 80 }).ended;
    expect(code).toBe(0);
    const text = lines.join("\n");
    for (const part of ["What it asks", "How it got here", "Approve order (no input.order)?", "approve", "reject"])
      expect(text).toContain(part);
    expect(written).toContain("\u001b[1mWhat it asks");
    expect(written).not.toContain("\u001b[2J");
    expect(written).not.toContain("\u202e");
  });
});

describe("answer on a terminal", () => {
  it("asks how, shows what goes where and what follows, and approves by the word", async () => {
    const answer = screen(["answer", task], here);
    await answer.shows("Approve order 17?");
    await answer.shows("Answer with");
    answer.type(keys.enter);
    await answer.shows("Comment");
    answer.type(`fine${keys.enter}`);
    for (const part of [
      "Ask for approval",
      "account 123456789012, us-east-1",
      '{"approved":true,"comment":"fine"}',
      "Approved? → Approved",
    ]) {
      await answer.shows(part);
    }
    await answer.shows("Send this answer?");
    answer.type(keys.enter);
    const { code, lines } = await answer.ended;
    expect(lines.join("\n")).toContain("applied  the task Ask for approval");
    expect(code).toBe(0);
    expect(await ended()).toMatchObject({ status: "SUCCEEDED", output: { approved: true, comment: "fine" } });
  });

  it("rejects with a cause, which has to be long enough", async () => {
    const answer = screen(["answer", task, "reject"], here);
    await answer.shows("Reason");
    answer.type(`no${keys.enter}`);
    await answer.shows("must NOT have fewer than 3 characters");
    answer.type(`t today${keys.enter}`);
    await answer.shows("Send this answer?");
    answer.type(keys.enter);
    expect((await answer.ended).code).toBe(0);
    expect(await ended()).toMatchObject({ status: "FAILED", error: "Rejected" });
    const { closed } = JSON.parse((await cli(["show", task, "--json"], here)).stdout);
    expect(closed).toMatchObject({ error: "Rejected", cause: "not today" });
  });

  it("sends nothing after a no", async () => {
    const answer = screen(["answer", task], here);
    await answer.shows("Answer with");
    answer.type(keys.enter);
    await answer.shows("Comment");
    answer.type(keys.enter);
    await answer.shows("Send this answer?");
    answer.type(`n${keys.enter}`);
    const { code, lines } = await answer.ended;
    expect(code).toBe(0);
    expect(lines.join("\n")).toContain("nothing was sent");
    expect(await ended()).toMatchObject({ status: "RUNNING" });
  });

  it("opens the editor again at the fault, with what was typed, and sends what was mended", async () => {
    const wrong = '{\n  "approved": true,\n  "by": "Ann"\n  "why": "a long reason"\n}';
    const editor = editorWriting(wrong, '// mended\n{"approved": true, "by": "Ann"}');
    const answer = screen(["answer", task], { ...here, environment: editor.environment });
    await answer.shows("Answer with");
    answer.type(keys.down + keys.down + keys.enter);
    await answer.shows("this is not JSON at line 4, column 3");
    await answer.shows("Open the editor again");
    answer.type(keys.enter);
    await answer.shows("Send this answer?");
    answer.type(keys.enter);
    expect((await answer.ended).code).toBe(0);
    expect(await ended()).toMatchObject({ status: "SUCCEEDED", output: { approved: true, by: "Ann" } });
    const again = readFileSync(join(editor.command, "..", "opened-1"), "utf8");
    expect(again).toContain("WRONG: this is not JSON at line 4, column 3");
    expect(again.trimEnd().endsWith(wrong)).toBe(true);
  });

  it("tells that somebody else was faster, and by what", async () => {
    const answer = screen(["answer", task, "reject"], here);
    await answer.shows("Reason");
    answer.type(`too late${keys.enter}`);
    await answer.shows("Send this answer?");
    await cli(["succeed", task, "--output", '{"approved":true,"by":"somebody"}'], here);
    answer.type(keys.enter);
    const { code, lines } = await answer.ended;
    expect(code).toBe(3);
    expect(lines.join("")).toContain(
      `different  the task Ask for approval of ${task} was already answered with success, output {"approved":true,"by":"somebody"}`,
    );
  });

  it("asks for no consent where the task expired while the person was at it", async () => {
    const answer = screen(["answer", task, "reject"], here);
    await answer.shows("Reason");
    await cli(["local", "advance", "8d"], here);
    answer.type(`too late${keys.enter}`);
    await answer.shows("meanwhile the task was closed; nothing is sent");
    const { code, lines } = await answer.ended;
    expect(code).toBe(3);
    expect(lines.join("")).toContain("expired  the task Ask for approval");
    expect(lines.join("")).not.toContain("Send this answer?");
  });
});

describe("Ctrl-C", () => {
  const down = (times: number) => keys.down.repeat(times);

  it.each([
    ["which way to answer", [], []],
    ["the field of a form", [["Answer with", keys.enter]], ["Comment"]],
    ["the error", [["Answer with", down(3) + keys.enter]], ["Error"]],
    [
      "the cause",
      [
        ["Answer with", down(3) + keys.enter],
        ["Error", `E${keys.enter}`],
      ],
      ["Cause"],
    ],
    ["an output without an editor", [["Answer with", down(2) + keys.enter]], ["Output (JSON)"]],
    [
      "the consent",
      [
        ["Answer with", keys.enter],
        ["Comment", keys.enter],
      ],
      ["Send this answer?"],
    ],
  ])("at the prompt for %s ends with 130, restores the terminal and sends nothing", async (_, steps, last) => {
    const answer = screen(["answer", task], here);
    for (const [shown = "", typed = ""] of steps) {
      await answer.shows(shown);
      answer.type(typed);
    }
    await answer.shows(last[0] ?? "Answer with");
    await interrupt(answer);
  });

  it("at the question whether to open the editor again does too", async () => {
    const answer = screen(["answer", task], { ...here, environment: editorWriting("{").environment });
    await answer.shows("Answer with");
    answer.type(down(2) + keys.enter);
    await answer.shows("Open the editor again");
    await interrupt(answer);
  });
});

describe("start --until waiting on a terminal", () => {
  it("offers to answer, and does", async () => {
    const start = screen(["start", "approval", "--name", "offered", "--input", '{"order":18}', "--until", "waiting"], here);
    await start.shows("RUNNING");
    await start.shows("Approve order 18?");
    await start.shows("Answer with");
    start.type(keys.enter);
    await start.shows("Comment");
    start.type(keys.enter);
    await start.shows("Send this answer?");
    start.type(keys.enter);
    const { code, lines } = await start.ended;
    expect(code).toBe(0);
    expect(lines.join("\n")).toContain("applied");
  });

  it("leaves the task waiting where the person wants nothing now", async () => {
    const start = screen(["start", "approval", "--name", "declined", "--until", "waiting"], here);
    await start.shows("Answer with");
    start.type(keys.down.repeat(4) + keys.enter);
    const { code } = await start.ended;
    expect(code).toBe(0);
    const { stdout } = await cli(["wait", "approval/declined", "--until", "waiting", "--json"], here);
    expect(JSON.parse(stdout).status).toBe("RUNNING");
  });
});
