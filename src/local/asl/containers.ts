import type { MapState, ParallelState } from "./definition.ts";
import { DistributedMaps, isDistributed } from "./distributed-map.ts";
import { type EvaluationReply, NeedsEvaluation } from "./evaluation.ts";
import { type Iteration, type MapWait, newStrand, type ParallelWait } from "./execution-state.ts";
import { Payload } from "./payload.ts";
import { endsExecution, type Failure } from "./retry-catch.ts";
import { innerGraph, innerLines, itemAt, iterationAt, type Line, type MapItem, type Run, stateOf } from "./run.ts";
import type { StateData } from "./state-data.ts";
import type { Done } from "./task-state.ts";

/** What the lines within a Parallel or a Map need of the interpreter. */
export interface Moves {
  /** Puts the entering of a state in the line's turn. */
  enter(line: Line, name: string, input: Payload, previous: number): void;
  /** Puts something else in the line's turn. */
  later(line: Line, go: () => void): void;
  took(line: Line, done: Done): void;
  /** `failedEventId` is null where the state's own Failed event is still to be written. */
  stateFailed(line: Line, failure: Failure, retryFrom: number, failedEventId: number | null): void;
  executionFailed(failure: Failure, failedEventId: number): void;
  /** The failure that an error of the language is, and the event that what comes of it follows from; throws what is none. */
  failureOf(line: Line, previous: number, error: unknown): { readonly failure: Failure; readonly previous: number };
  dataOfItem(line: Line, replies: readonly EvaluationReply[], item: MapItem): StateData;
}

/** An inline Map runs at most so many iterations at once (facts page 4, documented). */
const maxInlineConcurrency = 40;

/** States whose abortion AWS tells in an event of its own (facts page 5.1). */
const abortable = new Set(["Task", "Wait", "Parallel", "Map"]);

/** The states that hold lines of their own: Parallel, and the inline Map. */
export class Containers {
  readonly #run: Run;
  readonly #moves: Moves;
  readonly distributed: DistributedMaps;

  constructor(run: Run, moves: Moves) {
    this.#run = run;
    this.#moves = moves;
    this.distributed = new DistributedMaps(run, moves);
  }

  beginParallel(line: Line, state: ParallelState, input: Payload, previous: number): null {
    const startedEventId = this.#run.append("ParallelStateStarted", previous, null);
    const strands = state.Branches.map((branch) => newStrand(branch.StartAt));
    line.strand.visit.waiting = { kind: "parallel", branches: strands.map((strand) => ({ strand })) };
    for (const [index, strand] of strands.entries()) {
      const graph = innerGraph(state, index);
      this.#moves.enter({ strand, graph, outer: { line, index } }, graph.StartAt, input, startedEventId);
    }
    return null;
  }

  beginMap(line: Line, state: MapState, data: StateData, previous: number): Done | null {
    const asked = data.mapLimit(state, "MaxConcurrency") ?? 0;
    if (isDistributed(state)) return this.distributed.begin(line, state, data, asked, previous);
    const items = this.#run.surroundings.inspection?.items ?? data.mapItems(state).map(({ value }) => value);
    const startedEventId = this.#run.append("MapStateStarted", previous, { length: items.length });
    if (items.length === 0) {
      this.#run.append("MapStateSucceeded", startedEventId, null);
      return { kind: "result", result: Payload.of([]), previous: startedEventId };
    }
    const maxConcurrency = asked === 0 ? maxInlineConcurrency : Math.min(asked, maxInlineConcurrency);
    const waiting: MapWait = {
      kind: "map",
      startedEventId,
      items: Payload.of([...items]),
      length: items.length,
      begun: 0,
      maxConcurrency,
      open: [],
      outputs: {},
    };
    line.strand.visit.waiting = waiting;
    while (waiting.begun < Math.min(items.length, maxConcurrency)) this.#beginIteration(line, waiting, startedEventId);
    return null;
  }

  /** Goes on with a Parallel or a Map: `redo` is called for each branch or iteration that had begun and not succeeded. */
  redo(line: Line, held: ParallelWait | MapWait, redo: (inner: Line) => void): void {
    line.strand.visit.waiting = held;
    for (const inner of innerLines(line)) redo(inner);
    if (held.kind !== "map") return;
    for (const { index, strand } of held.open) if (strand === null) this.#moves.later(line, () => this.select(line, index, []));
  }

  #beginIteration(line: Line, waiting: MapWait, previous: number): void {
    const index = waiting.begun;
    waiting.begun += 1;
    const startedEventId = this.#run.append("MapIterationStarted", previous, { name: line.strand.visit.name, index });
    waiting.open.push({ index, startedEventId, strand: null, evaluation: null });
    this.#moves.later(line, () => this.select(line, index, []));
  }

  /** Makes what an iteration begins with, and begins it. */
  select(line: Line, index: number, replies: readonly EvaluationReply[]): void {
    const { visit } = line.strand;
    const state = stateOf(line);
    if (visit.waiting.kind !== "map" || state.Type !== "Map") return;
    const item = itemAt(visit.waiting, index);
    const iteration = iterationAt(visit, index);
    try {
      const input = this.#moves.dataOfItem(line, replies, { index, value: item }).itemInput(state, item);
      const graph = innerGraph(state, index);
      iteration.strand = newStrand(graph.StartAt);
      iteration.evaluation = null;
      this.#moves.enter(
        { strand: iteration.strand, graph, outer: { line, index } },
        graph.StartAt,
        Payload.of(input),
        iteration.startedEventId,
      );
    } catch (error) {
      if (error instanceof NeedsEvaluation) {
        iteration.evaluation ??= { number: this.#run.nextNumber(), since: this.#run.at };
        this.#run.evaluations.push({ number: iteration.evaluation.number, request: error.request, replies });
        return;
      }
      const { failure, previous } = this.#moves.failureOf(line, iteration.startedEventId, error);
      if (endsExecution(failure)) this.#moves.executionFailed(failure, previous);
      else this.lineFailed(line, failure, previous, index);
    }
  }

  branchDone(line: Line, waiting: ParallelWait, index: number, output: Payload, previous: number): void {
    waiting.branches[index] = { output };
    const outputs = waiting.branches.flatMap((branch) => ("output" in branch ? [branch.output] : []));
    if (outputs.length < waiting.branches.length) return;
    this.#run.append("ParallelStateSucceeded", previous, null);
    this.#moves.took(line, { kind: "result", result: Payload.array(outputs), previous });
  }

  iterationDone(line: Line, waiting: MapWait, index: number, output: Payload, previous: number): void {
    waiting.outputs[index] = output;
    waiting.open = waiting.open.filter((open) => open.index !== index);
    const succeeded = this.#run.append("MapIterationSucceeded", previous, { name: line.strand.visit.name, index });
    // The next iteration follows from the last event within this one, past the note that it succeeded (recorded).
    if (waiting.begun < waiting.length) return this.#beginIteration(line, waiting, previous);
    if (waiting.open.length > 0) return;
    this.#run.append("MapStateSucceeded", succeeded, null);
    const outputs = Array.from({ length: waiting.length }, (_, item) => waiting.outputs[item] ?? Payload.of(null));
    this.#moves.took(line, { kind: "result", result: Payload.array(outputs), previous: succeeded });
  }

  /** A branch or an iteration failed: the others are aborted, and the Parallel or Map around them fails. */
  lineFailed(line: Line, failure: Failure, failingEventId: number, failedIndex: number): void {
    const { visit } = line.strand;
    this.#abortWithin(line, failingEventId, failedIndex);
    if (visit.waiting.kind === "parallel" || visit.waiting.kind === "map") visit.undone = visit.waiting;
    visit.waiting = { kind: "nothing" };
    this.#moves.stateFailed(line, failure, failingEventId, null);
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
}
