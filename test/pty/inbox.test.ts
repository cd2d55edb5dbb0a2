import { beforeEach, describe, expect, it } from "vitest";
import { expectRestored, Machine } from "./machine.ts";
import { keys, type Screen } from "./screen.ts";

let machine: Machine;

beforeEach(async () => {
  machine = await Machine.make();
});

/** Approves the chosen task, up to the question whether to send it. */
async function approving(inbox: Screen): Promise<void> {
  inbox.type(keys.enter);
  await inbox.sees("❯ Approve");
  inbox.type(keys.enter);
  await inbox.sees("? Comment");
  inbox.type(keys.enter);
  await inbox.sees("Send this answer?");
}

describe("the inbox", () => {
  it("lists what waits, reads a task, answers it by its word, and shows how it ended", async () => {
    await machine.start("order-17", "order-18");
    const inbox = machine.open();
    await inbox.sees(/❯ +\S+ +approval +Ask for approval +order-17/);
    await inbox.sees(/^sfn-callback {2}2 waiting +123456789012 {2}us-east-1 {2}local {2}\S*test\.db$/m);
    await inbox.sees('"order": 17');
    await approving(inbox);
    expect(inbox.lines().join("\n")).toContain('output  {"approved":true}');
    inbox.type("y");
    await inbox.sees(/order-17 +you: success/);
    await inbox.sees(/next:\s+Approved\?,\s+then\s+SUCCEEDED/);
    await inbox.sees("1 waiting");
    inbox.type("q");
    const { code, written } = await inbox.ended;
    expect(code).toBe(0);
    expectRestored(written);
    expect((await machine.ended("order-17")).output).toEqual({ approved: true });
    expect((await machine.ended("order-18")).status).toBe("RUNNING");
  });

  it("rejects with an error and a cause; escape at any question sends nothing", async () => {
    await machine.start("order-17");
    const inbox = machine.open();
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
    expect(await machine.waitingCount()).toBe(1);
    inbox.type(`f`);
    await inbox.sees("? Error");
    inbox.type(`Rejected${keys.enter}too expensive${keys.enter}`);
    await inbox.sees("Send this answer?");
    inbox.type(keys.enter);
    await inbox.sees(/order-17 +you: failure/);
    inbox.type("q");
    expect((await inbox.ended).code).toBe(0);
    expect((await machine.ended("order-17")).error).toBe("Rejected");
  });

  it("filters as one types, and answers several at once with a plan first", async () => {
    await machine.start("order-1", "order-2", "order-3", "other-4");
    const inbox = machine.open();
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
    expect((await machine.ended("order-2")).output).toMatchObject({ approved: true, reason: "said so" });
    expect((await machine.ended("other-4")).status).toBe("RUNNING");
  });

  it("stays live: what others answer fades with how it ended, what they start appears, and the chosen task stays chosen", async () => {
    await machine.start("order-1", "order-2");
    const inbox = machine.open();
    await inbox.sees("2 waiting");
    inbox.type(keys.down);
    await inbox.sees(/❯.*order-2/);
    await machine.run("fail", "approval/order-1", "--error", "TooLate");
    await inbox.sees(/order-1 +failed: TooLate/);
    await machine.start("order-3");
    await inbox.sees(/order-3/);
    expect(inbox.lines().find((line) => line.startsWith("❯"))).toContain("order-2");
    inbox.type("q");
    await inbox.ended;
  });

  it("says by what a task was answered meanwhile, and sends nothing more", async () => {
    await machine.start("order-1");
    const inbox = machine.open();
    await inbox.sees("order-1");
    await approving(inbox);
    await machine.run("succeed", "approval/order-1", "--output", '{"approved":false,"by":"bob"}');
    inbox.type("y");
    await inbox.sees(/different +the task Ask for approval/);
    expect(inbox.lines().join("").replaceAll(/\s+/g, " ")).toContain('output {"approved":false,"by":"bob"}');
    inbox.type(keys.enter);
    await inbox.sees(/order-1 +answered: success/);
    inbox.type("q");
    await inbox.ended;
  });

  it("says that a task expired meanwhile", async () => {
    await machine.start("order-1");
    const inbox = machine.open();
    await inbox.sees("order-1");
    inbox.type("s");
    await inbox.sees("? Output (JSON)");
    inbox.type(`{"approved":${keys.enter}`);
    await inbox.sees("not JSON");
    await machine.run("local", "advance", "8d");
    inbox.type(`true}${keys.enter}`);
    await inbox.sees("meanwhile the task was closed; nothing is sent");
    await inbox.sees(/expired +the task Ask for approval/);
    inbox.type(keys.enter);
    await inbox.sees(/order-1 +(timed out|no heartbeat came)/);
    inbox.type("q");
    await inbox.ended;
  });

  it("sends a heartbeat, copies an id, stops an execution, and shows its keys and the whole task", async () => {
    await machine.start("order-1");
    const inbox = machine.open();
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
    expect(await machine.ended("order-1")).toMatchObject({ status: "ABORTED", cause: "no longer wanted" });
  });

  it("gives the terminal to the person's editor and comes back with what was written", async () => {
    await machine.start("order-1");
    const inbox = machine.open({ environment: { EDITOR: `sh -c 'printf "{\\"approved\\":true}" > "$1"' --` } });
    await inbox.sees("order-1");
    inbox.type("s");
    await inbox.sees("Send this answer?");
    inbox.type("y");
    await inbox.sees(/order-1 +you: success/);
    inbox.type("q");
    await inbox.ended;
    expect((await machine.ended("order-1")).output).toEqual({ approved: true });
  });

  it("only shows under SFN_CALLBACK_READ_ONLY", async () => {
    await machine.start("order-1");
    const inbox = machine.open({ environment: { SFN_CALLBACK_READ_ONLY: "1" } });
    await inbox.sees("read only");
    await inbox.sees("order-1");
    inbox.type(keys.enter);
    await inbox.sees("nothing can be answered here");
    inbox.type("q");
    expect((await inbox.ended).code).toBe(0);
  });
});
