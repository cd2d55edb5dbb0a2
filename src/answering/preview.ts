import { join } from "node:path";
import type { StateTrial, StateTried, StepFunctions } from "../aws/step-functions.ts";
import { type Consequence, consequenceOf } from "../callback/definition/consequence.ts";
import { type JsonObject, parseMachine, queryLanguage, stateNamed } from "../callback/definition/defined-states.ts";
import { trialState } from "../callback/definition/trial-state.ts";
import type { Answer } from "../callback/history/outcome.ts";
import { trailTo } from "../callback/history/trail.ts";
import type { Connection, Context } from "../context.ts";
import { CliError } from "../errors.ts";
import type { FoundTask } from "./look-up.ts";

/** What an answer would bring about, as far as that can be told without sending it. */
export interface Preview {
  /** The output of the task's state, as JSON text: what ResultSelector, ResultPath, OutputPath or Output make of the answer. */
  readonly output: string | null;
  /** The states that the execution would pass at once after the task's: Choices, Passes, and a Succeed or Fail at the end. */
  readonly passed: readonly string[];
  /** What follows after the last of them; null where it cannot be foreseen. */
  readonly follows: Consequence | null;
  /** Where the answer would make a state fail by itself (a Choice that reads what is not there) with nothing to catch it. */
  readonly kills: Death | null;
  /** Why it cannot be foreseen any further. */
  readonly unforeseen: string | null;
}

export interface Death {
  readonly state: string;
  readonly error: string;
  readonly cause: string | null;
}

/** One state run by itself. */
export type TryState = StepFunctions["tryState"];

/** The states that take no time and call nothing. */
const instant: ReadonlySet<unknown> = new Set(["Choice", "Pass", "Succeed", "Fail"]);

/** Further on no person looks, and each is a request. */
const mostPassed = 12;

/** What comes before a cause names the state and event of the trial, which are none of the execution's. */
const place = /^An error occurred while executing the state '[^\n]*?' \(entered at the event id #\d+\)\. /;

/**
 * A way to try states on the embedded Step Functions, over HTTP: the one that the connection leads to, else one over a file of its own that is thrown away
 * when the command ends. AWS is not asked.
 */
export async function openTrials(
  { connect, files }: Pick<Context, "connect" | "files">,
  { place, stepFunctions }: Connection,
): Promise<TryState> {
  if (place.kind === "local") return stepFunctions.tryState;
  const localFile = join(await files.temporaryFolder(), "preview.db");
  return (await connect({ localFile })).stepFunctions.tryState;
}

/** Tries an answer to a waiting task on the states that it would go through, each by itself, with the machine's definition. */
export async function previewAnswer(tryState: TryState, found: FoundTask, definition: string, answer: Answer): Promise<Preview> {
  const walk = new Walk(tryState, found, definition);
  try {
    return await walk.answered(answer);
  } catch (error) {
    if (!(error instanceof CliError) || error.kind === "interrupted" || error.kind === "terminated") throw error;
    return walk.end({ unforeseen: error.message });
  }
}

/** A workflow variable, or what may be one. */
const readsVariable = /\$(?!states\b)[A-Za-z_]/;

class Walk {
  readonly #tryState: TryState;
  readonly #found: FoundTask;
  readonly #definition: string;
  readonly #machine: JsonObject | null;
  readonly #passed: string[] = [];
  /** Whether the history was read from its start, so that none of the variables is missing. */
  readonly #knowsVariables: boolean;
  #variables: string;
  #output: string | null = null;

  constructor(tryState: TryState, found: FoundTask, definition: string) {
    this.#tryState = tryState;
    this.#found = found;
    this.#definition = definition;
    this.#machine = parseMachine(definition);
    const { variables, steps, isWhole } = trailTo(found.events, found.task.eventId);
    this.#knowsVariables = isWhole && steps.at(-1)?.state === found.task.state;
    this.#variables = `{${Object.entries(variables)
      .map(([name, value]) => `${JSON.stringify(name)}:${value}`)
      .join(",")}}`;
  }

  async answered(answer: Answer): Promise<Preview> {
    const { task, events } = this.#found;
    const consequence = consequenceOf(this.#definition, task, answer, events);
    if (answer.kind === "heartbeat" || consequence === null) return this.end({});
    if (answer.kind === "failure" && (consequence.kind !== "catch" || consequence.of !== task.state))
      return this.end({ follows: consequence });
    if (task.input === null) return this.end({ follows: consequence, unforeseen: "the state's input is not in the history that was read" });
    if (answer.kind === "success") return this.#go(task.state, task.input, { result: answer.output });
    const { kind: _kind, ...failure } = answer;
    return this.#go(task.state, task.input, failure);
  }

  end(how: Partial<Preview>): Preview {
    return { output: this.#output, passed: this.#passed, follows: null, kills: null, unforeseen: null, ...how };
  }

  async #go(first: string, firstInput: string, callEnds: StateTrial["callEnds"]): Promise<Preview> {
    let [name, input] = [first, firstInput];
    for (let isFirst = true; ; isFirst = false) {
      const state = stateNamed(this.#machine, name);
      if (state === null) return this.end({ unforeseen: `the definition has no state ${name}` });
      const { tried, isCertain } = await this.#try(name, state, input, isFirst ? callEnds : undefined);
      if (tried.status === "FAILED") return this.#failed(name, state, tried, isCertain);
      if (isFirst) this.#output = tried.output;
      if (tried.nextState === null) return this.end({ follows: this.#after(name, { kind: "success", output: "null" }) });
      const next = stateNamed(this.#machine, tried.nextState);
      if (next === null || !instant.has(next["Type"]) || this.#passed.length === mostPassed) {
        return this.end({ follows: { kind: "next", state: tried.nextState, through: [] } });
      }
      this.#passed.push(tried.nextState);
      [name, input] = [tried.nextState, tried.output ?? "null"];
    }
  }

  async #try(name: string, state: JsonObject, input: string, callEnds: StateTrial["callEnds"]) {
    const trial = trialState(name, state, queryLanguage(this.#machine, state), this.#found, this.#variables);
    const tried = await this.#tryState({ ...trial, input, ...(callEnds === undefined ? {} : { callEnds }) });
    this.#variables = trial.without(tried.variables) ?? this.#variables;
    return { tried, isCertain: trial.isCertain && (this.#knowsVariables || !readsVariable.test(trial.state)) };
  }

  #failed(name: string, state: JsonObject, { error, cause }: StateTried, isCertain: boolean): Preview {
    const failure: Answer = { kind: "failure", ...(error === null ? {} : { error }), ...(cause === null ? {} : { cause }) };
    const follows = this.#after(name, failure);
    if (state["Type"] === "Fail" || follows?.kind === "catch" || follows?.kind === "retry") return this.end({ follows });
    if (!isCertain) return this.end({ unforeseen: `${name} reads of the context object or the variables what is not known here` });
    return this.end({ follows, kills: { state: name, error: error ?? "States.Runtime", cause: cause?.replace(place, "") ?? null } });
  }

  #after(state: string, answer: Answer): Consequence | null {
    const { task, events } = this.#found;
    return consequenceOf(this.#definition, { state, eventId: task.eventId }, answer, events);
  }
}
