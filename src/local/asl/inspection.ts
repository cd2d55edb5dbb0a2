import type { Json, JsonObject } from "./json.ts";
import type { Failure } from "./retry-catch.ts";

/** What a state's data is on its way from the raw input to the output, by the names that TestState has for it. */
export type Stage =
  | "afterInputPath"
  | "afterParameters"
  | "afterArguments"
  | "afterItemsPath"
  | "afterItemSelector"
  | "result"
  | "afterResultSelector"
  | "afterResultPath";

export type Saw = (stage: Stage, value: Json) => void;

/** Watches one state that runs by itself: the execution ends when the state is left. For TestState (see test-state.ts). */
export interface Inspection {
  /** In the place of the execution's own context object. */
  readonly context: JsonObject;
  /** A Map's items in the place of those that its fields select; null to leave it to them. */
  readonly items: readonly Json[] | null;
  readonly saw: Saw;
  /** Every failure that the state's Retry and Catch are asked about. */
  failed(failure: Failure): void;
  /** The state is left for `next`, or ends the execution; `variables` as they are then. */
  left(output: Json, next: string | undefined, variables: Readonly<Record<string, Json>>): void;
}
