import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bindings } from "../../../src/commands/inbox/key-map.ts";
import { press, reduce } from "../../../src/commands/inbox/state.ts";
import { markedRows, selectedRow } from "../../../src/commands/inbox/task-list.ts";
import { addressOfNamed, keyNamed, now, pressing, stateWith, waiting } from "./inbox-states.ts";

const three = [waiting("one", 30, { timeoutMinutes: 90 }), waiting("two", 20, { timeoutMinutes: 5 }), waiting("three", 10)];

const chosen = (state: ReturnType<typeof stateWith>) => selectedRow(state.list)?.swept.executionName ?? null;
const shown = (state: ReturnType<typeof stateWith>) => state.list.shown.map(({ swept }) => swept.executionName);

describe("the list", () => {
  it("has the longest waiting first, and that one chosen until the person moves", () => {
    const state = stateWith(three);
    expect(shown(state)).toEqual(["one", "two", "three"]);
    const older = reduce(state, { kind: "found", tasks: [waiting("zero", 99)] });
    expect(chosen(older)).toBe("zero");
  });

  it.each([
    ["down", ["down"], "two"],
    ["down past the end", ["down", "down", "down", "down"], "three"],
    ["up past the beginning", ["down", "up", "up"], "one"],
    ["the last", ["G"], "three"],
    ["the first", ["G", "g"], "one"],
    ["a page", ["page-down"], "three"],
  ])("moves: %s", (_what, keys, expected) => {
    expect(chosen(pressing(stateWith(three), ...keys))).toBe(expected);
  });

  it("keeps the chosen task, on the same row of the screen, as others come and go around it", () => {
    const many = Array.from({ length: 60 }, (_, at) => waiting(`task-${at}`, 1000 - at));
    let state = pressing(stateWith(many, { columns: 80, rows: 40 }), "page-down", "page-down", "down");
    const name = chosen(state);
    const row = () => state.list.shown.findIndex(({ swept }) => swept.executionName === name) - state.list.top;
    const before = row();
    state = reduce(state, { kind: "found", tasks: Array.from({ length: 7 }, (_, at) => waiting(`older-${at}`, 5000 + at)) });
    expect(chosen(state)).toBe(name);
    expect(row()).toBe(before);
    state = reduce(state, { kind: "ended", key: addressOfNamed("older-3"), ended: { how: "timed out", at: now.getTime() } });
    state = reduce(state, { kind: "ticked", now: new Date(now.getTime() + 60_000) });
    expect(shown(state)).not.toContain("older-3");
    expect(row()).toBe(before);
  });

  it("sorts by deadline and by machine, and says so", () => {
    const state = stateWith([...three, waiting("four", 1, { machine: "aaa" })]);
    const byDeadline = pressing(state, "t");
    expect(shown(byDeadline)).toEqual(["two", "one", "three", "four"]);
    expect(byDeadline.notice).toBe("sorted: next deadline first");
    expect(shown(pressing(state, "t", "t"))[0]).toBe("four");
    expect(shown(pressing(state, "t", "t", "t"))).toEqual(["one", "two", "three", "four"]);
  });

  it("shows how a task ended for a while, longer where the person is at it", () => {
    const ended = (state: ReturnType<typeof stateWith>, name: string) =>
      reduce(state, { kind: "ended", key: addressOfNamed(name), ended: { how: "answered: success", at: now.getTime() } });
    const state = ended(ended(pressing(stateWith(three), "down"), "two"), "three");
    expect(shown(state)).toEqual(["one", "two", "three"]);
    const later = reduce(state, { kind: "ticked", now: new Date(now.getTime() + 21_000) });
    expect(shown(later)).toEqual(["one", "two"]);
    expect(chosen(later)).toBe("two");
  });

  it("shows one that waits again, a redriven one, as waiting", () => {
    const ended = reduce(stateWith(three), { kind: "ended", key: addressOfNamed("two"), ended: { how: "stopped", at: now.getTime() } });
    const again = reduce(ended, { kind: "found", tasks: [waiting("two", 20)] });
    expect(again.list.shown[1]?.ended).toBeNull();
  });
});

describe("a filter", () => {
  it("shows what has all its words, as they are typed; enter keeps it, escape takes it away", () => {
    const typing = pressing(stateWith(three), "/", "T", "w");
    expect(shown(typing)).toEqual(["two"]);
    expect(chosen(typing)).toBe("two");
    const kept = pressing(typing, "enter");
    expect(kept.mode).toBe("list");
    expect(shown(kept)).toEqual(["two"]);
    expect(shown(pressing(kept, "escape"))).toHaveLength(3);
    expect(shown(pressing(typing, "escape"))).toHaveLength(3);
    expect(shown(pressing(typing, "backspace", "backspace"))).toHaveLength(3);
  });

  it("takes letters that are keys elsewhere", () => {
    const state = pressing(stateWith(three), "/", "q", "x");
    expect(state.filterLine.before).toBe("qx");
    expect(shown(state)).toEqual([]);
    expect(chosen(state)).toBeNull();
  });

  it("hides marked tasks from what is answered", () => {
    const state = pressing(stateWith(three), "space", "space", "/", "t", "w", "o", "enter");
    expect(state.list.marked.size).toBe(2);
    expect(markedRows(state.list).map(({ swept }) => swept.executionName)).toEqual(["two"]);
  });
});

describe("marks", () => {
  it("go on and off, all at once, and off with escape", () => {
    const state = stateWith(three);
    expect(markedRows(pressing(state, "space").list)).toHaveLength(1);
    expect(markedRows(pressing(state, "space", "up", "space").list)).toHaveLength(0);
    expect(markedRows(pressing(state, "a").list)).toHaveLength(3);
    expect(markedRows(pressing(state, "a", "a").list)).toHaveLength(0);
    expect(markedRows(pressing(state, "a", "escape").list)).toHaveLength(0);
  });

  it("are gone from a task that ended", () => {
    const state = reduce(pressing(stateWith(three), "a"), {
      kind: "ended",
      key: addressOfNamed("two"),
      ended: { how: "timed out", at: now.getTime() },
    });
    expect(markedRows(state.list).map(({ swept }) => swept.executionName)).toEqual(["one", "three"]);
  });
});

describe("keys", () => {
  it.each([
    ["enter", "answer"],
    ["s", "succeed"],
    ["f", "fail"],
    ["b", "heartbeat"],
    ["x", "stop"],
    ["o", "open"],
    ["c", "copy"],
    ["r", "refresh"],
    ["q", "quit"],
  ])("%s: %s", (name, intent) => {
    expect(press(stateWith(three), keyNamed(name)).intent).toBe(intent);
  });

  it("that change anything are refused where nothing may be changed", () => {
    const state = stateWith(three, { columns: 80, rows: 24 }, true);
    for (const { keys } of bindings.filter(({ changes }) => changes === true)) {
      for (const name of keys) expect(press(state, keyNamed(name))).not.toHaveProperty("intent");
    }
    expect(press(state, keyNamed("q")).intent).toBe("quit");
  });

  it("mean one thing each", () => {
    const all = bindings.flatMap(({ keys }) => keys);
    expect(new Set(all).size).toBe(all.length);
  });

  it("never leave the list in a state that cannot be: any keys, any news", () => {
    const names = [...bindings.flatMap(({ keys }) => keys), "w", "backspace", "tab", "enter", "escape"];
    const news = fc.record({ name: fc.constantFrom("a", "b", "c", "d"), minutes: fc.nat(99), ends: fc.boolean() });
    const step = fc.oneof(fc.constantFrom(...names), news);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 30 }), (steps, rows) => {
        let state = stateWith([], { columns: 80, rows });
        for (const each of steps) {
          if (typeof each === "string") state = press(state, keyNamed(each)).state;
          else if (each.ends)
            state = reduce(state, { kind: "ended", key: addressOfNamed(each.name), ended: { how: "x", at: now.getTime() } });
          else state = reduce(state, { kind: "found", tasks: [waiting(each.name, each.minutes)] });
          const { shown, selected, top } = state.list;
          expect(selected === null ? shown.length : shown.filter(({ key }) => key === selected).length).toBe(selected === null ? 0 : 1);
          expect(top).toBeGreaterThanOrEqual(0);
          expect(top).toBeLessThanOrEqual(Math.max(0, shown.length - 1));
        }
      }),
      { numRuns: 150 },
    );
  });
});
