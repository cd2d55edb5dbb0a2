import type { Json } from "./json.ts";

/** A checked state machine definition (see definition-check.ts): the fields that the interpreter reads. */
export interface Definition extends StateGraph {
  readonly QueryLanguage?: QueryLanguage;
  /** Seconds from the execution's start. */
  readonly TimeoutSeconds?: number;
}

export type QueryLanguage = "JSONPath" | "JSONata";

/** What a machine, a Parallel's branch and a Map's ItemProcessor have in common. */
export interface StateGraph {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

export type State = TaskState | PassState | ChoiceState | WaitState | SucceedState | FailState | ParallelState | MapState;

/** Fields that most states share. Of the two query languages' fields a state has only those of its own. */
interface CommonFields {
  readonly QueryLanguage?: QueryLanguage;
  readonly Comment?: string;
  readonly Next?: string;
  readonly End?: boolean;
  /** JSONPath. */
  readonly InputPath?: string | null;
  readonly OutputPath?: string | null;
  /** JSONata. */
  readonly Output?: Json;
  /** Variable names to their values: templates of the state's query language. */
  readonly Assign?: Json;
}

interface WithResult {
  /** JSONPath. */
  readonly Parameters?: Json;
  readonly ResultSelector?: Json;
  readonly ResultPath?: string | null;
  /** JSONata. */
  readonly Arguments?: Json;
}

interface Retried {
  readonly Retry?: readonly Retrier[];
  readonly Catch?: readonly Catcher[];
}

/** A number, or in JSONata a text `{% … %}` that evaluates to one. */
export type NumberField = number | string;

export interface TaskState extends CommonFields, WithResult, Retried {
  readonly Type: "Task";
  readonly Resource: string;
  readonly TimeoutSeconds?: NumberField;
  readonly TimeoutSecondsPath?: string;
  readonly HeartbeatSeconds?: NumberField;
  readonly HeartbeatSecondsPath?: string;
  readonly Credentials?: Json;
}

export interface PassState extends CommonFields {
  readonly Type: "Pass";
  readonly Parameters?: Json;
  readonly Result?: Json;
  readonly ResultPath?: string | null;
}

export interface ChoiceState extends CommonFields {
  readonly Type: "Choice";
  readonly Choices: readonly ChoiceRule[];
  readonly Default?: string;
}

export interface ChoiceRule {
  readonly Next: string;
  readonly Assign?: Json;
  /** JSONata. */
  readonly Condition?: string | boolean;
  readonly Output?: Json;
  /** JSONPath: Variable and an operator, or And, Or, Not. */
  readonly [rule: string]: Json | undefined;
}

export interface WaitState extends CommonFields {
  readonly Type: "Wait";
  readonly Seconds?: NumberField;
  readonly SecondsPath?: string;
  readonly Timestamp?: string;
  readonly TimestampPath?: string;
}

export interface SucceedState extends CommonFields {
  readonly Type: "Succeed";
}

export interface FailState extends CommonFields {
  readonly Type: "Fail";
  readonly Error?: string;
  readonly ErrorPath?: string;
  readonly Cause?: string;
  readonly CausePath?: string;
}

export interface ParallelState extends CommonFields, WithResult, Retried {
  readonly Type: "Parallel";
  readonly Branches: readonly StateGraph[];
}

export interface MapState extends CommonFields, WithResult, Retried {
  readonly Type: "Map";
  /** `Iterator` is the older name of ItemProcessor, as `Parameters` is that of ItemSelector. */
  readonly ItemProcessor?: ItemProcessor;
  readonly Iterator?: ItemProcessor;
  readonly ItemSelector?: Json;
  readonly ItemsPath?: string;
  /** JSONata: an array, or a text `{% … %}` that evaluates to one. */
  readonly Items?: Json;
  readonly ItemBatcher?: Json;
  readonly ItemReader?: Json;
  readonly ResultWriter?: Json;
  readonly Label?: string;
  readonly MaxConcurrency?: NumberField;
  readonly MaxConcurrencyPath?: string;
  readonly ToleratedFailureCount?: NumberField;
  readonly ToleratedFailureCountPath?: string;
  readonly ToleratedFailurePercentage?: NumberField;
  readonly ToleratedFailurePercentagePath?: string;
}

export interface ItemProcessor extends StateGraph {
  readonly ProcessorConfig?: { readonly Mode?: "INLINE" | "DISTRIBUTED"; readonly ExecutionType?: "STANDARD" | "EXPRESS" };
}

export interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds?: number;
  readonly MaxAttempts?: number;
  readonly BackoffRate?: number;
  readonly MaxDelaySeconds?: number;
  readonly JitterStrategy?: "FULL" | "NONE";
}

export interface Catcher {
  readonly ErrorEquals: readonly string[];
  readonly Next: string;
  readonly ResultPath?: string | null;
  readonly Assign?: Json;
  /** JSONata. */
  readonly Output?: Json;
}
