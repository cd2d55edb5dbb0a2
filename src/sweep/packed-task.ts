import type { PathStep } from "../callback/history/waiting-tasks.ts";
import type { SweptTask, WaitingTask } from "./swept-task.ts";

/** So many texts are held once for all the tasks that have them. */
const mostWords = 10_000;

/** A text itself, or the number of one that is held for many. */
type Word = string | number;

/** Texts that many tasks have alike: names of machines and states, the beginnings of ARNs. */
export class Words {
  readonly #numbers = new Map<string, number>();
  readonly #texts: string[] = [];

  wordOf(text: string): Word {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    if (this.#texts.length === mostWords) return text;
    this.#numbers.set(text, this.#texts.length);
    return this.#texts.push(text) - 1;
  }

  textOf(word: Word): string {
    return typeof word === "string" ? word : (this.#texts[word] ?? "");
  }
}

type Packed = readonly [
  id: string,
  executionArn: Word,
  name: string,
  executionName: string | 0,
  stateMachineArn: Word,
  stateMachineName: Word,
  ancestors: readonly Word[],
  waitingSince: number,
  task: PackedTask | 0,
];

type PackedTask = readonly [
  isActivity: 0 | 1,
  eventId: number,
  state: Word,
  path: readonly (PathStep | Word)[],
  attempt: number,
  integration: Word,
  input: string | null,
  timeoutSeconds: number | null,
  heartbeatSeconds: number | null,
  timeoutAfterMilliseconds: number | null,
  handedTo: readonly [service: Word, id: string | null, afterMilliseconds: number] | 0,
  hasToken: 0 | 1,
];

/** A task as JSON text of some hundred bytes on one line, without what is in `words`. */
export function packedTask(swept: SweptTask, words: Words): string {
  const { executionArn, executionName, task } = swept;
  const nameAt = executionArn.lastIndexOf(":") + 1;
  const name = executionArn.slice(nameAt);
  const all: Packed = [
    swept.id,
    words.wordOf(executionArn.slice(0, nameAt)),
    name,
    executionName === name ? 0 : executionName,
    words.wordOf(swept.stateMachineArn),
    words.wordOf(swept.stateMachineName),
    swept.ancestorExecutionArns.map((arn) => words.wordOf(arn)),
    swept.waitingSince.getTime(),
    task === null ? 0 : packedWaiting(task, words),
  ];
  return JSON.stringify(all);
}

function packedWaiting(task: WaitingTask, words: Words): PackedTask {
  const { handedTo, timeoutAt } = task;
  const since = task.waitingSince.getTime();
  return [
    task.kind === "activity" ? 1 : 0,
    task.eventId,
    words.wordOf(task.state),
    task.path.map((step) => ("child" in step ? words.wordOf(JSON.stringify(step)) : step)),
    task.attempt,
    words.wordOf(task.integration),
    task.input,
    task.timeoutSeconds,
    task.heartbeatSeconds,
    timeoutAt === null ? null : timeoutAt.getTime() - since,
    handedTo === null ? 0 : [words.wordOf(handedTo.service), handedTo.id, handedTo.since.getTime() - since],
    task.hasToken ? 1 : 0,
  ];
}

/** What `packedTask` was given. */
export function unpackedTask(text: string, words: Words): SweptTask {
  const [id, executionArn, name, executionName, stateMachineArn, stateMachineName, ancestors, waitingSince, task] = JSON.parse(
    text,
  ) as Packed;
  return {
    id,
    executionArn: words.textOf(executionArn) + name,
    executionName: executionName === 0 ? name : executionName,
    stateMachineArn: words.textOf(stateMachineArn),
    stateMachineName: words.textOf(stateMachineName),
    ancestorExecutionArns: ancestors.map((arn) => words.textOf(arn)),
    ancestorsComplete: false,
    waitingSince: new Date(waitingSince),
    task: task === 0 ? null : unpackedWaiting(task, waitingSince, words),
  };
}

function unpackedWaiting(packed: PackedTask, waitingSince: number, words: Words): WaitingTask {
  const [isActivity, eventId, state, path, attempt, integration, input, ...others] = packed;
  const [timeoutSeconds, heartbeatSeconds, timeoutAfter, handedTo, hasToken] = others;
  return {
    kind: isActivity === 1 ? "activity" : "callback",
    eventId,
    state: words.textOf(state),
    path: path.map((step) => (typeof step === "object" ? step : (JSON.parse(words.textOf(step)) as PathStep))),
    attempt,
    integration: words.textOf(integration),
    input,
    waitingSince: new Date(waitingSince),
    timeoutSeconds,
    heartbeatSeconds,
    timeoutAt: timeoutAfter === null ? null : new Date(waitingSince + timeoutAfter),
    handedTo: handedTo === 0 ? null : { service: words.textOf(handedTo[0]), id: handedTo[1], since: new Date(waitingSince + handedTo[2]) },
    hasToken: hasToken === 1,
  };
}
