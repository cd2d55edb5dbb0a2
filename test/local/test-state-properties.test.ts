import { SendTaskFailureCommand, SFNClient, TestStateCommand } from "@aws-sdk/client-sfn";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Bench, callbackResource, machine, roleArn } from "./peer.ts";
import { whileTimeLasts } from "./random-run.ts";

type Answer = { readonly output: unknown } | { readonly error: string; readonly cause?: string };

interface Case {
  readonly state: object;
  readonly input: unknown;
  readonly answer: Answer;
}

const json = fc.jsonValue({ maxDepth: 2 });
const maybe = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined, freq: 2 });
const input = fc.record({ a: json, b: fc.record({ x: json }), n: fc.integer({ min: 0, max: 3 }) });
const paths = fc.constantFrom("$", "$.a", "$.b", "$.b.x", "$.n", "$.missing", "$.b[*]", "States.JsonToString($)");
const filters = fc.constantFrom<string | null>("$", "$.b", "$.a", "$.missing", "$.out", null);
const places = fc.constantFrom<string | null>("$", "$.out", "$.b.deep", "$.a.deep", null);
const assigns = fc.record({ v: paths }).map(({ v }) => ({ "v.$": v, w: 1 }));
const way = fc.constantFrom({ Next: "Next" }, { End: true });
const answers: fc.Arbitrary<Answer> = fc.oneof(
  fc.record({ output: fc.oneof(json, fc.record({ x: json })) }),
  fc.record({ error: fc.constantFrom("Known", "Unknown"), cause: fc.constantFrom("why", "") }),
);
const caught = fc
  .record({ ResultPath: places, Assign: maybe(assigns) })
  .map((more) => [{ ErrorEquals: ["Known"], Next: "Other", ...more }]);

const jsonPathStates = fc.oneof(
  fc
    .record({
      way,
      InputPath: maybe(filters),
      path: paths,
      selected: maybe(paths),
      ResultPath: maybe(places),
      OutputPath: maybe(filters),
      Assign: maybe(assigns),
      Catch: maybe(caught),
    })
    .map(({ way: flow, path, selected, ...more }) => ({
      ...{ Type: "Task", Resource: callbackResource, ...flow, ...more },
      Parameters: { QueueUrl: "q", MessageBody: { "v.$": path, "Token.$": "$$.Task.Token" } },
      ...(selected === undefined ? {} : { ResultSelector: { "s.$": selected, c: 1 } }),
    })),
  fc
    .record({
      way,
      InputPath: maybe(filters),
      path: maybe(paths),
      Result: maybe(json),
      ResultPath: maybe(places),
      OutputPath: maybe(filters),
      Assign: maybe(assigns),
    })
    .map(({ way: flow, path, ...more }) => ({
      Type: "Pass",
      ...flow,
      ...more,
      ...(path === undefined ? {} : { Parameters: { "v.$": path } }),
    })),
  fc
    .record({
      InputPath: maybe(filters),
      OutputPath: maybe(filters),
      Default: maybe(fc.constantFrom("Next", "Other")),
      rule: fc.constantFrom<object>({ NumericEquals: 1 }, { IsPresent: true }, { NumericLessThanPath: "$.n" }, { StringMatches: "*a*" }),
      Variable: fc.constantFrom("$.n", "$.a", "$.missing", "$.b.x"),
      Assign: maybe(assigns),
    })
    .map(({ rule, Variable, Assign, ...more }) => ({ Type: "Choice", Choices: [{ Variable, ...rule, Assign, Next: "Next" }], ...more })),
);

const expressions = fc.constantFrom(
  "{% $states.input.a %}",
  "{% $states.input.missing %}",
  "{% $states.input.n + 1 %}",
  "{% $states.input %}",
  "plain",
);
const results = fc.oneof(expressions, fc.constantFrom("{% $states.result %}", "{% $states.result.x %}", "{% $string($states.result) %}"));
const jsonataStates = fc.oneof(
  fc
    .record({
      way,
      argument: expressions,
      output: maybe(results),
      assigned: maybe(results),
      handled: maybe(fc.constantFrom("{% $states.errorOutput.Error %}", "{% $states.input.q %}")),
    })
    .map(({ way: flow, argument, output, assigned, handled }) => ({
      ...{ Type: "Task", Resource: callbackResource, ...flow },
      Arguments: { QueueUrl: "q", MessageBody: { v: argument, Token: "{% $states.context.Task.Token %}" } },
      ...(output === undefined ? {} : { Output: { o: output } }),
      ...(assigned === undefined ? {} : { Assign: { v: assigned } }),
      Catch: [{ ErrorEquals: ["Known", "States.QueryEvaluationError"], Next: "Other", Output: handled }],
    })),
  fc.record({ way, Output: maybe(expressions) }).map(({ way: flow, ...more }) => ({ Type: "Pass", ...flow, ...more })),
  fc
    .record({
      Condition: fc.constantFrom("{% $states.input.n = 1 %}", "{% $states.input.missing %}", "{% $exists($states.input.b.x) %}"),
      Output: maybe(expressions),
      Default: maybe(fc.constant("Other")),
    })
    .map(({ Condition, Output, Default }) => ({ Type: "Choice", Choices: [{ Condition, Output, Next: "Next" }], Default })),
);

const cases: fc.Arbitrary<Case> = fc.record({
  state: fc.oneof(
    jsonPathStates,
    jsonataStates.map((state) => ({ QueryLanguage: "JSONata", ...state })),
  ),
  input,
  answer: answers,
});

/** The machine of the state, in which no state is unreachable wherever it leads. */
function whole(state: object): object {
  const never = { And: ["IsString", "IsNull"].map((test) => ({ Variable: "$", [test]: true })) };
  const after = (to: string) => ({ Type: "Choice", Choices: [{ ...never, Next: to }], Default: "Done" });
  return machine({ Tested: state, Next: after("Other"), Other: after("Next"), Done: { Type: "Succeed" } });
}

/** How a real execution leaves the state: what TestState says of it. */
async function real(bench: Bench, { state, input: given, answer }: Case): Promise<object> {
  const arn = await bench.start(whole(state), given);
  const isPending = async () => {
    const last = (await bench.history(arn)).at(-1)?.type;
    return last !== "TaskSubmitted" && (await bench.describe(arn)).status === "RUNNING";
  };
  await expect.poll(isPending).toBe(false);
  if ((await bench.describe(arn)).status === "RUNNING") {
    if ("output" in answer) await bench.succeed(arn, answer.output);
    else await bench.client.send(new SendTaskFailureCommand({ taskToken: await bench.token(arn), ...answer }));
    await expect.poll(async () => (await bench.describe(arn)).status).not.toBe("RUNNING");
  }
  const events = await bench.history(arn);
  const at = events.findIndex(({ stateExitedEventDetails: exited }) => exited?.name === "Tested");
  if (at === -1) {
    const { error, cause } = events.at(-1)?.executionFailedEventDetails ?? {};
    return { status: "FAILED", error, cause };
  }
  const exited = events[at]?.stateExitedEventDetails;
  const isCaught = events.slice(0, at).some(({ type }) => type === "TaskFailed" || type === "EvaluationFailed");
  const nextState = events[at + 1]?.stateEnteredEventDetails?.name;
  return { status: isCaught ? "CAUGHT_ERROR" : "SUCCEEDED", output: exited?.output, nextState, assigned: exited?.assignedVariables ?? {} };
}

async function tested(client: SFNClient, { state, input: given, answer }: Case): Promise<object> {
  const mock = "output" in answer ? { result: JSON.stringify(answer.output) } : { errorOutput: answer };
  const isTask = (state as { readonly Type: string }).Type === "Task";
  const request = { definition: JSON.stringify(whole(state)), stateName: "Tested", roleArn, input: JSON.stringify(given) };
  const reply = await client.send(new TestStateCommand({ ...request, inspectionLevel: "DEBUG", ...(isTask ? { mock } : {}) }));
  const { status, output, error, cause, nextState, inspectionData } = reply;
  if (status === "FAILED") return { status, error, cause };
  const variables = JSON.parse(inspectionData?.variables ?? "{}") as Record<string, unknown>;
  const assigned = Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, JSON.stringify(value)]));
  return { status, output, nextState, assigned };
}

describe("TestState of any small state", () => {
  it("tells what a real execution does with it when its task is answered the same way", async () => {
    await using bench = await Bench.open();
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    const client = new SFNClient({ endpoint: bench.local.url, region: "us-east-1", credentials, maxAttempts: 1, disableHostPrefix: true });
    const isAsReal = async (one: Case) => expect(await tested(client, one)).toEqual(await real(bench, one));
    // On a busy machine as many as begin within the time.
    await fc.assert(fc.asyncProperty(cases, whileTimeLasts(10_000, isAsReal)), { numRuns: 80 });
    client.destroy();
  }, 60_000);
});
