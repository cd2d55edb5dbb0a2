/** A Map or a Parallel branch around a state. */
export type DefinedContainer =
  | { readonly map: string; readonly distributed: boolean }
  | { readonly parallel: string; readonly branch: number };

/** A state as its definition gives it, however deep it is nested. */
export interface DefinedState {
  readonly name: string;
  readonly type: string;
  readonly resource: string | null;
  /** How it waits for an answer from outside, or null where it does not. */
  readonly waits: "callback" | "activity" | null;
  /** Whether its parameters name the task's token, so that the payload is known to hold it. */
  readonly sendsToken: boolean;
  /** Outermost first. */
  readonly containers: readonly DefinedContainer[];
  /** The state after it, or null where it ends its (sub)machine or chooses. */
  readonly next: string | null;
  /** Whether it has a TimeoutSeconds or TimeoutSecondsPath, and the seconds where the definition itself says them. */
  readonly hasTimeout: boolean;
  readonly timeoutSeconds: number | null;
  /** How often its Retry lets it be tried, the first attempt included. */
  readonly mostAttempts: number;
}

/** An Amazon States Language definition, as far as finding callback tasks needs it. State names are unique over all levels. */
export interface Definition {
  readonly startAt: string;
  readonly states: ReadonlyMap<string, DefinedState>;
  /** The states that wait for an answer: `.waitForTaskToken` and activities, in the order of the text. */
  readonly waitingStates: readonly DefinedState[];
  /** Whether an execution of it can ever wait for an answer (in Distributed Map children too). */
  readonly canWait: boolean;
  /** The machines whose executions it starts and stays with, by `.sync`; null for one that is only known when it runs. */
  readonly nestedMachines: readonly (string | null)[];
}

/** Reads a definition; null where the text is no JSON object with States (also `"{}"`, which METADATA_ONLY gives). */
export function parseDefinition(text: string): Definition | null {
  const machine = parseObject(text);
  if (machine === null || !isObject(machine["States"])) return null;
  const states = new Map<string, DefinedState>();
  const nestedMachines: (string | null)[] = [];
  addStates(machine, [], states, nestedMachines);
  const waitingStates = [...states.values()].filter((state) => state.waits !== null);
  return { startAt: textOf(machine["StartAt"]) ?? "", states, waitingStates, canWait: waitingStates.length > 0, nestedMachines };
}

type JsonObject = Readonly<Record<string, unknown>>;

function addStates(
  machine: unknown,
  containers: readonly DefinedContainer[],
  states: Map<string, DefinedState>,
  nested: (string | null)[],
): void {
  if (!isObject(machine) || !isObject(machine["States"])) return;
  for (const [name, state] of Object.entries(machine["States"])) {
    if (!isObject(state)) continue;
    const type = textOf(state["Type"]) ?? "";
    states.set(name, definedState(name, type, state, containers));
    if (type === "Task" && /:states:startExecution\.sync(:2)?$/.test(textOf(state["Resource"]) ?? "")) nested.push(startedMachine(state));
    if (type === "Parallel" && Array.isArray(state["Branches"])) {
      state["Branches"].forEach((machine: unknown, branch) => {
        addStates(machine, [...containers, { parallel: name, branch }], states, nested);
      });
    }
    if (type === "Map") {
      // `Iterator` is the older spelling of `ItemProcessor`.
      const processor = state["ItemProcessor"] ?? state["Iterator"];
      addStates(processor, [...containers, { map: name, distributed: isDistributed(processor) }], states, nested);
    }
  }
}

function definedState(name: string, type: string, state: JsonObject, containers: readonly DefinedContainer[]): DefinedState {
  const resource = textOf(state["Resource"]);
  const timeout = state["TimeoutSeconds"];
  return {
    name,
    type,
    resource,
    waits: type === "Task" ? waitsFor(resource) : null,
    sendsToken: namesToken(state["Parameters"] ?? state["Arguments"]),
    containers,
    next: textOf(state["Next"]),
    hasTimeout: timeout !== undefined || state["TimeoutSecondsPath"] !== undefined,
    timeoutSeconds: typeof timeout === "number" ? timeout : null,
    mostAttempts: mostAttempts(state["Retry"]),
  };
}

/** Each retrier counts its own; three retries where it says nothing. */
function mostAttempts(retriers: unknown): number {
  if (!Array.isArray(retriers)) return 1;
  const most = (retrier: unknown) => (isObject(retrier) && typeof retrier["MaxAttempts"] === "number" ? retrier["MaxAttempts"] : 3);
  return retriers.reduce<number>((sum, retrier) => sum + most(retrier), 1);
}

/** The ARN as it stands there, without a version or an alias; null where it is a path or an expression. */
function startedMachine(state: JsonObject): string | null {
  const parameters = state["Parameters"] ?? state["Arguments"];
  const arn = isObject(parameters) ? textOf(parameters["StateMachineArn"]) : null;
  return arn === null || arn.startsWith("{%") ? null : arn.split(":").slice(0, 7).join(":");
}

function waitsFor(resource: string | null): DefinedState["waits"] {
  if (resource === null) return null;
  if (resource.split(".").at(-1) === "waitForTaskToken") return "callback";
  return /^arn:[^:]*:states:[^:]*:[^:]*:activity:/.test(resource) ? "activity" : null;
}

/** A member `….$` whose path is or contains the token's, or an expression that does. Without the `.$` the path is sent as text. */
function namesToken(parameters: unknown): boolean {
  const text = JSON.stringify(parameters) ?? "";
  return /\.\$":"[^"]*\$\$\.Task\.Token/.test(text) || /\{%[^"]*\$states\.context\.Task\.Token/.test(text);
}

function isDistributed(processor: unknown): boolean {
  if (!isObject(processor)) return false;
  const config = processor["ProcessorConfig"];
  return isObject(config) && config["Mode"] === "DISTRIBUTED";
}

function parseObject(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
