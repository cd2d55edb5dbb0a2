import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkedExpression } from "../../../src/local/jsonata/syntax.ts";

function faultOf(expression: string): string | null {
  const checked = checkedExpression(expression);
  return "fault" in checked ? checked.fault : null;
}

function refusedIn(...asked: Parameters<typeof checkedExpression>): readonly string[] {
  const checked = checkedExpression(...asked);
  return "unsupported" in checked ? checked.unsupported : [];
}

describe("the syntax of an expression", () => {
  // The messages are those that others measured on AWS.
  it.each<[string, string | null]>([
    [" $states.input.a[b > 1].{'c': d} ", null],
    ["$f := function($x) { $x }", null],
    ["a[1,2)", 'Expected "]", got ","'],
    ['"unterminated', "String literal must be terminated by a matching quote"],
    ["1 +", "Unexpected end of expression"],
    ["", "Unexpected end of expression"],
    ['{"a":}', 'The symbol "}" cannot be used as a unary operator'],
    ["$x :=", "Unexpected end of expression"],
    ['$match("a", /abc', "No terminating / in regular expression"],
    ["$map($x, function($v) { $v ?? 1 })", 'The symbol "?" cannot be used as a unary operator'],
    ["$x ?: 1", 'The symbol ":" cannot be used as a unary operator'],
    ["$x ? '??' & $match($y, /(?:a)b??/) : `?:`.b", null],
  ])("of '%s'", (expression, fault) => expect(faultOf(expression)).toBe(fault));

  it("has a fault where a regular expression has one", () => expect(faultOf("/a**/")).toContain("Invalid regular expression"));

  it.each(["(", "[", "1+", "{'a':", "$f(", "-"])("has a fault where it is nested too deeply: %s…", (open) => {
    expect(faultOf(`${open.repeat(100_000)}1`)).toBe("The expression is nested too deeply");
  });

  it("is told for any text", () => {
    const text = fc.oneof(
      fc.string(),
      fc
        .array(fc.constantFrom("$", "a", "(", ")", "[", "]", "{", "}", ".", "/", "'", "1", "+", "?", ":", ",", " ", "~>"))
        .map((part) => part.join("")),
    );
    fc.assert(
      fc.property(text, (expression) => {
        const fault = faultOf(expression);
        expect(fault === null || fault.length > 0).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe("a reference that AWS refuses", () => {
  const top = (...names: string[]) => names.map((name) => `Reference to '${name}' at the top level is not supported.`);

  it.each<[string, readonly string[]]>([
    ["phone[0].x", top("phone")],
    ["aaa + bbb + aaa", top("aaa", "bbb")],
    ["$.phone", top("$")],
    ["$$", ["Reference to '$$' is not supported."]],
    ["$states.input[a = $$.b]", ["Reference to '$$' is not supported."]],
    ["$map($states.input.a, function($x){ b })", top("b")],
    ["{'k': [a, -b, c ? d : $f(e)]} ~> $g", top("a", "b", "c", "d", "e")],
    ["($x := y; $x)", top("y")],
    ["$states.input.items[phone > 3].(a & $.b)^(c){d: $.e}", []],
    ["$map($states.input.a, function($x){ $x.phone }) ~> |$|{'n': name}|", []],
    ["[$phone, $states, $states.context.Task.Token]", []],
    ["$states.input.errorOutput", []],
    ["1 +", []],
  ])("%s", (expression, messages) => expect(refusedIn(expression, ["result", "errorOutput"])).toEqual(messages));

  it("is a member of $states that the field does not have", () => {
    const expression = "[$states.result, $f(function(){ $states.errorOutput.Cause })]";
    expect(refusedIn(expression, ["errorOutput"])).toEqual(["Field '$states.errorOutput' does not exist."]);
    expect(refusedIn(expression)).toEqual([]);
  });
});
