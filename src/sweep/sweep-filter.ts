import type { ExecutionSummary, StateMachineSummary } from "../aws/step-functions.ts";
import type { DefinedState, Definition } from "../callback/definition/definition.ts";
import type { CallbackTask } from "../callback/history/waiting-tasks.ts";

/** What a sweep looks for; everything where nothing is given. Names may hold `*` and `?`; a name that is exactly so goes before a pattern. */
export interface SweepFilter {
  /** Any of these; an ARN is as good as a name. */
  readonly stateMachines?: readonly string[];
  readonly execution?: string;
  readonly state?: string;
  readonly kind?: CallbackTask["kind"];
  /** Only what has waited so long. */
  readonly olderMilliseconds?: number;
  /** Only what began to wait within this time. */
  readonly newerMilliseconds?: number;
  /** Only what times out within this time. */
  readonly expiringMilliseconds?: number;
  /** Only what has no TimeoutSeconds. */
  readonly withoutDeadline?: boolean;
  /** Only what nobody can answer through this tool. */
  readonly unanswerable?: boolean;
}

/** A filter at each step of a sweep, so that what it leaves out costs as few calls as possible. */
export class Wanted {
  readonly #filter: SweepFilter;
  readonly #now: () => Date;
  #asOf: number | null = null;

  /** `now` is asked once, for the first definition: by then a reply has put the clock right. */
  constructor(filter: SweepFilter, now: () => Date) {
    this.#filter = filter;
    this.#now = now;
  }

  machine(machine: StateMachineSummary): boolean {
    const { stateMachines = [] } = this.#filter;
    return machine.type === "STANDARD" && (stateMachines.length === 0 || stateMachines.some((pattern) => meansMachine(pattern, machine)));
  }

  /**
   * Whether it is proven that nothing that is wanted can wait in an execution of the definition, one that started then where that is given. A definition
   * that is not known (null) proves nothing.
   */
  isIdle(definition: Definition | null, startedAt: Date | null = null): boolean {
    return definition !== null && !definition.waitingStates.some((state) => this.#canHold(state, definition, startedAt));
  }

  /** The same of a distributed Map within it; a Map that the definition does not have may hold anything. */
  map(definition: Definition, map: string | null): boolean {
    if (map === null || !definition.states.has(map)) return true;
    const isWithin = ({ containers }: DefinedState) => containers.some((container) => "map" in container && container.map === map);
    return definition.waitingStates.some((state) => isWithin(state) && this.#canHold(state, definition, null));
  }

  /** A task waits no longer than its execution runs. Children of map runs go by names of their own making, and are wanted with their parent. */
  execution({ name, startedAt }: ExecutionSummary, isMapRunChild: boolean): boolean {
    const { execution, olderMilliseconds } = this.#filter;
    if (olderMilliseconds !== undefined && this.#before(olderMilliseconds) < startedAt.getTime()) return false;
    return execution === undefined || isMapRunChild || matchesName(execution, name);
  }

  task({ state, kind, waitingSince, timeoutAt, timeoutSeconds, taskToken }: CallbackTask, definition: Definition | null): boolean {
    const { olderMilliseconds, newerMilliseconds, expiringMilliseconds, withoutDeadline, unanswerable } = this.#filter;
    const since = waitingSince.getTime();
    if (!this.#state(state, definition) || !this.#kind(kind)) return false;
    if (olderMilliseconds !== undefined && this.#before(olderMilliseconds) < since) return false;
    if (newerMilliseconds !== undefined && this.#before(newerMilliseconds) > since) return false;
    if (expiringMilliseconds !== undefined && (timeoutAt === null || this.#before(-expiringMilliseconds) < timeoutAt.getTime()))
      return false;
    if (withoutDeadline === true && timeoutSeconds !== null) return false;
    return unanswerable !== true || kind === "activity" || taskToken === null;
  }

  /** Whether an execution is wanted of which nothing but its name is known. */
  unread(): boolean {
    const { state, kind, newerMilliseconds, expiringMilliseconds, withoutDeadline } = this.#filter;
    return [state, kind, newerMilliseconds, expiringMilliseconds].every((given) => given === undefined) && withoutDeadline !== true;
  }

  /** Only what the definition itself says counts: a task waits at the earliest when its execution starts. */
  #canHold(state: DefinedState, definition: Definition, startedAt: Date | null): boolean {
    const { expiringMilliseconds, withoutDeadline } = this.#filter;
    if (!this.#state(state.name, definition) || !this.#kind(state.waits)) return false;
    if (withoutDeadline === true && state.hasTimeout) return false;
    if (expiringMilliseconds === undefined) return true;
    if (!state.hasTimeout) return false;
    if (startedAt === null || state.timeoutSeconds === null) return true;
    return startedAt.getTime() + state.timeoutSeconds * 1000 <= this.#before(-expiringMilliseconds);
  }

  /** So long before now; epoch milliseconds. */
  #before(milliseconds: number): number {
    this.#asOf ??= this.#now().getTime();
    return this.#asOf - milliseconds;
  }

  #state(name: string, definition: Definition | null): boolean {
    const { state: wanted } = this.#filter;
    if (wanted === undefined || wanted === name) return true;
    // `Ship it?` means the state of that name where there is one, not `Ship its` too.
    return definition?.states.has(wanted) !== true && matchesName(wanted, name);
  }

  #kind(kind: CallbackTask["kind"] | null): boolean {
    return this.#filter.kind === undefined || this.#filter.kind === kind;
  }
}

/** Whether it is the machine's ARN, its name, or a pattern of that. */
export function meansMachine(pattern: string, { arn, name }: StateMachineSummary): boolean {
  return pattern === arn || matchesName(pattern, name);
}

/** Whether it is this name, or a pattern of it: `*` stands for any text, `?` for one character. Never slow, however many stars there are. */
export function matchesName(pattern: string, name: string): boolean {
  if (pattern === name) return true;
  if (!isPattern(pattern)) return false;
  const [wanted, given] = [[...pattern], [...name]];
  let [at, star, resumeAt] = [0, -1, 0];
  for (let index = 0; index < given.length; ) {
    if (wanted[at] === "*") {
      [star, resumeAt] = [at, index];
      at += 1;
    } else if (at < wanted.length && (wanted[at] === "?" || wanted[at] === given[index])) {
      at += 1;
      index += 1;
    } else if (star >= 0) {
      // The last star takes one character more.
      resumeAt += 1;
      [at, index] = [star + 1, resumeAt];
    } else return false;
  }
  return wanted.slice(at).every((character) => character === "*");
}

/** Whether it may stand for more names than one. */
export function isPattern(name: string): boolean {
  return /[*?]/.test(name);
}
