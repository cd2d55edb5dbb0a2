import type { EvaluationReply } from "./evaluation.ts";
import type { Json } from "./json.ts";
import type { ChildResult } from "./result-writer.ts";

/** What moves an execution on. */
export type Happening =
  /** `variables` are there from the beginning, where a state is tested. */
  | { readonly kind: "started"; readonly variables?: Readonly<Record<string, Json>> }
  | { readonly kind: "taskSucceeded"; readonly attempt: number; readonly output: string }
  | { readonly kind: "taskFailed"; readonly attempt: number; readonly error?: string; readonly cause?: string }
  | { readonly kind: "heartbeat"; readonly attempt: number }
  /** A worker polled an activity's task off. */
  | { readonly kind: "activityStarted"; readonly attempt: number; readonly workerName?: string }
  /** JSONata has answered the evaluation of that number; without replies its request is only asked for anew. */
  | { readonly kind: "evaluated"; readonly number: number; readonly replies: readonly EvaluationReply[] }
  /** All child executions of a distributed Map have ended well enough; `results`, in the order of the items, are read only where they are wanted. */
  | { readonly kind: "mapRunSucceeded"; readonly mapRunArn: string; readonly results: () => readonly ChildResult[] }
  | { readonly kind: "mapRunFailed"; readonly mapRunArn: string; readonly error: string; readonly cause: string }
  /** A Parallel or a Map is told its end, instead of what is within it. */
  | { readonly kind: "containerSucceeded"; readonly result: Json }
  | { readonly kind: "containerFailed"; readonly error?: string; readonly cause?: string }
  /** A step that was broken off for its length is followed by another. */
  | { readonly kind: "goOn" }
  /** The earliest deadline has come; `at` is that deadline. */
  | { readonly kind: "due" }
  /** A task's call to Step Functions itself was made, and the task goes on waiting; `reply` is the JSON text of what was answered. */
  | { readonly kind: "submitted"; readonly attempt: number; readonly reply: string }
  /** An execution that ended unsuccessfully goes on from where it ended. */
  | { readonly kind: "redriven"; readonly clientToken?: string }
  | { readonly kind: "stopped"; readonly error?: string; readonly cause?: string };
