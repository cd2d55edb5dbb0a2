import { beforeEach, describe, expect, it } from "vitest";
import { keyTimes } from "./crowd.ts";
import { expectRestored, givesBack, Machine, takes } from "./machine.ts";
import { keys } from "./screen.ts";

const csi = "\u001b[";
const colorful = new RegExp(`${csi.replace("[", "\\[")}[0-9;]*m`);

let machine: Machine;

beforeEach(async () => {
  machine = await Machine.make();
});

it("answers keys within 100 ms while hundreds of tasks wait, and while they are being looked for", async () => {
  const { looking, settled } = await keyTimes(200, 10);
  // Other tests hold most keys up; the long test takes the median.
  for (const times of [looking, settled]) expect(times.toSorted((one, other) => one - other)[2]).toBeLessThan(100);
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
    await machine.start("order-1");
    const inbox = machine.open();
    await inbox.sees('"order": 17');
    for (const [typed, seen] of steps) {
      inbox.type(typed);
      await inbox.sees(seen);
    }
    inbox.type(keys.controlC);
    const { code, written } = await inbox.ended;
    expect(code).toBe(130);
    expectRestored(written);
    expect(await machine.waitingCount()).toBe(1);
  });
});

describe("the terminal of the inbox", () => {
  it("is restored after a crash, and the crash is told on it", async () => {
    const crash = "process.on('SIGUSR2', () => { throw new Error('a crash by the test') })";
    const inbox = machine.open({ environment: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(crash)}` } });
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
    const inbox = machine.open();
    await inbox.sees("nothing is waiting");
    inbox.kill(signal);
    const { code, written } = await inbox.ended;
    expect(code).toBe(expectedCode);
    expectRestored(written);
  });

  it("may change its size at any time", async () => {
    await machine.start("order-1");
    const inbox = machine.open();
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
    await machine.start("order-1");
    const inbox = machine.open({ environment: { NO_COLOR: "1" } });
    await inbox.sees(/❯.*order-1/);
    inbox.type("q");
    const { written } = await inbox.ended;
    expect(written.replaceAll(`${csi}0m`, "")).not.toMatch(colorful);
  });

  it("shows wide names and hostile text in place", async () => {
    await machine.start("注文の承認をお願いします注文の承認", "short");
    const inbox = machine.open();
    await inbox.sees("2 waiting");
    await inbox.sees(/注文の承認\S*… /);
    const ages = inbox.lines().filter((line) => line.includes("in 7d"));
    expect(ages).toHaveLength(2);
    inbox.type("q");
    await inbox.ended;
  });

  it("is given to the shell while suspended, and taken again", async () => {
    await machine.start("order-1");
    const inbox = machine.open();
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
