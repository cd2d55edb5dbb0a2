import type { ExecutionSummary, StateMachineSummary, StepFunctions } from "../aws/step-functions.ts";
import { type Definition, parseDefinition } from "../callback/definition.ts";
import { CliError } from "../errors.ts";

/** A machine as it is defined now. */
export interface DefinedMachine {
  readonly machine: StateMachineSummary;
  /** Null where it may not be read or makes no sense: then its executions have to be read whole. */
  readonly definition: Definition | null;
  /** Null for a machine that was never updated. */
  readonly revisionId: string | null;
}

/** For how long after an update executions may still start on the old definition (facts page 2.3: within seconds). */
const consistencyMilliseconds = 60_000;

/** Which definition an execution runs on, as far as that is proven. Each definition is read once. */
export class MachineDefinitions {
  readonly #stepFunctions: StepFunctions;
  readonly #versions = new Map<string, Promise<Definition | null>>();
  readonly #updates = new Map<string, Promise<Date | null>>();

  constructor(stepFunctions: StepFunctions) {
    this.#stepFunctions = stepFunctions;
  }

  async describe(machine: StateMachineSummary): Promise<DefinedMachine> {
    try {
      const { definition, revisionId } = await this.#stepFunctions.stateMachine(machine.arn);
      return { machine, definition: parseDefinition(definition), revisionId };
    } catch (error) {
      // Without its definition every execution is read, and nothing is missed.
      if (!isToldBy(error)) throw error;
      return { machine, definition: null, revisionId: null };
    }
  }

  /**
   * The definition that an execution was started with, or null where that is not proven: it runs that of its version; or the present one, if
   * the machine was never updated, or the execution started well after the update. `mayAsk` allows a call whose quota is one a second.
   */
  async definitionOf(defined: DefinedMachine, execution: ExecutionSummary, mayAsk: boolean): Promise<Definition | null> {
    const { stateMachineVersionArn } = execution;
    if (stateMachineVersionArn !== null) return this.#versionDefinition(stateMachineVersionArn);
    if (defined.definition === null || defined.revisionId === null) return defined.definition;
    if (!mayAsk && !this.#updates.has(defined.machine.arn)) return null;
    const updatedAt = await this.#updatedAt(defined, execution);
    const isPresent = updatedAt !== null && execution.startedAt.getTime() > updatedAt.getTime() + consistencyMilliseconds;
    return isPresent ? defined.definition : null;
  }

  /** The definition that AWS says the execution runs on. */
  async askFor(executionArn: string): Promise<Definition | null> {
    try {
      return parseDefinition((await this.#stepFunctions.stateMachineOf(executionArn)).definition);
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

  /** When the present definition came: learned from the newest execution, the first that is asked for, if it runs on it; else null. */
  #updatedAt({ machine, revisionId }: DefinedMachine, newest: ExecutionSummary): Promise<Date | null> {
    const known = this.#updates.get(machine.arn);
    if (known !== undefined) return known;
    const asking = this.#stepFunctions.stateMachineOf(newest.arn).then(
      (running) => (running.revisionId === revisionId ? running.updatedAt : null),
      (error: unknown) => {
        if (!isToldBy(error)) throw error;
        return null;
      },
    );
    this.#updates.set(machine.arn, asking);
    return asking;
  }
}

/** A refusal or failure that AWS told, other than that the command is to end. */
export function isToldBy(error: unknown): error is CliError {
  return error instanceof CliError && error.kind !== "interrupted" && error.kind !== "terminated";
}
