import { AslError, DataLimitError, EvaluationError, maxPayloadBytes, ReferencePathError } from "./asl-error.ts";
import { Containers, type Moves } from "./containers.ts";
import type { Catcher, Retrier, State } from "./definition.ts";
import { type EvaluationReply, NeedsEvaluation, Replies } from "./evaluation.ts";
import { newVisit, type Phase } from "./execution-state.ts";
import type { Json } from "./json.ts";
import { JsonPathData, noChoiceMatched } from "./json-path-data.ts";
import { JsonataData } from "./jsonata-data.ts";
import { Payload } from "./payload.ts";
import { endsExecution, type Failure, matchingCatcher, nextRetry } from "./retry-catch.ts";
import { type Line, latestAt, type MapItem, type Run, stateNamed, stateOf, stateScope, untruncated, valuesOf } from "./run.ts";
import type { StateData, StateEnd } from "./state-data.ts";
import { beginTask, type Done } from "./task-state.ts";

/** Moves lines on through their states: enters, does phases, leaves, retries and catches. Lines take turns, a state each. */
export class Lines implements Moves {
  readonly #run: Run;
  readonly containers: Containers;
  /** What is still to be done in this step, each for the line that it moves on. An entering can be left for another step. */
  readonly #work: { readonly line: Line; readonly isEntering: boolean; readonly go: () => void }[] = [];

  constructor(run: Run) {
    this.#run = run;
    this.containers = new Containers(run, this);
  }

  /** Does all that is to be done until every line waits or has ended, or until it has become so much that the rest is left for another step. */
  moveOn(): void {
    for (let next = this.#work.shift(); next !== undefined; next = this.#work.shift()) {
      if (this.#isAlive(next.line)) next.go();
      if (this.#run.isLong && this.#work.every(({ isEntering }) => isEntering)) return;
    }
  }

  later(line: Line, go: () => void): void {
    this.#work.push({ line, isEntering: false, go });
  }

  /** Puts the entering of a state in the line's turn. */
  enter(line: Line, name: string, input: Payload, previous: number): void {
    line.strand.entering = { name, input, previous };
    this.#work.push({ line, isEntering: true, go: () => this.#entered(line, name, input, previous) });
  }

  #entered(line: Line, name: string, input: Payload, previous: number): void {
    const { Type: type } = stateNamed(line.graph, name);
    const details = { name, input: input.text, inputDetails: untruncated };
    const enteredEventId = this.#run.append(`${type}StateEntered`, previous, details);
    delete line.strand.entering;
    line.strand.visit = { ...newVisit(name), enteredEventId, previousEventId: previous, enteredAt: this.#run.at, input };
    this.begin(line, enteredEventId);
  }

  begin(line: Line, previous: number): void {
    const attempt = this.#run.nextNumber();
    line.strand.visit.attempt = attempt;
    this.perform(line, { kind: "begin", previous, attempt });
  }

  /** Does a phase of the state that the line is in, or leaves it waiting for JSONata. An error of the language fails the state. */
  perform(line: Line, phase: Phase, replies: readonly EvaluationReply[] = []): void {
    const { visit } = line.strand;
    const waited = visit.waiting.kind === "evaluation" ? visit.waiting : null;
    const state = stateOf(line);
    try {
      const done = this.#phase(line, state, phase, this.#data(line, state, replies, phase));
      if (done !== null) this.took(line, done);
    } catch (error) {
      if (error instanceof NeedsEvaluation) {
        const wait = waited ?? { kind: "evaluation", number: this.#run.nextNumber(), phase, since: this.#run.at };
        visit.waiting = wait;
        this.#run.evaluations.push({ number: wait.number, request: error.request, replies });
        return;
      }
      const { failure, previous } = this.failureOf(line, phase.previous, error);
      visit.failedEventId = phase.previous;
      if (phase.kind === "caught") this.#lineFailed(line, failure, previous);
      else this.stateFailed(line, failure, previous, previous);
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
      this.#leave(line, state, data.caughtEnd(catcher, phase.catcher, phase.errorOutput), phase.previous, catcher.Next);
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
        return this.containers.beginParallel(line, state, data.callInput(state), previous);
      case "Map":
        return this.containers.beginMap(line, state, data, previous);
      case "Pass":
        return resultOf(data.passResult(state), previous);
      case "Wait":
        // An instant that is past is no wait at all, as time never runs back in a history; one beyond what a date can be is for ever.
        return {
          kind: "waits",
          waiting: { kind: "time", until: Math.min(Math.max(this.#run.at, data.waitUntil(state, this.#run.at)), latestAt) },
        };
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

  took(line: Line, done: Done): void {
    if (done.kind === "none") return;
    if (done.kind === "waits") line.strand.visit.waiting = done.waiting;
    else if (done.kind === "failed") {
      line.strand.visit.failedEventId = done.previous;
      line.strand.visit.waiting = { kind: "nothing" };
      this.stateFailed(line, done.failure, done.previous, done.previous);
    } else {
      line.strand.visit.waiting = { kind: "nothing" };
      this.perform(line, done);
    }
  }

  /** Leaves a state with its end: to the next state, or to the end of the line. */
  #leave(line: Line, state: State, { output, assigned }: StateEnd, previous: number, next: string | undefined): void {
    const { visit } = line.strand;
    const { text } = output;
    if (Buffer.byteLength(text) > maxPayloadBytes) throw new DataLimitError(visit.name);
    const variables = payloadsOf(assigned ?? {});
    const bytes = Object.values(variables).reduce((sum, variable) => sum + Buffer.byteLength(variable.text), 0);
    if (bytes > maxPayloadBytes) throw new DataLimitError(visit.name, "assigned variables");
    const told = assigned === null ? {} : { assignedVariables: textsOf(variables), assignedVariablesDetails: untruncated };
    const details = { name: visit.name, output: text, outputDetails: untruncated, ...told };
    const exited = this.#run.append(`${state.Type}StateExited`, previous, details);
    line.strand.variables = { ...line.strand.variables, ...variables };
    visit.waiting = { kind: "nothing" };
    const { inspection } = this.#run.surroundings;
    inspection?.left(output.value, next, valuesOf(line.strand.variables));
    if (next === undefined || inspection !== undefined) this.#lineDone(line, output, exited);
    else this.enter(line, next, output, exited);
  }

  #lineDone(line: Line, output: Payload, previous: number): void {
    if (line.outer === null) {
      return this.#run.end("SUCCEEDED", "ExecutionSucceeded", previous, { output: output.text, outputDetails: untruncated });
    }
    const { line: outer, index } = line.outer;
    const { waiting } = outer.strand.visit;
    if (waiting.kind === "parallel") this.containers.branchDone(outer, waiting, index, output, previous);
    else if (waiting.kind === "map") this.containers.iterationDone(outer, waiting, index, output, previous);
  }

  #lineFailed({ outer }: Line, failure: Failure, failedEventId: number): void {
    if (outer === null || endsExecution(failure)) this.executionFailed(failure, failedEventId);
    else this.containers.lineFailed(outer.line, failure, failedEventId, outer.index);
  }

  /** At once, without a word on the Parallels and Maps around what failed (seen by others on AWS for States.Runtime). */
  executionFailed(failure: Failure, failedEventId: number): void {
    const { error, cause } = failure;
    const told = withoutUndefined({ error: error ?? undefined, cause: cause === "" ? undefined : (cause ?? undefined) });
    this.#run.end("FAILED", "ExecutionFailed", failedEventId, told);
  }

  /**
   * Retries, catches, or passes the failure on. A retry follows from the event that failed; what comes after a Parallel or Map that failed
   * for good follows from its own Failed event (recorded), which is appended here: `failedEventId` is null then.
   */
  stateFailed(line: Line, failure: Failure, retryFrom: number, failedEventId: number | null): void {
    const { visit } = line.strand;
    this.#run.surroundings.inspection?.failed(failure);
    const state = stateOf(line);
    const { retriers, catchers } = rulesOf(state);
    const retry = nextRetry(retriers, visit.retrierUses, failure, this.#run.surroundings.random);
    if (retry !== null) {
      visit.retrierUses = retriers.map((_, index) => (visit.retrierUses[index] ?? 0) + (index === retry.index ? 1 : 0));
      visit.retryCount += 1;
      delete visit.undone;
      visit.waiting = { kind: "retry", until: this.#run.at + retry.delayMilliseconds, failedEventId: retryFrom };
      return;
    }
    const previous = failedEventId ?? this.#run.append(`${state.Type}StateFailed`, retryFrom, null);
    const catcher = matchingCatcher(catchers, failure);
    if (catcher === undefined) return this.#lineFailed(line, failure, previous);
    delete visit.undone;
    visit.waiting = { kind: "nothing" };
    const errorOutput = { Error: failure.error, Cause: failure.cause };
    this.perform(line, { kind: "caught", previous, catcher: catchers.indexOf(catcher), errorOutput });
  }

  /** The failure that an error of the language is, and the event that what comes of it follows from. */
  failureOf(line: Line, previous: number, error: unknown): { readonly failure: Failure; readonly previous: number } {
    if (!(error instanceof AslError)) throw error;
    const { visit } = line.strand;
    const place = `An error occurred while executing the state '${visit.name}' (entered at the event id #${visit.enteredEventId}). `;
    const cause = error.isWhole ? error.causeText : `${place}${error.causeText}`;
    // Whoever catches it by its documented name is not to be disappointed.
    const names = [error.errorName, ...(error instanceof ReferencePathError ? ["States.ResultPathMatchFailure"] : [])];
    const failure = { names, error: error.errorName, cause, isFinal: error instanceof DataLimitError };
    if (!(error instanceof EvaluationError)) return { failure, previous };
    // What fails before the state has begun follows from the event before the state (facts page 5.10, recorded).
    const link = previous === visit.enteredEventId ? visit.previousEventId : previous;
    const details = { error: error.errorName, cause: error.causeText, location: error.location, state: visit.name };
    return { failure, previous: this.#run.append("EvaluationFailed", link, details) };
  }

  dataOfItem(line: Line, replies: readonly EvaluationReply[], item: MapItem): StateData {
    return this.#data(line, stateOf(line), replies, null, item);
  }

  #data(line: Line, state: State, replies: readonly EvaluationReply[], phase: Phase | null, item: MapItem | null = null): StateData {
    const { visit } = line.strand;
    // It is there when the task ends, too (measured by others).
    const { attempt } = hasToken(state) && phase !== null && phase.kind !== "caught" ? visit : {};
    const taskToken = attempt === undefined ? null : this.#run.surroundings.mintToken(attempt);
    const language = state.QueryLanguage ?? this.#run.facts.definition.QueryLanguage ?? "JSONPath";
    const scope = stateScope(this.#run, line, taskToken, item);
    const saw = this.#run.surroundings.inspection?.saw;
    return language === "JSONata"
      ? new JsonataData(visit.input, scope, new Replies(replies), this.#run.at, saw)
      : new JsonPathData(visit.input, scope, saw);
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

function resultOf(result: Payload | undefined, previous: number): Done {
  return { kind: "result", previous, ...(result === undefined ? {} : { result }) };
}

export function rulesOf(state: State): { readonly retriers: readonly Retrier[]; readonly catchers: readonly Catcher[] } {
  const { Retry: retriers = [], Catch: catchers = [] } = state as { Retry?: readonly Retrier[]; Catch?: readonly Catcher[] };
  return { retriers, catchers };
}

/** `$$.Task.Token` is there in callback and .sync states (facts page 7). */
export function hasToken(state: State): boolean {
  return state.Type === "Task" && /\.(waitForTaskToken|sync(:2)?)$/.test(state.Resource);
}

function textsOf(variables: Readonly<Record<string, Payload>>): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).map(([name, { text }]) => [name, text]));
}

export function payloadsOf(variables: Readonly<Record<string, Json>>): Record<string, Payload> {
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, Payload.of(value)]));
}

function withoutUndefined(details: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(details).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}
