import { AslError, EvaluationError } from "./asl-error.ts";
import type { Catcher, Definition, MapState, ParallelState, Retrier, State, StateGraph } from "./definition.ts";
import { type Evaluation, type EvaluationReply, NeedsEvaluation, Replies } from "./evaluation.ts";
import {
  type ExecutionState,
  type Iteration,
  type MapWait,
  type ParallelWait,
  type Phase,
  type Strand,
  type TaskWait,
  visitDueAt,
} from "./execution-state.ts";
import type { HistoryEvent } from "./history-event.ts";
import { batches } from "./item-batches.ts";
import { type Json, jsonText } from "./json.ts";
import { JsonPathData, noChoiceMatched } from "./json-path-data.ts";
import { JsonataData } from "./jsonata-data.ts";
import { type Failure, matchingCatcher, nextRetry } from "./retry-catch.ts";
import {
  allLines,
  EventLimit,
  type ExecutionFacts,
  innerGraph,
  innerLines,
  iterationAt,
  type Line,
  type MapRunPlan,
  Run,
  type Surroundings,
  stateNamed,
  stateOf,
  stateScope,
  untruncated,
} from "./run.ts";
import type { StateData, StateEnd } from "./state-data.ts";
import { activityStarted, beginTask, type Done, taskFailed, taskSucceeded, taskTimedOut } from "./task-state.ts";

export type Happening =
  | { readonly kind: "started" }
  | { readonly kind: "taskSucceeded"; readonly attempt: number; readonly output: string }
  | { readonly kind: "taskFailed"; readonly attempt: number; readonly error?: string; readonly cause?: string }
  | { readonly kind: "heartbeat"; readonly attempt: number }
  /** A worker polled an activity's task off. */
  | { readonly kind: "activityStarted"; readonly attempt: number; readonly workerName?: string }
  /** JSONata has answered the evaluation of that number; without replies its request is only asked for anew. */
  | { readonly kind: "evaluated"; readonly number: number; readonly replies: readonly EvaluationReply[] }
  /** All child executions of a distributed Map have ended well enough; `outputs` in the order of the items. */
  | { readonly kind: "mapRunSucceeded"; readonly mapRunArn: string; readonly outputs: readonly Json[] }
  | { readonly kind: "mapRunFailed"; readonly mapRunArn: string; readonly error: string; readonly cause: string }
  /** The earliest deadline has come; `at` is that deadline. */
  | { readonly kind: "due" }
  | { readonly kind: "stopped"; readonly error?: string; readonly cause?: string };

export interface Step {
  readonly events: readonly HistoryEvent[];
  readonly state: ExecutionState;
  /** What JSONata is to be asked before the execution can go on. */
  readonly evaluations: readonly Evaluation[];
  /** The distributed Maps that have begun. */
  readonly mapRuns: readonly MapRunPlan[];
}

const maxPayloadBytes = 262_144;
/** States whose abortion AWS tells in an event of its own (facts page 5.1). */
const abortable = new Set(["Task", "Wait", "Parallel", "Map"]);
/** An inline Map runs at most so many iterations at once (facts page 4, documented). */
const maxInlineConcurrency = 40;

/** When the execution as a whole runs out of time, in epoch milliseconds. */
export function executionDeadline(facts: ExecutionFacts): number | null {
  const seconds = facts.definition.TimeoutSeconds;
  return seconds === undefined ? null : facts.startedAt + seconds * 1000;
}

/**
 * What an execution does when something happens to it at the instant `at` (epoch milliseconds): the events it appends and its new state.
 * Pure: the same arguments give the same step. The caller sees to it that the happening fits (a taskSucceeded needs a waiting task).
 */
export function step(facts: ExecutionFacts, state: ExecutionState, happening: Happening, at: number, surroundings: Surroundings): Step {
  const run = new Run(facts, state, at, surroundings);
  try {
    new Interpretation(run).take(happening);
  } catch (error) {
    if (!(error instanceof EventLimit)) throw error;
    run.failAtEventLimit();
  }
  return { events: run.events, state: run.state, evaluations: run.evaluations, mapRuns: run.mapRuns };
}

class Interpretation {
  readonly #run: Run;
  /** What is still to be done in this step, each for the line that it moves on: lines take turns, a state each. */
  readonly #work: { readonly line: Line; readonly go: () => void }[] = [];

  constructor(run: Run) {
    this.#run = run;
  }

  take(happening: Happening): void {
    this.#first(happening);
    for (let next = this.#work.shift(); next !== undefined; next = this.#work.shift()) {
      if (this.#isAlive(next.line)) next.go();
    }
  }

  #first(happening: Happening): void {
    switch (happening.kind) {
      case "started":
        return this.#start();
      case "stopped": {
        const { error, cause } = happening;
        return this.#run.end("ABORTED", "ExecutionAborted", 0, withoutUndefined({ error, cause }));
      }
      case "due":
        return this.#due();
      case "evaluated":
        return this.#evaluated(happening.number, happening.replies);
      case "heartbeat": {
        const { waiting } = this.#task(happening.attempt);
        if (waiting.heartbeatSeconds !== null) waiting.heartbeatAt = this.#run.at + waiting.heartbeatSeconds * 1000;
        return;
      }
      case "activityStarted":
        return activityStarted(this.#run, this.#task(happening.attempt).waiting, happening.workerName);
      case "mapRunSucceeded":
        return this.#mapRunSucceeded(happening.mapRunArn, happening.outputs);
      case "mapRunFailed":
        return this.#mapRunFailed(happening.mapRunArn, happening);
      case "taskSucceeded": {
        const { line, waiting } = this.#task(happening.attempt);
        return this.#took(line, taskSucceeded(this.#run, waiting.call, waiting.lastEventId, happening.output));
      }
      case "taskFailed": {
        const { line, waiting } = this.#task(happening.attempt);
        return this.#took(line, taskFailed(this.#run, waiting.call, waiting.lastEventId, happening));
      }
    }
  }

  #start(): void {
    const { facts, state } = this.#run;
    this.#run.append("ExecutionStarted", 0, { input: facts.input, inputDetails: untruncated, roleArn: facts.roleArn });
    state.root = newStrand(facts.definition.StartAt);
    this.#enter({ strand: state.root, graph: facts.definition, outer: null }, facts.definition.StartAt, JSON.parse(facts.input) as Json, 0);
  }

  #due(): void {
    const run = this.#run;
    const deadline = executionDeadline(run.facts);
    if (deadline !== null && deadline <= run.at) return run.end("TIMED_OUT", "ExecutionTimedOut", 0, {});
    let first: Line | null = null;
    for (const line of allLines(run)) {
      if (first === null || visitDueAt(line.strand.visit) < visitDueAt(first.strand.visit)) first = line;
    }
    if (first === null || visitDueAt(first.strand.visit) > run.at) return;
    const { visit } = first.strand;
    const { waiting } = visit;
    if (waiting.kind === "task") this.#took(first, taskTimedOut(run, waiting));
    else if (waiting.kind === "retry") this.#begin(first, waiting.failedEventId);
    else if (waiting.kind === "time") this.#perform(first, { kind: "result", previous: visit.enteredEventId });
  }

  #evaluated(number: number, replies: readonly EvaluationReply[]): void {
    for (const line of allLines(this.#run)) {
      const { waiting } = line.strand.visit;
      if (waiting.kind === "evaluation" && waiting.number === number) return this.#perform(line, waiting.phase, replies);
      const iteration = waiting.kind === "map" ? waiting.open.find(({ evaluation }) => evaluation?.number === number) : undefined;
      if (iteration !== undefined) return this.#select(line, iteration.index, replies);
    }
  }

  /** Puts the entering of a state in the line's turn. */
  #enter(line: Line, name: string, input: Json, previous: number): void {
    this.#work.push({ line, go: () => this.#entered(line, name, input, previous) });
  }

  #entered(line: Line, name: string, input: Json, previous: number): void {
    const { type, details } = {
      type: stateNamed(line.graph, name).Type,
      details: { name, input: jsonText(input), inputDetails: untruncated },
    };
    const enteredEventId = this.#run.append(`${type}StateEntered`, previous, details);
    line.strand.visit = { ...newVisit(name), enteredEventId, previousEventId: previous, enteredAt: this.#run.at, input };
    this.#begin(line, enteredEventId);
  }

  #begin(line: Line, previous: number): void {
    this.#perform(line, { kind: "begin", previous, attempt: this.#run.nextNumber() });
  }

  /** Does a phase of the state that the line is in, or leaves it waiting for JSONata. An error of the language fails the state. */
  #perform(line: Line, phase: Phase, replies: readonly EvaluationReply[] = []): void {
    const { visit } = line.strand;
    const waited = visit.waiting.kind === "evaluation" ? visit.waiting : null;
    const state = stateOf(line);
    try {
      const done = this.#phase(line, state, phase, this.#data(line, state, replies, phase));
      if (done !== null) this.#took(line, done);
    } catch (error) {
      if (error instanceof NeedsEvaluation) {
        const wait = waited ?? { kind: "evaluation", number: this.#run.nextNumber(), phase, since: this.#run.at };
        visit.waiting = wait;
        this.#run.evaluations.push({ number: wait.number, request: error.request, replies });
        return;
      }
      const { failure, previous } = this.#failureOf(line, phase.previous, error);
      if (phase.kind === "caught") this.#lineFailed(line, failure, previous);
      else this.#stateFailed(line, state, failure, previous, previous);
    }
  }

  #phase(line: Line, state: State, phase: Phase, data: StateData): Done | null {
    if (phase.kind === "result") {
      this.#leave(line, state, data.end(state, phase.result), phase.previous, state.Next);
      return null;
    }
    if (phase.kind === "caught") {
      const catcher = "Catch" in state ? state.Catch?.[phase.catcher] : undefined;
      if (catcher === undefined) throw new Error("the catcher is gone");
      this.#leave(line, state, data.caughtEnd(catcher, phase.errorOutput), phase.previous, catcher.Next);
      return null;
    }
    return this.#beginning(line, state, phase, data);
  }

  #beginning(line: Line, state: State, phase: Phase & { kind: "begin" }, data: StateData): Done | null {
    const { previous } = phase;
    switch (state.Type) {
      case "Task":
        return beginTask(this.#run, line, state, data, phase);
      case "Parallel":
        return this.#beginParallel(line, state, data.callInput(state), previous);
      case "Map":
        return this.#beginMap(line, state, data, previous);
      case "Pass":
        return passResult(state.Result, data, state, previous);
      case "Wait":
        // An instant that is past is no wait at all; time never runs back in a history.
        return { kind: "waits", waiting: { kind: "time", until: Math.max(this.#run.at, data.waitUntil(state, this.#run.at)) } };
      case "Succeed":
        return { kind: "result", previous };
      case "Choice": {
        const choice = data.choose(state);
        const next = choice.rule?.Next ?? state.Default;
        if (next === undefined) throw noChoiceMatched();
        this.#leave(line, state, data.chosenEnd(state, choice), previous, next);
        return null;
      }
      case "Fail": {
        const [error, cause] = [data.failText(state, "Error"), data.failText(state, "Cause")];
        this.#lineFailed(line, { names: error === undefined ? [] : [error], error: error ?? null, cause: cause ?? null }, previous);
        return null;
      }
    }
  }

  #took(line: Line, done: Done): void {
    if (done.kind === "waits") line.strand.visit.waiting = done.waiting;
    else if (done.kind === "failed") this.#stateFailed(line, stateOf(line), done.failure, done.previous, done.previous);
    else {
      line.strand.visit.waiting = { kind: "nothing" };
      this.#perform(line, { kind: "result", previous: done.previous, ...(done.result === undefined ? {} : { result: done.result }) });
    }
  }

  #beginParallel(line: Line, state: ParallelState, input: Json, previous: number): null {
    const startedEventId = this.#run.append("ParallelStateStarted", previous, null);
    const strands = state.Branches.map((branch) => newStrand(branch.StartAt));
    line.strand.visit.waiting = { kind: "parallel", branches: strands.map((strand) => ({ strand })) };
    for (const [index, strand] of strands.entries()) {
      const graph = innerGraph(state, index);
      this.#enter({ strand, graph, outer: { line, index } }, graph.StartAt, input, startedEventId);
    }
    return null;
  }

  #beginMap(line: Line, state: MapState, data: StateData, previous: number): Done | null {
    const items = data.mapItems(state);
    const asked = data.mapLimit(state, "MaxConcurrency") ?? 0;
    if (isDistributed(state)) return this.#beginMapRun(line, state, data, items, asked, previous);
    const startedEventId = this.#run.append("MapStateStarted", previous, { length: items.length });
    if (items.length === 0) {
      this.#run.append("MapStateSucceeded", startedEventId, null);
      return { kind: "result", result: [], previous: startedEventId };
    }
    const maxConcurrency = asked === 0 ? maxInlineConcurrency : Math.min(asked, maxInlineConcurrency);
    const waiting: MapWait = { kind: "map", startedEventId, items, begun: 0, maxConcurrency, open: [], outputs: {} };
    line.strand.visit.waiting = waiting;
    while (waiting.begun < Math.min(items.length, maxConcurrency)) this.#beginIteration(line, waiting, startedEventId);
    return null;
  }

  #beginMapRun(line: Line, state: MapState, data: StateData, items: readonly Json[], maxConcurrency: number, previous: number): Done {
    const toleratedFailureCount = data.mapLimit(state, "ToleratedFailureCount");
    const toleratedFailurePercentage = data.mapLimit(state, "ToleratedFailurePercentage");
    const batcher = data.itemBatcher(state);
    const inputs = data.itemInputs(state, items, (index, value) => this.#data(line, state, [], null, { index, value }));
    const mapRunArn = this.#run.surroundings.mintMapRunArn(state.Label);
    this.#run.state.hasMapRuns = true;
    this.#run.mapRuns.push({
      arn: mapRunArn,
      definition: childDefinition(this.#run.facts.definition, innerGraph(state, 0)),
      isExpress: processorConfig(state).ExecutionType === "EXPRESS",
      children: batcher === null ? inputs.map((input) => ({ input, items: 1 })) : batches(inputs, batcher),
      maxConcurrency,
      toleratedFailureCount,
      toleratedFailurePercentage,
    });
    const started = this.#run.append("MapStateStarted", previous, { length: items.length });
    const startedEventId = this.#run.append("MapRunStarted", started, { mapRunArn });
    return { kind: "waits", waiting: { kind: "mapRun", mapRunArn, startedEventId } };
  }

  #mapRunSucceeded(mapRunArn: string, outputs: readonly Json[]): void {
    const { line, startedEventId } = this.#mapRun(mapRunArn);
    const succeeded = this.#run.append("MapRunSucceeded", startedEventId, null);
    this.#run.append("MapStateSucceeded", succeeded, null);
    const previous = leavesFromMapRunStarted(line, this.#run.facts.definition) ? startedEventId : succeeded;
    this.#took(line, { kind: "result", result: [...outputs], previous });
  }

  #mapRunFailed(mapRunArn: string, { error, cause }: { readonly error: string; readonly cause: string }): void {
    const { line, startedEventId } = this.#mapRun(mapRunArn);
    const failed = this.#run.append("MapRunFailed", startedEventId, { error, cause });
    this.#stateFailed(line, stateOf(line), { names: [error], error, cause }, failed, null);
  }

  #mapRun(mapRunArn: string): { readonly line: Line; readonly startedEventId: number } {
    for (const line of allLines(this.#run)) {
      const { waiting } = line.strand.visit;
      if (waiting.kind === "mapRun" && waiting.mapRunArn === mapRunArn) return { line, startedEventId: waiting.startedEventId };
    }
    throw new Error("no such map run goes on in this execution");
  }

  #beginIteration(line: Line, waiting: MapWait, previous: number): void {
    const index = waiting.begun;
    waiting.begun += 1;
    const startedEventId = this.#run.append("MapIterationStarted", previous, { name: line.strand.visit.name, index });
    waiting.open.push({ index, startedEventId, strand: null, evaluation: null });
    this.#work.push({ line, go: () => this.#select(line, index, []) });
  }

  /** Makes what an iteration begins with, and begins it. */
  #select(line: Line, index: number, replies: readonly EvaluationReply[]): void {
    const { visit } = line.strand;
    const state = stateOf(line);
    if (visit.waiting.kind !== "map" || state.Type !== "Map") return;
    const item = visit.waiting.items[index] ?? null;
    const iteration = iterationAt(visit, index);
    try {
      const input = this.#data(line, state, replies, null, { index, value: item }).itemInput(state, item);
      const graph = innerGraph(state, index);
      iteration.strand = newStrand(graph.StartAt);
      iteration.evaluation = null;
      this.#enter({ strand: iteration.strand, graph, outer: { line, index } }, graph.StartAt, input, iteration.startedEventId);
    } catch (error) {
      if (error instanceof NeedsEvaluation) {
        iteration.evaluation ??= { number: this.#run.nextNumber(), since: this.#run.at };
        this.#run.evaluations.push({ number: iteration.evaluation.number, request: error.request, replies });
        return;
      }
      const { failure, previous } = this.#failureOf(line, iteration.startedEventId, error);
      this.#containerFailed(line, failure, previous, index);
    }
  }

  /** Leaves a state with its end: to the next state, or to the end of the line. */
  #leave(line: Line, state: State, { output, assigned }: StateEnd, previous: number, next: string | undefined): void {
    const { visit } = line.strand;
    const text = jsonText(output);
    if (Buffer.byteLength(text) > maxPayloadBytes) {
      const what = state.Type === "Task" ? (state.Resource.split(":")[5] ?? visit.name) : visit.name;
      throw new AslError(
        "States.DataLimitExceeded",
        `The state/task '${what}' returned a result with a size exceeding the maximum number of bytes service limit.`,
      );
    }
    const variables = assigned === null ? {} : { assignedVariables: textsOf(assigned), assignedVariablesDetails: untruncated };
    const details = { name: visit.name, output: text, outputDetails: untruncated, ...variables };
    const exited = this.#run.append(`${state.Type}StateExited`, previous, details);
    if (assigned !== null) line.strand.variables = { ...line.strand.variables, ...assigned };
    visit.waiting = { kind: "nothing" };
    if (next === undefined) this.#lineDone(line, output, exited);
    else this.#enter(line, next, output, exited);
  }

  #lineDone(line: Line, output: Json, previous: number): void {
    if (line.outer === null) {
      return this.#run.end("SUCCEEDED", "ExecutionSucceeded", previous, { output: jsonText(output), outputDetails: untruncated });
    }
    const { line: outer, index } = line.outer;
    const { waiting } = outer.strand.visit;
    if (waiting.kind === "parallel") this.#branchDone(outer, waiting, index, output, previous);
    else if (waiting.kind === "map") this.#iterationDone(outer, waiting, index, output, previous);
  }

  #branchDone(line: Line, waiting: ParallelWait, index: number, output: Json, previous: number): void {
    waiting.branches[index] = { output };
    const outputs = waiting.branches.flatMap((branch) => ("output" in branch ? [branch.output] : []));
    if (outputs.length < waiting.branches.length) return;
    this.#run.append("ParallelStateSucceeded", previous, null);
    this.#took(line, { kind: "result", result: outputs, previous });
  }

  #iterationDone(line: Line, waiting: MapWait, index: number, output: Json, previous: number): void {
    waiting.outputs[index] = output;
    waiting.open = waiting.open.filter((open) => open.index !== index);
    const succeeded = this.#run.append("MapIterationSucceeded", previous, { name: line.strand.visit.name, index });
    // The next iteration follows from the last event within this one, past the note that it succeeded (recorded).
    if (waiting.begun < waiting.items.length) return this.#beginIteration(line, waiting, previous);
    if (waiting.open.length > 0) return;
    this.#run.append("MapStateSucceeded", succeeded, null);
    const result = waiting.items.map((_, item) => waiting.outputs[item] ?? null);
    this.#took(line, { kind: "result", result, previous: succeeded });
  }

  #lineFailed(line: Line, failure: Failure, failedEventId: number): void {
    if (line.outer !== null) return this.#containerFailed(line.outer.line, failure, failedEventId, line.outer.index);
    const { error, cause } = failure;
    const told = withoutUndefined({ error: error ?? undefined, cause: cause === "" ? undefined : (cause ?? undefined) });
    this.#run.end("FAILED", "ExecutionFailed", failedEventId, told);
  }

  /** A branch or an iteration failed: the others are aborted, and the Parallel or Map around them fails. */
  #containerFailed(line: Line, failure: Failure, failingEventId: number, failedIndex: number): void {
    const { visit } = line.strand;
    this.#abortWithin(line, failingEventId, failedIndex);
    visit.waiting = { kind: "nothing" };
    this.#stateFailed(line, stateOf(line), failure, failingEventId, null);
  }

  /** Tells what a failing event aborts. All of it links to that event, so none can be tied to its task (facts page 5.5 and 5.6, recorded). */
  #abortWithin(line: Line, failingEventId: number, failedIndex: number | null): void {
    const { visit } = line.strand;
    const iterations: readonly Iteration[] = visit.waiting.kind === "map" ? visit.waiting.open : [];
    const inner = innerLines(line);
    const lineOf = (index: number) => inner.find(({ outer }) => outer?.index === index);
    if (visit.waiting.kind === "parallel") for (const branch of inner) this.#abort(branch, failingEventId);
    for (const { index } of iterations) {
      const open = lineOf(index);
      if (open !== undefined) this.#abort(open, failingEventId);
      const ending = index === failedIndex ? "MapIterationFailed" : "MapIterationAborted";
      this.#run.append(ending, failingEventId, { name: visit.name, index });
    }
  }

  #abort(line: Line, failingEventId: number): void {
    const { visit } = line.strand;
    const { Type: type } = stateOf(line);
    this.#abortWithin(line, failingEventId, null);
    const hasBegun = visit.enteredEventId !== 0;
    if (hasBegun && abortable.has(type)) this.#run.append(`${type}StateAborted`, failingEventId, null);
  }

  /**
   * Retries, catches, or passes the failure on. A retry follows from the event that failed; what comes after a Parallel or Map that failed
   * for good follows from its own Failed event (recorded), which is appended here: `failedEventId` is null then.
   */
  #stateFailed(line: Line, state: State, failure: Failure, retryFrom: number, failedEventId: number | null): void {
    const { visit } = line.strand;
    const { retriers, catchers } = rulesOf(state);
    const retry = nextRetry(retriers, visit.retrierUses, failure, this.#run.surroundings.random);
    if (retry !== null) {
      visit.retrierUses = retriers.map((_, index) => (visit.retrierUses[index] ?? 0) + (index === retry.index ? 1 : 0));
      visit.retryCount += 1;
      visit.waiting = { kind: "retry", until: this.#run.at + retry.delayMilliseconds, failedEventId: retryFrom };
      return;
    }
    const previous = failedEventId ?? this.#run.append(`${state.Type}StateFailed`, retryFrom, null);
    const catcher = matchingCatcher(catchers, failure);
    if (catcher === undefined) return this.#lineFailed(line, failure, previous);
    visit.waiting = { kind: "nothing" };
    const errorOutput = { Error: failure.error, Cause: failure.cause };
    this.#perform(line, { kind: "caught", previous, catcher: catchers.indexOf(catcher), errorOutput });
  }

  /** The failure that an error of the language is, and the event that what comes of it follows from. */
  #failureOf(line: Line, previous: number, error: unknown): { readonly failure: Failure; readonly previous: number } {
    if (!(error instanceof AslError)) throw error;
    const { visit } = line.strand;
    const cause = `An error occurred while executing the state '${visit.name}' (entered at the event id #${visit.enteredEventId}). ${error.causeText}`;
    const failure = { names: [error.errorName], error: error.errorName, cause };
    if (!(error instanceof EvaluationError)) return { failure, previous };
    // What fails before the state has begun follows from the event before the state (facts page 5.10, recorded).
    const link = previous === visit.enteredEventId ? visit.previousEventId : previous;
    const details = { error: error.errorName, cause: error.causeText, location: error.location, state: visit.name };
    return { failure, previous: this.#run.append("EvaluationFailed", link, details) };
  }

  #data(
    line: Line,
    state: State,
    replies: readonly EvaluationReply[],
    phase: Phase | null,
    item: { readonly index: number; readonly value: Json } | null = null,
  ): StateData {
    const { visit } = line.strand;
    const taskToken = phase?.kind === "begin" && hasToken(state) ? this.#run.surroundings.mintToken(phase.attempt) : null;
    const language = state.QueryLanguage ?? this.#run.facts.definition.QueryLanguage ?? "JSONPath";
    const scope = stateScope(this.#run, line, taskToken, item);
    return language === "JSONata" ? new JsonataData(visit.input, scope, new Replies(replies)) : new JsonPathData(visit.input, scope);
  }

  #task(attempt: number): { readonly line: Line; readonly waiting: TaskWait } {
    for (const line of allLines(this.#run)) {
      const { waiting } = line.strand.visit;
      if (waiting.kind === "task" && waiting.attempt === attempt) return { line, waiting };
    }
    throw new Error("no such task waits in this execution");
  }

  /** Whether the line is still part of the execution: what fails or ends takes the lines within it along. */
  #isAlive({ strand, outer }: Line): boolean {
    if (outer === null) return this.#run.state.root === strand;
    const { waiting } = outer.line.strand.visit;
    const isHeld =
      waiting.kind === "parallel"
        ? waiting.branches.some((branch) => "strand" in branch && branch.strand === strand)
        : waiting.kind === "map" && waiting.open.some((open) => open.strand === strand);
    return isHeld && this.#isAlive(outer.line);
  }
}

function newStrand(startAt: string): Strand {
  return { visit: newVisit(startAt), variables: {} };
}

function newVisit(name: string): Strand["visit"] {
  return {
    name,
    enteredEventId: 0,
    previousEventId: 0,
    enteredAt: 0,
    input: null,
    retrierUses: [],
    retryCount: 0,
    waiting: { kind: "nothing" },
  };
}

function passResult(fixed: Json | undefined, data: StateData, state: State & { Type: "Pass" }, previous: number): Done {
  return { kind: "result", result: fixed === undefined ? data.callInput(state) : fixed, previous };
}

function processorConfig(state: MapState): { readonly Mode?: string; readonly ExecutionType?: string } {
  return (state.ItemProcessor ?? state.Iterator)?.ProcessorConfig ?? {};
}

function isDistributed(state: MapState): boolean {
  return processorConfig(state).Mode === "DISTRIBUTED";
}

/** Ten recordings link the Map's exit to MapRunStarted or to MapRunSucceeded; this is what tells them apart. */
function leavesFromMapRunStarted(line: Line, { QueryLanguage: language }: Definition): boolean {
  const state = stateOf(line);
  const has = (field: string) => field === "ItemSelector" || field.startsWith("ToleratedFailure");
  return (state.QueryLanguage ?? language) === "JSONata" || Object.keys(state).some(has);
}

function childDefinition({ QueryLanguage: language }: Definition, { StartAt, States }: StateGraph): Definition {
  return { ...(language === undefined ? {} : { QueryLanguage: language }), StartAt, States };
}

function rulesOf(state: State): { readonly retriers: readonly Retrier[]; readonly catchers: readonly Catcher[] } {
  const { Retry: retriers = [], Catch: catchers = [] } = state as { Retry?: readonly Retrier[]; Catch?: readonly Catcher[] };
  return { retriers, catchers };
}

/** `$$.Task.Token` is there in callback and .sync states (facts page 7). */
function hasToken(state: State): boolean {
  return state.Type === "Task" && /\.(waitForTaskToken|sync(:2)?)$/.test(state.Resource);
}

function textsOf(variables: Readonly<Record<string, Json>>): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, jsonText(value)]));
}

function withoutUndefined(details: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(details).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}
