import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mockedResult, parseMockConfig } from "../../src/local/mock-config.ts";

const success = { "0": { Return: { StatusCode: 200, Payload: { ok: true } } } };
const flaky = {
  "3": { Return: null },
  "0": { Throw: { Error: "Lambda.TooManyRequestsException", Cause: "busy" } },
  "1-2": { Throw: { Error: "States.Timeout" } },
};
const text = JSON.stringify({
  StateMachines: { Order: { TestCases: { Happy: { Pay: "Success" }, Retried: { Pay: "Flaky", "Ship it": "Success" }, Plain: {} } } },
  MockedResponses: { Success: success, Flaky: flaky },
});

function config(machines: unknown, responses: unknown = { Success: success }): string {
  return JSON.stringify({ StateMachines: machines, MockedResponses: responses });
}

function response(value: unknown): string {
  return config({}, { R: value });
}

describe("a mock configuration", () => {
  it("gives each test case the results of its states by attempt", () => {
    const responses = parseMockConfig(text).testCase("Order", "Retried");
    expect(responses).toEqual({
      Pay: [
        { first: 0, last: 0, result: { error: "Lambda.TooManyRequestsException", cause: "busy" } },
        { first: 1, last: 2, result: { error: "States.Timeout" } },
        { first: 3, last: 3, result: { return: null } },
      ],
      "Ship it": [{ first: 0, last: 0, result: { return: { StatusCode: 200, Payload: { ok: true } } } }],
    });
    expect(JSON.parse(JSON.stringify(responses))).toEqual(responses);
  });

  it("finds the result of an attempt, fails one past the last, and has none for a state that is not mocked", () => {
    const responses = parseMockConfig(text).testCase("Order", "Retried") ?? {};
    const found = [0, 1, 2, 3, 4].map((attempt) => mockedResult(responses, "Pay", attempt));
    expect(found.map((result) => result && ("error" in result ? result.error : "returned"))).toEqual([
      "Lambda.TooManyRequestsException",
      "States.Timeout",
      "States.Timeout",
      "returned",
      "States.Runtime",
    ]);
    expect(mockedResult(responses, "Other", 0)).toBeUndefined();
    expect(mockedResult(responses, "toString", 0)).toBeUndefined();
  });

  it("takes a Cause written as JSON for its text", () => {
    const thrown = { Throw: { Error: "E", Cause: { errorMessage: "no" } } };
    const parsed = parseMockConfig(config({ O: { TestCases: { A: { S: "R" } } } }, { R: { "0": thrown } }));
    expect(mockedResult(parsed.testCase("O", "A") ?? {}, "S", 0)).toEqual({ error: "E", cause: '{"errorMessage":"no"}' });
  });

  it("knows its machines and their test cases", () => {
    const parsed = parseMockConfig(text);
    expect(parsed.caseNames("Order")).toEqual(["Happy", "Retried", "Plain"]);
    expect(parsed.caseNames("Other")).toEqual([]);
    expect(parsed.testCase("Order", "Plain")).toEqual({});
    expect(parsed.testCase("Order", "Sad")).toBeNull();
    expect(parsed.testCase("Other", "Happy")).toBeNull();
    expect(parseMockConfig("{}").testCase("constructor", "toString")).toBeNull();
  });

  it.each<[string, string, string]>([
    ["text that is no JSON", '{\n  "StateMachines": {,}\n}', "the mock configuration is no JSON: "],
    ["another value than an object", "[]", "the mock configuration: it must be an object"],
    ["a machine that is no object", config({ Order: 1 }), "StateMachines.Order: it must be an object"],
    ["a test case that is no object", config({ O: { TestCases: { A: [] } } }), "StateMachines.O.TestCases.A: it must be an object"],
    [
      "a response that is not there",
      config({ O: { TestCases: { A: { Pay: "Sucess" } } } }),
      'StateMachines.O.TestCases.A.Pay: MockedResponses has no "Sucess"',
    ],
    [
      "a response that is not named by a text",
      config({ O: { TestCases: { A: { Pay: { "0": {} } } } } }),
      'StateMachines.O.TestCases.A.Pay: MockedResponses has no {"0":{}}',
    ],
    ["no attempts", response({}), "MockedResponses.R: attempt 0 is missing"],
    ["a first attempt that is not 0", response({ "1": { Return: 1 } }), "MockedResponses.R: attempt 0 is missing"],
    ["a gap", response({ "0-1": { Return: 1 }, "3": { Return: 1 } }), "MockedResponses.R: attempt 2 is missing"],
    ["an overlap", response({ "0-2": { Return: 1 }, "2": { Return: 1 } }), "MockedResponses.R: attempt 2 is there twice"],
    ["one attempt in two spellings", response({ "0": { Return: 1 }, "00": { Return: 1 } }), "MockedResponses.R: attempt 0 is there twice"],
    ["a range the wrong way round", response({ "2-0": { Return: 1 } }), 'MockedResponses.R: "2-0" is neither'],
    ["a range that is no number", response({ first: { Return: 1 } }), 'MockedResponses.R: "first" is neither'],
    ["a negative attempt", response({ "-1": { Return: 1 } }), 'MockedResponses.R: "-1" is neither'],
    ["both Return and Throw", response({ "0": { Return: 1, Throw: { Error: "E" } } }), "MockedResponses.R.0: it must have either"],
    ["neither Return nor Throw", response({ "0": {} }), "MockedResponses.R.0: it must have either Return or Throw"],
    ["a Throw without Error", response({ "0": { Throw: { Cause: "C" } } }), "MockedResponses.R.0.Throw: it must have an Error"],
    ["a Throw that is a text", response({ "0": { Throw: "E" } }), "MockedResponses.R.0.Throw: it must be an object"],
    ["an Error that is no text", response({ "0": { Throw: { Error: 1 } } }), "MockedResponses.R.0.Throw: it must have an Error"],
  ])("with %s is refused in one line that names the place", (_, broken, message) => {
    expect(() => parseMockConfig(broken)).toThrow(message);
    expect(() => parseMockConfig(broken)).toThrow(/^[^\n]+$/);
  });

  it("of any attempts cut into ranges answers each attempt with the result of its range", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 6 }), (lengths) => {
        const expected = lengths.flatMap((length, index) => Array.from({ length }, () => index));
        const entries = lengths.map((length, index) => {
          const first = expected.indexOf(index);
          return [length === 1 ? `${first}` : `${first}-${first + length - 1}`, { Return: index }];
        });
        const parsed = parseMockConfig(config({ O: { TestCases: { A: { S: "R" } } } }, { R: Object.fromEntries(entries.reverse()) }));
        const responses = parsed.testCase("O", "A") ?? {};
        expect(expected.map((_, attempt) => mockedResult(responses, "S", attempt))).toEqual(expected.map((index) => ({ return: index })));
        expect(mockedResult(responses, "S", expected.length)).toMatchObject({ error: "States.Runtime" });
      }),
    );
  });
});
