import { beforeEach, describe, expect, it } from "vitest";
import { Machine } from "./machine.ts";
import { keys } from "./screen.ts";

const csi = "\u001b[";

let machine: Machine;

beforeEach(async () => {
  machine = await Machine.make();
});

describe("the inbox line by line", () => {
  it.each([
    ["--plain", ["--plain"], {}],
    ["a dumb terminal", [], { TERM: "dumb" }],
  ] as const)("with %s lists, answers one, and several, and moves no cursor", async (_what, argv, environment) => {
    await machine.start("order-1", "order-2", "order-3");
    const inbox = machine.open({ environment }, argv);
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
    expect((await machine.ended("order-2")).status).toBe("FAILED");
  });

  it("ends with 130 at Ctrl-C, with nothing sent", async () => {
    await machine.start("order-1");
    const inbox = machine.open({}, ["--plain"]);
    await inbox.sees("q to quit");
    inbox.type(`1${keys.enter}`);
    await inbox.sees("What to do with order-1");
    inbox.type(keys.controlC);
    expect((await inbox.ended).code).toBe(130);
    expect(await machine.waitingCount()).toBe(1);
  });
});
