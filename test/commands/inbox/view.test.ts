import stringWidth from "string-width";
import { describe, expect, it } from "vitest";
import { openDialog, type Question, withQuestion } from "../../../src/commands/inbox/dialog.ts";
import { reduce } from "../../../src/commands/inbox/state.ts";
import { view } from "../../../src/commands/inbox/view.ts";
import { plainText } from "../../../src/terminal/styles.ts";
import { addressOfNamed, layout, now, pressing, screenOf, stateWith, waiting } from "./inbox-states.ts";

const tasks = [
  waiting("order-17", 90, { timeoutMinutes: 30 }),
  waiting("注文の承認をお願いします注文の承認をお願いします", 20, { machine: "承認承認承認承認承認承認" }),
  waiting("evil\u001b[2J\u202ename", 10, { state: "e\u0301tat" }),
  ...Array.from({ length: 40 }, (_, at) => waiting(`more-${at}`, 5)),
];

const sizes = [
  [80, 24],
  [200, 60],
  [130, 30],
  [40, 10],
  [20, 5],
  [10, 2],
  [300, 100],
] as const;

const modes = [
  ["the list", []],
  ["a filter", ["/", "o", "r"]],
  ["an empty filter", ["/", "z", "z", "z"]],
  ["the details", ["v"]],
  ["the keys", ["?"]],
  ["marks", ["a"]],
] as const;

describe("the screen", () => {
  it.each(sizes)("fits %i×%i in every mode, with every dialog", (columns, rows) => {
    const state = stateWith(tasks, { columns, rows });
    const long = "A long line that tells what there is to be told, over and over. ".repeat(4);
    const questions: Question[] = [
      { kind: "confirm", message: long, initial: true },
      {
        kind: "select",
        message: "Which",
        choices: Array.from({ length: 30 }, (_, at) => ({ name: `choice ${at} 承認`, description: long })),
      },
      { kind: "input", message: "Output", initial: `{"承認":${"1".repeat(300)}}`, isSecret: false },
      { kind: "read", message: long },
    ];
    const states = [
      ...modes.map(([, keys]) => pressing(state, ...keys)),
      ...questions.map((question) => {
        const dialog = withQuestion({ ...openDialog("approval/order-17"), said: [long, long, "", long] }, question);
        return reduce(state, { kind: "dialog", dialog });
      }),
    ];
    for (const each of states) {
      const { lines, cursor } = view(each, layout);
      expect(lines.length).toBeLessThanOrEqual(rows);
      if (columns >= 80) for (const line of lines) expect(stringWidth(plainText(line)), plainText(line)).toBeLessThanOrEqual(columns);
      if (cursor !== null && columns >= 40) expect(cursor.column).toBeLessThan(columns);
    }
  });

  it("at 80×24: where it is at the top, keys at the bottom, the list above the details", () => {
    const state = reduce(stateWith(tasks.slice(0, 1)), {
      kind: "details",
      details: { key: addressOfNamed("order-17"), lines: ["What it asks", "  {}"] },
    });
    expect(screenOf(state).map((line) => line.trimEnd())).toEqual([
      "sfn-callback  1 waiting                    123456789012  us-east-1  profile prod",
      "   ID          MACHINE   STATE             EXECUTION  AGE      DEADLINE",
      "❯  id-order-1  approval  Ask for approval  order-17   1h 30m   in 30m",
      "",
      "",
      "",
      "── 1 of 1 ──────────────────────────────────────────────────────────────────────",
      " What it asks",
      "   {}",
      ...Array.from({ length: 13 }, () => ""),
      "2026-03-01T12:00:00Z",
      "enter answer  s succeed  f fail  space mark  / filter  v view  ? keys  q quit",
    ]);
  });

  it("has the details beside the list where it is wide", () => {
    const state = reduce(stateWith(tasks.slice(0, 1), { columns: 160, rows: 30 }), {
      kind: "details",
      details: { key: addressOfNamed("order-17"), lines: ["What it asks"] },
    });
    expect(screenOf(state)[1]).toMatch(/DEADLINE\s+│ What it asks$/);
  });

  it.each([
    [
      "nothing found yet",
      (state: ReturnType<typeof stateWith>) => reduce(state, { kind: "looking", looking: { isFirst: true, isRunning: true } }),
      "looking for waiting tasks",
    ],
    ["nothing waits", (state: ReturnType<typeof stateWith>) => state, "nothing is waiting"],
    [
      "not all could be looked at",
      (state: ReturnType<typeof stateWith>) =>
        reduce(state, { kind: "looking", looking: { notSeen: ["ListExecutions orders: AccessDenied"] } }),
      "nothing is waiting where it could be looked",
    ],
    [
      "no network",
      (state: ReturnType<typeof stateWith>) => reduce(state, { kind: "looking", looking: { failure: "ENOTFOUND" } }),
      "could not look: ENOTFOUND",
    ],
  ])("says when %s", (_what, make, expected) => {
    expect(screenOf(make(stateWith([]))).join("\n")).toContain(expected);
  });

  it("keeps account, Region and the end of a long path in sight at 80 columns", () => {
    const state = stateWith(tasks);
    const through = `/home/someone/with/a/long/name/${"and/folders/".repeat(6)}local.db`;
    const head = screenOf({ ...state, where: { ...state.where, how: "local", through } })[0] ?? "";
    expect(head).toContain("123456789012  us-east-1  local");
    expect(head).toMatch(/…\S*local\.db$/);
    expect(head).toMatch(/^sfn-callback {2}43 waiting/);
  });

  it("says how many marks the filter hides", () => {
    const lines = screenOf(pressing(stateWith(tasks), "a", "/", "1", "7", "enter"));
    expect(lines[0]).toContain("43 waiting, 2 shown, 43 marked");
    expect(lines[22]).toContain("41 marked tasks are hidden and will not be answered");
  });

  it("shows the cursor where a filter and an input are written, and nowhere else", () => {
    expect(view(stateWith(tasks), layout).cursor).toBeNull();
    expect(view(pressing(stateWith(tasks), "/", "漢", "a"), layout).cursor).toEqual({ row: 22, column: 5 });
    const dialog = withQuestion(openDialog("x"), { kind: "input", message: "Output", initial: "ab", isSecret: false });
    const { lines, cursor } = view(reduce(stateWith(tasks), { kind: "dialog", dialog }), layout);
    expect(cursor).toEqual({ row: 22, column: 5 });
    expect(plainText(lines[22] ?? "").trimEnd()).toBe(" > ab");
  });

  it("shows a wrong value's problem, and never what is typed in secret", () => {
    const question = { kind: "input", message: "Code", initial: "987654", isSecret: true } as const;
    const dialog = { ...withQuestion(openDialog("x"), question), problem: "too short" };
    const text = screenOf(reduce(stateWith(tasks), { kind: "dialog", dialog })).join("\n");
    expect(text).toContain("too short");
    expect(text).not.toContain("987654");
  });

  it("tells an ended task by how it ended, not by color alone", () => {
    const state = reduce(stateWith(tasks.slice(0, 1)), {
      kind: "ended",
      key: addressOfNamed("order-17"),
      ended: { how: "failed: Rejected", at: now.getTime() },
    });
    expect(screenOf(state)[2]).toMatch(/order-17 {3}failed: Rejected/);
    expect(screenOf(state).join("\n")).toContain("no longer waits: failed: Rejected");
  });
});
