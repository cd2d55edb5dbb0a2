import type { HistoryEvent, StepFunctions } from "../aws/step-functions.ts";
import { type CallbackTask, callbackTasks } from "../callback/history/waiting-tasks.ts";
import { taskId } from "../callback/task-id.ts";
import { hideTokens } from "../callback/task-token.ts";
import type { Clock, Connection, Prompts, RememberedTask, TaskIndex, Terminal } from "../context.ts";
import { CliError, usageError } from "../errors.ts";
import { sweep } from "../sweep/sweep.ts";
import { readBack, readOn } from "./history-reading.ts";
import { pacerFor } from "./pacing.ts";
import { runningChildren } from "./running-children.ts";
import { type ExecutionName, type Reference, recall, type TaskOptions } from "./task-reference.ts";

/** A task as its execution's history shows it now, waiting or closed. */
export interface FoundTask {
  readonly executionArn: string;
  readonly task: CallbackTask;
  readonly events: readonly HistoryEvent[];
}

interface Asking {
  readonly terminal: Terminal;
  readonly prompts: Prompts;
  readonly taskIndex: TaskIndex;
  readonly clock: Clock;
}

type Narrowing = Pick<TaskOptions, "state" | "index">;

/**
 * The task that a reference means. Throws exit 2 where it is ambiguous or may not be looked for, exit 3 where there is none such.
 * A bare token has no execution and is not for this function.
 */
export async function lookUp(asking: Asking, connection: Connection, reference: Reference, narrowing: Narrowing): Promise<FoundTask> {
  if (reference.kind === "token") {
    if (reference.execution === null) throw usageError("a bare token names no execution", "add --execution <arn>");
    const executionArn = await executionArnOf(connection.stepFunctions, reference.execution);
    return findByToken(connection.stepFunctions, executionArn, reference.token);
  }
  const { executionArn, eventId } = await locate(asking, connection, reference);
  const candidates =
    eventId === null
      ? await candidatesIn(connection, asking.clock, executionArn, narrowing)
      : [await findTask(connection.stepFunctions, executionArn, eventId)];
  await rememberTasks(
    asking,
    connection,
    candidates.map(({ executionArn, task: { eventId } }) => ({ executionArn, eventId })),
  );
  return onlyOne(executionArn, candidates, narrowing);
}

/** The task at an event of an execution; throws exit 3 where there is none. Reads as much of the history as that takes. */
export async function findTask(stepFunctions: StepFunctions, executionArn: string, eventId: number): Promise<FoundTask> {
  const [found] = await findTasks(stepFunctions, executionArn, [eventId]);
  if (found === undefined) {
    const hint = "`sfn-callback pending` lists the waiting tasks";
    throw new CliError("closed", `there is no callback task at event ${eventId} of ${executionArn}`, { hint });
  }
  return found;
}

/** Those tasks of an execution that are at some of its events, in the order in which they were scheduled. */
export async function findTasks(stepFunctions: StepFunctions, executionArn: string, eventIds: readonly number[]): Promise<FoundTask[]> {
  const first = Math.min(...eventIds);
  const events = eventIds.length === 0 ? [] : await readBack(stepFunctions, executionArn, (read) => read.some(({ id }) => id === first));
  const tasks = callbackTasks(events).filter(({ eventId }) => eventIds.includes(eventId));
  return tasks.map((task) => ({ executionArn, task, events }));
}

/** The same task with what its history got since. */
export async function readAgain({ stepFunctions }: Connection, found: FoundTask): Promise<FoundTask> {
  const events = await readOn(stepFunctions, found.executionArn, found.events);
  const task = events === found.events ? undefined : callbackTasks(events).find(({ eventId }) => eventId === found.task.eventId);
  return task === undefined ? found : { ...found, task, events };
}

/** The tasks of an execution that the narrowing leaves: what waits in it, else in the executions that run for it, else the last one that was closed. */
async function candidatesIn(
  connection: Connection,
  clock: Clock,
  executionArn: string,
  narrowing: Narrowing,
): Promise<readonly FoundTask[]> {
  const { stepFunctions, place } = connection;
  const events = await readBack(stepFunctions, executionArn, (read) => callbackTasks(read).some((task) => fits(task, narrowing)));
  const own = callbackTasks(events)
    .filter((task) => fits(task, narrowing))
    .map((task) => ({ executionArn, task, events }));
  const waiting = own.filter(({ task }) => task.closed === null);
  if (waiting.length > 0) return waiting;
  const inside = await findInside(stepFunctions.paced(pacerFor(place, clock)), events, narrowing);
  // With nothing waiting, the last one to close is the one the user means: the answer is then judged against how it ended.
  return inside.length > 0 ? inside : own.slice(-1);
}

/** So many candidates are listed. */
const mostCandidates = 20;

async function findInside(stepFunctions: StepFunctions, events: readonly HistoryEvent[], narrowing: Narrowing): Promise<FoundTask[]> {
  const found: FoundTask[] = [];
  for await (const child of runningChildren(stepFunctions, events)) {
    const { executionArn, waiting } = child;
    found.push(...waiting.filter((task) => fits(task, narrowing)).map((task) => ({ executionArn, task, events: child.events })));
    if (found.length >= mostCandidates) break;
  }
  return found.slice(0, mostCandidates);
}

/** The execution ARN and, where it names one task, the event id that a reference means. */
export async function locate(
  asking: Asking,
  connection: Connection,
  reference: Exclude<Reference, { kind: "token" }>,
): Promise<{ executionArn: string; eventId: number | null }> {
  if (reference.kind === "address") {
    return { executionArn: await executionArnOf(connection.stepFunctions, reference.execution), eventId: reference.eventId };
  }
  const remembered = await recall(asking.taskIndex, connection.place, reference.prefix);
  const candidates = remembered.length > 0 ? remembered : await sweepFor(asking, connection, reference.prefix);
  const [first, ...others] = candidates;
  if (first === undefined) {
    throw new CliError("closed", `no waiting task has the id ${reference.prefix}`, {
      hint: "`sfn-callback pending` lists the waiting tasks",
    });
  }
  if (others.length > 0)
    throw ambiguous(
      reference.prefix,
      candidates.map((each) => `${each.id}  ${each.executionArn}#${each.eventId}`),
    );
  return first;
}

async function sweepFor({ terminal, prompts, taskIndex, clock }: Asking, connection: Connection, prefix: string) {
  const hint = "`sfn-callback pending` lists and remembers them; or give its address, <execution ARN>#<event id>";
  const unknown = usageError(`the task ${prefix} is not remembered here`, hint);
  if (
    !terminal.interactive ||
    !(await prompts.confirm(`The task ${hideTokens(prefix)} is not remembered here. Look through the whole account?`))
  )
    throw unknown;
  const progress = terminal.progress("looking for the task");
  try {
    const all: RememberedTask[] = [];
    await sweep(connection.stepFunctions, pacerFor(connection.place, clock), {
      onTask: async ({ id, executionArn, task }) => {
        all.push({ id, executionArn, eventId: task?.eventId ?? 0, place: connection.place });
      },
    });
    await taskIndex.remember(all);
    return all.filter(({ id }) => id.startsWith(prefix.toLowerCase()));
  } finally {
    progress.stop();
  }
}

/** The ARN of an execution; its machine is looked for by name where only the name is given. */
export async function executionArnOf(stepFunctions: StepFunctions, execution: ExecutionName): Promise<string> {
  if ("arn" in execution) return execution.arn;
  for await (const machine of stepFunctions.stateMachines()) {
    if (machine.name === execution.machine) return `${machine.arn.replace(":stateMachine:", ":execution:")}:${execution.name}`;
  }
  throw new CliError("closed", `there is no state machine named ${execution.machine} here`, {
    code: "StateMachineDoesNotExist",
    hint: "sfn-callback pending lists what waits here; or is it in another Region, profile or local file?",
  });
}

async function findByToken(stepFunctions: StepFunctions, executionArn: string, token: string): Promise<FoundTask> {
  const isIt = (each: CallbackTask) => each.taskToken === token;
  const events = await readBack(stepFunctions, executionArn, (read) => callbackTasks(read).some(isIt));
  const task = callbackTasks(events).find(isIt);
  if (task === undefined)
    throw new CliError("closed", `this token belongs to no task of ${executionArn}`, {
      code: "TaskDoesNotExist",
      hint: "leave --execution out to answer by the token alone, unproven",
    });
  return { executionArn, task, events };
}

/** Whether a task is what --state and --index leave of those of an execution. */
export function fits(task: CallbackTask, { state, index }: Narrowing): boolean {
  return (state === undefined || task.state === state) && (index === undefined || iterationOf(task) === index);
}

function onlyOne(executionArn: string, candidates: readonly FoundTask[], { state }: Narrowing): FoundTask {
  const [first, ...others] = candidates;
  if (first === undefined)
    throw new CliError("closed", `no callback task${state === undefined ? "" : ` in the state ${state}`} in ${executionArn}`, {
      hint: "`sfn-callback pending` lists the waiting tasks",
    });
  if (others.length > 0) throw ambiguous(executionArn, candidates.map(describeCandidate));
  return first;
}

function iterationOf(task: CallbackTask): number | undefined {
  return task.path.findLast((step) => "map" in step)?.index;
}

function describeCandidate({ executionArn, task }: FoundTask): string {
  const index = iterationOf(task);
  return `${taskId(executionArn, task.eventId)}  ${task.state}${index === undefined ? "" : ` --index ${index}`}`;
}

function ambiguous(what: string, candidates: readonly string[]): CliError {
  const message = `${what} means ${candidates.length} tasks:\n${candidates.map((each) => `  ${each}`).join("\n")}`;
  return new CliError("usage", message, { code: "AmbiguousTask", hint: "give one of these ids, or narrow with --state and --index" });
}

/** Keeps the ids of tasks, so that they serve in the next command. */
export async function rememberTasks(
  { taskIndex }: { readonly taskIndex: TaskIndex },
  { place }: Connection,
  tasks: readonly { readonly executionArn: string; readonly eventId: number }[],
): Promise<void> {
  await taskIndex.remember(tasks.map(({ executionArn, eventId }) => ({ id: taskId(executionArn, eventId), executionArn, eventId, place })));
}
