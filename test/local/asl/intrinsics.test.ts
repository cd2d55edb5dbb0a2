import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AslError } from "../../../src/local/asl/asl-error.ts";
import { evaluateIntrinsic } from "../../../src/local/asl/intrinsics.ts";
import type { Json } from "../../../src/local/asl/json.ts";
import { resolveTemplate } from "../../../src/local/asl/payload-template.ts";

const input: Json = { name: "Ann", list: [1, 2, 2, { a: 1 }, { a: 1 }], o: { a: 1, b: [] }, text: '{"a":1}', "a,b)": 5 };
const scope = { context: { Task: { Token: "token" } }, variables: { template: "It's {}!", order: { ids: [7, 8] } } };
const noScope = { context: {}, variables: {} };
const options = { randomUuid: () => "uuid", randomInteger: (start: number) => start };
const call = (text: string): Json => evaluateIntrinsic(text, input, scope, options);

describe("an intrinsic function", () => {
  it.each<[string, Json]>([
    ["States.Format('Hi {}, {}', $.name, 1)", "Hi Ann, 1"],
    ["States.Format('\\{{}\\} it\\'s \\\\', $.name)", "{Ann} it's \\"],
    ["States.Format('{} {} {}', $.o, true, null)", "{a=1, b=[]} true null"],
    ["States.Format($$.Task.Token)", "token"],
    ["States.Format('{}', $['a,b)'])", "5"],
    ["States.Format($template, $order.ids[0])", "It's 7!"],
    ["States.ArrayLength($order.ids)", 2],
    ["States.StringToJson($.text)", { a: 1 }],
    ["States.StringToJson('')", null],
    ["States.JsonToString($.o)", '{"a":1,"b":[]}'],
    ["States.Array()", []],
    ["States.Array('a', 1, null, true, States.Array(-1.5))", ["a", 1, null, true, [-1.5]]],
    ["States.ArrayPartition(States.ArrayRange(1, 5, 1), 2)", [[1, 2], [3, 4], [5]]],
    ["States.ArrayContains($.list, $.list[3])", true],
    ["States.ArrayContains($.list, '1')", false],
    ["States.ArrayRange(1, 9, 2)", [1, 3, 5, 7, 9]],
    ["States.ArrayRange(3, 1, -1)", [3, 2, 1]],
    ["States.ArrayGetItem($.list, 1)", 2],
    ["States.ArrayLength($.list)", 5],
    ["States.ArrayUnique($.list)", [1, 2, { a: 1 }]],
    ["States.Base64Encode('Data to encode')", "RGF0YSB0byBlbmNvZGU="],
    ["States.Base64Decode('RGF0YSB0byBlbmNvZGU=')", "Data to encode"],
    ["States.Hash('input data', 'SHA-1')", "aaff4a450a104cd177d28d18d74485e8cae074b7"],
    ["States.JsonMerge($.o, States.StringToJson('{\"a\":2}'), false)", { a: 2, b: [] }],
    ["States.MathRandom(3, 9)", 3],
    ["States.MathAdd(1.5, -1)", 1],
    ["States.StringSplit('This.is+a,test=string', '.+,=')", ["This", "is", "a", "test", "string"]],
    ["States.UUID()", "uuid"],
  ])("%s gives what AWS gives", (text, expected) => {
    expect(call(text)).toEqual(expected);
  });

  it.each([
    "States.Format('{}')",
    "States.Format('{', 1)",
    "States.Format('\\n')",
    "States.StringToJson('{')",
    "States.ArrayRange(1, 1001, 1)",
    "States.ArrayRange(1, 2, 0)",
    "States.ArrayPartition($.list, 0)",
    "States.ArrayGetItem($.list, 5)",
    "States.ArrayLength('a')",
    "States.Hash('a', 'CRC')",
    "States.JsonMerge($.o, $.o, true)",
    "States.MathAdd('1', 2)",
    "States.MathRandom(2, 1)",
    "States.Base64Decode('?')",
    `States.Base64Encode('${"a".repeat(10_001)}')`,
    "States.UUID(1)",
    "States.Nothing()",
  ])("%s fails with States.IntrinsicFailure", (text) => {
    expect(() => call(text)).toThrow("States.IntrinsicFailure");
  });

  it("fails with States.Runtime for an argument whose path leads nowhere", () => {
    expect(() => call("States.Format('{}', $.missing)")).toThrow(
      "States.Runtime: The function 'States.Format('{}', $.missing)' had the following error: The JsonPath argument for the field '$.missing'",
    );
  });

  it("takes objects whose members stand in another order for the same", () => {
    const text = `States.ArrayUnique(States.StringToJson('[{"a":1,"b":[{"c":1,"d":2}]},{"b":[{"d":2,"c":1}],"a":1}]'))`.replaceAll(
      /[{}]/g,
      "\\$&",
    );
    expect(call(text)).toEqual([{ a: 1, b: [{ c: 1, d: 2 }] }]);
  });

  it("takes one number from one seed, within its bounds", () => {
    const value = call("States.MathRandom(1, 100, 7)");
    expect(call("States.MathRandom(1, 100, 7)")).toBe(value);
    expect(Number(value) >= 1 && Number(value) < 100).toBe(true);
  });

  it("fails as AslError or not at all, whatever its text", () => {
    const part = fc.constantFrom(
      "States.Format",
      "States.Array",
      "States.MathAdd",
      "(",
      ")",
      "()",
      ",",
      "'a{}'",
      "'",
      "\\",
      "$",
      "$.a",
      "[0]",
      "1",
      "null",
      " ",
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), fc.jsonValue(), (parts, value) => {
        try {
          evaluateIntrinsic(parts.join(""), JSON.parse(JSON.stringify(value)), noScope, options);
        } catch (error) {
          expect(error).toBeInstanceOf(AslError);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("a payload template", () => {
  it("takes paths, context paths and functions at any depth", () => {
    const template: Json = {
      "token.$": "$$.Task.Token",
      fixed: "$.name",
      deep: [{ "n.$": "$.name" }],
      "id.$": "States.UUID()",
      "v.$": "$order.ids[1]",
    };
    expect(resolveTemplate(template, input, scope, options)).toEqual({
      token: "token",
      fixed: "$.name",
      deep: [{ n: "Ann" }],
      id: "uuid",
      v: 8,
    });
  });

  it.each<Json>([{ "a.$": 1 }, { "a.$": "name" }, { "a.$": "$.missing" }, { "a.$": "$unassigned" }, { "a.$": "$unassigned[*]" }])(
    "%j is a States.Runtime failure",
    (template) => {
      expect(() => resolveTemplate(template, input, scope)).toThrow("States.Runtime");
    },
  );
});
