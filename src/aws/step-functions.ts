import type { HistoryEvent } from "@aws-sdk/client-sfn";

export type { HistoryEvent };

export type ExecutionStatus = "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED" | "PENDING_REDRIVE";

export interface StateMachineSummary {
  readonly arn: string;
  readonly name: string;
  readonly type: "STANDARD" | "EXPRESS";
}

export interface StateMachine extends StateMachineSummary {
  /** The Amazon States Language text. */
  readonly definition: string;
  /** Null for a machine that was never updated. */
  readonly revisionId: string | null;
}

/** The definition that an execution runs on. */
export interface RunningDefinition {
  readonly definition: string;
  readonly revisionId: string | null;
  /** When the machine was given this definition. */
  readonly updatedAt: Date;
}

export interface ExecutionSummary {
  readonly arn: string;
  readonly stateMachineArn: string;
  readonly name: string;
  readonly status: ExecutionStatus;
  readonly startedAt: Date;
  /** Null for one that was not started by a version or an alias. */
  readonly stateMachineVersionArn: string | null;
}

/** Whose executions: a machine's, or the children of a distributed Map. */
export type ExecutionsOf = { readonly stateMachineArn: string } | { readonly mapRunArn: string };

export type HistoryOrder = "oldestFirst" | "newestFirst";

/** How many events the pages of a history may hold, 1000 at most. */
export interface PageSizes {
  readonly first: number;
  readonly others: number;
}

/** Holds calls back to a pace, and is told when AWS refused one for its rate. */
export interface Pace {
  take(operation: string, signal?: AbortSignal): Promise<void>;
  throttled(operation: string): void;
  /** Resolves when a call that failed so often may be made once more. */
  pause(failures: number, signal?: AbortSignal): Promise<void>;
}

export interface Execution extends ExecutionSummary {
  /** Of a distributed Map's child. */
  readonly mapRunArn: string | null;
  readonly stoppedAt: Date | null;
  /** False where it is encrypted and its key may not be used: input, output, error and cause are then null. */
  readonly isReadable: boolean;
  /** JSON text, or null where there is none or it may not be read. */
  readonly input: string | null;
  readonly output: string | null;
  readonly error: string | null;
  readonly cause: string | null;
}

/** What is sent to a waiting task. */
export type Message =
  | { readonly kind: "success"; readonly output: string }
  | { readonly kind: "failure"; readonly error?: string; readonly cause?: string }
  | { readonly kind: "heartbeat" };

/**
 * What AWS said to it. `taken`: a 200. `gone`: TaskTimedOut, which AWS answers alike for an expired and for an answered task
 * (facts page 2.1, recorded). `notAToken`: InvalidToken or TaskDoesNotExist. `lost`: it may have been applied; no reply came.
 */
export type SendReply =
  | { readonly kind: "taken" }
  | { readonly kind: "gone" }
  | { readonly kind: "notAToken"; readonly code: string; readonly message: string }
  | { readonly kind: "lost"; readonly reason: string };

/** One state that runs by itself, as TestState runs it. All but the definition is JSON text. */
export interface StateTrial {
  /** The state alone, as Amazon States Language. */
  readonly state: string;
  readonly input: string;
  readonly variables: string;
  /** How its call ends; absent for a state that makes none. */
  readonly callEnds?: { readonly result: string } | { readonly error?: string; readonly cause?: string };
}

/** How it ended. `CAUGHT_ERROR` and `RETRIABLE`: its own Catch or Retry took the failure. */
export interface StateTried {
  readonly status: "SUCCEEDED" | "FAILED" | "RETRIABLE" | "CAUGHT_ERROR";
  /** JSON text. */
  readonly output: string | null;
  readonly error: string | null;
  readonly cause: string | null;
  readonly nextState: string | null;
  /** The workflow variables as they are then, a JSON object as text. */
  readonly variables: string | null;
}

/** A task that a worker was handed. */
export interface ActivityTask {
  readonly taskToken: string;
  /** JSON text. */
  readonly input: string;
}

/** AWS Step Functions in the domain's words. Every failure is a CliError that says what was attempted and what AWS answered. */
export interface StepFunctions {
  stateMachines(): AsyncIterable<StateMachineSummary>;
  stateMachine(arn: string): Promise<StateMachine>;
  createStateMachine(machine: {
    name: string;
    definition: string;
    roleArn: string;
    tags?: Readonly<Record<string, string>>;
  }): Promise<{ arn: string }>;
  /** It is gone when its running executions have ended. None of that ARN is as good as deleted. */
  deleteStateMachine(arn: string): Promise<void>;
  /** The definition an execution runs on; its quota is one call a second. */
  stateMachineOf(executionArn: string): Promise<RunningDefinition>;
  /** Newest first. */
  executions(of: ExecutionsOf, status?: ExecutionStatus): AsyncIterable<ExecutionSummary>;
  execution(arn: string): Promise<Execution>;
  startExecution(request: { stateMachineArn: string; name?: string; input: string }): Promise<{ arn: string; startedAt: Date }>;
  stopExecution(arn: string, reason: { error?: string; cause?: string }): Promise<{ stoppedAt: Date }>;
  /** Pages of events in the order asked for, 1000 each where no sizes are given. */
  history(executionArn: string, order: HistoryOrder, sizes?: PageSizes): AsyncIterable<readonly HistoryEvent[]>;
  activities(): AsyncIterable<{ readonly arn: string; readonly name: string }>;
  /**
   * Waits for a task of an activity, up to a minute as AWS holds the call (facts page 2.1, documented); null where none came. Never retried, and not
   * to be given up before it ends: a task may have been handed to it already.
   */
  activityTask(arn: string, workerName?: string): Promise<ActivityTask | null>;
  /** Never retried once AWS may have seen it. */
  send(taskToken: string, message: Message): Promise<SendReply>;
  /** Runs one state by itself (TestState); nothing is called, nothing waits. */
  tryState(trial: StateTrial): Promise<StateTried>;
  /** The service's own time: our clock put right by the Date header of its replies. */
  now(): Date;
  /** How many calls were made, by operation. */
  readonly calls: Readonly<Record<string, number>>;
  /** How many of them AWS refused for their rate. */
  readonly throttles: Readonly<Record<string, number>>;
  /** The same connection with its reading calls held to a pace, retried within it, and ended by the signal. */
  paced(pace: Pace, signal?: AbortSignal): StepFunctions;
}
