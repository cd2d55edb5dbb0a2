import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { cli, temporaryFolder } from "../harness.ts";
import { keyTimes, median } from "./crowd.ts";
import { keys, type Screen, type ScreenOptions, screen } from "./screen.ts";

const csi = "\u001b[";
/** What takes the terminal, and what gives it back. */
const [takes, givesBack] = [`${csi}?1049h`, `${csi}?1049l`];
const colorful = new RegExp(`${csi.replace("[", "\\[")}[0-9;]*m`);

let here: ScreenOptions & { readonly localFile: string };

beforeEach(async () => {
  const home = temporaryFolder();
  here = { home, localFile: join(home, "test.db"), columns: 80, rows: 24 };
  await cli(["deploy-example"], here);
});

async function started(...names: string[]): Promise<void> {
  for (const name of names) await cli(["start", "approval", "--name", name, "--input", '{"order":17}', "--until", "waiting"], here);
}

async function statusOf(name: string): Promise<{ status: string; output: unknown; error: unknown; cause: unknown }> {
  return JSON.parse((await cli(["wait", `approval/${name}`, "--until", "waiting", "--json"], here)).stdout);
}

async function waitingCount(): Promise<number> {
  return JSON.parse((await cli(["pending", "--json"], here)).stdout).tasks.length;
}

function open(more: Partial<ScreenOptions> = {}, argv: readonly string[] = []): Screen {
  return screen(argv, { ...here, ...more });
}

/** The terminal is as it was: the screen it had, its cursor, wrapping lines, plain pastes. */
function expectRestored(written: string): void {
  expect(written.lastIndexOf(givesBack)).toBeGreaterThan(written.lastIndexOf(takes));
  for (const [on, off] of [
    [`${csi}?25l`, `${csi}?25h`],
    [`${csi}?7l`, `${csi}?7h`],
    [`${csi}?2004h`, `${csi}?2004l`],
  ] as const)
    expect(written.lastIndexOf(off)).toBeGreaterThan(written.lastIndexOf(on));
}

describe("the inbox", () => {
  it("lists what waits, reads a task, answers it by its word, and shows how it ended", async () => {
    await started("order-17", "order-18");
    const inbox = open();
    await inbox.sees(/❯ +\S+ +approval +Ask for approval +order-17/);
    await inbox.sees(/^sfn-callback {2}2 waiting +123456789012 {2}us-east-1 {2}local {2}\S*test\.db$/m);
    await inbox.sees('"order": 17');
    inbox.type(keys.enter);
    await inbox.sees("❯ Approve");
    inbox.type(keys.enter);
    await inbox.sees("? Comment");
    inbox.type(keys.enter);
    await inbox.sees("Send this answer?");
    expect(inbox.lines().join("\n")).toContain('output  {"approved":true}');
    inbox.type("y");
    await inbox.sees(/order-17 +you: success/);
    await inbox.sees(/next:\s+Approved\?,\s+then\s+SUCCEEDED/);
    await inbox.sees("1 waiting");
    inbox.type("q");
    const { code, written } = await inbox.ended;
    expect(code).toBe(0);
    expectRestored(written);
    expect((await statusOf("order-17")).output).toEqual({ approved: true });
    expect((await statusOf("order-18")).status).toBe("RUNNING");
  });

  it("rejects with an error and a cause; escape at any question sends nothing", async () => {
    await started("order-17");
    const inbox = open();
    await inbox.sees("order-17");
    inbox.type("f");
    await inbox.sees("? Error");
    inbox.type(keys.escape);
    await inbox.sees("nothing was sent");
    inbox.type("f");
    await inbox.sees("? Error");
    inbox.type(`Rejected${keys.enter}`);
    await inbox.sees("? Cause");
    inbox.type(`too expensive, 高い${keys.enter}`);
    await inbox.sees("Send this answer?");
    expect(inbox.lines().join("\n")).toMatch(/error +Rejected[\s\S]+cause +too expensive, 高い/);
    inbox.type("n");
    await inbox.sees("nothing was sent");
    expect(await waitingCount()).toBe(1);
    inbox.type(`f`);
    await inbox.sees("? Error");
    inbox.type(`Rejected${keys.enter}too expensive${keys.enter}`);
    await inbox.sees("Send this answer?");
    inbox.type(keys.enter);
    await inbox.sees(/order-17 +you: failure/);
    inbox.type("q");
    expect((await inbox.ended).code).toBe(0);
    expect((await statusOf("order-17")).error).toBe("Rejected");
  });

  it("filters as one types, and answers several at once with a plan first", async () => {
    await started("order-1", "order-2", "order-3", "other-4");
    const inbox = open();
    await inbox.sees("4 waiting");
    inbox.type("/ORDER");
    await inbox.sees("4 waiting, 3 shown");
    expect(inbox.lines().join("\n")).not.toContain("other-4");
    inbox.type(`${keys.enter}a`);
    await inbox.sees("3 marked");
    inbox.type(keys.enter);
    await inbox.sees("Answer all 3 with");
    inbox.type(keys.enter);
    await inbox.sees("? Comment");
    inbox.type(keys.enter);
    await inbox.sees("? Reason");
    inbox.type(`said so${keys.enter}`);
    await inbox.sees("Answer with success 3 tasks:");
    await inbox.sees("Go on with 3?");
    inbox.type("y");
    await inbox.sees("applied 3");
    await inbox.sees(/order-3 +you: success/);
    inbox.type("q");
    expect((await inbox.ended).code).toBe(0);
    expect((await statusOf("order-2")).output).toMatchObject({ approved: true, reason: "said so" });
    expect((await statusOf("other-4")).status).toBe("RUNNING");
  });

  it("stays live: what others answer fades with how it ended, what they start appears, and the chosen task stays chosen", async () => {
    await started("order-1", "order-2");
    const inbox = open();
    await inbox.sees("2 waiting");
    inbox.type(keys.down);
    await inbox.sees(/❯.*order-2/);
    await cli(["fail", "approval/order-1", "--error", "TooLate"], here);
    await inbox.sees(/order-1 +failed: TooLate/);
    await started("order-3");
    await inbox.sees(/order-3/);
    expect(inbox.lines().find((line) => line.startsWith("❯"))).toContain("order-2");
    inbox.type("q");
    await inbox.ended;
  });

  it("says by what a task was answered meanwhile, and sends nothing more", async () => {
    await started("order-1");
    const inbox = open();
    await inbox.sees("order-1");
    inbox.type(keys.enter);
    await inbox.sees("❯ Approve");
    inbox.type(keys.enter);
    await inbox.sees("? Comment");
    inbox.type(keys.enter);
    await inbox.sees("Send this answer?");
    await cli(["succeed", "approval/order-1", "--output", '{"approved":false,"by":"bob"}'], here);
    inbox.type("y");
    await inbox.sees(/different +the task Ask for approval/);
    expect(inbox.lines().join("").replaceAll(/\s+/g, " ")).toContain('output {"approved":false,"by":"bob"}');
    inbox.type(keys.enter);
    await inbox.sees(/order-1 +answered: success/);
    inbox.type("q");
    await inbox.ended;
  });

  it("says that a task expired meanwhile", async () => {
    await started("order-1");
    const inbox = open();
    await inbox.sees("order-1");
    inbox.type("s");
    await inbox.sees("? Output (JSON)");
    inbox.type(`{"approved":${keys.enter}`);
    await inbox.sees("not JSON");
    await cli(["local", "advance", "8d"], here);
    inbox.type(`true}${keys.enter}`);
    await inbox.sees("meanwhile the task was closed; nothing is sent");
    await inbox.sees(/expired +the task Ask for approval/);
    inbox.type(keys.enter);
    await inbox.sees(/order-1 +(timed out|no heartbeat came)/);
    inbox.type("q");
    await inbox.ended;
  });

  it("sends a heartbeat, copies an id, stops an execution, and shows its keys and the whole task", async () => {
    await started("order-1");
    const inbox = open();
    await inbox.sees("order-1");
    inbox.type("b");
    await inbox.sees("got its heartbeat");
    inbox.type("c");
    await inbox.shows(`${"\u001b"}]52;c;`);
    inbox.type("o");
    await inbox.sees("only executions on AWS have a page in its console");
    inbox.type("?");
    await inbox.sees("send a heartbeat");
    inbox.type("?");
    await inbox.sees("1 of 1");
    inbox.type("v");
    await inbox.sees("What it asks");
    inbox.type(keys.escape);
    await inbox.sees("1 of 1");
    inbox.type("x");
    await inbox.sees("? Cause");
    inbox.type(keys.enter);
    await inbox.sees("Stop approval/order-1?");
    inbox.type(keys.enter);
    await inbox.sees("nothing was sent");
    inbox.type("x");
    await inbox.sees("? Cause");
    inbox.type(`no longer wanted${keys.enter}`);
    await inbox.sees("Stop approval/order-1?");
    inbox.type("y");
    await inbox.sees(/order-1 +stopped/);
    inbox.type("q");
    await inbox.ended;
    expect(await statusOf("order-1")).toMatchObject({ status: "ABORTED", cause: "no longer wanted" });
  });

  it("gives the terminal to the person's editor and comes back with what was written", async () => {
    await started("order-1");
    const inbox = open({ environment: { EDITOR: `sh -c 'printf "{\\"approved\\":true}" > "$1"' --` } });
    await inbox.sees("order-1");
    inbox.type("s");
    await inbox.sees("Send this answer?");
    inbox.type("y");
    await inbox.sees(/order-1 +you: success/);
    inbox.type("q");
    await inbox.ended;
    expect((await statusOf("order-1")).output).toEqual({ approved: true });
  });

  it("only shows under SFN_CALLBACK_READ_ONLY", async () => {
    await started("order-1");
    const inbox = open({ environment: { SFN_CALLBACK_READ_ONLY: "1" } });
    await inbox.sees("read only");
    await inbox.sees("order-1");
    inbox.type(keys.enter);
    await inbox.sees("nothing can be answered here");
    inbox.type("q");
    expect((await inbox.ended).code).toBe(0);
  });
});

it("answers keys within 100 ms while hundreds of tasks wait, and while they are being looked for", async () => {
  const { looking, settled } = await keyTimes(200, 10);
  expect(median(looking)).toBeLessThan(100);
  expect(median(settled)).toBeLessThan(100);
});

describe("Ctrl-C in the inbox", () => {
  it.each<[string, readonly (readonly [type: string, sees: string])[]]>([
    ["in the list", []],
    ["in a filter", [["/or", "/ or"]]],
    ["in the help", [["?", "send a heartbeat"]]],
    ["at the choice of an answer", [[keys.enter, "❯ Approve"]]],
    ["at an output", [["s", "? Output"]]],
    ["at an error", [["f", "? Error"]]],
    [
      "before sending",
      [
        [keys.enter, "❯ Approve"],
        [keys.enter, "? Comment"],
        [keys.enter, "Send this answer?"],
      ],
    ],
  ])("%s ends with 130, restores the terminal and sends nothing", async (_where, steps) => {
    await started("order-1");
    const inbox = open();
    await inbox.sees('"order": 17');
    for (const [typed, seen] of steps) {
      inbox.type(typed);
      await inbox.sees(seen);
    }
    inbox.type(keys.controlC);
    const { code, written } = await inbox.ended;
    expect(code).toBe(130);
    expectRestored(written);
    expect(await waitingCount()).toBe(1);
  });
});

describe("the terminal of the inbox", () => {
  it("is restored after a crash, and the crash is told on it", async () => {
    const crash = "process.on('SIGUSR2', () => { throw new Error('a crash by the test') })";
    const inbox = open({ environment: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(crash)}` } });
    await inbox.sees("nothing is waiting");
    inbox.kill("SIGUSR2");
    const { code, written } = await inbox.ended;
    expect(code).toBe(1);
    expectRestored(written);
    expect(written.slice(written.lastIndexOf(givesBack))).toContain("a crash by the test");
  });

  it.each([
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ])("is restored after %s", async (signal, expectedCode) => {
    const inbox = open();
    await inbox.sees("nothing is waiting");
    inbox.kill(signal);
    const { code, written } = await inbox.ended;
    expect(code).toBe(expectedCode);
    expectRestored(written);
  });

  it("may change its size at any time", async () => {
    await started("order-1");
    const inbox = open();
    await inbox.sees('"order": 17');
    expect(inbox.lines()).toHaveLength(24);
    inbox.resize(200, 60);
    await inbox.sees(/order-1 .*│/);
    await inbox.sees("How it got here");
    inbox.resize(40, 10);
    await inbox.sees(/^ *ID/m);
    inbox.type(keys.enter);
    await inbox.sees("❯ Approve");
    inbox.resize(80, 24);
    await inbox.sees("── approval/order-1");
    inbox.type(keys.controlC);
    expectRestored((await inbox.ended).written);
  });

  it("has neither color nor style with NO_COLOR, and the chosen task is still to be seen", async () => {
    await started("order-1");
    const inbox = open({ environment: { NO_COLOR: "1" } });
    await inbox.sees(/❯.*order-1/);
    inbox.type("q");
    const { written } = await inbox.ended;
    expect(written.replaceAll(`${csi}0m`, "")).not.toMatch(colorful);
  });

  it("shows wide names and hostile text in place", async () => {
    await started("注文の承認をお願いします注文の承認", "short");
    const inbox = open();
    await inbox.sees("2 waiting");
    await inbox.sees(/注文の承認\S*… /);
    const ages = inbox.lines().filter((line) => line.includes("in 7d"));
    expect(ages).toHaveLength(2);
    inbox.type("q");
    await inbox.ended;
  });

  it("is given to the shell while suspended, and taken again", async () => {
    await started("order-1");
    const inbox = open();
    await inbox.sees("order-1");
    inbox.type(keys.controlZ);
    // No shell stops us here, so the job goes on by itself.
    await inbox.shows(givesBack);
    await inbox.shows(takes);
    await inbox.sees("order-1");
    inbox.type("q");
    expect((await inbox.ended).code).toBe(0);
  });
});

describe("the inbox line by line", () => {
  it.each([
    ["--plain", ["--plain"], {}],
    ["a dumb terminal", [], { TERM: "dumb" }],
  ] as const)("with %s lists, answers one, and several, and moves no cursor", async (_what, argv, environment) => {
    await started("order-1", "order-2", "order-3");
    const inbox = open({ environment }, argv);
    await inbox.sees(/1 \S+, approval, Ask for approval, order-1, waits/);
    inbox.type(`1${keys.enter}`);
    await inbox.sees("What to do with order-1");
    inbox.type(`1${keys.enter}`);
    await inbox.sees("1) Approve");
    inbox.type(`1${keys.enter}`);
    await inbox.sees("Comment");
    inbox.type(keys.enter);
    await inbox.sees("Send this answer? (y or n; Enter means yes)");
    inbox.type(`y${keys.enter}`);
    await inbox.sees("applied  the task Ask for approval of approval/order-1");
    await inbox.sees("2 waiting in");
    inbox.type(`1-2${keys.enter}`);
    await inbox.sees("What to do with the 2 tasks");
    inbox.type(`3${keys.enter}No${keys.enter}${keys.enter}${keys.enter}`);
    await inbox.sees("Go on with 2?");
    inbox.type(`y${keys.enter}`);
    await inbox.sees("applied 2");
    await inbox.sees("0 waiting in");
    inbox.type(`q${keys.enter}`);
    const { code, written } = await inbox.ended;
    expect(code).toBe(0);
    expect(written).not.toMatch(new RegExp(`${csi.replace("[", "\\[")}[0-9;?]*[A-HJKSTfhl]`));
    expect((await statusOf("order-2")).status).toBe("FAILED");
  });

  it("ends with 130 at Ctrl-C, with nothing sent", async () => {
    await started("order-1");
    const inbox = open({}, ["--plain"]);
    await inbox.sees("q to quit");
    inbox.type(`1${keys.enter}`);
    await inbox.sees("What to do with order-1");
    inbox.type(keys.controlC);
    expect((await inbox.ended).code).toBe(130);
    expect(await waitingCount()).toBe(1);
  });
});
