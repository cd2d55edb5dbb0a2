import type { ExecutionSummary, StateMachineSummary } from "../aws/step-functions.ts";
import type { Definition } from "../callback/definition.ts";
import type { CallbackTask } from "../callback/waiting-tasks.ts";

/** What a sweep looks for; everything where nothing is given. Names may hold `*` and `?`. */
export interface SweepFilter {
  /** Any of these. */
  readonly stateMachines?: readonly string[];
  readonly execution?: string;
  readonly state?: string;
  readonly kind?: CallbackTask["kind"];
  /** Only what has waited since then or longer. */
  readonly waitingSince?: Date;
  /** Only what began to wait then or later. */
  readonly waitingAfter?: Date;
  /** Only what times out until then. */
  readonly timingOutUntil?: Date;
  /** Only what has no TimeoutSeconds. */
  readonly withoutDeadline?: boolean;
  /** Only what nobody can answer through this tool. */
  readonly unanswerable?: boolean;
}

/** A filter at each step of a sweep, so that what it leaves out costs as few calls as possible. */
export class Wanted {
  readonly #filter: SweepFilter;

  constructor(filter: SweepFilter) {
    this.#filter = filter;
  }

  machine({ name, type }: StateMachineSummary): boolean {
    const { stateMachines = [] } = this.#filter;
    return type === "STANDARD" && (stateMachines.length === 0 || stateMachines.some((pattern) => matchesName(pattern, name)));
  }

  /** Whether any state of the definition waits for what is wanted. */
  definition({ waitingStates }: Definition): boolean {
    return waitingStates.some(({ name, waits }) => this.#state(name) && this.#kind(waits));
  }

  /** A task waits no longer than its execution runs. Children of map runs go by names of their own making, and are wanted with their parent. */
  execution({ name, startedAt }: ExecutionSummary, isMapRunChild: boolean): boolean {
    const { execution, waitingSince } = this.#filter;
    if (waitingSince !== undefined && startedAt > waitingSince) return false;
    return execution === undefined || isMapRunChild || matchesName(execution, name);
  }

  task({ state, kind, waitingSince, timeoutAt, timeoutSeconds, taskToken }: CallbackTask): boolean {
    const { waitingSince: since, waitingAfter, timingOutUntil, withoutDeadline, unanswerable } = this.#filter;
    if (!this.#state(state) || !this.#kind(kind)) return false;
    if (since !== undefined && waitingSince > since) return false;
    if (waitingAfter !== undefined && waitingSince < waitingAfter) return false;
    if (timingOutUntil !== undefined && (timeoutAt === null || timeoutAt > timingOutUntil)) return false;
    if (withoutDeadline === true && timeoutSeconds !== null) return false;
    return unanswerable !== true || kind === "activity" || taskToken === null;
  }

  /** Whether an execution is wanted of which nothing but its name is known. */
  unread(): boolean {
    const { state, kind, waitingAfter, timingOutUntil, withoutDeadline } = this.#filter;
    return [state, kind, waitingAfter, timingOutUntil].every((given) => given === undefined) && withoutDeadline !== true;
  }

  #state(name: string): boolean {
    return this.#filter.state === undefined || matchesName(this.#filter.state, name);
  }

  #kind(kind: CallbackTask["kind"] | null): boolean {
    return this.#filter.kind === undefined || this.#filter.kind === kind;
  }
}

/** Whether it is this name, or a pattern of it: `*` stands for any text, `?` for one character. */
export function matchesName(pattern: string, name: string): boolean {
  if (pattern === name) return true;
  if (!/[*?]/.test(pattern)) return false;
  const source = pattern.replaceAll(/[*]+|[^*]/gu, (part) => (part[0] === "*" ? ".*" : part === "?" ? "." : escaped(part)));
  return new RegExp(`^${source}$`, "su").test(name);
}

function escaped(character: string): string {
  return character.replace(/[\\^$.|+()[\]{}/]/, "\\$&");
}
