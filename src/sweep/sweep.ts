import type { ExecutionSummary, HistoryEvent, StateMachineSummary, StepFunctions } from "../aws/step-functions.ts";
import { type Definition, parseDefinition } from "../callback/definition.ts";
import { taskId } from "../callback/task-id.ts";
import { type CallbackTask, callbackTasks } from "../callback/waiting-tasks.ts";
import { CliError } from "../errors.ts";

/** A waiting task and where it is. */
export interface SweptTask {
  readonly id: string;
  readonly executionArn: string;
  readonly executionName: string;
  readonly stateMachineArn: string;
  readonly stateMachineName: string;
  readonly task: CallbackTask;
}

/** What a sweep could not look at, and why. */
export interface NotSeen {
  readonly arn: string;
  readonly operation: string;
  readonly reason: string;
}

export interface Sweep {
  /** Longest waiting first. */
  readonly tasks: readonly SweptTask[];
  readonly notSeen: readonly NotSeen[];
  /** False where anything was not seen or the limit cut it off. */
  readonly complete: boolean;
}

export interface SweepOptions {
  readonly stateMachineName?: string;
  readonly limit?: number;
  readonly signal?: AbortSignal;
  /** Told of each task as it is found. */
  onTask?(task: SweptTask): Promise<void>;
  /** Told how many executions were read. */
  onExecution?(count: number): void;
}

const concurrency = 8;

/** Reads every running STANDARD execution of the account. Only a failure to list the machines throws; any other is in `notSeen`. */
export function sweep(stepFunctions: StepFunctions, options: SweepOptions): Promise<Sweep> {
  return new Sweeping(stepFunctions, options).run();
}

class Sweeping {
  readonly #stepFunctions: StepFunctions;
  readonly #options: SweepOptions;
  readonly #tasks: SweptTask[] = [];
  readonly #notSeen: NotSeen[] = [];
  readonly #definitions = new Map<string, Promise<Definition | undefined>>();
  #executionsRead = 0;
  #machinesSeen = 0;
  #cutOff = false;

  constructor(stepFunctions: StepFunctions, options: SweepOptions) {
    this.#stepFunctions = stepFunctions;
    this.#options = options;
  }

  async run(): Promise<Sweep> {
    const running = this.#runningExecutions();
    // Several readers draw from the one stream of executions: an async generator queues their calls.
    const readers = Array.from({ length: concurrency }, async () => {
      for (;;) {
        const step = await running.next();
        if (step.done === true || this.#cutOff) return;
        await this.#readExecution(step.value.machine, step.value.execution);
      }
    });
    await Promise.all(readers);
    const wanted = this.#options.stateMachineName;
    if (wanted !== undefined && this.#machinesSeen === 0) {
      throw new CliError("usage", `there is no STANDARD state machine named ${wanted} here`, { code: "StateMachineDoesNotExist" });
    }
    const tasks = this.#tasks.toSorted((one, other) => one.task.waitingSince.getTime() - other.task.waitingSince.getTime());
    return { tasks, notSeen: this.#notSeen, complete: this.#notSeen.length === 0 && !this.#cutOff };
  }

  async *#runningExecutions(): AsyncGenerator<{ machine: StateMachineSummary; execution: ExecutionSummary }, void> {
    const { stateMachineName } = this.#options;
    for await (const machine of this.#stepFunctions.stateMachines()) {
      if (machine.type !== "STANDARD" || (stateMachineName !== undefined && machine.name !== stateMachineName)) continue;
      this.#machinesSeen += 1;
      try {
        for await (const execution of this.#stepFunctions.executions(machine.arn, "RUNNING")) yield { machine, execution };
      } catch (error) {
        this.#couldNotSee(machine.arn, "ListExecutions", error);
      }
    }
  }

  async #readExecution(machine: StateMachineSummary, execution: ExecutionSummary): Promise<void> {
    this.#options.signal?.throwIfAborted();
    try {
      const events = await this.#events(execution.arn);
      const branched = events.some((event) => event.type === "ParallelStateEntered");
      const definition = branched ? await this.#definition(machine.arn) : undefined;
      const tasks = callbackTasks(events, definition).filter((task) => task.closed === null);
      for (const task of tasks) await this.#found(machine, execution, task);
    } catch (error) {
      this.#couldNotSee(execution.arn, "GetExecutionHistory", error);
    }
    this.#executionsRead += 1;
    this.#options.onExecution?.(this.#executionsRead);
  }

  async #events(executionArn: string): Promise<HistoryEvent[]> {
    const events: HistoryEvent[] = [];
    for await (const page of this.#stepFunctions.history(executionArn, "newestFirst")) events.push(...page);
    return events.reverse();
  }

  async #found(machine: StateMachineSummary, execution: ExecutionSummary, task: CallbackTask): Promise<void> {
    const { limit, onTask } = this.#options;
    if (limit !== undefined && this.#tasks.length >= limit) {
      this.#cutOff = true;
      return;
    }
    const swept: SweptTask = {
      id: taskId(execution.arn, task.eventId),
      executionArn: execution.arn,
      executionName: execution.name,
      stateMachineArn: machine.arn,
      stateMachineName: machine.name,
      task,
    };
    this.#tasks.push(swept);
    await onTask?.(swept);
  }

  /** Needed only to tell Parallel branches apart; without it the path says less, and that is all. */
  #definition(machineArn: string): Promise<Definition | undefined> {
    const known = this.#definitions.get(machineArn);
    if (known !== undefined) return known;
    const reading = this.#readDefinition(machineArn);
    this.#definitions.set(machineArn, reading);
    return reading;
  }

  async #readDefinition(machineArn: string): Promise<Definition | undefined> {
    try {
      return parseDefinition((await this.#stepFunctions.stateMachine(machineArn)).definition) ?? undefined;
    } catch (error) {
      this.#couldNotSee(machineArn, "DescribeStateMachine", error);
      return undefined;
    }
  }

  #couldNotSee(arn: string, operation: string, error: unknown): void {
    const ending = !(error instanceof CliError) || error.kind === "interrupted" || error.kind === "terminated";
    if (ending) throw error;
    // An execution or machine that went away meanwhile holds nothing that waits.
    if (error.kind === "closed") return;
    this.#notSeen.push({ arn, operation, reason: error.message });
  }
}
