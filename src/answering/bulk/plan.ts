import { parseExactly } from "../../callback/exact-json.ts";
import { machineOf } from "../../callback/execution-arn.ts";
import { taskId } from "../../callback/task-id.ts";
import type { Clock, Connection, TaskIndex } from "../../context.ts";
import { usageError } from "../../errors.ts";
import { type NotSeen, sweep } from "../../sweep/sweep.ts";
import type { SweepFilter } from "../../sweep/sweep-filter.ts";
import { executionArnOf } from "../look-up.ts";
import { pacerFor } from "../pacing.ts";
import { parseWord, recall } from "../task-reference.ts";
import { type BulkRequest, keyOf, type PlannedTask } from "./journal.ts";

/** The tasks of a bulk, and what was found beside them. */
export interface Plan {
  readonly tasks: readonly PlannedTask[];
  /** By `keyOf`, as far as they were seen. Never written anywhere. */
  readonly tokens: ReadonlyMap<string, string>;
  /** How many wait that nobody can answer through this tool. */
  readonly unanswerable: number;
  readonly notSeen: readonly NotSeen[];
}

interface Planning {
  readonly connection: Connection;
  readonly taskIndex: TaskIndex;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Plans an answer to each task that a sweep finds, or for `stop` a stop of each execution in which something waits. Throws where interrupted. */
export async function planBySweep(
  { connection, clock, signal }: Planning,
  filter: SweepFilter,
  what: "tasks" | "executions",
  onFound: (count: number) => void,
): Promise<Plan> {
  const planned = new Map<string, PlannedTask>();
  const tokens = new Map<string, string>();
  let unanswerable = 0;
  const found = await sweep(connection.stepFunctions, pacerFor(connection.place, clock), {
    ...filter,
    signal,
    onTask: async ({ id, executionArn, stateMachineName, task, waitingSince }, token) => {
      const about = { executionArn, stateMachineName, state: task?.state ?? null, waitingSince: waitingSince.toISOString() };
      if (what === "executions") {
        planned.set(executionArn, wholeExecution(about, task?.eventId ?? null, planned.get(executionArn)));
        onFound(planned.size);
        return;
      }
      if (task === null || task.kind === "activity" || !task.hasToken) {
        unanswerable += 1;
        return;
      }
      const entry = { ...about, eventId: task.eventId, id };
      planned.set(keyOf(entry), entry);
      if (token !== null) tokens.set(keyOf(entry), token);
      onFound(planned.size);
    },
  });
  if (found.interrupted) throw signal.reason;
  const tasks = [...planned.values()].sort((one, other) => (one.waitingSince ?? "").localeCompare(other.waitingSince ?? ""));
  return { tasks, tokens, unanswerable, notSeen: found.notSeen };
}

/** An execution that is to be stopped for the sake of one task more; of null it is meant whatever waits in it. */
function wholeExecution(about: Omit<PlannedTask, "eventId" | "id">, eventId: number | null, before: PlannedTask | undefined): PlannedTask {
  const isMeantItself = eventId === null || (before !== undefined && before.waitingEventIds === undefined);
  const waitingEventIds = isMeantItself ? {} : { waitingEventIds: [...(before?.waitingEventIds ?? []), eventId] };
  return { ...(before?.waitingEventIds === undefined ? about : before), eventId: null, id: null, ...waitingEventIds };
}

/**
 * Plans what is named by lines: task ids and addresses, or the objects that `pending --jsonl` prints, which may carry their own `output`. Usage
 * errors name the line. Nothing is looked up but ids in the index and machines by name.
 */
export async function planByLines(planning: Planning, text: string, command: BulkRequest["command"]): Promise<Plan> {
  const planned = new Map<string, PlannedTask>();
  const arns = new ExecutionArns(planning.connection);
  let unanswerable = 0;
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const given = readLine(line.trim(), index + 1);
    if (given.output !== undefined && command !== "succeed")
      throw usageError(`line ${index + 1} brings an output, which ${command} does not send`, "take it out, or use succeed");
    if (command !== "stop" && given.isAnswerable === false) {
      unanswerable += 1;
      continue;
    }
    const { executionArn, eventId } = await located(planning, arns, given.word, index + 1);
    refuseOtherRegion(executionArn, planning.connection.place.region, index + 1);
    const { state, waitingSince, output } = given;
    const about = { executionArn, stateMachineName: given.stateMachineName ?? machineOf(executionArn).name, state, waitingSince };
    if (command === "stop") {
      planned.set(executionArn, wholeExecution(about, eventId, planned.get(executionArn)));
      continue;
    }
    if (eventId === null) throw usageError(`line ${index + 1} names an execution and no task: ${given.word}`);
    const task = { ...about, eventId, id: taskId(executionArn, eventId), ...(output === undefined ? {} : { output }) };
    const before = planned.get(keyOf(task));
    if (before !== undefined && before.output !== output)
      throw usageError(`line ${index + 1} gives another output to a task of an earlier line`);
    planned.set(keyOf(task), task);
  }
  return { tasks: [...planned.values()], tokens: new Map(), unanswerable, notSeen: [] };
}

/** `pending` lists several Regions at once, and a connection leads to one. */
function refuseOtherRegion(executionArn: string, own: string, number: number): void {
  const region = executionArn.split(":")[3] ?? "";
  if (region !== own)
    throw usageError(
      `line ${number} is of ${region}, and this connection leads to ${own}`,
      `give the lines of each Region by themselves, with --region`,
    );
}

interface GivenLine {
  readonly word: string;
  readonly stateMachineName: string | null;
  readonly state: string | null;
  readonly waitingSince: string | null;
  readonly isAnswerable: boolean | null;
  readonly output?: string;
}

const bare = { stateMachineName: null, state: null, waitingSince: null, isAnswerable: null };

function readLine(line: string, number: number): GivenLine {
  if (!/^[{"]/.test(line)) return { ...bare, word: line };
  let value: unknown;
  try {
    value = parseExactly(line);
  } catch {
    throw usageError(`line ${number} is not JSON: ${line.slice(0, 60)}`);
  }
  if (typeof value === "string") return { ...bare, word: value };
  const members = new Map(Object.entries(typeof value === "object" && value !== null ? value : {}));
  const text = (name: string): string | null => {
    const member: unknown = members.get(name);
    return typeof member === "string" ? member : null;
  };
  const word = text("address") ?? text("id") ?? text("executionArn");
  if (word === null) throw usageError(`line ${number} has none of address, id and executionArn`, "pending --jsonl prints such lines");
  const waitingSince = text("waitingSince");
  return {
    word,
    stateMachineName: text("stateMachineName"),
    state: text("state"),
    waitingSince: waitingSince !== null && !Number.isNaN(Date.parse(waitingSince)) ? waitingSince : null,
    isAnswerable: members.get("answerable") === false ? false : null,
    ...(members.has("output") ? { output: JSON.stringify(members.get("output")) } : {}),
  };
}

async function located(
  { connection, taskIndex }: Planning,
  arns: ExecutionArns,
  word: string,
  number: number,
): Promise<{ executionArn: string; eventId: number | null }> {
  const reference = parseWord(word);
  if (reference.kind === "address") return { executionArn: await arns.of(reference.execution), eventId: reference.eventId };
  if (reference.kind === "token") throw usageError(`line ${number} is a token`);
  const [first, ...others] = await recall(taskIndex, connection.place, reference.prefix);
  if (first === undefined)
    throw usageError(
      `line ${number}: the task ${word} is not remembered here`,
      "give its address; `sfn-callback pending --jsonl` prints it",
    );
  if (others.length > 0) throw usageError(`line ${number}: ${word} means ${others.length + 1} tasks`, "give a longer id");
  return first;
}

/** The ARNs of executions; the machines are listed once for each name. */
class ExecutionArns {
  readonly #connection: Connection;
  readonly #prefixes = new Map<string, string>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async of(execution: { readonly arn: string } | { readonly machine: string; readonly name: string }): Promise<string> {
    if ("arn" in execution) return execution.arn;
    const known = this.#prefixes.get(execution.machine);
    if (known !== undefined) return `${known}${execution.name}`;
    const arn = await executionArnOf(this.#connection.stepFunctions, execution);
    this.#prefixes.set(execution.machine, arn.slice(0, arn.length - execution.name.length));
    return arn;
  }
}
