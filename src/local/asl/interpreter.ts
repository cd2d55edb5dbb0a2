import type { Evaluation, EvaluationReply } from "./evaluation.ts";
import { type ExecutionState, lastEventOf, newStrand, type TaskWait, visitDueAt } from "./execution-state.ts";
import type { Happening } from "./happening.ts";
import type { HistoryEvent } from "./history-event.ts";
import type { Json } from "./json.ts";
import { Lines, payloadsOf } from "./lines.ts";
import { Payload } from "./payload.ts";
import {
  allLines,
  EventLimit,
  type ExecutionFacts,
  type Line,
  latestAt,
  type MapRunPlan,
  Run,
  type Surroundings,
  stateOf,
  untruncated,
} from "./run.ts";
import { activityStarted, submitted, taskFailed, taskSucceeded, taskTimedOut } from "./task-state.ts";

export interface Step {
  readonly events: readonly HistoryEvent[];
  readonly state: ExecutionState;
  /** What JSONata is to be asked before the execution can go on. */
  readonly evaluations: readonly Evaluation[];
  /** The distributed Maps that have begun. */
  readonly mapRuns: readonly MapRunPlan[];
  /** The ARNs of those whose unsuccessful child executions are to be redriven. */
  readonly redrivenMapRuns: readonly string[];
}

/** AWS remembers so many client tokens of redrives (facts page 2.2, documented). */
const rememberedRedrives = 10;

/** When the execution as a whole runs out of time, in epoch milliseconds; a redrive gives it its time anew (documented). */
export function executionDeadline({ definition, startedAt }: ExecutionFacts, { redrivenAt }: ExecutionState): number | null {
  const seconds = definition.TimeoutSeconds;
  return seconds === undefined ? null : Math.min((redrivenAt ?? startedAt) + seconds * 1000, latestAt);
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
  const { events, evaluations, mapRuns, redrivenMapRuns } = run;
  return { events, state: run.state, evaluations, mapRuns, redrivenMapRuns };
}

class Interpretation {
  readonly #run: Run;
  readonly #lines: Lines;

  constructor(run: Run) {
    this.#run = run;
    this.#lines = new Lines(run);
  }

  take(happening: Happening): void {
    this.#first(happening);
    this.#lines.moveOn();
  }

  #first(happening: Happening): void {
    switch (happening.kind) {
      case "started":
        return this.#start(happening.variables);
      case "stopped": {
        const { error, cause } = happening;
        return this.#run.end("ABORTED", "ExecutionAborted", 0, withoutUndefined({ error, cause }));
      }
      case "due":
        return this.#due();
      case "goOn":
        return this.#goOn();
      case "redriven":
        return this.#redriven(happening.clientToken);
      case "submitted":
        return submitted(this.#run, this.#task(happening.attempt).waiting, happening.reply);
      case "evaluated":
        return this.#evaluated(happening.number, happening.replies);
      case "heartbeat": {
        const { waiting } = this.#task(happening.attempt);
        if (waiting.heartbeatSeconds !== null) waiting.heartbeatAt = this.#run.at + waiting.heartbeatSeconds * 1000;
        return;
      }
      case "activityStarted":
        return activityStarted(this.#run, this.#task(happening.attempt).waiting, happening.workerName);
      case "containerSucceeded":
      case "containerFailed":
        return this.#containerEnded(happening);
      case "mapRunSucceeded":
        return this.#lines.containers.distributed.succeeded(happening.mapRunArn, happening.results);
      case "mapRunFailed":
        return this.#lines.containers.distributed.failed(happening.mapRunArn, happening);
      case "taskSucceeded": {
        const { line, waiting } = this.#task(happening.attempt);
        return this.#lines.took(line, taskSucceeded(this.#run, waiting.call, waiting.lastEventId, happening.output));
      }
      case "taskFailed": {
        const { line, waiting } = this.#task(happening.attempt);
        return this.#lines.took(line, taskFailed(this.#run, waiting.call, waiting.lastEventId, happening));
      }
    }
  }

  #start(variables: Readonly<Record<string, Json>> = {}): void {
    const { facts, state } = this.#run;
    this.#run.append("ExecutionStarted", 0, { input: facts.input, inputDetails: untruncated, roleArn: facts.roleArn });
    state.root = { ...newStrand(facts.definition.StartAt), variables: payloadsOf(variables) };
    this.#lines.enter(
      { strand: state.root, graph: facts.definition, outer: null },
      facts.definition.StartAt,
      Payload.of(JSON.parse(facts.input) as Json),
      0,
    );
  }

  #containerEnded(end: Happening & { readonly kind: "containerSucceeded" | "containerFailed" }): void {
    const { facts, state } = this.#run;
    if (state.root === null) throw new Error("the execution is not in a state");
    const line = { strand: state.root, graph: facts.definition, outer: null };
    const previous = state.lastEventId;
    if (end.kind === "containerSucceeded") return this.#lines.took(line, { kind: "result", result: Payload.of(end.result), previous });
    const { error = null, cause = null } = end;
    this.#lines.took(line, { kind: "failed", failure: { names: error === null ? [] : [error], error, cause }, previous });
  }

  #due(): void {
    const run = this.#run;
    const deadline = executionDeadline(run.facts, run.state);
    if (deadline !== null && deadline <= run.at) return run.end("TIMED_OUT", "ExecutionTimedOut", 0, {});
    let first: Line | null = null;
    for (const line of allLines(run)) {
      if (first === null || visitDueAt(line.strand.visit) < visitDueAt(first.strand.visit)) first = line;
    }
    if (first === null || visitDueAt(first.strand.visit) > run.at) return;
    const { visit } = first.strand;
    const { waiting } = visit;
    if (waiting.kind === "task") this.#lines.took(first, taskTimedOut(run, waiting));
    else if (waiting.kind === "retry") this.#lines.begin(first, waiting.failedEventId);
    else if (waiting.kind === "time") this.#lines.perform(first, { kind: "result", previous: visit.enteredEventId });
  }

  /** Enters the states that were left to be entered, in the order in which they would have been. */
  #goOn(): void {
    const left = [...allLines(this.#run)].flatMap((line) =>
      line.strand.entering === undefined ? [] : [{ line, ...line.strand.entering }],
    );
    left.sort((one, other) => one.previous - other.previous);
    for (const { line, name, input, previous } of left) this.#lines.enter(line, name, input, previous);
  }

  #redriven(clientToken: string | undefined): void {
    const { facts, state } = this.#run;
    const strand = this.#run.reopen();
    if (clientToken !== undefined) {
      state.redriveTokens = [...state.redriveTokens, { clientToken, at: this.#run.at }].slice(-rememberedRedrives);
    }
    this.#run.append("ExecutionRedriven", 0, { redriveCount: state.redriveCount });
    this.#redo({ strand, graph: facts.definition, outer: null });
  }

  /** Does the state again that a line ended in, with its retries anew; of a Parallel and a Map what had not succeeded in it (documented). */
  #redo(line: Line): void {
    const { entering, visit } = line.strand;
    if (entering !== undefined) return this.#lines.enter(line, entering.name, entering.input, entering.previous);
    visit.retrierUses = [];
    visit.retryCount = 0;
    const held = visit.undone ?? visit.waiting;
    delete visit.undone;
    if (held.kind === "parallel" || held.kind === "map") return this.#lines.containers.redo(line, held, (inner) => this.#redo(inner));
    if (held.kind === "mapRun") return this.#lines.containers.distributed.redrive(line, held);
    // A Fail state is entered again (documented), which is all that there is to do in it.
    if (stateOf(line).Type === "Fail") return this.#lines.enter(line, visit.name, visit.input, visit.previousEventId);
    const previous = lastEventOf(visit);
    visit.waiting = { kind: "nothing" };
    this.#lines.later(line, () => this.#lines.begin(line, previous));
  }

  #evaluated(number: number, replies: readonly EvaluationReply[]): void {
    for (const line of allLines(this.#run)) {
      const { waiting } = line.strand.visit;
      if (waiting.kind === "evaluation" && waiting.number === number) return this.#lines.perform(line, waiting.phase, replies);
      const iteration = waiting.kind === "map" ? waiting.open.find(({ evaluation }) => evaluation?.number === number) : undefined;
      if (iteration !== undefined) return this.#lines.containers.select(line, iteration.index, replies);
    }
  }

  #task(attempt: number): { readonly line: Line; readonly waiting: TaskWait } {
    for (const line of allLines(this.#run)) {
      const { waiting } = line.strand.visit;
      if (waiting.kind === "task" && waiting.attempt === attempt) return { line, waiting };
    }
    throw new Error("no such task waits in this execution");
  }
}

function withoutUndefined(details: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(details).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}
