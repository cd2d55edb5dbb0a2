import { describe, expect, it } from "vitest";
import { checkCause, checkError, checkOutput } from "../../src/callback/answer.ts";
import { taskId } from "../../src/callback/task-id.ts";

describe("checkOutput", () => {
  it.each(['{"a":[1,-2.5e3,null,true,"\\u00e9"]}', "1", '"done"', " {} \n"])("takes %s", (text) => {
    expect(checkOutput(text)).toBeUndefined();
  });

  it.each([
    ['{"a": x}', "line 1, column 7"],
    ['{\n  "a": 1,\n}', "line 3, column 1"],
    ["[1 2]", "line 1, column 4"],
    ['{"a":1', "line 1, column 7"],
    ["[1,]", "line 1, column 4"],
  ])("says where %s stops being JSON", (text, place) => {
    expect(checkOutput(text)).toContain(place);
  });

  it("shows how a plain text is quoted", () => {
    expect(checkOutput("done")).toContain(`'"done"'`);
  });

  it("finds the place behind a string of any length", () => {
    expect(checkOutput(`"${"a".repeat(262_000)}" x`)).toContain("column 262004");
    expect(checkOutput(`"${"a".repeat(262_000)}`)).toContain("column 1");
  });

  it("counts bytes, not characters", () => {
    expect(checkOutput(`"${"é".repeat(131_071)}"`)).toBeUndefined();
    expect(checkOutput(`"${"é".repeat(131_072)}"`)).toContain("262,144");
  });
});

describe("checkError and checkCause", () => {
  it("hold AWS's limits", () => {
    expect(checkError("x".repeat(256))).toBeUndefined();
    expect(checkError("x".repeat(257))).toContain("256");
    expect(checkCause("x".repeat(32_768))).toBeUndefined();
    expect(checkCause("x".repeat(32_769))).toContain("32,768");
  });
});

describe("taskId", () => {
  it("is ten characters without lookalikes, stable, another for each attempt", () => {
    const arn = "arn:aws:states:us-east-1:111111111111:execution:m:e";
    expect(taskId(arn, 3)).toMatch(/^[0-9a-hjkmnp-tv-z]{10}$/);
    expect(taskId(arn, 3)).toBe(taskId(arn, 3));
    expect(taskId(arn, 3)).not.toBe(taskId(arn, 8));
  });
});
