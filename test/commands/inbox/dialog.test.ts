import { describe, expect, it } from "vitest";
import { dialogKey, editKey, openDialog, type Question, withQuestion } from "../../../src/commands/inbox/dialog.ts";
import { keyNamed } from "./inbox-states.ts";

/** What the keys come to: the answer, `cancelled`, or the dialog that goes on. */
function answered(question: Question, ...names: readonly string[]) {
  let dialog = withQuestion(openDialog("approval/order-17"), question);
  for (const name of names) {
    const step = dialogKey(dialog, keyNamed(name));
    if ("answer" in step) return step.answer;
    if ("isCancelled" in step) return "cancelled";
    dialog = step.dialog;
  }
  return dialog;
}

const select: Question = { kind: "select", message: "Which", choices: [{ name: "a" }, { name: "b" }, { name: "c" }] };
const input: Question = { kind: "input", message: "Output", initial: "ab", isSecret: false };

describe("a dialog", () => {
  it.each<[string, Question, readonly string[], unknown]>([
    ["a yes", { kind: "confirm", message: "Send?", initial: false }, ["y"], true],
    ["a no", { kind: "confirm", message: "Send?", initial: true }, ["n"], false],
    ["Enter, where yes is usual", { kind: "confirm", message: "Send?", initial: true }, ["enter"], true],
    ["Enter, where no is usual", { kind: "confirm", message: "Send?", initial: false }, ["enter"], false],
    ["escape at a question", { kind: "confirm", message: "Send?", initial: true }, ["escape"], "cancelled"],
    ["the first choice", select, ["enter"], 0],
    ["moving down", select, ["down", "j", "enter"], 2],
    ["moving up from the first to the last", select, ["up", "enter"], 2],
    ["a number, which chooses and does not send", select, ["2", "enter"], 1],
    ["a number that is none", select, ["9", "enter"], 0],
    ["escape at a choice", select, ["down", "escape"], "cancelled"],
    ["a line as it was offered", input, ["enter"], "ab"],
    ["a line that is edited", input, ["left", "x", "end", "y", "home", "z", "enter"], "zaxby"],
    ["a line that is begun anew", input, ["ctrl-u", "q", "enter"], "q"],
    ["any key at what is to be read", { kind: "read", message: "" }, ["x"], true],
  ])("takes %s", (_what, question, names, expected) => {
    expect(answered(question, ...names)).toBe(expected);
  });

  it("takes no other key for an answer to a question", () => {
    const question: Question = { kind: "confirm", message: "Send?", initial: true };
    for (const name of ["space", "x", "s", "down", "tab", "paste", "ctrl-y", "1"])
      expect(answered(question, name)).toMatchObject({ question });
  });

  it("takes no key at all while something is being done", () => {
    const dialog = openDialog("approval/order-17");
    for (const name of ["enter", "y", "escape"]) expect(dialogKey(dialog, keyNamed(name))).toEqual({ dialog });
  });
});

describe("a line", () => {
  it.each([
    ["left over a combined character", "left", "ae\u0301", "", "a", "e\u0301"],
    ["right over an emoji of several code points", "right", "", "👩‍👩‍👧x", "👩‍👩‍👧", "x"],
    ["backspace takes a wide character", "backspace", "注文", "", "注", ""],
    ["delete", "delete", "a", "bc", "a", "c"],
    ["a word", "ctrl-w", "one two  ", "x", "one ", "x"],
    ["to the end", "ctrl-k", "one", "two", "one", ""],
  ])("%s", (_what, name, before, after, beforeThen, afterThen) => {
    expect(editKey({ before, after }, keyNamed(name))).toEqual({ before: beforeThen, after: afterThen });
  });

  it("takes a paste of several lines as one", () => {
    expect(editKey({ before: "", after: "" }, { name: "paste", text: '{\r\n\t"a": 1\n}' })?.before).toBe('{  "a": 1 }');
  });

  it("leaves keys alone that write nothing", () => {
    expect(editKey({ before: "a", after: "" }, keyNamed("page-up"))).toBeNull();
  });
});
