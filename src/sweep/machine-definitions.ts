import type { ExecutionSummary, StateMachineSummary, StepFunctions } from "../aws/step-functions.ts";
import { type Definition, parseDefinition } from "../callback/definition/definition.ts";
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
  /** Executions that were met before it was known what they run on. */
  unproven: number;
  isBarred: boolean;
}

/** How often a machine's executions are asked in order to settle others: once, and again where the first was a redriven one. */
const mostAsked = 2;
/** So many histories are read in large pages rather than asked about: that is bytes, and no calls. */
const mostReadUnproven = 8;

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

  /**
   * Whether to ask what an execution runs on before it is read, since that may settle others like it: of an idle machine, so that they are not
   * read at all; of any other, so that they are read in small pages, once many have come.
   */
  isWorthAsking({ machine }: DefinedMachine, isIdle: boolean): boolean {
    const learned = this.#learnedOf(machine.arn);
    learned.unproven += 1;
    return learned.timesAsked < mostAsked && (isIdle || learned.unproven > mostReadUnproven);
  }

  /** The definition that AWS says the execution runs on; null where it does not say. Others that must run on it too are not asked any more. */
  async ask(defined: DefinedMachine, execution: ExecutionSummary): Promise<Definition | null> {
    const learned = this.#learnedOf(defined.machine.arn);
    while (learned.asking !== null) await learned.asking;
    const known = await this.definitionOf(defined, execution);
    if (known !== null || learned.isBarred) return known;
    learned.timesAsked += 1;
    learned.asking = this.#ask(defined, execution, learned);
    try {
      return await learned.asking;
    } finally {
      learned.asking = null;
    }
  }

  #learnedOf(machineArn: string): Learned {
    const known = this.#learned.get(machineArn);
    if (known !== undefined) return known;
    const learned = { spans: [], asking: null, timesAsked: 0, unproven: 0, isBarred: false };
    this.#learned.set(machineArn, learned);
    return learned;
  }

  async #ask({ revisionId, describedAt, definition: present }: DefinedMachine, execution: ExecutionSummary, learned: Learned) {
    try {
      const running = await this.#stepFunctions.stateMachineOf(execution.arn);
      const isPresent = running.revisionId === revisionId && present !== null;
      const definition = isPresent ? present : parseDefinition(running.definition);
      const from = running.updatedAt.getTime() + consistencyMilliseconds;
      // An older revision was still the machine's until this execution started on it, but for the last moments maybe.
      const to = isPresent ? describedAt : execution.startedAt.getTime() - consistencyMilliseconds;
      if (execution.stateMachineVersionArn === null) learned.spans.push({ from, to, definition });
      return definition;
    } catch (error) {
      if (!isToldBy(error)) throw error;
      learned.isBarred ||= error.kind === "access";
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
