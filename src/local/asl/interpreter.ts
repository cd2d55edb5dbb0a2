import { AslError, runtimeError } from "./asl-error.ts";
import { evaluateChoice } from "./choice.ts";
import type { ChoiceState, Definition, FailState, PassState, State, TaskState, WaitState } from "./definition.ts";
import type { ExecutionState, StateVisit } from "./execution-state.ts";
import { detailsKey, type HistoryEvent } from "./history-event.ts";
import { type Json, jsonText } from "./json.ts";
import { findPath, parsePath, readPath } from "./json-path.ts";
import { resolveTemplate } from "./payload-template.ts";
import { writePath } from "./reference-path.ts";
import { type Failure, matchingCatcher, nextRetry } from "./retry-catch.ts";
import { deliveredReply, type Integration, parseIntegration } from "./task-reply.ts";

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
}

export type Happening =
  | { readonly kind: "started" }
  | { readonly kind: "taskSucceeded"; readonly output: string }
  | { readonly kind: "taskFailed"; readonly error?: string; readonly cause?: string }
  | { readonly kind: "heartbeat" }
  /** The earliest deadline has come; `at` is that deadline. */
  | { readonly kind: "due" }
  | { readonly kind: "stopped"; readonly error?: string; readonly cause?: string };

/** What the interpreter cannot make by itself. */
export interface Surroundings {
  mintToken(scheduledEventId: number): string;
  /** In [0, 1), for a jittered retry. */
  random(): number;
}

export interface Step {
  readonly events: readonly HistoryEvent[];
  readonly state: ExecutionState;
}

/** AWS ends an execution at this event (facts page 4, recorded). */
const maxEvents = 25_000;
const maxPayloadBytes = 262_144;

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
  return new Interpretation(facts, state, at, surroundings).run(happening);
}

/** Ends the interpretation of a step whose execution has run into the event limit. */
class EventLimit extends Error {}

class Interpretation {
  readonly #facts: ExecutionFacts;
  readonly #at: number;
  readonly #surroundings: Surroundings;
  readonly #events: HistoryEvent[] = [];
  #state: ExecutionState;

  constructor(facts: ExecutionFacts, state: ExecutionState, at: number, surroundings: Surroundings) {
    this.#facts = facts;
    this.#state = state;
    this.#at = at;
    this.#surroundings = surroundings;
  }

  run(happening: Happening): Step {
    try {
      this.#take(happening);
    } catch (error) {
      if (!(error instanceof EventLimit)) throw error;
      this.#failAtEventLimit();
    }
    return { events: this.#events, state: this.#state };
  }

  #take(happening: Happening): void {
    switch (happening.kind) {
      case "started":
        return this.#start();
      case "stopped":
        return this.#end("ABORTED", "ExecutionAborted", 0, withoutUndefined({ error: happening.error, cause: happening.cause }));
      case "due":
        return this.#due();
      case "heartbeat":
        return this.#beat();
      case "taskSucceeded":
        return this.#taskSucceeded(happening.output);
      case "taskFailed":
        return this.#taskFailed(happening);
    }
  }

  #start(): void {
    this.#append("ExecutionStarted", 0, { input: this.#facts.input, inputDetails: untruncated, roleArn: this.#facts.roleArn });
    this.#enter(this.#facts.definition.StartAt, JSON.parse(this.#facts.input) as Json, 0);
  }

  /** Enters states one after another until one waits or the execution ends. */
  #enter(firstName: string, firstInput: Json, firstPrevious: number): void {
    let next: Transition | null = { name: firstName, input: firstInput, previous: firstPrevious };
    while (next !== null) next = this.#visit(next);
  }

  #visit({ name, input, previous }: Transition): Transition | null {
    const state = this.#stateNamed(name);
    const inputText = jsonText(input);
    const enteredEventId = this.#append(`${state.Type}StateEntered`, previous, { name, input: inputText, inputDetails: untruncated });
    const visit: Visit = { name, enteredEventId, enteredAt: this.#at, input: inputText, retrierUses: [], retryCount: 0 };
    return this.#orFail(visit, enteredEventId, () => {
      switch (state.Type) {
        case "Task":
          return this.#schedule(visit, state, enteredEventId);
        case "Pass":
          return this.#pass(visit, state, input);
        case "Choice":
          return this.#choose(visit, state, input);
        case "Wait":
          return this.#wait(visit, state, input);
        case "Succeed":
          return this.#succeed(visit, state, input);
        case "Fail":
          return this.#fail(visit, state, input);
      }
    });
  }

  #pass(visit: Visit, state: PassState, raw: Json): Transition | null {
    const context = this.#context(visit);
    const input = applyPath(state.InputPath, raw, context);
    const parameters = state.Parameters === undefined ? input : resolveTemplate(state.Parameters, input, context);
    const result = state.Result === undefined ? parameters : state.Result;
    return this.#leave(visit, state, applyResultPath(state.ResultPath, raw, result), visit.enteredEventId, context);
  }

  #choose(visit: Visit, state: ChoiceState, raw: Json): Transition | null {
    const context = this.#context(visit);
    const input = applyPath(state.InputPath, raw, context);
    const next = state.Choices.find((rule) => evaluateChoice(rule, input, context))?.Next ?? state.Default;
    if (next === undefined) {
      throw new AslError("States.NoChoiceMatched", "Failed to transition out of the state. The state does not point to a next state.");
    }
    return this.#leave(visit, { ...state, Next: next }, input, visit.enteredEventId, context);
  }

  #wait(visit: Visit, state: WaitState, raw: Json): null {
    const input = applyPath(state.InputPath, raw, this.#context(visit));
    // An instant that is past is no wait at all; time never runs back in a history.
    this.#stay(visit, { kind: "time", until: Math.max(this.#at, this.#waitUntil(visit, state, input)) });
    return null;
  }

  #waitUntil(visit: Visit, state: WaitState, input: Json): number {
    if (state.Seconds !== undefined) return this.#at + state.Seconds * 1000;
    if (state.Timestamp !== undefined) return Date.parse(state.Timestamp);
    if (state.SecondsPath !== undefined) return this.#at + this.#secondsAt(visit, state.SecondsPath, input, "SecondsPath", 0) * 1000;
    const path = state.TimestampPath ?? "$";
    const timestamp = readFieldPath(path, input, this.#context(visit));
    // Without a zone it is refused (recorded), whatever Date.parse makes of it.
    const isWhole = typeof timestamp === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(timestamp);
    const instant = isWhole ? Date.parse(timestamp) : Number.NaN;
    if (Number.isNaN(instant))
      throw runtimeError(
        `The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: ${path} == ${typeof timestamp === "string" ? timestamp : jsonText(timestamp)}`,
      );
    return instant;
  }

  #succeed(visit: Visit, state: State, raw: Json): null {
    const context = this.#context(visit);
    const output = applyPath(state.OutputPath, applyPath(state.InputPath, raw, context), context);
    const exited = this.#exit(visit, state, output, visit.enteredEventId);
    this.#end("SUCCEEDED", "ExecutionSucceeded", exited, { output: jsonText(output), outputDetails: untruncated });
    return null;
  }

  #fail(visit: Visit, state: FailState, input: Json): null {
    const error = state.ErrorPath === undefined ? state.Error : this.#textAt(visit, state.ErrorPath, input, "ErrorPath");
    const cause = state.CausePath === undefined ? state.Cause : this.#textAt(visit, state.CausePath, input, "CausePath");
    this.#end("FAILED", "ExecutionFailed", visit.enteredEventId, withoutUndefined({ error, cause }));
    return null;
  }

  /** Resolves a task's parameters with a token of its own and hands it over; every attempt comes through here. */
  #schedule(visit: Visit, state: TaskState, previous: number): null {
    const integration = integrationOf(state);
    const taskToken = this.#surroundings.mintToken(this.#state.lastEventId + 1);
    const context = this.#context(visit, taskToken);
    const input = applyPath(state.InputPath, JSON.parse(visit.input) as Json, context);
    const parameters = state.Parameters === undefined ? input : resolveTemplate(state.Parameters, input, context);
    const timeoutSeconds = this.#deadlineSeconds(visit, state, "Timeout", input);
    const heartbeatSeconds = this.#deadlineSeconds(visit, state, "Heartbeat", input);
    const call = { resourceType: integration.resourceType, resource: integration.resource };
    const scheduledEventId = this.#append("TaskScheduled", previous, {
      ...call,
      region: this.#facts.region,
      parameters: jsonText(parameters),
      ...(timeoutSeconds === null ? {} : { timeoutInSeconds: timeoutSeconds }),
      ...(heartbeatSeconds === null ? {} : { heartbeatInSeconds: heartbeatSeconds }),
    });
    const startedEventId = this.#append("TaskStarted", scheduledEventId, call);
    const submittedEventId = this.#append("TaskSubmitted", startedEventId, {
      ...call,
      output: jsonText(deliveredReply(integration, parameters, taskToken)),
      outputDetails: untruncated,
    });
    this.#stay(visit, {
      kind: "task",
      scheduledEventId,
      submittedEventId,
      timeoutAt: timeoutSeconds === null ? null : this.#at + timeoutSeconds * 1000,
      heartbeatSeconds,
      heartbeatAt: heartbeatSeconds === null ? null : this.#at + heartbeatSeconds * 1000,
    });
    return null;
  }

  #taskSucceeded(output: string): void {
    const { visit, state, waiting } = this.#waitingTask();
    const { resourceType, resource } = integrationOf(state);
    const succeeded = this.#append("TaskSucceeded", waiting.submittedEventId, {
      resourceType,
      resource,
      output,
      outputDetails: untruncated,
    });
    this.#goOn(
      this.#orFail(visit, succeeded, () => {
        const context = this.#context(visit);
        const answer = JSON.parse(output) as Json;
        const result = state.ResultSelector === undefined ? answer : resolveTemplate(state.ResultSelector, answer, context);
        return this.#leave(visit, state, applyResultPath(state.ResultPath, JSON.parse(visit.input) as Json, result), succeeded, context);
      }),
    );
  }

  #taskFailed({ error, cause }: { readonly error?: string; readonly cause?: string }): void {
    const { visit, state, waiting } = this.#waitingTask();
    const { resourceType, resource } = integrationOf(state);
    const failed = this.#append("TaskFailed", waiting.submittedEventId, withoutUndefined({ resourceType, resource, error, cause }));
    const failure: Failure = { names: error === undefined ? [] : [error], error: error ?? null, cause: cause ?? null };
    this.#goOn(this.#retryOrCatch(visit, state, failure, failed));
  }

  #taskTimedOut(names: readonly string[]): void {
    const { visit, state, waiting } = this.#waitingTask();
    const { resourceType, resource } = integrationOf(state);
    const timedOut = this.#append("TaskTimedOut", waiting.submittedEventId, { resourceType, resource, error: "States.Timeout" });
    this.#goOn(this.#retryOrCatch(visit, state, { names, error: "States.Timeout", cause: "" }, timedOut));
  }

  #retryOrCatch(visit: Visit, state: TaskState, failure: Failure, failedEventId: number): Transition | null {
    const retry = nextRetry(state.Retry ?? [], visit.retrierUses, failure, this.#surroundings.random);
    if (retry !== null) {
      const retrierUses = (state.Retry ?? []).map((_, index) => (visit.retrierUses[index] ?? 0) + (index === retry.index ? 1 : 0));
      const waiting = { kind: "retry", until: this.#at + retry.delayMilliseconds, failedEventId } as const;
      this.#stay({ ...visit, retrierUses, retryCount: visit.retryCount + 1 }, waiting);
      return null;
    }
    const catcher = matchingCatcher(state.Catch ?? [], failure);
    if (catcher === undefined) {
      const cause = failure.cause === "" ? undefined : (failure.cause ?? undefined);
      this.#end("FAILED", "ExecutionFailed", failedEventId, withoutUndefined({ error: failure.error ?? undefined, cause }));
      return null;
    }
    return this.#orFail(visit, failedEventId, () => {
      const caught = { Error: failure.error, Cause: failure.cause };
      const output = applyResultPath(catcher.ResultPath, JSON.parse(visit.input) as Json, caught);
      const exited = this.#exit(visit, state, output, failedEventId);
      return { name: catcher.Next, input: output, previous: exited };
    });
  }

  #due(): void {
    const deadline = executionDeadline(this.#facts);
    if (deadline !== null && deadline <= this.#at) return this.#end("TIMED_OUT", "ExecutionTimedOut", 0, {});
    const visit = this.#state.at;
    if (visit === null) return;
    const { waiting } = visit;
    const state = this.#stateNamed(visit.name);
    if (waiting.kind === "time") {
      this.#goOn(this.#orFail(visit, visit.enteredEventId, () => this.#leaveWait(visit, state)));
    } else if (waiting.kind === "retry") {
      this.#goOn(this.#orFail(visit, waiting.failedEventId, () => this.#schedule(visit, asTask(state), waiting.failedEventId)));
    } else if (waiting.timeoutAt !== null && waiting.timeoutAt <= this.#at) {
      this.#taskTimedOut(["States.Timeout"]);
    } else {
      // A missed heartbeat is told as States.Timeout (facts page 5.2, recorded) and matched by either name (documented).
      this.#taskTimedOut(["States.HeartbeatTimeout", "States.Timeout"]);
    }
  }

  #leaveWait(visit: Visit, state: State): Transition | null {
    const context = this.#context(visit);
    const input = applyPath(state.InputPath, JSON.parse(visit.input) as Json, context);
    return this.#leave(visit, state, input, visit.enteredEventId, context);
  }

  #beat(): void {
    const { visit, waiting } = this.#waitingTask();
    if (waiting.heartbeatSeconds === null) return;
    this.#stay(visit, { ...waiting, heartbeatAt: this.#at + waiting.heartbeatSeconds * 1000 });
  }

  /** Leaves a state with OutputPath applied to `output`: to the next state, or to the end of the execution. */
  #leave(visit: Visit, state: State, output: Json, previous: number, context: Json): Transition | null {
    const shown = applyPath(state.OutputPath, output, context);
    const exited = this.#exit(visit, state, shown, previous);
    if (state.Next !== undefined) return { name: state.Next, input: shown, previous: exited };
    this.#end("SUCCEEDED", "ExecutionSucceeded", exited, { output: jsonText(shown), outputDetails: untruncated });
    return null;
  }

  #exit(visit: Visit, state: State, output: Json, previous: number): number {
    const text = jsonText(output);
    if (Buffer.byteLength(text) > maxPayloadBytes) {
      throw new AslError(
        "States.DataLimitExceeded",
        `The state/task '${state.Type === "Task" ? integrationOf(state).resourceType : visit.name}' returned a result with a size exceeding the maximum number of bytes service limit.`,
      );
    }
    return this.#append(`${state.Type}StateExited`, previous, { name: visit.name, output: text, outputDetails: untruncated });
  }

  #goOn(next: Transition | null): void {
    if (next !== null) this.#enter(next.name, next.input, next.previous);
  }

  /** Runs a part of a state; an error of the language retries, is caught, or ends the execution, as AWS has it. */
  #orFail(visit: Visit, previous: number, work: () => Transition | null): Transition | null {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof AslError)) throw error;
      const cause = `An error occurred while executing the state '${visit.name}' (entered at the event id #${visit.enteredEventId}). ${error.causeText}`;
      const failure: Failure = { names: [error.errorName], error: error.errorName, cause };
      const state = this.#stateNamed(visit.name);
      if (state.Type === "Task") return this.#retryOrCatch(visit, state, failure, previous);
      this.#end("FAILED", "ExecutionFailed", previous, { error: error.errorName, cause });
      return null;
    }
  }

  #end(status: ExecutionState["status"], type: string, previous: number, details: Details): void {
    this.#append(type, previous, details);
    this.#state = {
      ...this.#state,
      status,
      at: null,
      output: textOrNull(details["output"]),
      error: textOrNull(details["error"]),
      cause: textOrNull(details["cause"]),
      stoppedAt: this.#at,
    };
  }

  #failAtEventLimit(): void {
    const previousEventId = this.#state.lastEventId;
    const cause = `The execution reached the maximum number of history events (${maxEvents}).`;
    const details = { error: "States.Runtime", cause };
    this.#events.push(this.#event(maxEvents, "ExecutionFailed", previousEventId, details));
    this.#state = { ...this.#state, lastEventId: maxEvents, status: "FAILED", at: null, ...details, stoppedAt: this.#at };
  }

  #append(type: string, previousEventId: number, details: Details): number {
    const id = this.#state.lastEventId + 1;
    if (id >= maxEvents && !type.startsWith("Execution")) throw new EventLimit();
    this.#events.push(this.#event(id, type, previousEventId, details));
    this.#state = { ...this.#state, lastEventId: id };
    return id;
  }

  #event(id: number, type: string, previousEventId: number, details: Details): HistoryEvent {
    return { timestamp: this.#at / 1000, type, id, previousEventId, [detailsKey(type)]: details };
  }

  #stay(visit: Visit, waiting: StateVisit["waiting"]): void {
    const { name, enteredEventId, enteredAt, input, retrierUses, retryCount } = visit;
    this.#state = { ...this.#state, at: { name, enteredEventId, enteredAt, input, retrierUses, retryCount, waiting } };
  }

  #waitingTask() {
    const visit = this.#state.at;
    if (visit === null || visit.waiting.kind !== "task") throw new Error("no task waits in this execution");
    return { visit, waiting: visit.waiting, state: asTask(this.#stateNamed(visit.name)) };
  }

  #stateNamed(name: string): State {
    const state = Object.hasOwn(this.#facts.definition.States, name) ? this.#facts.definition.States[name] : undefined;
    if (state === undefined) throw new Error(`the definition has no state ${name}`);
    return state;
  }

  #deadlineSeconds(visit: Visit, state: TaskState, which: "Timeout" | "Heartbeat", input: Json): number | null {
    const path = state[`${which}SecondsPath`];
    return path === undefined ? (state[`${which}Seconds`] ?? null) : this.#secondsAt(visit, path, input, `${which}SecondsPath`, 1);
  }

  #secondsAt(visit: Visit, path: string, input: Json, field: string, least: number): number {
    const seconds = readFieldPath(path, input, this.#context(visit));
    if (typeof seconds === "number" && Number.isInteger(seconds) && seconds >= least && seconds <= 99_999_999) return seconds;
    throw runtimeError(`The ${field} parameter does not reference an integer value: ${path} == ${jsonText(seconds)}`);
  }

  #textAt(visit: Visit, path: string, input: Json, field: string): string {
    const value = path.startsWith("States.")
      ? resolveTemplate({ "value.$": path }, input, this.#context(visit))
      : readPath(parsePath(path), input, this.#context(visit), field);
    const text = path.startsWith("States.") ? (value as { value: Json }).value : value;
    return typeof text === "string" ? text : jsonText(text);
  }

  /** The context object, `$$` (facts page 7). */
  #context(visit: Visit, taskToken?: string): Json {
    const { arn, name, roleArn, input, startedAt, machineArn, machineName } = this.#facts;
    return {
      Execution: {
        Id: arn,
        Input: JSON.parse(input) as Json,
        Name: name,
        RoleArn: roleArn,
        StartTime: isoTime(startedAt),
        RedriveCount: 0,
      },
      State: { EnteredTime: isoTime(visit.enteredAt), Name: visit.name, RetryCount: visit.retryCount },
      StateMachine: { Id: machineArn, Name: machineName },
      ...(taskToken === undefined ? {} : { Task: { Token: taskToken } }),
    };
  }
}

type Details = Readonly<Record<string, unknown>>;

/** A stay in a state of which it is not decided yet what it waits for. */
type Visit = Omit<StateVisit, "waiting">;

interface Transition {
  readonly name: string;
  readonly input: Json;
  readonly previous: number;
}

const untruncated = { truncated: false };

function applyPath(path: string | null | undefined, value: Json, context: Json): Json {
  if (path === undefined || path === "$") return value;
  return path === null ? {} : readFieldPath(path, value, context);
}

/** The value at the path of a state's own field (InputPath, HeartbeatSecondsPath...); these fail in other words than a template's (recorded). */
function readFieldPath(text: string, value: Json, context: Json): Json {
  const path = parsePath(text);
  const found = findPath(path, value, context);
  if (found !== undefined) return found;
  const steps = path.segments.map((segment) => {
    if (segment.kind === "names") return `[${segment.names.map((name) => `'${name}'`).join(",")}]`;
    return segment.kind === "indices" ? `[${segment.indices.join(",")}]` : "[*]";
  });
  throw runtimeError(`Invalid path '${text}' : No results for path: $${steps.join("")}`);
}

function applyResultPath(path: string | null | undefined, input: Json, result: Json): Json {
  if (path === undefined || path === "$") return result;
  return path === null ? input : writePath(path, input, result);
}

function integrationOf(state: TaskState): Integration {
  const integration = parseIntegration(state.Resource);
  if (integration === null) throw new Error(`${state.Resource} is no service integration`);
  return integration;
}

function asTask(state: State): TaskState {
  if (state.Type !== "Task") throw new Error(`a ${state.Type} state is no task`);
  return state;
}

function withoutUndefined(details: Record<string, string | undefined>): Details {
  return Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined));
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
