import type { Definition, State, StateGraph } from "./definition.ts";
import type { Evaluation } from "./evaluation.ts";
import type { ExecutionState, Iteration, MapWait, StateVisit, Strand } from "./execution-state.ts";
import { detailsKey, type HistoryEvent } from "./history-event.ts";
import type { Inspection } from "./inspection.ts";
import type { Json } from "./json.ts";
import type { Scope } from "./json-path.ts";
import { Payload } from "./payload.ts";
import { copyState } from "./state-payloads.ts";

/** What does not change while an execution runs. */
export interface ExecutionFacts {
  readonly arn: string;
  readonly name: string;
  readonly roleArn: string;
  readonly machineArn: string;
  readonly machineName: string;
  readonly region: string;
  /** JSON text. */
  readonly input: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly definition: Definition;
  readonly services: Services;
}

/** Where the results of service calls come from. */
export interface Services {
  /** The result of a mocked state's call, its calls counted from 0; undefined where it is not mocked. */
  mockedResult(stateName: string, call: number): MockedResult | undefined;
  /** Whether calls that are not mocked wait to be answered by hand. */
  readonly isManual: boolean;
  /** Whether the execution was started with a test case: then what would be written outside is taken as written. */
  readonly hasTestCase: boolean;
}

export type MockedResult = { readonly return: Json } | { readonly error: string; readonly cause?: string };

/** What the interpreter cannot know or make by itself. */
export interface Surroundings {
  mintToken(attempt: number): string;
  /** In [0, 1), for a jittered retry. */
  random(): number;
  activityExists(arn: string): boolean;
  /** A new map run's ARN; a Map without a Label gets one made up (facts page 3, documented). */
  mintMapRunArn(label: string | undefined): string;
  /** Where the execution is there to test a state. */
  readonly inspection?: Inspection;
}

/** A distributed Map that has begun: what its child executions are started with. */
export interface MapRunPlan {
  readonly arn: string;
  readonly definition: Definition;
  readonly isExpress: boolean;
  /** A child's input each, with how many items are in it. */
  readonly children: readonly { readonly input: Json; readonly items: number }[];
  /** 0 is no limit of its own. */
  readonly maxConcurrency: number;
  readonly toleratedFailureCount: number | null;
  readonly toleratedFailurePercentage: number | null;
  /** Its items could not be read. */
  readonly hasFailed: boolean;
}

/** What a step writes at the most, or little more: an execution that does more at once goes on in another step, so that it holds nobody up. */
const [maxStepEvents, maxStepLength] = [500, 2_000_000];
/** AWS ends an execution at this event (facts page 4, recorded). */
const maxEvents = 25_000;

/** The latest instant that a date can be, in epoch milliseconds. */
export const latestAt = 8_640_000_000_000_000;

export type Details = Readonly<Record<string, unknown>>;

export const untruncated = { truncated: false };

/** Ends the run of a step whose execution has come to the event limit. */
export class EventLimit extends Error {}

/** One step of an execution while it is taken: the state as it changes, the events and the evaluations that come of it. */
export class Run {
  readonly facts: ExecutionFacts;
  readonly at: number;
  readonly surroundings: Surroundings;
  /** The step's own copy. */
  readonly state: ExecutionState;
  readonly events: HistoryEvent[] = [];
  readonly evaluations: Evaluation[] = [];
  readonly mapRuns: MapRunPlan[] = [];
  readonly redrivenMapRuns: string[] = [];
  /** Of the texts in the events. */
  #length = 0;

  constructor(facts: ExecutionFacts, state: ExecutionState, at: number, surroundings: Surroundings) {
    this.facts = facts;
    this.state = copyState(state, (payload) => payload);
    this.at = Math.max(at, state.lastStepAt);
    this.state.lastStepAt = this.at;
    this.surroundings = surroundings;
  }

  get isRunning(): boolean {
    return this.state.status === "RUNNING";
  }

  get isLong(): boolean {
    return this.events.length >= maxStepEvents || this.#length >= maxStepLength;
  }

  nextNumber(): number {
    this.state.lastNumber += 1;
    return this.state.lastNumber;
  }

  append(type: string, previousEventId: number, details: Details | null): number {
    const id = this.state.lastEventId + 1;
    if (id >= maxEvents && !type.startsWith("Execution")) throw new EventLimit();
    return this.#push(id, type, previousEventId, details);
  }

  end(status: ExecutionState["status"], type: string, previous: number, details: Details): void {
    this.append(type, previous, details);
    this.#close(status, details);
  }

  failAtEventLimit(): void {
    const details = { error: "States.Runtime", cause: `The execution reached the maximum number of history events (${maxEvents}).` };
    this.#push(maxEvents, "ExecutionFailed", this.state.lastEventId, details);
    this.#close("FAILED", details);
  }

  /** Makes an execution that ended unsuccessfully a running one again, and gives the line that it ended in. */
  reopen(): Strand {
    const { state } = this;
    const root = state.redrivable;
    if (root === null) throw new Error("nothing of the execution is left to be redriven");
    state.status = "RUNNING";
    state.root = root;
    state.redrivable = null;
    state.error = null;
    state.cause = null;
    state.stoppedAt = null;
    state.redriveCount += 1;
    state.redrivenAt = this.at;
    return root;
  }

  #push(id: number, type: string, previousEventId: number, details: Details | null): number {
    const event = { timestamp: this.at / 1000, type, id, previousEventId };
    this.events.push(details === null ? event : { ...event, [detailsKey(type)]: details });
    for (const detail of Object.values(details ?? {})) this.#length += typeof detail === "string" ? detail.length : 0;
    this.state.lastEventId = id;
    return id;
  }

  #close(status: ExecutionState["status"], details: Details): void {
    const { state } = this;
    state.status = status;
    state.redrivable = status === "SUCCEEDED" ? null : state.root;
    state.root = null;
    const output = textOrNull(details["output"]);
    state.output = output === null ? null : Payload.ofText(() => output);
    state.error = textOrNull(details["error"]);
    state.cause = textOrNull(details["cause"]);
    state.stoppedAt = this.at;
    this.evaluations.length = 0;
  }
}

/** A strand with its place in the execution: the states it runs through, and the line whose Parallel or Map holds it. */
export interface Line {
  readonly strand: Strand;
  readonly graph: StateGraph;
  /** Null for the machine's own line. */
  readonly outer: { readonly line: Line; readonly index: number } | null;
}

/** The visible variables: an inner scope's hide none, as no name is assigned in two nested scopes. */
function visibleVariables({ strand, outer }: Line): Readonly<Record<string, Json>> {
  const own = valuesOf(strand.variables);
  return outer === null ? own : { ...visibleVariables(outer.line), ...own };
}

export function valuesOf(payloads: Readonly<Record<string, Payload>>): Readonly<Record<string, Json>> {
  return Object.fromEntries(Object.entries(payloads).map(([name, { value }]) => [name, value]));
}

export function stateOf(line: Line): State {
  return stateNamed(line.graph, line.strand.visit.name);
}

export function stateNamed(graph: StateGraph, name: string): State {
  const state = Object.hasOwn(graph.States, name) ? graph.States[name] : undefined;
  if (state === undefined) throw new Error(`the definition has no state ${name}`);
  return state;
}

/** The states that the strands within a Parallel's or Map's visit run through. */
export function innerGraph(state: State, index: number): StateGraph {
  const graph =
    state.Type === "Parallel" ? state.Branches[index] : state.Type === "Map" ? (state.ItemProcessor ?? state.Iterator) : undefined;
  if (graph === undefined) throw new Error(`a ${state.Type} state has nothing within it`);
  return graph;
}

/** The lines directly within a line's visit, in order. */
export function innerLines(line: Line): Line[] {
  const { waiting } = line.strand.visit;
  const state = stateOf(line);
  const inner = (strand: Strand, index: number): Line => ({ strand, graph: innerGraph(state, index), outer: { line, index } });
  if (waiting.kind === "parallel")
    return waiting.branches.flatMap((branch, index) => ("strand" in branch ? [inner(branch.strand, index)] : []));
  if (waiting.kind === "map") return waiting.open.flatMap(({ strand, index }) => (strand === null ? [] : [inner(strand, index)]));
  return [];
}

/** Every line of the execution, outer ones before inner ones. */
export function* allLines(run: Run): Generator<Line> {
  const { root } = run.state;
  if (root === null) return;
  const within = function* (line: Line): Generator<Line> {
    yield line;
    for (const inner of innerLines(line)) yield* within(inner);
  };
  yield* within({ strand: root, graph: run.facts.definition, outer: null });
}

/** What a state's fields can refer to besides its input, each made only when something reads it. */
export function stateScope(run: Run, line: Line, taskToken: string | null, item: MapItem | null): Scope {
  let [context, variables]: [Json?, Readonly<Record<string, Json>>?] = [];
  return {
    get context() {
      context ??= contextObject(run, line, taskToken, item);
      return context;
    },
    get variables() {
      variables ??= visibleVariables(line);
      return variables;
    },
  };
}

export interface MapItem {
  readonly index: number;
  readonly value: Json;
  /** Where it is a member of an object (documented). */
  readonly key?: string;
  /** Where a distributed Map has it from (documented). */
  readonly source?: string;
}

/** The context object, `$$` or `$states.context` (facts page 7). */
function contextObject(run: Run, line: Line, taskToken: string | null, item: MapItem | null): Json {
  const { arn, name, roleArn, input, startedAt, machineArn, machineName } = run.facts;
  const { redriveCount, redrivenAt } = run.state;
  const { visit } = line.strand;
  const mapItem = item ?? mapItemOf(line);
  const map = mapItem === null ? {} : { Map: { Item: contextItem(mapItem) } };
  const { inspection } = run.surroundings;
  if (inspection !== undefined) return { ...inspection.context, ...map };
  const redriven = { RedriveCount: redriveCount, ...(redrivenAt === null ? {} : { RedriveTime: isoTime(redrivenAt) }) };
  return {
    Execution: {
      Id: arn,
      // Long ones take their time, and few read it.
      get Input() {
        return JSON.parse(input) as Json;
      },
      Name: name,
      RoleArn: roleArn,
      StartTime: isoTime(startedAt),
      ...redriven,
    },
    State: {
      EnteredTime: isoTime(visit.enteredAt),
      Name: visit.name,
      ...(isRetried(stateOf(line)) ? { RetryCount: visit.retryCount } : {}),
    },
    StateMachine: { Id: machineArn, Name: machineName },
    ...map,
    ...(taskToken === null ? {} : { Task: { Token: taskToken } }),
  };
}

export function contextItem({ index, key, value, source }: MapItem) {
  return { Index: index, ...(key === undefined ? {} : { Key: key }), Value: value, ...(source === undefined ? {} : { Source: source }) };
}

/** What an iteration begins with where nothing is selected: of an object's member a pair (measured by others). */
export function plainInput({ key, value }: MapItem): Json {
  return key === undefined ? value : { Key: key, Value: value };
}

/** Whether a state can have a Retry: only then does its context object count the retries (measured by others). */
export function isRetried({ Type: type }: State): boolean {
  return type === "Task" || type === "Parallel" || type === "Map";
}

/** The item of the nearest Map around the line. */
function mapItemOf(line: Line): MapItem | null {
  for (let { outer } = line; outer !== null; outer = outer.line.outer) {
    const { waiting } = outer.line.strand.visit;
    if (waiting.kind === "map") return { index: outer.index, value: itemAt(waiting, outer.index) };
  }
  return null;
}

export function itemAt({ items: { value } }: MapWait, index: number): Json {
  return (Array.isArray(value) ? value[index] : undefined) ?? null;
}

export function iterationAt(visit: StateVisit, index: number): Iteration {
  const iteration = visit.waiting.kind === "map" ? visit.waiting.open.find((open) => open.index === index) : undefined;
  if (iteration === undefined) throw new Error(`no iteration ${index} is open`);
  return iteration;
}

export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
