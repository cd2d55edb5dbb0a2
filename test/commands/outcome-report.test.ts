import { describe, expect, it } from "vitest";
import type { AnswerResult } from "../../src/answering/answer-result.ts";
import { reportOutcome } from "../../src/commands/answer/outcome-report.ts";
import { terminalInMemory } from "../terminal/streams.ts";

// A token of another endpoint than AWS: nothing but the user's own words tells that it is one.
const foreign = "d2c7a1f0-5b7e-4c7e-9a3e-1f2e3d4c5b6a";
const long = JSON.stringify({ padding: "p".repeat(170), token: foreign });

const answered: AnswerResult = {
  taskId: "r1y0hv3ppa",
  executionArn: "arn:aws:states:us-east-1:123456789012:execution:approval:order-17",
  state: "Ask for approval",
  sent: null,
  outcome: "different",
  settled: "history",
  closedAt: new Date("2026-01-02T03:04:05Z"),
  next: null,
  nextState: null,
  ending: null,
  heldUpBy: null,
  newTaskId: null,
  newEventId: null,
  closing: null,
  expiredBy: null,
  unread: null,
};
const at = { at: new Date("2026-01-02T03:04:05Z"), eventId: 5 };

describe("a secret that reaches over the place where a long text is cut", () => {
  it.each<[string, Partial<AnswerResult>]>([
    ["an output", { closing: { kind: "succeeded", ...at, output: long } }],
    ["a cause", { closing: { kind: "failed", ...at, error: "No", cause: long } }],
    ["the execution's output", { ending: { status: "SUCCEEDED", output: long, error: null } }],
  ])("does not show its beginning in %s", async (_, part) => {
    const { terminal, stdout } = terminalInMemory();
    terminal.hide(foreign);
    expect(await reportOutcome(terminal, { ...answered, ...part })).toBe(3);
    expect(stdout()).toContain("pppp");
    expect(stdout()).not.toContain(foreign.slice(0, 4));
  });
});
