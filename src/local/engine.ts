import { randomUUID } from "node:crypto";
import type { EvaluationReply, EvaluationRequest } from "./asl/evaluation.ts";
import { dueAt, type ExecutionState, isBrokenOff, pendingEvaluations } from "./asl/execution-state.ts";
import type { Happening } from "./asl/happening.ts";
import type { HistoryEvent } from "./asl/history-event.ts";
import { executionDeadline, type Step, step } from "./asl/interpreter.ts";
import { CatchUp } from "./catch-up.ts";
import { DefinitionChecks } from "./definition-checks.ts";
import { Evaluations, type Evaluator } from "./evaluations.ts";
import { Facts, withQualifiers } from "./execution-facts.ts";
import { Listeners } from "./listeners.ts";
import { MapRunPump } from "./map-runs.ts";
import { type MockConfig, parseMockConfig } from "./mock-config.ts";
import { OwnCallPump } from "./own-calls.ts";
import type { PageSeal } from "./page.ts";
import { RemovalPump } from "./removal-pump.ts";
import type { NewExecution, StoredExecution } from "./store/executions.ts";
import type { Store } from "./store/store.ts";
import { createTokenMint, type TokenMint, type TokenTarget } from "./task-token.ts";
import { inBackground } from "./turns.ts";

/** How long what is going on may take to end when the engine closes. */
const closingMilliseconds = 2000;

export interface EngineOptions {
  readonly clock: () => Date;
  /** How long GetActivityTask waits for a task. */
  readonly pollMilliseconds: number;
}

/** Moves executions on: one interpreter step, one transaction. Operations and the clock both come through here. */
export class Engine {
  readonly store: Store;
  readonly accountId = "123456789012";
  readonly #clock: () => Date;
  readonly #tokens: TokenMint;
  readonly #evaluations: Evaluations;
  readonly #mapRunPump = new MapRunPump(this);
  readonly #ownCallPump = new OwnCallPump(this);
  readonly #catchUp: CatchUp;
  readonly #facts: Facts;
  #instant: number | null = null;
  readonly removal = new RemovalPump(this);
  readonly definitionChecks = new DefinitionChecks();
  isClosed = false;
  #mockConfig: { readonly text: string; readonly config: MockConfig } | null = null;
  /** Polls in this process, by the activity's ARN: one is called for each task that the activity gets. */
  readonly pollers = new Listeners<string>();
  /** Who waits in this process for an execution to end, by its id. */
  readonly watchers = new Listeners<number>();
  readonly pageSeal: PageSeal;
  readonly pollMilliseconds: number;

  constructor(store: Store, evaluator: Evaluator, options: EngineOptions) {
    this.store = store;
    this.#clock = options.clock;
    this.pollMilliseconds = options.pollMilliseconds;
    this.#tokens = createTokenMint(store.database.secret);
    this.#facts = new Facts(store.database.region);
    this.pageSeal = { secret: store.database.secret, now: () => this.now() };
    this.#evaluations = new Evaluations(evaluator, (executionId, number, replies) =>
      this.#happenTo(executionId, { kind: "evaluated", number, replies }),
    );
    this.#catchUp = new CatchUp(this, this.#evaluations, {
      isBehind: () => this.store.hasWork((clockShift) => this.#clock().getTime() + clockShift),
      applyDeadline: (id, at) => this.#applyDeadline(id, at),
      makeCall: (until) => this.#ownCallPump.turn(until),
      moveMapRunOn: () => this.#mapRunPump.turn(),
      goOn: () => this.#goOn(),
    });
  }

  /** The test cases that executions of this file may be started with. */
  get mockConfig(): MockConfig | null {
    const text = this.store.database.mockConfig;
    if (text !== (this.#mockConfig?.text ?? null)) this.#mockConfig = text === null ? null : { text, config: parseMockConfig(text) };
    return this.#mockConfig?.config ?? null;
  }

  get region(): string {
    return this.store.database.region;
  }

  arn(resource: string): string {
    return `arn:aws:states:${this.region}:${this.accountId}:${resource}`;
  }

  /** The file's time in epoch milliseconds: the real clock and the file's shift, or the time of what is being made up for. */
  now(): number {
    return this.#instant ?? this.#clock().getTime() + this.store.database.clockShift;
  }

  /** Does something late at the time at which it was due. */
  doAt(instant: number, work: () => void): void {
    this.#instant = instant;
    try {
      work();
    } finally {
      this.#instant = null;
    }
  }

  /** Moves the file's time on; resolves once every deadline on the way is applied, and map runs have come to where they wait. */
  async advance(milliseconds: number): Promise<void> {
    this.store.database.shiftClock(milliseconds);
    await this.#catchUp.wholly();
  }

  /** Applies what has fallen due before a request is answered, as far as that is no matter of more than a moment. */
  async catchUp(): Promise<void> {
    await this.#catchUp.beforeRequest();
  }

  /** Has what is due applied turn by turn, requests between the turns. */
  wake(): void {
    this.#catchUp.wake();
  }

  /** An execution once its own deadlines that have come are applied, however late: what happens to it now comes after them. Within a transaction. */
  upToDate(execution: StoredExecution): StoredExecution {
    let current = execution;
    for (let due = this.#dueAt(current); due !== null && due <= this.now() && !isHeldUp(current.state); due = this.#dueAt(current)) {
      current = this.happen(current, { kind: "due" }, due);
    }
    return current;
  }

  /** Applies an execution's deadline, unless another process has done so meanwhile. */
  #applyDeadline(id: number, at: number): void {
    this.store.transaction(() => {
      const execution = this.store.executions.get({ id });
      if (execution !== null && this.#dueAt(execution) === at) this.happen(execution, { kind: "due" }, at);
    });
  }

  /** Takes up what a process that is gone, or is slow, has left to be done. */
  resume(): void {
    this.wake();
    this.removal.look();
    this.#resumeEvaluations();
  }

  /** Asks JSONata anew for what a process that is gone, or `patience` milliseconds behind, has left open. */
  #resumeEvaluations(): void {
    for (const id of this.store.executions.evaluatingIds()) {
      this.store.transaction(() => {
        const execution = this.store.executions.get({ id });
        if (execution === null) return;
        const open = pendingEvaluations(execution.state).filter((number) => !this.#evaluations.isAsked(id, number));
        for (const number of open) this.#ask(execution, this.#step(execution, { kind: "evaluated", number, replies: [] }, 0));
      });
    }
  }

  /** Takes the next step of one execution whose last one was broken off for its length, if there is one. */
  #goOn(): void {
    const id = this.store.executions.brokenOffId();
    if (id === null) return;
    this.store.transaction(() => {
      const execution = this.store.executions.get({ id });
      if (execution !== null && isBrokenOff(execution.state)) this.happen(execution, { kind: "goOn" }, execution.state.lastStepAt);
    });
  }

  /** Starts an execution, which is written with its first step. To be called within a transaction. */
  start(execution: NewExecution): StoredExecution {
    return this.happen(this.store.executions.unwritten(execution), { kind: "started" }, execution.startedAt);
  }

  /** Takes one step of an execution and writes it. To be called within a transaction that read the execution. */
  happen(execution: StoredExecution, happening: Happening, at: number): StoredExecution {
    const taken = this.#step(execution, happening, at);
    const { state } = taken;
    const events = withQualifiers(execution, taken.events);
    const stepped = { ...execution, state, revision: execution.revision + 1 };
    if (!this.store.executions.commitStep(execution, state, events, dueAt(state, executionDeadline(this.#facts.of(execution), state)))) {
      throw new Error(`the execution ${execution.arn} changed while a step of it was computed`);
    }
    for (const plan of taken.mapRuns) this.store.mapRuns.add(execution.id, plan, state.lastStepAt);
    for (const arn of taken.redrivenMapRuns) this.#mapRunPump.redrive(arn, state.lastStepAt);
    if (taken.mapRuns.length > 0) this.wake();
    this.#mapRunPump.follow(stepped);
    this.#ownCallPump.follow(execution, stepped, events);
    this.#ask(stepped, taken);
    if (isBrokenOff(state)) this.wake();
    this.#wakePollers(events);
    if (state.status !== "RUNNING") for (const watcher of this.watchers.of(execution.id)) watcher();
    return stepped;
  }

  /** Has JSONata evaluated for what is no execution: a tested state. */
  evaluate(request: EvaluationRequest): Promise<EvaluationReply> {
    return this.#evaluations.evaluate(request);
  }

  mintToken(target: TokenTarget): string {
    return this.#tokens.mint(target);
  }

  readToken(taskToken: string): TokenTarget | null {
    return this.#tokens.read(taskToken);
  }

  /** Whether a deadline of the execution has come that is not applied yet. */
  isOverdue(execution: StoredExecution, now: number): boolean {
    return (this.#dueAt(execution) ?? Number.POSITIVE_INFINITY) <= now;
  }

  /** Lets what is going on come to its end, for a moment, and stops. What is left half done goes on where the file is opened next. */
  async close(): Promise<void> {
    await this.#catchUp.atTheEnd(closingMilliseconds);
    inBackground(() => this.store.database.commit());
    await this.#evaluations.settled(closingMilliseconds);
    await this.#evaluations.close();
    this.isClosed = true;
  }

  #happenTo(executionId: number, happening: Happening & { kind: "evaluated" }): void {
    this.store.transaction(() => {
      const execution = this.store.executions.get({ id: executionId });
      // Out of its turn it is not taken, but asked for again: another process has set off one before it that is still open.
      if (execution === null || isBrokenOff(execution.state) || pendingEvaluations(execution.state)[0] !== happening.number) return;
      const taken = this.#step(execution, happening, 0);
      // Another question of the same phase: nothing has happened yet that would have to be written.
      if (taken.events.length === 0 && taken.evaluations.some(({ number }) => number === happening.number)) this.#ask(execution, taken);
      else this.happen(execution, happening, 0);
    });
  }

  #step(execution: StoredExecution, happening: Happening, at: number): Step {
    return step(this.#facts.of(execution), execution.state, happening, at, {
      mintToken: (attempt) => this.#tokens.mint({ executionId: execution.id, attempt }),
      random: Math.random,
      mintMapRunArn: (label) => this.arn(`mapRun:${execution.machineName.split("/")[0]}/${label ?? randomUUID()}:${randomUUID()}`),
      activityExists: (arn) => this.store.tasks.activity(arn) !== null,
    });
  }

  #ask(execution: StoredExecution, { evaluations }: Step): void {
    for (const evaluation of evaluations) this.#evaluations.ask(execution.id, evaluation);
  }

  /** Tells one waiting poll of each task that an activity has got. */
  #wakePollers(events: readonly HistoryEvent[]): void {
    for (const event of events) {
      if (event.type !== "ActivityScheduled") continue;
      const { resource } = event["activityScheduledEventDetails"] as { resource: string };
      const [wake] = this.pollers.of(resource);
      wake?.();
    }
  }

  #dueAt(execution: StoredExecution): number | null {
    return dueAt(execution.state, executionDeadline(this.#facts.of(execution), execution.state));
  }
}

/** Whether something comes first that is not done yet: JSONata's replies, or the rest of a step. */
function isHeldUp(state: ExecutionState): boolean {
  return pendingEvaluations(state).length > 0 || isBrokenOff(state);
}
