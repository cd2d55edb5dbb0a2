import { isJsonObject, type Json, type JsonObject, ownMember } from "./asl/json.ts";

/** What a mocked service call comes to, instead of being made. */
export type MockedResult = { readonly return: Json } | { readonly error: string; readonly cause?: string };

/** A result and the calls it answers, both ends included; the first call is 0. */
export interface MockedRange {
  readonly first: number;
  readonly last: number;
  readonly result: MockedResult;
}

/** State name → its results, in the order of the calls and without a gap. Plain JSON: it is stored with the execution that it is for. */
export type MockedResponses = Readonly<Record<string, readonly MockedRange[]>>;

/** A fault in a mock configuration, told in one line with its place. */
export class MockConfigError extends Error {
  override readonly name = "MockConfigError";
}

/** A mock configuration file that was read. */
export interface MockConfig {
  /** Null where the machine or the test case is unknown. A state may be nested in a Map or a Parallel: its name is enough. */
  testCase(machineName: string, caseName: string): MockedResponses | null;
  /** None where the machine is unknown. */
  caseNames(machineName: string): readonly string[];
}

/**
 * Reads the text of a `MockConfigFile.json`, the format of AWS's own Step Functions Local (documented under "Testing state machines with
 * mocked service integrations"). Throws MockConfigError for the first fault.
 */
export function parseMockConfig(text: string): MockConfig {
  const config = objectAt(parsed(text), "the mock configuration");
  const responses = eachMember(config, "MockedResponses", "", rangesAt);
  const machines = eachMember(config, "StateMachines", "", (machine, place) =>
    eachMember(objectAt(machine, place), "TestCases", `${place}.`, (states, casePlace) =>
      Object.fromEntries(
        Object.entries(objectAt(states, casePlace)).map(([state, name]) => {
          const ranges = typeof name === "string" ? responses.get(name) : undefined;
          if (ranges === undefined) throw new MockConfigError(`${casePlace}.${state}: MockedResponses has no ${JSON.stringify(name)}`);
          return [state, ranges] as const;
        }),
      ),
    ),
  );
  return {
    testCase: (machineName, caseName) => machines.get(machineName)?.get(caseName) ?? null,
    caseNames: (machineName) => [...(machines.get(machineName)?.keys() ?? [])],
  };
}

/**
 * The result of a state's call, counted from 0 over the whole execution; undefined where the state is not mocked. A call past the last range
 * is more than the test case foresees: it fails with States.Runtime, as in Step Functions Local (seen by others in its version 2.0.0).
 */
export function mockedResult(responses: MockedResponses, stateName: string, attempt: number): MockedResult | undefined {
  const ranges = Object.hasOwn(responses, stateName) ? responses[stateName] : undefined;
  if (ranges === undefined) return undefined;
  const cause = `The state '${stateName}' was called ${attempt + 1} times, and its mocked responses are for ${(ranges.at(-1)?.last ?? -1) + 1}.`;
  return ranges.find(({ first, last }) => first <= attempt && attempt <= last)?.result ?? { error: "States.Runtime", cause };
}

function parsed(text: string): Json {
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch (error) {
    // The message quotes the text around the fault, line ends and all.
    throw new MockConfigError(
      `the mock configuration is no JSON: ${String(error instanceof Error ? error.message : error).replaceAll(/\s+/g, " ")}`,
    );
  }
}

function objectAt(value: Json, place: string): JsonObject {
  if (!isJsonObject(value)) throw new MockConfigError(`${place}: it must be an object`);
  return value;
}

function eachMember<Item>(
  parent: JsonObject,
  field: string,
  prefix: string,
  read: (value: Json, place: string) => Item,
): Map<string, Item> {
  const place = `${prefix}${field}`;
  const members = Object.entries(objectAt(ownMember(parent, field) ?? {}, place));
  return new Map(members.map(([name, value]) => [name, read(value, `${place}.${name}`)]));
}

function rangesAt(value: Json, place: string): readonly MockedRange[] {
  const ranges = Object.entries(objectAt(value, place))
    .map(([calls, result]) => ({ ...callsOf(calls, place), result: resultAt(result, `${place}.${calls}`) }))
    .sort((left, right) => left.first - right.first);
  let next = 0;
  for (const { first, last } of ranges) {
    if (first < next) throw new MockConfigError(`${place}: attempt ${first} is there twice`);
    if (first > next) throw new MockConfigError(`${place}: attempt ${next} is missing`);
    next = last + 1;
  }
  if (next === 0) throw new MockConfigError(`${place}: attempt 0 is missing`);
  return ranges;
}

function callsOf(text: string, place: string): { readonly first: number; readonly last: number } {
  const [, from, to = from] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(text) ?? [];
  const [first, last] = [Number(from), Number(to)];
  if (from === undefined || last < first)
    throw new MockConfigError(`${place}: ${JSON.stringify(text)} is neither an attempt ("0") nor a range ("1-2")`);
  return { first, last };
}

function resultAt(value: Json, place: string): MockedResult {
  const result = objectAt(value, place);
  const [returned, thrown] = [ownMember(result, "Return"), ownMember(result, "Throw")];
  if ((returned === undefined) === (thrown === undefined)) throw new MockConfigError(`${place}: it must have either Return or Throw`);
  if (returned !== undefined) return { return: returned };
  const failure = objectAt(thrown ?? null, `${place}.Throw`);
  const [error, cause] = [ownMember(failure, "Error"), ownMember(failure, "Cause")];
  if (typeof error !== "string") throw new MockConfigError(`${place}.Throw: it must have an Error, a text`);
  // A Lambda function's cause is a text of JSON, so that one written as JSON is meant as its text.
  return { error, ...(cause === undefined ? {} : { cause: typeof cause === "string" ? cause : JSON.stringify(cause) }) };
}
