import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compileSchema } from "../../src/answering/json-schema.ts";
import { contractSchema } from "../../src/callback/contract.ts";
import { CliError } from "../../src/errors.ts";
import { exampleContract } from "../../src/example/contract.ts";

describe("a JSON Schema", () => {
  it("tells what is wrong and where", () => {
    const check = compileSchema(
      {
        type: "object",
        properties: {
          why: true,
          when: { format: "date" },
          who: { type: "object", properties: { name: { type: "string", minLength: 2 } } },
        },
        required: ["why"],
        additionalProperties: false,
      },
      "s",
    );
    expect(check({ why: 1, when: "2026-11-24", who: { name: "Ann" } })).toEqual([]);
    expect(check({ when: "2026-13-40", who: { name: "A" }, wy: 1 }).toSorted()).toEqual([
      "it must NOT have additional properties: wy",
      "it must have required property 'why'",
      'when must match format "date"',
      "who.name must NOT have fewer than 2 characters",
    ]);
  });

  it("refers to its own parts, and to nothing anywhere else", () => {
    expect(compileSchema({ $ref: "#/$defs/a", $defs: { a: { const: 1 } } }, "s")(2)).toHaveLength(1);
    for (const $ref of ["https://example.com/schema.json", "other.json", "file:///etc/passwd"]) {
      expect(() => compileSchema({ $ref }, "the form of approve")).toThrow(/the form of approve refers to .*its own parts only/);
    }
  });

  it("knows nothing of those before it, whatever names they had", () => {
    const named = (type: string) => ({
      $id: "https://example.com/form",
      properties: { a: { $ref: "https://example.com/part" } },
      $defs: { part: { $id: "https://example.com/part", type } },
    });
    expect(["integer", "string", "integer"].map((type) => compileSchema(named(type), "s")({ a: "x" }).length)).toEqual([1, 0, 1]);
    expect(() => compileSchema({ $ref: "https://example.com/part" }, "s")).toThrow(/its own parts only/);
  });

  it("has patterns that are ended where they take too long", () => {
    const check = compileSchema({ type: "string", pattern: "^(a+)+$" }, "s");
    expect(check("aaaa")).toEqual([]);
    const startedAt = performance.now();
    expect(() => check(`${"a".repeat(60)}!`)).toThrow(/the contract's pattern \^\(a\+\)\+\$ takes longer than 1000 milliseconds/);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  it("tells patterns apart", () => {
    const check = compileSchema({ properties: { a: { pattern: "^a$" }, b: { pattern: "^b$" } } }, "s");
    expect(check({ a: "a", b: "b" })).toEqual([]);
    expect(check({ a: "b", b: "a" })).toHaveLength(2);
  });

  it("with a fault is a usage error that names it", () => {
    const faulty: [object, RegExp][] = [
      [{ type: "strin" }, /the form of x is not a JSON Schema that can be used/],
      [{ propertys: {} }, /unknown keyword/],
      [{ pattern: "(" }, /not a JSON Schema/],
      [{ format: "hostname" }, /unknown format/],
      [{ $schema: "http://json-schema.org/draft-04/schema#" }, /2020-12 or draft-07/],
    ];
    for (const [schema, message] of faulty) {
      const compile = () => compileSchema(schema, "the form of x");
      expect(compile).toThrow(message);
      expect(compile).toThrow(CliError);
    }
  });

  it("of contracts fits the example's, which the documentation shows, and not one with a slip", () => {
    const documented = /```json\n([\s\S]*?)```/.exec(readFileSync("docs/contracts.md", "utf8"))?.[1] ?? "";
    expect(JSON.parse(documented)).toEqual(exampleContract);
    const check = compileSchema(contractSchema, "contract");
    expect(check(exampleContract)).toEqual([]);
    const state = (outcome: object) => ({ stateMachines: { m: { S: { outcomes: { ok: outcome } } } } });
    expect(check(state({ success: {} }))).toEqual([]);
    for (const slip of [
      {},
      { success: 1, failure: {} },
      { succes: {} },
      { failure: { reason: "x" } },
      { success: 1, form: { type: "string" } },
    ]) {
      expect(check(state(slip))).not.toEqual([]);
    }
    expect(check({ stateMachines: { m: { S: { outcomes: { "two words": { success: 1 } } } } } })).not.toEqual([]);
  });
});
