export type JsonObject = Readonly<Record<string, unknown>>;

/** A state as the text of its definition has it. */
export interface NamedState {
  readonly name: string;
  readonly state: JsonObject;
}

/** The machine that a definition's text describes; null where it is no JSON object. */
export function parseMachine(definition: string): JsonObject | null {
  try {
    return asObject(JSON.parse(definition));
  } catch {
    return null;
  }
}

/** A state and the Maps and Parallels around it, innermost first; none where the machine has no such state. Names are unique over all levels. */
export function statesAround(machine: JsonObject | null, wanted: string): readonly NamedState[] {
  return (chainTo(machine, wanted) ?? []).reverse();
}

/** The state of that name, however deep it is; null where there is none. */
export function stateNamed(machine: JsonObject | null, wanted: string): JsonObject | null {
  return statesAround(machine, wanted)[0]?.state ?? null;
}

/** What a state's expressions are written in: its own query language, else the machine's. */
export function queryLanguage(machine: JsonObject | null, state: JsonObject): "JSONPath" | "JSONata" {
  return (state["QueryLanguage"] ?? machine?.["QueryLanguage"]) === "JSONata" ? "JSONata" : "JSONPath";
}

export function isDistributedMap(state: JsonObject): boolean {
  const config = asObject(asObject(state["ItemProcessor"] ?? state["Iterator"])?.["ProcessorConfig"]);
  return config?.["Mode"] === "DISTRIBUTED";
}

export function asObject(value: unknown): JsonObject | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}

function chainTo(machine: JsonObject | null, wanted: string): NamedState[] | null {
  for (const [name, value] of Object.entries(asObject(machine?.["States"]) ?? {})) {
    const state = asObject(value);
    if (state === null) continue;
    if (name === wanted) return [{ name, state }];
    for (const inner of machinesIn(state)) {
      const found = chainTo(asObject(inner), wanted);
      if (found !== null) return [{ name, state }, ...found];
    }
  }
  return null;
}

function machinesIn(state: JsonObject): readonly unknown[] {
  const branches = state["Branches"];
  return [...(Array.isArray(branches) ? branches : []), state["ItemProcessor"] ?? state["Iterator"]];
}
