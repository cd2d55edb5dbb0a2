import type { ExecutionSummary, StateMachineSummary, StepFunctions } from "../aws/step-functions.ts";
import { type Definition, parseDefinition } from "../callback/definition.ts";
import { CliError } from "../errors.ts";

/** A machine as it was defined when it was described. */
export interface DefinedMachine {
  readonly machine: StateMachineSummary;
  /** Null where it may not be read or makes no sense: then its executions have to be read whole. */
  readonly definition: Definition | null;
  /** Null for a machine that was never updated. */
  readonly revisionId: string | null;
  /** Executions that started later may run on another definition. */
  readonly describedAt: number;
}

/** For how long after an update executions may still start on the old definition (facts page 2.3: within seconds). */
const consistencyMilliseconds = 60_000;

/** When executions of a machine that started by no version are known to have started on a definition; epoch milliseconds, both included. */
interface Span {
  readonly from: number;
  readonly to: number;
  readonly definition: Definition | null;
}

/** What a machine's executions told of its definitions, and what is being asked. */
interface Learned {
  readonly spans: Span[];
  asking: Promise<Definition | null> | null;
  timesAsked: number;
}

/** How often a machine's executions are asked in order to pass over others: once, and again where the first was a redriven one. */
const mostAsked = 2;

/** Which definition an execution runs on, as far as that is proven. A version's definition is read once. */
export class MachineDefinitions {
  readonly #stepFunctions: StepFunctions;
  readonly #versions = new Map<string, Promise<Definition | null>>();
  readonly #learned = new Map<string, Learned>();

  constructor(stepFunctions: StepFunctions) {
    this.#stepFunctions = stepFunctions;
  }

  async describe(machine: StateMachineSummary): Promise<DefinedMachine> {
    const describedAt = this.#stepFunctions.now().getTime();
    try {
      const { definition, revisionId } = await this.#stepFunctions.stateMachine(machine.arn);
      return { machine, definition: parseDefinition(definition), revisionId, describedAt };
    } catch (error) {
      // Without its definition every execution is read, and nothing is missed.
      if (!isToldBy(error)) throw error;
      return { machine, definition: null, revisionId: null, describedAt };
    }
  }

  /**
   * The definition that an execution was started with, or null where that is not proven: it runs that of its version; or the present one, if
   * the machine was never updated, or the execution started well after the update. Asks nothing but a version's definition.
   */
  async definitionOf(defined: DefinedMachine, { stateMachineVersionArn, startedAt }: ExecutionSummary): Promise<Definition | null> {
    if (stateMachineVersionArn !== null) return this.#versionDefinition(stateMachineVersionArn);
    const at = startedAt.getTime();
    if (defined.revisionId === null && at <= defined.describedAt) return defined.definition;
    const span = this.#learned.get(defined.machine.arn)?.spans.find(({ from, to }) => from <= at && at <= to);
    return span?.definition ?? null;
  }

  /** Whether an execution may be asked in order to pass over others like it: the quota of asking is one call a second. */
  mayAskToPassOver({ machine }: DefinedMachine): boolean {
    return (this.#learned.get(machine.arn)?.timesAsked ?? 0) < mostAsked;
  }

  /** The definition that AWS says the execution runs on; null where it does not say. Others that must run on it too are not asked any more. */
  async ask(defined: DefinedMachine, execution: ExecutionSummary): Promise<Definition | null> {
    const { arn } = defined.machine;
    const learned = this.#learned.get(arn) ?? { spans: [], asking: null, timesAsked: 0 };
    this.#learned.set(arn, learned);
    while (learned.asking !== null) await learned.asking;
    const known = await this.definitionOf(defined, execution);
    if (known !== null) return known;
    learned.timesAsked += 1;
    learned.asking = this.#ask(defined, execution, learned.spans);
    try {
      return await learned.asking;
    } finally {
      learned.asking = null;
    }
  }

  async #ask({ revisionId, describedAt, definition: present }: DefinedMachine, execution: ExecutionSummary, spans: Span[]) {
    try {
      const running = await this.#stepFunctions.stateMachineOf(execution.arn);
      const isPresent = running.revisionId === revisionId && present !== null;
      const definition = isPresent ? present : parseDefinition(running.definition);
      const from = running.updatedAt.getTime() + consistencyMilliseconds;
      // An older revision was still the machine's until this execution started on it, but for the last moments maybe.
      const to = isPresent ? describedAt : execution.startedAt.getTime() - consistencyMilliseconds;
      if (execution.stateMachineVersionArn === null) spans.push({ from, to, definition });
      return definition;
    } catch (error) {
      if (!isToldBy(error)) throw error;
      return null;
    }
  }

  #versionDefinition(arn: string): Promise<Definition | null> {
    const known = this.#versions.get(arn);
    if (known !== undefined) return known;
    const reading = this.#stepFunctions.stateMachine(arn).then(
      ({ definition }) => parseDefinition(definition),
      (error: unknown) => {
        if (!isToldBy(error)) throw error;
        return null;
      },
    );
    this.#versions.set(arn, reading);
    return reading;
  }
}

/** A refusal or failure that AWS told, other than that the command is to end. */
export function isToldBy(error: unknown): error is CliError {
  return error instanceof CliError && error.kind !== "interrupted" && error.kind !== "terminated";
}
