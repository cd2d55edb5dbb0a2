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
    ["States.ArrayContains($.list, '1')", true],
    ["States.ArrayContains($.list, false)", false],
    ["States.ArrayContains(States.Array(null, 'true'), true)", true],
    ['States.ArrayContains(States.StringToJson(\'[\\{"a":1,"b":2\\}]\'), States.StringToJson(\'\\{"b":2,"a":1\\}\'))', false],
    ["States.ArrayPartition($.list, 2.6)", [[1, 2], [2, { a: 1 }], [{ a: 1 }]]],
    ["States.ArrayRange(1.6, 1.4, 1)", [1]],
    ["States.ArrayRange(5.4, -0.6, -2.4)", [5, 3, 1]],
    ["States.ArrayRange(5, 1, 1)", []],
    ["States.ArrayGetItem($.list, 1.9)", 2],
    ["States.ArrayGetItem(States.Array(), 9)", null],
    ["States.ArrayUnique(States.Array(true, false, true))", [false, true]],
    ["States.ArrayUnique(States.Array(null, 1, null, '01', '1'))", [null, 1, "01", "1"]],
    [
      "States.ArrayUnique(States.StringToJson('[[1,2],[1,2],[2,1]]'))",
      [
        [2, 1],
        [1, 2],
      ],
    ],
    ["States.ArrayUnique(States.Array('b', 'a', 'c', 'a'))", ["a", "b", "c"]],
    ["States.Base64Decode(' YWJj!ZA== ')", "abcd"],
    ["States.Base64Decode('ab==cd')", "i"],
    ["States.Hash(123, 'MD5')", "202cb962ac59075b964b07152d234b70"],
    ["States.JsonMerge($.o, $.o, 'false')", { a: 1, b: [] }],
    ["States.MathAdd(1.6, 2.7)", 5],
    ["States.MathAdd(2147483646, 1)", 2147483647],
    ["States.MathRandom(1, 100, 42)", 63],
    ["States.MathRandom(1, 1000, 1)", 106],
    ["States.MathRandom(1, 1000, 2)", 806],
    ["States.StringSplit('a,,b,', ',')", ["a", "b"]],
    ["States.ArrayRange(1, 9, 2)", [1, 3, 5, 7, 9]],
    ["States.ArrayRange(3, 1, -1)", [3, 2, 1]],
    ["States.ArrayGetItem($.list, 1)", 2],
    ["States.ArrayLength($.list)", 5],
    ["States.ArrayUnique($.list)", [{ a: 1 }, 1, 2]],
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
    "States.StringToJson(5)",
    "States.StringToJson()",
    "States.ArrayRange('a', 5, 1)",
    "States.ArrayRange(1, 1001, 1)",
    "States.ArrayRange(1, 2, 0.49)",
    "States.ArrayPartition($.list, 0.6)",
    "States.ArrayPartition($.list, '2')",
    "States.ArrayGetItem($.list, 5)",
    "States.ArrayGetItem($.list, -1)",
    "States.ArrayLength('a')",
    "States.ArrayContains($.list)",
    "States.Hash('a', 'SHA256')",
    "States.JsonMerge($.o, $.o, true)",
    "States.MathAdd('1', 2)",
    "States.MathAdd(2147483647, 1)",
    "States.MathAdd(3000000000, 1)",
    "States.MathRandom(2, 1)",
    "States.MathRandom(1.4, 1.6)",
    "States.MathRandom(1, 10, null)",
    `States.Base64Encode('${"a".repeat(10_001)}')`,
    "States.UUID(1)",
  ])("%s fails as on AWS", (text) => {
    const name = text.slice(0, text.indexOf("("));
    expect(() => call(text)).toThrow(
      `States.Runtime: There was an error while evaluating the intrinsic function: ${text}. Invalid arguments in ${name}`,
    );
  });

  it.each([
    ["States.Format('Hello {', $.name)", "Invalid template in States.Format: matching '}' not found for '{'."],
    ["States.Format('Hello {{}}', $.name)", "Invalid template in States.Format: matching '}' not found for '{'."],
    ["States.Format('}')", "Invalid template in States.Format: matching '{' not found for '}'."],
    ["States.Format('{}')", "number of arguments do not match the occurrences of {}."],
    ["States.Format('', 1)", "number of arguments do not match the occurrences of {}."],
    ["States.StringToJson('nothing')", "Cannot convert String to Json in States.StringToJson, caused by: "],
  ])("%s tells why it fails", (text, why) => {
    expect(() => call(text)).toThrow(`States.Runtime: There was an error while evaluating the intrinsic function: ${text}. `);
    expect(() => call(text)).toThrow(why);
  });

  it.each(["States.Format('\\n')", "States.Nothing()", "States.Array([1])", "States.Array(1) 2", "States.Array("])(
    "%s is no call",
    (text) => {
      expect(() => call(text)).toThrow("States.Runtime: Invalid intrinsic function call");
    },
  );

  it.each([
    ["States.Format('{}', $.missing)", "The JsonPath argument for the field '$.missing' could not be found in the input '{\"name\""],
    ["States.Array(1, States.Format('{}', $.missing))", "The JsonPath argument for the field '$.missing' could not be found in the input"],
    ["States.Array($.list[9])", "The JsonPath argument for the field '$.list[9]' could not be found in the input"],
    ["States.Array($.list[9].x)", "The JsonPath argument for the field '$.list[9].x' could not be found in the input"],
    ["States.Array($$.Nope.Deep)", "The JsonPath argument for the field '$.Nope.Deep' could not be found in the input '{\"name\""],
    ["States.Array($.name[0])", 'Filter: [0] can only be applied to arrays. Current context is: "Ann"'],
  ])("%s tells which path leads nowhere", (text, why) => {
    expect(() => call(text)).toThrow(`States.Runtime: The function '${text}' had the following error: ${why}`);
  });

  it("tells the whole text where a call within another fails", () => {
    const text = "States.Array(States.MathAdd('a', 1))";
    expect(() => call(text)).toThrow(
      `There was an error while evaluating the intrinsic function: ${text}. Invalid arguments in States.MathAdd`,
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

  it("takes null for an index past the end of an array", () => {
    expect(resolveTemplate({ "a.$": "$.list[9]", "b.$": "$.list[-9]" }, input, scope)).toEqual({ a: null, b: null });
    for (const path of ["$.list[9].x", "$.name[0]", "$.missing[0]"])
      expect(() => resolveTemplate({ "a.$": path }, input, scope)).toThrow("could not be found");
  });

  it.each<Json>([{ "a.$": 1 }, { "a.$": "name" }, { "a.$": "$.missing" }, { "a.$": "$unassigned" }, { "a.$": "$unassigned[*]" }])(
    "%j is a States.Runtime failure",
    (template) => {
      expect(() => resolveTemplate(template, input, scope)).toThrow("States.Runtime");
    },
  );
});
