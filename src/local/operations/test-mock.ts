import { ApiError } from "../api-error.ts";
import type { MapState, ParallelState, State } from "../asl/definition.ts";
import { ItemReaderError, itemsIn } from "../asl/item-reader.ts";
import { isJsonObject, type Json } from "../asl/json.ts";
import { objectIn } from "../asl/state-data.ts";
import { patternOf, taskCall } from "../asl/task-call.ts";
import type { StateMock } from "../asl/test-state.ts";
import { invalid } from "./operation.ts";
import type { GivenTest } from "./test-state.ts";
import { namesWithin } from "./tested-definition.ts";

export interface GivenMock {
  readonly result: string | undefined;
  readonly errorOutput: { readonly error?: string; readonly cause?: string } | null;
}

/** What a Task without a mock fails with: nothing is called here. */
const notMocked = {
  error: "Local.NotMocked",
  cause: "The embedded Step Functions calls no services: give the tested state a mock.",
};

/** The end of the state's call, null where it makes none; refuses a mock that does not fit the state, and its lack where AWS wants one. */
export function checkMock(state: State, given: GivenTest): StateMock | null {
  if (given.mock === null) return withoutMock(state, given);
  if (state.Type !== "Task" && state.Type !== "Map" && state.Type !== "Parallel") {
    throw invalid(`State type '${state.Type}' is not supported when a mock is specified`);
  }
  if (given.revealSecrets) throw invalid("TestState does not support RevealSecrets when a mock is specified.");
  const { result, errorOutput } = given.mock;
  if ((result === undefined) === (errorOutput === null)) {
    throw invalid("A test mock should have only one of the following fields: [result, errorOutput].");
  }
  checkErrorSource(state, given.errorCausedByState);
  return result === undefined ? (errorOutput ?? {}) : { result: mockedResult(state, result) };
}

function withoutMock(state: State, { context, mapIterationFailureCount, retrierRetryCount, roleArn }: GivenTest): StateMock | null {
  const needsMock = (what: string): ApiError => invalid(`TestState does not support ${what} when a mock is not specified.`);
  if (mapIterationFailureCount !== undefined) throw needsMock("MapIterationFailureCount");
  // The other words for what needs a mock are after these (inferred).
  if (retrierRetryCount !== undefined) throw needsMock("RetrierRetryCount");
  if (context !== undefined) throw needsMock("Context");
  if (state.Type === "Map" || state.Type === "Parallel") {
    const types = "[Task, Wait, Pass, Succeed, Fail, Choice]";
    throw new ApiError(
      "InvalidDefinition",
      `TestState API does not support Map or Parallel states. Supported state types include: ${types}`,
    );
  }
  if (state.Type !== "Task") return null;
  const call = taskCall(state.Resource);
  if (call?.family === "Activity") throw needsMock("Activity tasks");
  if (call !== null && patternOf(call) !== "request") throw needsMock("'.sync' or '.waitForTaskToken' service integration patterns");
  if (roleArn === undefined) throw invalid("RoleArn must be specified when testing a Task state");
  return notMocked;
}

function mockedResult(state: State, text: string): Json {
  const result = parsed(text, "Mocked result must be valid JSON");
  if (state.Type !== "Map" && state.Type !== "Parallel") return result;
  if (state.Type === "Map" && isJsonObject(state.ResultWriter) && state.ResultWriter["Resource"] !== undefined) {
    if (!isJsonObject(result)) throw invalid("Mocked result must be a JSON object.");
    return result;
  }
  if (!Array.isArray(result)) throw invalid("Mocked result must be an array.");
  if (state.Type === "Parallel" && result.length !== state.Branches.length) {
    throw invalid("Mocked result must contain the same number of items as number of Parallel branches.");
  }
  return result;
}

/** An error comes from a state within, which is named (documented; the words are ours). */
function checkErrorSource(state: State, source: string | undefined): void {
  if (source === undefined) return;
  const isContainer = (of: State): of is MapState | ParallelState => of.Type === "Map" || of.Type === "Parallel";
  if (isContainer(state) && namesWithin(state).includes(source)) return;
  throw invalid(`The state '${source}', named by errorCausedByState, is not within the tested state`);
}

/**
 * The items in what an ItemReader would have read; null for a state without one. Nothing is read where no data are given: the mock says what comes of
 * the Map by itself.
 */
export function readerItems(state: State, data: string | undefined): readonly Json[] | null {
  const reader = state.Type === "Map" ? state.ItemReader : undefined;
  if (data === undefined) return reader === undefined ? null : [];
  if (!isJsonObject(reader)) throw invalid("MapItemReaderData is only supported for a Map state with an ItemReader");
  const config = objectIn(reader, "ReaderConfig");
  const { MaxItems: most } = config;
  try {
    return itemsIn(data, { config, maxItems: typeof most === "number" ? most : null });
  } catch (error) {
    if (error instanceof ItemReaderError) throw invalid(`MapItemReaderData: ${error.causeText}`);
    throw error;
  }
}

function parsed(text: string, fault: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw invalid(fault);
  }
}
