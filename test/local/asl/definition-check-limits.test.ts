import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkDefinition, validationResult } from "../../../src/local/asl/definition-check.ts";

type Fields = Readonly<Record<string, unknown>>;

const pass: Fields = { Type: "Pass", End: true };
const task = (fields: Fields): Fields => ({ Type: "Task", Resource: "arn:aws:states:::lambda:invoke", End: true, ...fields });
const machine = (state: Fields): Fields => ({ StartAt: "X", States: { X: state } });

describe("ValidateStateMachineDefinition", () => {
  const warned = JSON.stringify(machine(task({ Parameters: { a: "$.a" } })));
  const refused = JSON.stringify(machine(task({ Parameters: { a: "$.a" }, A: 1, B: 1 })));

  it("gives errors, and warnings on demand", () => {
    expect(validationResult(warned)).toEqual({ result: "OK", diagnostics: [], truncated: false });
    expect(validationResult(warned, "STANDARD", "WARNING")).toMatchObject({ result: "OK", diagnostics: [{ severity: "WARNING" }] });
    expect(validationResult(refused, "STANDARD", "WARNING").diagnostics.map(({ severity }) => severity)).toEqual([
      "ERROR",
      "ERROR",
      "WARNING",
    ]);
  });

  it("says when it leaves findings out, and takes 0 for 100", () => {
    expect(validationResult(refused, "STANDARD", "ERROR", 1)).toMatchObject({
      result: "FAIL",
      diagnostics: [{ code: "SCHEMA_VALIDATION_FAILED" }],
      truncated: true,
    });
    expect(validationResult(refused, "STANDARD", "ERROR", 0).diagnostics).toHaveLength(2);
    const many = JSON.stringify(machine({ ...pass, ...Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`f${n}`, n])) }));
    const { diagnostics, truncated } = validationResult(many);
    expect([diagnostics.length, truncated]).toEqual([100, true]);
  });

  it("leaves the location out where AWS has none (recorded)", () => {
    expect(validationResult("")).toEqual({
      result: "FAIL",
      diagnostics: [{ severity: "ERROR", code: "SCHEMA_VALIDATION_FAILED", message: "Definition must be a valid JSON object" }],
      truncated: false,
    });
  });
});

describe("hostile definitions", () => {
  const nested = (open: string, close: string, times: number) =>
    `{"StartAt":"X","States":{"X":{"Type":"Pass","End":true,"Result":${open.repeat(times)}1${close.repeat(times)}}}}`;
  const wide = Array.from({ length: 14_000 }, (_, n): [string, Fields] => [
    `S${n}`,
    { Type: "Pass", Parameters: { "a.$": `$.a${n}` }, Next: `S${n + 1}` },
  ]);

  it.each<[string, string]>([
    ["10,000 arrays in one another", nested("[", "]", 10_000)],
    ["10,000 objects in one another", nested('{"a":', "}", 10_000)],
    ["a megabyte of open arrays", nested("[", "]", 500_000)],
  ])("with %s are too deeply nested", (_, text) => {
    expect(checkDefinition(text).diagnostics).toEqual([expect.objectContaining({ code: "TOO_DEEPLY_NESTED", location: null })]);
  });

  it("with a thousand Maps in one another are too deeply nested, with fifty they are not", () => {
    const maps = (depth: number): Fields => ({
      StartAt: `M${depth}`,
      States: { [`M${depth}`]: depth === 0 ? pass : { Type: "Map", End: true, ItemProcessor: maps(depth - 1) } },
    });
    expect(checkDefinition(JSON.stringify(maps(1000))).diagnostics).toEqual([expect.objectContaining({ code: "TOO_DEEPLY_NESTED" })]);
    expect(checkDefinition(JSON.stringify(maps(50)))).toHaveProperty("definition");
  });

  it("of a megabyte are checked within a second or so", () => {
    const states = Object.fromEntries([...wide, ["S14000", pass]]);
    const text = JSON.stringify({ StartAt: "S0", States: states });
    expect(text.length).toBeGreaterThan(900_000);
    const startedAt = performance.now();
    expect(checkDefinition(text)).toHaveProperty("definition");
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  it("with names of half a megabyte give findings of a bearable size", () => {
    const name = "n".repeat(500_000);
    const { diagnostics } = checkDefinition(
      JSON.stringify(machine({ ...pass, Parameters: { [name]: Array.from({ length: 200 }, () => ({ "a.$": 1 })) } })),
    );
    expect(JSON.stringify(diagnostics).length).toBeLessThan(1_000_000);
    expect(diagnostics.length).toBeGreaterThan(100);
  });

  it("never make the check throw, whatever JSON they are", () => {
    const word = fc.constantFrom(
      "Type",
      "States",
      "StartAt",
      "X",
      "Task",
      "Map",
      "Choice",
      "Choices",
      "Parallel",
      "Branches",
      "ItemProcessor",
      "Retry",
      "Catch",
      "Assign",
      "And",
      "Not",
      "Next",
      "End",
      "$",
      "{%",
      "__proto__",
    );
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 7 },
        word,
        fc.constantFrom(null, true, 0, -1, 1.5),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(word, tie("value"), { maxKeys: 6 }),
        fc.dictionary(word, tie("value"), { maxKeys: 6 }).map((state) => ({ StartAt: "X", States: { X: state } })),
      ),
    }));
    fc.assert(
      fc.property(value, fc.constantFrom<"STANDARD" | "EXPRESS">("STANDARD", "EXPRESS"), (document, type) => {
        const checked = checkDefinition(JSON.stringify(document), type);
        expect("definition" in checked).toBe(checked.diagnostics.every(({ severity }) => severity === "WARNING"));
      }),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(checkDefinition(text)).not.toHaveProperty("definition");
      }),
    );
  });
});
