import type { Definition, QueryLanguage, State } from "./definition.ts";
import type { EvaluationReply, EvaluationRequest } from "./evaluation.ts";
import { type ExecutionState, notStarted } from "./execution-state.ts";
import type { Happening } from "./happening.ts";
import type { Inspection, Stage } from "./inspection.ts";
import { type Step, step } from "./interpreter.ts";
import { type Json, type JsonObject, jsonText } from "./json.ts";
import { rulesOf } from "./lines.ts";
import { isBeyondTolerance, toleranceExceeded } from "./map-tolerance.ts";
import { covers, type Failure, matchingCatcher } from "./retry-catch.ts";
import type { ExecutionFacts, MapRunPlan, Surroundings } from "./run.ts";

/** A state to be tested, with all that it meets. Checked: the definition is valid, and the mock fits the state. */
export interface StateTest {
  readonly state: State;
  /** The machine's, where the state has none of its own. */
  readonly language: QueryLanguage;
  readonly facts: Omit<ExecutionFacts, "definition" | "services">;
  readonly stateName: string;
  readonly variables: Readonly<Record<string, Json>>;
  /** How the state's call ends; null for a state that makes none. */
  readonly mock: StateMock | null;
  readonly context: JsonObject;
  /** How often the retrier that takes the mocked failure has been used. */
  readonly retries: number;
  /** Of a Map: how many of its items are taken to have failed; null where that is not said. */
  readonly failedItems: number | null;
  /** Of a Map: what its ItemReader has read; null where it reads nothing. */
  readonly items: readonly Json[] | null;
  readonly taskToken: string;
}

export type StateMock = { readonly result: Json } | { readonly error?: string; readonly cause?: string };

/** TestState's reply; what does not apply is undefined. */
export interface TestedState {
  readonly status: "SUCCEEDED" | "FAILED" | "RETRIABLE" | "CAUGHT_ERROR";
  /** JSON text. */
  readonly output: string | undefined;
  readonly error: string | undefined;
  readonly cause: string | undefined;
  readonly nextState: string | undefined;
  readonly inspectionData: Readonly<Record<string, unknown>>;
}

/** The test itself is at fault, which shows only as it runs. */
export class InvalidTest extends Error {}

/** A TestState that takes longer fails (documented). */
const maxMilliseconds = 300_000;

/** What TestState leaves out of a state's inspection data although it is evaluated (recorded). */
const unshown: Readonly<Partial<Record<State["Type"], readonly Stage[]>>> = {
  Parallel: ["afterInputPath", "afterParameters", "afterArguments", "result"],
  Map: ["result"],
};

/**
 * Runs one state as an execution of its own that ends with the state, by the interpreter: its output, errors and next state are those of a real
 * execution by construction. Nothing is waited for. Asks for JSONata by yielding, and wants the reply. Throws InvalidTest.
 */
export function* testState(test: StateTest): Generator<EvaluationRequest, TestedState, EvaluationReply> {
  const watch = new Watch(test);
  const { facts, surroundings } = execution(test, watch);
  let at = facts.startedAt;
  const take = (state: ExecutionState, happening: Happening): Step => step(facts, state, happening, at, surroundings);
  let taken = yield* evaluated(take(notStarted(), { kind: "started", variables: test.variables }), take);
  const [plan] = taken.mapRuns;
  const visit = taken.state.root?.visit;
  if (visit?.waiting.kind === "time") {
    if (visit.waiting.until - at > maxMilliseconds) return watch.reply({ status: "FAILED", error: "States.Timeout" });
    at = visit.waiting.until;
  }
  const end = visit === undefined ? null : endOf(test, taken.state, plan);
  if (visit !== undefined && end !== null) {
    visit.retrierUses = rulesOf(test.state).retriers.map(() => test.retries);
    taken = yield* evaluated(take(taken.state, end), take);
  }
  return watch.reply(taken.state, plan);
}

/** Goes on until nothing is asked of JSONata any more. */
function* evaluated(
  first: Step,
  take: (state: ExecutionState, happening: Happening) => Step,
): Generator<EvaluationRequest, Step, EvaluationReply> {
  let taken = first;
  for (let [asked] = taken.evaluations; asked !== undefined; [asked] = taken.evaluations) {
    const reply = yield asked.request;
    taken = take(taken.state, { kind: "evaluated", number: asked.number, replies: [...asked.replies, reply] });
  }
  return taken;
}

/** The execution that the state is in: every call waits for its mock, and what is within a Parallel or a Map is left out. */
function execution(test: StateTest, inspection: Inspection): { readonly facts: ExecutionFacts; readonly surroundings: Surroundings } {
  const { stateName, language } = test;
  const definition: Definition = { QueryLanguage: language, StartAt: stateName, States: { [stateName]: hollow(test.state) } };
  const services = { mockedResult: () => undefined, isManual: true, hasTestCase: true };
  return {
    facts: { ...test.facts, definition, services },
    surroundings: {
      mintToken: () => test.taskToken,
      // A jittered retry is told with its longest delay.
      random: () => 1,
      activityExists: () => true,
      mintMapRunArn: () => `${test.facts.machineArn}:test`,
      inspection,
    },
  };
}

/** A distributed Map evaluates all its fields when it begins, and then waits. */
function hollow(state: State): State {
  if (state.Type === "Parallel") return { ...state, Branches: [] };
  if (state.Type !== "Map") return state;
  const { Iterator: iterator, ...map } = state;
  const processor = state.ItemProcessor ?? iterator ?? { StartAt: "", States: {} };
  return { ...map, ItemProcessor: { ...processor, ProcessorConfig: { Mode: "DISTRIBUTED" } } };
}

/** What ends the state's waiting; null where it is over, or has come to a retry. */
function endOf(test: StateTest, { root }: ExecutionState, plan: MapRunPlan | undefined): Happening | null {
  const { mock } = test;
  const waiting = root?.visit.waiting;
  if (waiting?.kind === "time") return { kind: "due" };
  if (mock === null || waiting === undefined) return null;
  if (waiting.kind === "task") {
    const { attempt } = waiting;
    return "result" in mock ? { kind: "taskSucceeded", attempt, output: jsonText(mock.result) } : { kind: "taskFailed", attempt, ...mock };
  }
  if (waiting.kind !== "parallel" && waiting.kind !== "mapRun") return null;
  const isTooMany = plan !== undefined && failsByItems(test, plan);
  if (!("result" in mock)) return { kind: "containerFailed", ...mock };
  return isTooMany ? { kind: "containerFailed", ...toleranceExceeded } : { kind: "containerSucceeded", result: mock.result };
}

/** A Map that sets no limit takes the mocked result for its own, however many items failed (recorded). */
function failsByItems({ failedItems }: StateTest, plan: MapRunPlan): boolean {
  if (failedItems === null) return false;
  const items = plan.children.reduce((sum, child) => sum + child.items, 0);
  if (failedItems > items) throw new InvalidTest("Map iteration failure count must be less than or equal to the number of Map iterations");
  const hasLimit = plan.toleratedFailureCount !== null || plan.toleratedFailurePercentage !== null;
  return hasLimit && isBeyondTolerance(plan, failedItems, items);
}

/** Sees the state run, and tells of it. */
class Watch implements Inspection {
  readonly context: JsonObject;
  readonly items: readonly Json[] | null;
  readonly #test: StateTest;
  readonly #stages: Partial<Record<Stage, string>> = {};
  #failure: Failure | null = null;
  #exit: { readonly output: string; readonly next: string | undefined } | null = null;
  #variables: Readonly<Record<string, Json>>;

  constructor(test: StateTest) {
    this.#test = test;
    this.context = test.context;
    this.items = test.items;
    this.#variables = test.variables;
  }

  readonly saw = (stage: Stage, value: Json): void => {
    const { state } = this.#test;
    // A Pass state without a Result has none to tell (recorded).
    const isOwnInput = stage === "result" && state.Type === "Pass" && state.Result === undefined;
    if (!isOwnInput && unshown[state.Type]?.includes(stage) !== true) this.#stages[stage] = jsonText(value);
  };

  failed(failure: Failure): void {
    this.#failure = failure;
  }

  left(output: Json, next: string | undefined, variables: Readonly<Record<string, Json>>): void {
    this.#exit = { output: jsonText(output), next };
    this.#variables = variables;
  }

  reply(state: Partial<ExecutionState>, plan?: MapRunPlan): TestedState {
    const [exit, failure, waiting] = [this.#exit, this.#failure, state.root?.visit.waiting];
    const until = waiting?.kind === "retry" ? waiting.until : null;
    const isHandled = exit !== null || until !== null;
    const status = until !== null ? "RETRIABLE" : exit === null ? "FAILED" : failure === null ? "SUCCEEDED" : "CAUGHT_ERROR";
    return {
      status,
      output: exit?.output,
      error: (isHandled ? failure?.error : state.error) ?? undefined,
      cause: (isHandled ? failure?.cause : state.cause) ?? undefined,
      nextState: exit?.next,
      inspectionData: this.#data(until, plan),
    };
  }

  #data(retryUntil: number | null, plan: MapRunPlan | undefined): Readonly<Record<string, unknown>> {
    const { facts, state } = this.#test;
    const errorDetails = this.#errorDetails(retryUntil);
    const hasBatches = state.Type === "Map" && state.ItemBatcher !== undefined && plan !== undefined;
    const inspected = {
      input: facts.input,
      ...this.#stages,
      afterItemBatcher: hasBatches ? jsonText(plan.children.map(({ input }) => input)) : undefined,
      variables: Object.keys(this.#variables).length === 0 ? undefined : jsonText({ ...this.#variables }),
      errorDetails: Object.keys(errorDetails).length === 0 ? undefined : errorDetails,
      maxConcurrency: plan?.maxConcurrency,
      toleratedFailureCount: plan?.toleratedFailureCount ?? undefined,
      toleratedFailurePercentage: plan?.toleratedFailurePercentage ?? undefined,
    };
    return Object.fromEntries(Object.entries(inspected).filter(([, value]) => value !== undefined));
  }

  /** The retrier is named also when its attempts are used up (recorded). */
  #errorDetails(retryUntil: number | null): Readonly<Record<string, number>> {
    const failure = this.#failure;
    if (failure === null) return {};
    const { retriers, catchers } = rulesOf(this.#test.state);
    const retryIndex = retriers.findIndex(({ ErrorEquals }) => covers(ErrorEquals, failure));
    const catcher = this.#exit === null ? undefined : matchingCatcher(catchers, failure);
    return {
      ...(retryUntil === null ? {} : { retryBackoffIntervalSeconds: Math.round((retryUntil - this.#test.facts.startedAt) / 1000) }),
      ...(retryIndex === -1 ? {} : { retryIndex }),
      ...(catcher === undefined ? {} : { catchIndex: catchers.indexOf(catcher) }),
    };
  }
}
