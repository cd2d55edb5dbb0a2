import { randomUUID } from "node:crypto";
import type { ApiError } from "../api-error.ts";
import { isJsonObject, type Json } from "../asl/json.ts";
import { hasToken } from "../asl/lines.ts";
import { isRetried } from "../asl/run.ts";
import { contextFault, defaultContext } from "../asl/test-context.ts";
import { InvalidTest, type StateMock, type StateTest, type TestedState, testState } from "../asl/test-state.ts";
import type { Engine } from "../engine.ts";
import type { MemberReader } from "../member-reader.ts";
import type { RequestReader } from "../request-reader.ts";
import { invalid, maxPayloadBytes, type Operations } from "./operation.ts";
import { checkExecutionInput } from "./start-execution.ts";
import { maxDefinitionBytes } from "./state-machines.ts";
import { checkMock, type GivenMock, readerItems } from "./test-mock.ts";
import { type ChosenState, chosenState } from "./tested-definition.ts";

const most = 2_147_483_647;

/**
 * Runs one state by itself; messages and the order of the checks are AWS's as far as they are recorded. Unlike AWS it calls no service, so
 * that a Task without a mock fails as in an execution here, waits for nothing, and has no API models to hold a mock against: every
 * `mock.fieldValidationMode` is taken and none makes a difference. What needs HTTP (`request`, `response`, secrets) is never told.
 */
export const testStateOperations: Operations = {
  async TestState(engine, request) {
    const given = readTest(request);
    request.done();
    const chosen = await chosenState(engine, given.definition, given.stateName);
    const mock = checkMock(chosen.state, given);
    checkExecutionInput(given.input);
    const tested = await run(engine, stateTest(engine, given, chosen, mock));
    const { inspectionData, ...reply } = tested;
    return given.inspectionLevel === "INFO" ? reply : tested;
  },
};

export interface GivenTest {
  readonly definition: string;
  readonly stateName: string | undefined;
  readonly roleArn: string | undefined;
  readonly input: string;
  readonly inspectionLevel: string;
  readonly revealSecrets: boolean;
  readonly variables: string;
  readonly context: string | undefined;
  readonly mock: GivenMock | null;
  readonly retrierRetryCount: number | undefined;
  readonly errorCausedByState: string | undefined;
  readonly mapIterationFailureCount: number | undefined;
  readonly mapItemReaderData: string | undefined;
}

function readTest(request: RequestReader): GivenTest {
  const payload = { maxBytes: maxPayloadBytes, isSensitive: true };
  const definition = request.text("definition", { min: 1, maxBytes: maxDefinitionBytes, isSensitive: true });
  const configuration = request.structure("stateConfiguration");
  return {
    definition,
    stateName: request.optionalText("stateName", { min: 1, max: 80, isSensitive: true }),
    roleArn: request.optionalRoleArn(),
    input: request.optionalText("input", payload) ?? "{}",
    inspectionLevel: request.optionalText("inspectionLevel", { oneOf: ["INFO", "DEBUG", "TRACE"] }) ?? "INFO",
    revealSecrets: request.optionalFlag("revealSecrets"),
    variables: request.optionalText("variables", payload) ?? "{}",
    context: request.optionalText("context", payload),
    mock: readMock(request.structure("mock")),
    retrierRetryCount: configuration?.optionalInteger("retrierRetryCount", { least: 0, most }),
    errorCausedByState: configuration?.optionalText("errorCausedByState", { min: 1, max: 80, isSensitive: true }),
    mapIterationFailureCount: configuration?.optionalInteger("mapIterationFailureCount", { least: 0, most }),
    mapItemReaderData: configuration?.optionalText("mapItemReaderData", payload),
  };
}

function readMock(mock: MemberReader | null): GivenMock | null {
  if (mock === null) return null;
  mock.optionalText("fieldValidationMode", { oneOf: ["STRICT", "PRESENT", "NONE"] });
  const result = mock.optionalText("result", { maxBytes: maxPayloadBytes, isSensitive: true });
  const errorOutput = mock.structure("errorOutput");
  const error = errorOutput?.optionalText("error", { max: 256, isSensitive: true });
  const cause = errorOutput?.optionalText("cause", { max: 32_768, isSensitive: true });
  return {
    result,
    errorOutput: errorOutput === null ? null : { ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) },
  };
}

function stateTest(engine: Engine, given: GivenTest, { state, name, language, isInMap }: ChosenState, mock: StateMock | null): StateTest {
  const [machineName, executionName] = [randomUUID(), randomUUID()];
  const facts = {
    arn: engine.arn(`express:${machineName}:${executionName}`),
    name: executionName,
    roleArn: given.roleArn ?? "",
    machineArn: engine.arn(`stateMachine:${machineName}`),
    machineName,
    region: engine.region,
    input: given.input,
    startedAt: engine.now(),
  };
  // No execution's: whoever answers with it is told that there is no such task.
  const taskToken = engine.mintToken({ executionId: 0, attempt: 0 });
  const context = givenContext(given.context, hasToken(state));
  const contextState = isJsonObject(context?.["State"]) ? context["State"] : {};
  // AWS's guide counts retries in either place.
  const retries = given.retrierRetryCount ?? Number(contextState["RetryCount"] ?? 0);
  const needs = {
    roleArn: given.roleArn ?? null,
    retries: isRetried(state) ? retries : null,
    taskToken: hasToken(state) ? taskToken : null,
    mapItem: isInMap ? (JSON.parse(given.input) as Json) : undefined,
  };
  return {
    state,
    language,
    facts,
    stateName: name,
    variables: parsedObject(given.variables, () => invalid("Variables must be a valid JSON object")),
    mock,
    context: context ?? defaultContext(facts, name, needs),
    retries,
    failedItems: given.mapIterationFailureCount ?? null,
    items: readerItems(state, given.mapItemReaderData),
    taskToken,
  };
}

function givenContext(text: string | undefined, isTokenState: boolean): Readonly<Record<string, Json>> | null {
  if (text === undefined) return null;
  const refusal = (why: string): ApiError => invalid(`Invalid Context object provided: ${why}`);
  const context = parsedObject(text, () => refusal("Context object must be a JSON object"));
  const fault = contextFault(context, isTokenState);
  if (fault !== null) throw refusal(fault);
  return context;
}

function parsedObject(text: string, refusal: () => ApiError): Record<string, Json> {
  try {
    const value = JSON.parse(text) as Json;
    if (isJsonObject(value)) return value;
  } catch {
    // Refused below.
  }
  throw refusal();
}

async function run(engine: Engine, test: StateTest): Promise<TestedState> {
  try {
    const running = testState(test);
    for (let next = running.next(); ; ) {
      if (next.done) return next.value;
      next = running.next(await engine.evaluate(next.value));
    }
  } catch (error) {
    if (error instanceof InvalidTest) throw invalid(error.message);
    throw error;
  }
}
