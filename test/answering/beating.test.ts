import { describe, expect, it } from "vitest";
import { type Beats, keepBeating, nextBeatAt, rhythmOf, windowEndsAt } from "../../src/answering/working/beating.ts";
import type { SendReply } from "../../src/aws/step-functions.ts";
import { CliError } from "../../src/errors.ts";
import { VirtualClock } from "../virtual-clock.ts";

describe("the rhythm", () => {
  it.each([
    [60, null, 20_000, 60_000],
    [1, null, 1000 / 3, 1000],
    [60, 5000, 5000, 60_000],
    [null, null, 30_000, null],
    [null, 10_000, 10_000, null],
  ])(
    "of HeartbeatSeconds %o with --every %o ms is every %o ms within %o ms",
    (heartbeatSeconds, every, everyMilliseconds, windowMilliseconds) => {
      expect(rhythmOf(heartbeatSeconds, every)).toEqual({ everyMilliseconds, windowMilliseconds });
    },
  );
});

describe("the next beat", () => {
  const rhythm = rhythmOf(60, null);
  it.each([
    ["after one that was taken is due an interval after it was sent", 0, 0, 20_000],
    ["comes up to a tenth of the interval early", 0, 1, 18_000],
    ["after a failure is tried again at once", 1, 0, 250],
    ["after more failures ever later", 4, 0, 2000],
    ["is tried again every 10 seconds at the latest", 20, 0, 10_000],
  ])("%s", (_, failures, random, expected) => {
    expect(nextBeatAt(rhythm, { takenAt: 1000, sentAt: 5000, failures }, random)).toBe(5000 + expected);
  });

  it("is not tried again later than by the rhythm", () => {
    expect(nextBeatAt(rhythmOf(3, null), { takenAt: 0, sentAt: 0, failures: 20 }, 0)).toBe(1000);
  });

  it("is due twice more within the window, however early or late the first came", () => {
    for (const random of [0, 0.5, 1]) {
      let beats: Beats = { takenAt: 0, sentAt: 0, failures: 0 };
      for (let beat = 0; beat < 2; beat++) beats = { ...beats, sentAt: nextBeatAt(rhythm, beats, random) };
      expect(beats.sentAt).toBeLessThan(windowEndsAt(rhythm, { ...beats, takenAt: 0 }) ?? 0);
    }
  });
});

/** Beats through these replies, one after the other, the last one for ever; tells of each beat's time in seconds. */
async function beatThrough(replies: readonly (SendReply | Error | "hangs")[], heartbeatSeconds: number | null = 60) {
  const clock = new VirtualClock();
  const takenAt = clock.now();
  const seconds = () => (clock.now().getTime() - takenAt.getTime()) / 1000;
  const at: number[] = [];
  const told: string[] = [];
  const stop = new AbortController();
  const beating = keepBeating({
    ...{ clock, takenAt, rhythm: rhythmOf(heartbeatSeconds, null), signal: stop.signal, random: () => 0 },
    send: async () => {
      const reply = replies[Math.min(at.length, replies.length - 1)] ?? taken;
      at.push(seconds());
      if (reply === "hangs") return new Promise<SendReply>(() => {});
      if (reply instanceof Error) throw reply;
      return reply;
    },
    onBeat: () => void told.push("beat"),
    onFailure: (reason) => void told.push(reason),
  });
  let end: string | Error | undefined;
  beating.then(
    (how) => {
      end = how;
    },
    (error) => {
      end = error;
    },
  );
  // A reply takes no time here, so whatever sleeps when nothing else is to be done is the next to wake.
  for (let step = 0; end === undefined && at.length < 12 && step < 60; step++) {
    for (let turn = 0; turn < 5; turn++) await new Promise((done) => setImmediate(done));
    if (end === undefined) await clock.goOn();
  }
  const result = { end, at, told, endedAt: seconds() };
  stop.abort(new Error("stopped"));
  await beating.catch(() => {});
  return result;
}

const taken: SendReply = { kind: "taken" };
const lost: SendReply = { kind: "lost", reason: "ECONNRESET" };

describe("beating", () => {
  it("goes on at its rhythm", async () => {
    const { at, told } = await beatThrough([taken]);
    expect(at.slice(0, 4)).toEqual([20, 40, 60, 80]);
    expect(new Set(told)).toEqual(new Set(["beat"]));
  });

  it.each([{ kind: "gone" }, { kind: "notAToken", code: "TaskDoesNotExist", message: "" }] as const)(
    "ends where AWS says %o",
    async (reply) => {
      expect(await beatThrough([taken, reply])).toMatchObject({ end: "gone", at: [20, 40] });
    },
  );

  it.each([
    ["lost", lost, "ECONNRESET"],
    ["refused", new CliError("access", "the token is expired"), "the token is expired"],
  ])("tries one that was %s again, sooner than by the rhythm, and goes on", async (_, reply, reason) => {
    const { at, told } = await beatThrough([reply, reply, taken]);
    expect(at.slice(0, 4)).toEqual([20, 20.25, 20.75, 40.75]);
    expect(told.slice(0, 3)).toEqual([reason, reason, "beat"]);
  });

  it("is overdue where none comes through for a window, and no sooner", async () => {
    const { end, endedAt } = await beatThrough([taken, lost]);
    expect({ end, endedAt }).toEqual({ end: "overdue", endedAt: 20 + 60 });
  });

  it("does not wait for a reply that does not come", async () => {
    const { at, end, endedAt } = await beatThrough(["hangs"]);
    expect(at.slice(0, 2)).toEqual([20, 40.25]);
    expect({ end, endedAt }).toEqual({ end: "overdue", endedAt: 60.25 });
  });

  it("is never overdue without a window", async () => {
    expect(await beatThrough([lost], null)).toMatchObject({ end: undefined });
  });

  it("fails with what is no failure of the network", async () => {
    expect((await beatThrough([new TypeError("a fault of ours")])).end).toBeInstanceOf(TypeError);
  });
});
