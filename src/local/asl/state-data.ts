import type {
  Catcher,
  ChoiceRule,
  ChoiceState,
  FailState,
  MapState,
  ParallelState,
  PassState,
  State,
  TaskState,
  WaitState,
} from "./definition.ts";
import type { ItemReader } from "./item-reader.ts";
import { isJsonObject, type Json, type JsonObject } from "./json.ts";
import type { Payload } from "./payload.ts";
import type { ResultPlace } from "./result-writer.ts";
import type { MapItem } from "./run.ts";

/** What a state's end gives: the output, and the variables that its Assign sets. */
export interface StateEnd {
  readonly output: Payload;
  readonly assigned: Readonly<Record<string, Json>> | null;
}

/** A choice: the rule that held, or null for the Default. */
export interface Choice {
  readonly rule: ChoiceRule | null;
}

/**
 * A state's fields, evaluated in the state's query language for one visit. Each method throws AslError where AWS fails the state, and
 * NeedsEvaluation where JSONata has to be evaluated first.
 */
export interface StateData {
  /** What a task is called with, or a Parallel's branches get: Parameters or Arguments. */
  callInput(state: TaskState | ParallelState): Payload;
  /** Undefined in JSONata, where a Pass state has no result. */
  passResult(state: PassState): Payload | undefined;
  /** Seconds from 1; null where the state sets none. */
  taskSeconds(state: TaskState, field: "TimeoutSeconds" | "HeartbeatSeconds"): number | null;
  /** The role of Credentials; null where the state has none. */
  credentialsRoleArn(state: TaskState): string | null;
  /** When a Wait that began at `at` is over; epoch milliseconds. */
  waitUntil(state: WaitState, at: number): number;
  failText(state: FailState, field: "Error" | "Cause"): string | undefined;
  choose(state: ChoiceState): Choice;
  /** Of a distributed Map the members of an object, too. */
  mapItems(state: MapState): readonly MapItem[];
  /** A limit of a Map state; null where it sets none. */
  mapLimit(state: MapState, field: MapLimit): number | null;
  /** What an iteration begins with. */
  itemInput(state: MapState, item: Json): Json;
  /** The same for all items at once; `ofItem` gives the data that an item's context object belongs to. */
  itemInputs(state: MapState, items: readonly MapItem[], ofItem: (item: MapItem) => StateData): readonly Json[];
  /** What a distributed Map reads its items by, its ItemReader's other fields evaluated as well. Throws ItemReaderError for a wrong MaxItems. */
  itemReader(state: MapState): ItemReader;
  /** Where a distributed Map's results go; null where they are its output. */
  resultWriter(state: MapState): ResultPlace | null;
  /** How a distributed Map puts items together; null where it does not. */
  itemBatcher(state: MapState): ItemBatcher | null;
  /** The state's end with its result; without one for states that have none (Wait, Succeed). */
  end(state: State, result: Payload | undefined): StateEnd;
  chosenEnd(state: ChoiceState, choice: Choice): StateEnd;
  /** `index` is the catcher's place in its state. */
  caughtEnd(catcher: Catcher, index: number, errorOutput: Json): StateEnd;
}

export interface ItemBatcher {
  readonly maxItems: number | null;
  readonly maxBytes: number | null;
  /** Given to each batch beside its items; null where there is none. */
  readonly batchInput: Json;
}

export type MapLimit = "MaxConcurrency" | "ToleratedFailureCount" | "ToleratedFailurePercentage";

/** The items in a Map's array, or in its object where it takes one (documented for a distributed Map); null where there are none in the value. */
export function itemsOf(value: Json, takesObject: boolean): readonly MapItem[] | null {
  if (Array.isArray(value)) return value.map((item, index) => ({ index, value: item }));
  if (!takesObject || !isJsonObject(value)) return null;
  return Object.entries(value).map(([key, member], index) => ({ index, key, value: member }));
}

/** A member that is an object; an empty one in the place of anything else. */
export function objectIn(holder: Json | undefined, field: string): JsonObject {
  const member = isJsonObject(holder) ? holder[field] : undefined;
  return isJsonObject(member) ? member : {};
}
