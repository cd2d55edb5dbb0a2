import type { Execution, StepFunctions } from "../aws/step-functions.ts";
import { consoleLink } from "../callback/console-links.ts";
import { parseMachine, stateNamed } from "../callback/definition/defined-states.ts";
import { parseDefinition } from "../callback/definition/definition.ts";
import { type NextSteps, nextSteps } from "../callback/definition/next-steps.ts";
import { machineOf } from "../callback/execution-arn.ts";
import { type Trail, trailTo } from "../callback/history/trail.ts";
import { callbackTasks } from "../callback/history/waiting-tasks.ts";
import { taskId } from "../callback/task-id.ts";
import type { Connection, Place } from "../context.ts";
import { CliError } from "../errors.ts";
import { readHistory } from "./history-reading.ts";
import type { FoundTask } from "./look-up.ts";

/** Everything that can be told about a task, waiting or closed. */
export interface TaskDetails {
  readonly id: string;
  /** What names it on any machine: `<execution ARN>#<event id>`. */
  readonly address: string;
  readonly place: Place;
  readonly found: FoundTask;
  readonly stateMachineArn: string;
  /** Without the label of a distributed Map. */
  readonly stateMachineName: string;
  readonly executionName: string;
  readonly region: string;
  readonly account: string;
  /** Null where it may not be read. */
  readonly execution: Execution | null;
  /** Amazon States Language; null where it may not be read. */
  readonly definition: string | null;
  /** The state's Comment in the definition. */
  readonly comment: string | null;
  readonly trail: Trail;
  readonly next: NextSteps | null;
  /** Pages of AWS's console; null where the task is not on AWS. */
  readonly links: { readonly execution: string | null; readonly stateMachine: string | null } | null;
  /** Why what is null above could not be read, one sentence each. */
  readonly unread: readonly string[];
}

/** Reads what belongs to a task that was found: at most one DescribeExecution, one DescribeStateMachineForExecution, and the rest of its history. */
export async function taskDetails({ place, stepFunctions }: Connection, found: FoundTask): Promise<TaskDetails> {
  const unread: string[] = [];
  const tolerant = async <Value>(reading: Promise<Value>): Promise<Value | null> => {
    try {
      return await reading;
    } catch (error) {
      if (!(error instanceof CliError) || error.kind === "interrupted" || error.kind === "terminated") throw error;
      unread.push(error.message);
      return null;
    }
  };
  const { executionArn } = found;
  const [execution, running, events] = await Promise.all([
    tolerant(stepFunctions.execution(executionArn)),
    tolerant(stepFunctions.stateMachineOf(executionArn)),
    tolerant(wholeHistory(stepFunctions, found)),
  ]);
  const definition = running?.definition ?? null;
  const childOf = execution?.mapRunArn == null ? null : await tolerant(stepFunctions.stateMachine(machineOf(executionArn).arn));
  const whole = withChildStep(
    withDefinition({ ...found, events: events ?? found.events }, definition),
    execution?.mapRunArn ?? null,
    childOf?.definition ?? null,
  );
  const { task } = whole;
  const [, , , region = "", account = "", , , executionName = ""] = executionArn.split(":");
  const { arn: stateMachineArn, name: stateMachineName } = machineOf(executionArn);
  const comment = definition === null ? null : stateNamed(parseMachine(definition), task.state)?.["Comment"];
  return {
    id: taskId(executionArn, task.eventId),
    address: `${executionArn}#${task.eventId}`,
    ...{ place, found: whole, stateMachineArn, stateMachineName, executionName, region, account, execution, definition, unread },
    comment: typeof comment === "string" ? comment : null,
    trail: trailTo(whole.events, task.eventId),
    next: definition === null ? null : nextSteps(definition, task, whole.events),
    links: place.kind === "aws" ? { execution: consoleLink(executionArn), stateMachine: consoleLink(stateMachineArn) } : null,
  };
}

/** The task with its path through Parallel branches, which the definition alone tells. */
function withDefinition(found: FoundTask, text: string | null): FoundTask {
  const definition = text === null ? null : parseDefinition(text);
  if (definition === null) return found;
  const task = callbackTasks(found.events, definition).find(({ eventId }) => eventId === found.task.eventId);
  return task === undefined ? found : { ...found, task };
}

/** The task of a distributed Map's child with the step into it; the name of the Map is in the definition of the whole machine. */
function withChildStep(found: FoundTask, mapRunArn: string | null, machine: string | null): FoundTask {
  if (mapRunArn === null) return found;
  const containers = machine === null ? [] : (parseDefinition(machine)?.states.get(found.task.state)?.containers ?? []);
  const map = containers.findLast((container) => "map" in container && container.distributed);
  const child = map !== undefined && "map" in map ? map.map : "";
  return { ...found, task: { ...found.task, path: [{ child, mapRunArn }, ...found.task.path] } };
}

/** What was read already, where it has no gap between its first event and the rest. */
async function wholeHistory(stepFunctions: StepFunctions, { executionArn, events }: FoundTask) {
  const hasGap = events.some(({ id = 0 }, index) => id !== index + 1);
  return hasGap ? await readHistory(stepFunctions, executionArn) : events;
}
