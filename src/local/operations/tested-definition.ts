import type { Definition, MapState, ParallelState, QueryLanguage, State, StateGraph } from "../asl/definition.ts";
import type { Diagnostic } from "../asl/definition-check.ts";
import type { Engine } from "../engine.ts";
import { invalid, isJson } from "./operation.ts";
import { invalidDefinition } from "./state-machines.ts";

/** The state that a TestState is about. */
export interface ChosenState {
  readonly name: string;
  readonly state: State;
  /** The machine's. */
  readonly language: QueryLanguage;
  /** Whether a Map is around it. */
  readonly isInMap: boolean;
}

/** What a state that is given without a machine is called, on AWS too (recorded). */
const onlyState = "StateName";

/**
 * Finds the state in a definition that is checked as CreateStateMachine checks one. A state by itself may lead to states that are nowhere.
 */
export async function chosenState(engine: Engine, text: string, stateName: string | undefined): Promise<ChosenState> {
  const isAlone = stateName === undefined;
  const machine = isAlone && isJson(text) ? `{"StartAt":"${onlyState}","States":{"${onlyState}":${text}}}` : text;
  const errors = (await engine.definitionChecks.errors(machine)) ?? [];
  const counting = errors.filter((error) => !(isAlone && isAboutRest(error)));
  if (counting.length > 0) throw invalidDefinition(counting);
  const definition = JSON.parse(machine) as Definition;
  const found = foundState(definition, stateName ?? onlyState, false);
  if (found === null) throw invalid("State not found in definition");
  return { ...found, language: definition.QueryLanguage ?? "JSONPath" };
}

/** Whether a finding is about the machine that is not there. */
function isAboutRest({ code, location }: Diagnostic): boolean {
  if (code === "MISSING_END_STATE") return true;
  const place = location?.startsWith(`/States/${onlyState}/`) === true ? location.slice(`/States/${onlyState}/`.length) : "";
  return code === "MISSING_TRANSITION_TARGET" && /^(Next|Default|(Choices|Catch)\[\d+\]\/Next)$/.test(place);
}

function foundState({ States: states }: StateGraph, name: string, isInMap: boolean): Omit<ChosenState, "language"> | null {
  const state = Object.hasOwn(states, name) ? states[name] : undefined;
  if (state !== undefined) return { name, state, isInMap };
  for (const outer of Object.values(states)) {
    for (const graph of graphsWithin(outer)) {
      const found = foundState(graph, name, isInMap || outer.Type === "Map");
      if (found !== null) return found;
    }
  }
  return null;
}

function graphsWithin(state: State): readonly StateGraph[] {
  if (state.Type === "Parallel") return state.Branches;
  return state.Type === "Map" ? [state.ItemProcessor ?? state.Iterator].filter((graph) => graph !== undefined) : [];
}

/** The names of all states within, at any depth. */
export function namesWithin(state: MapState | ParallelState): readonly string[] {
  return graphsWithin(state).flatMap(namesIn);
}

function namesIn({ States: states }: StateGraph): string[] {
  return Object.entries(states).flatMap(([name, state]) => [name, ...graphsWithin(state).flatMap(namesIn)]);
}
