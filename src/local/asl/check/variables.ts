import { isJsonObject, type Json, type JsonObject } from "../json.ts";
import { assignedNames } from "./templates.ts";

/** A way out of a state, and the variables that are assigned on it. */
interface Way {
  readonly target: string;
  readonly assigned: readonly string[];
}

/** How many states are looked at in one machine; no real definition comes near it, and of what lies beyond it nothing is said. */
const MAX_VISITS = 500_000;

/**
 * The variables that are assigned on the ways through a machine. AWS refuses a variable within a Parallel or a Map that is assigned on a way into
 * it, loops included; what is assigned only after it, by itself or by its catchers, is free (measured by others).
 */
export class AssignedOnTheWay {
  readonly #states: JsonObject;
  /** Variable → the states that are reached with it. */
  readonly #reached = new Map<string, ReadonlySet<string>>();
  #ways: ReadonlyMap<string, readonly Way[]> | null = null;
  #visits = 0;

  constructor(states: JsonObject) {
    this.#states = states;
  }

  has(variable: string, stateName: string): boolean {
    const known = this.#reached.get(variable);
    if (known !== undefined) return known.has(stateName);
    const reached = this.#reachedWith(variable);
    this.#reached.set(variable, reached);
    return reached.has(stateName);
  }

  #reachedWith(variable: string): ReadonlySet<string> {
    this.#ways ??= new Map(Object.entries(this.#states).map(([name, state]) => [name, waysOut(state)]));
    const reached = new Set<string>();
    const next: string[] = [];
    for (const ways of this.#ways.values()) {
      this.#visits += 1;
      for (const { target, assigned } of ways) if (assigned.includes(variable)) next.push(target);
    }
    for (let name = next.pop(); name !== undefined && this.#visits < MAX_VISITS; name = next.pop()) {
      if (reached.has(name)) continue;
      this.#visits += 1;
      reached.add(name);
      for (const { target } of this.#ways.get(name) ?? []) next.push(target);
    }
    return reached;
  }
}

function waysOut(state: Json): readonly Way[] {
  if (!isJsonObject(state)) return [];
  const way = (target: Json | undefined, { Assign: assign }: JsonObject): Way[] =>
    typeof target === "string" ? [{ target, assigned: assignedNames(assign) }] : [];
  const rules = [state["Choices"], state["Catch"]].flatMap((list) => (Array.isArray(list) ? list : [])).filter(isJsonObject);
  return [...way(state["Next"], state), ...way(state["Default"], state), ...rules.flatMap((rule) => way(rule["Next"], rule))];
}
