import type { Definition } from "./asl/definition.ts";
import { checkDefinition } from "./asl/definition-check.ts";
import { dueAt } from "./asl/execution-state.ts";
import { type ExecutionFacts, executionDeadline, type Happening, step } from "./asl/interpreter.ts";
import type { HandedTask } from "./local.ts";
import type { Store, StoredExecution } from "./store.ts";
import { createTokenMint, type TokenMint, type TokenTarget } from "./task-token.ts";

const maxRememberedDefinitions = 1000;

/** Moves executions on: one interpreter step, one transaction. Operations and the clock both come through here. */
export class Engine {
  readonly store: Store;
  readonly accountId = "123456789012";
  readonly #clock: () => Date;
  readonly #tokens: TokenMint;
  readonly #definitions = new Map<string, Definition>();

  constructor(store: Store, clock: () => Date) {
    this.store = store;
    this.#clock = clock;
    this.#tokens = createTokenMint(store.secret);
  }

  get region(): string {
    return this.store.region;
  }

  /** The file's time in epoch milliseconds: the real clock and the file's shift. */
  now(): number {
    return this.#clock().getTime() + this.store.clockShift;
  }

  advance(milliseconds: number): void {
    this.store.shiftClock(milliseconds);
    this.applyDue();
  }

  /** Applies every deadline that has come, earliest first and each at its own time, as if a process had been there all along. */
  applyDue(): void {
    for (;;) {
      const due = this.store.firstDue(this.now());
      if (due === null) return;
      this.store.transaction(() => {
        const execution = this.store.execution({ id: due.id });
        // Another process may have applied it meanwhile.
        if (execution !== null && this.#dueAt(execution) === due.dueAt) this.happen(execution, { kind: "due" }, due.dueAt);
      });
    }
  }

  /** Takes one step of an execution and writes it. To be called within a transaction that read the execution. */
  happen(execution: StoredExecution, happening: Happening, at: number): StoredExecution {
    const facts = this.#facts(execution);
    const { events, state } = step(facts, execution.state, happening, at, {
      mintToken: (eventId) => this.#tokens.mint({ executionId: execution.id, eventId }),
      random: Math.random,
    });
    if (!this.store.commitStep(execution, state, events, dueAt(state, executionDeadline(facts)))) {
      throw new Error(`the execution ${execution.arn} changed while a step of it was computed`);
    }
    return { ...execution, state, revision: execution.revision + 1 };
  }

  readToken(taskToken: string): TokenTarget | null {
    return this.#tokens.read(taskToken);
  }

  /** The callback tasks that wait to be handed over, each taken by one process only. */
  takeDeliveries(): HandedTask[] {
    return this.store
      .undelivered(100)
      .filter(({ executionId, eventId }) => this.store.takeDelivery(executionId, eventId))
      .map(({ executionId, eventId }) => this.#handedTask(executionId, eventId))
      .filter((task) => task !== null);
  }

  #handedTask(executionId: number, submittedEventId: number): HandedTask | null {
    const execution = this.store.execution({ id: executionId });
    const visit = execution?.state.at;
    if (!execution || visit?.waiting.kind !== "task" || visit.waiting.submittedEventId !== submittedEventId) return null;
    const eventId = visit.waiting.scheduledEventId;
    const details = this.store.event(executionId, eventId)?.["taskScheduledEventDetails"] as {
      resourceType: string;
      resource: string;
      parameters: string;
    };
    return {
      executionArn: execution.arn,
      stateName: visit.name,
      resourceType: details.resourceType,
      resource: details.resource,
      parameters: details.parameters,
      taskToken: this.#tokens.mint({ executionId, eventId }),
    };
  }

  /** Whether a deadline of the execution has come that is not applied yet. */
  isOverdue(execution: StoredExecution, now: number): boolean {
    return (this.#dueAt(execution) ?? Number.POSITIVE_INFINITY) <= now;
  }

  #dueAt(execution: StoredExecution): number | null {
    return dueAt(execution.state, executionDeadline(this.#facts(execution)));
  }

  #facts(execution: StoredExecution): ExecutionFacts {
    const { arn, name, roleArn, machineArn, machineName, input, startedAt } = execution;
    return {
      arn,
      name,
      roleArn,
      machineArn,
      machineName,
      input,
      startedAt,
      region: this.region,
      definition: this.#definition(execution.definition),
    };
  }

  #definition(text: string): Definition {
    let definition = this.#definitions.get(text);
    if (definition === undefined) {
      const checked = checkDefinition(text);
      if (!("definition" in checked)) throw new Error("a stored definition does not pass the check it passed when it was stored");
      definition = checked.definition;
      if (this.#definitions.size >= maxRememberedDefinitions) this.#definitions.clear();
      this.#definitions.set(text, definition);
    }
    return definition;
  }
}
