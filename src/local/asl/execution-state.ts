import { Payload } from "./payload.ts";
import type { ResultPlace } from "./result-writer.ts";

/** What one execution is doing: all that the interpreter needs besides the definition and the facts. Stored as JSON after each step. */
export interface ExecutionState {
  /** PENDING_REDRIVE: a map run's child that did not succeed, and that its map run is about to redrive. */
  status: "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED" | "PENDING_REDRIVE";
  /** The id of the last event; the next one gets the id after it. */
  lastEventId: number;
  /** When the last step was taken, in epoch milliseconds: time never runs back in a history. */
  lastStepAt: number;
  /** Numbers attempts and evaluations; unique in the execution. */
  lastNumber: number;
  /** How often each mocked state has been called. */
  calls: Record<string, number>;
  /** Whether it ever had a distributed Map. */
  hasMapRuns: boolean;
  /** Its line of states, or null before the first and after the last. */
  root: Strand | null;
  /** Its line of states as it ended, if it ended unsuccessfully: what a redrive goes on from. */
  redrivable: Strand | null;
  redriveCount: number;
  redrivenAt: number | null;
  /** What the last redrives were asked for with, so that a request that is sent again redrives nothing again. */
  redriveTokens: readonly { readonly clientToken: string; readonly at: number }[];
  output: Payload | null;
  error: string | null;
  cause: string | null;
  stoppedAt: number | null;
}

/** One line of states: the machine's own, a Parallel's branch or a Map's iteration. */
export interface Strand {
  visit: StateVisit;
  /** Assigned in this scope; those of the outer scopes are read from there. */
  variables: Readonly<Record<string, Payload>>;
  /** Within a step, and kept where the step is broken off or ends the execution: the state that is about to be entered. */
  entering?: { readonly name: string; readonly input: Payload; readonly previous: number };
}

/** One stay in a state. Times are epoch milliseconds. */
export interface StateVisit {
  readonly name: string;
  /** The StateEntered event, and the event before it. */
  readonly enteredEventId: number;
  readonly previousEventId: number;
  readonly enteredAt: number;
  /** The state's raw input. */
  readonly input: Payload;
  /** How often each retrier of the state has been used. */
  retrierUses: number[];
  retryCount: number;
  /** The number of its last beginning, which a task's token stands for. */
  attempt?: number;
  waiting: Waiting;
  /** What a Parallel or a Map that failed for good held; a redrive does again what had not succeeded in it. */
  undone?: ParallelWait | MapWait;
  /** The last event of what failed in it: what a redrive schedules anew follows from there. */
  failedEventId?: number;
}

export type Waiting =
  | TaskWait
  | { readonly kind: "retry"; readonly until: number; readonly failedEventId: number }
  | { readonly kind: "time"; readonly until: number }
  | EvaluationWait
  | ParallelWait
  | MapWait
  | MapRunWait
  /** Only within a step: the state has been entered, and its work is about to be done. */
  | { readonly kind: "nothing" };

/** A task that somebody else has to end. */
export interface TaskWait {
  readonly kind: "task";
  /** What its token stands for. */
  readonly attempt: number;
  readonly scheduledEventId: number;
  /** The last event of the attempt: what ends it is linked to it. */
  lastEventId: number;
  readonly call: TaskCall;
  /** An activity's task, and whether a worker has it. */
  activity: "queued" | "held" | null;
  readonly timeoutSeconds: number | null;
  timeoutAt: number | null;
  readonly heartbeatSeconds: number | null;
  heartbeatAt: number | null;
}

/** Whose events an attempt writes: an activity's, or a service integration's with its names. */
export type TaskCall =
  | { readonly family: "Activity"; readonly arn: string }
  | { readonly family: "LambdaFunction"; readonly arn: string }
  | { readonly family: "Task"; readonly resourceType: string; readonly resource: string };

/** JSONata is evaluated outside the interpreter; the state goes on in its phase when the values are there. */
export interface EvaluationWait {
  readonly kind: "evaluation";
  readonly number: number;
  readonly phase: Phase;
  readonly since: number;
}

export interface ParallelWait {
  readonly kind: "parallel";
  readonly branches: (OpenBranch | { readonly output: Payload })[];
}

export interface OpenBranch {
  readonly strand: Strand;
}

export interface MapWait {
  readonly kind: "map";
  readonly startedEventId: number;
  /** An array. */
  readonly items: Payload;
  readonly length: number;
  /** Iterations begin in order; this many have begun. */
  begun: number;
  readonly maxConcurrency: number;
  open: Iteration[];
  readonly outputs: Record<number, Payload>;
}

/** A distributed Map, whose iterations are executions of their own. */
export interface MapRunWait {
  readonly kind: "mapRun";
  readonly mapRunArn: string;
  readonly startedEventId: number;
  /** Where its ResultWriter puts the results. */
  readonly writer?: ResultPlace;
}

export interface Iteration {
  readonly index: number;
  readonly startedEventId: number;
  /** Null while its ItemSelector is evaluated. */
  strand: Strand | null;
  evaluation: { readonly number: number; readonly since: number } | null;
}

/** What is to be done in a state: its beginning (anew for each attempt), what follows its result, or what follows a caught failure. */
export type Phase =
  | { readonly kind: "begin"; readonly previous: number; readonly attempt: number }
  | { readonly kind: "result"; readonly previous: number; readonly result?: Payload }
  | {
      readonly kind: "caught";
      readonly previous: number;
      readonly catcher: number;
      readonly errorOutput: { readonly Error: string | null; readonly Cause: string | null };
    };

/** An execution that has not begun. */
export function notStarted(): ExecutionState {
  return {
    status: "RUNNING",
    lastEventId: 0,
    lastStepAt: 0,
    lastNumber: 0,
    calls: {},
    hasMapRuns: false,
    root: null,
    redrivable: null,
    redriveCount: 0,
    redrivenAt: null,
    redriveTokens: [],
    output: null,
    error: null,
    cause: null,
    stoppedAt: null,
  };
}

/** The strands directly within a visit that have not ended. */
export function openStrands(visit: StateVisit): Strand[] {
  const { waiting } = visit;
  if (waiting.kind === "parallel") return waiting.branches.flatMap((branch) => ("strand" in branch ? [branch.strand] : []));
  return waiting.kind === "map" ? waiting.open.flatMap(({ strand }) => strand ?? []) : [];
}

/** Every visit that is going on, outer ones before inner ones. */
export function* openVisits(strand: Strand | null): Generator<StateVisit> {
  if (strand === null) return;
  yield strand.visit;
  for (const inner of openStrands(strand.visit)) yield* openVisits(inner);
}

/** Whether the last step was broken off for its length: then the execution goes on by itself, before anything else falls due in it. */
export function isBrokenOff({ status, root }: ExecutionState): boolean {
  const isEntering = (strand: Strand): boolean => strand.entering !== undefined || openStrands(strand.visit).some(isEntering);
  return status === "RUNNING" && root !== null && isEntering(root);
}

/** The task that waits under an attempt's number, with its visit. */
export function waitingTask(state: ExecutionState, attempt: number): { readonly visit: StateVisit; readonly waiting: TaskWait } | null {
  for (const visit of openVisits(state.root)) {
    if (visit.waiting.kind === "task" && visit.waiting.attempt === attempt) return { visit, waiting: visit.waiting };
  }
  return null;
}

/** When something falls due of itself, in epoch milliseconds; null where nothing does. */
export function dueAt(state: ExecutionState, executionDeadline: number | null): number | null {
  if (state.status !== "RUNNING") return null;
  let earliest = executionDeadline ?? Number.POSITIVE_INFINITY;
  for (const visit of openVisits(state.root)) earliest = Math.min(earliest, visitDueAt(visit));
  return earliest === Number.POSITIVE_INFINITY ? null : earliest;
}

/** When a visit's own deadline comes; infinity where it has none. */
export function visitDueAt({ waiting }: StateVisit): number {
  if (waiting.kind === "retry" || waiting.kind === "time") return waiting.until;
  if (waiting.kind !== "task") return Number.POSITIVE_INFINITY;
  return Math.min(waiting.timeoutAt ?? Number.POSITIVE_INFINITY, waiting.heartbeatAt ?? Number.POSITIVE_INFINITY);
}

/** The numbers of the evaluations that JSONata still owes the execution, lowest first: their replies are taken in this order. */
export function pendingEvaluations(state: ExecutionState): number[] {
  const numbers: number[] = [];
  for (const { waiting } of openVisits(state.root)) {
    if (waiting.kind === "evaluation") numbers.push(waiting.number);
    if (waiting.kind === "map") numbers.push(...waiting.open.flatMap(({ evaluation }) => evaluation?.number ?? []));
  }
  return numbers.sort((left, right) => left - right);
}

/** The event that a visit's next attempt follows from, if it is broken off now. */
export function lastEventOf({ waiting, failedEventId, enteredEventId }: StateVisit): number {
  if (waiting.kind === "task") return waiting.lastEventId;
  if (waiting.kind === "retry") return waiting.failedEventId;
  if (waiting.kind === "evaluation") return waiting.phase.previous;
  return failedEventId ?? enteredEventId;
}

export function newStrand(startAt: string): Strand {
  return { visit: newVisit(startAt), variables: {} };
}

/** A visit that has not begun. */
export function newVisit(name: string): StateVisit {
  return {
    name,
    enteredEventId: 0,
    previousEventId: 0,
    enteredAt: 0,
    input: Payload.of(null),
    retrierUses: [],
    retryCount: 0,
    waiting: { kind: "nothing" },
  };
}
