import type { HistoryEvent } from "@aws-sdk/client-sfn";
import type { Definition } from "../definition/definition.ts";
import type { Ending, Scope, TaskAttempt, Walk } from "./history-walk.ts";
import { walkHistory } from "./history-walk.ts";
import { ownTokensInPayload } from "./token-in-payload.ts";

/** A step on the way from the execution down to a task: an inline Map's iteration, a Parallel's branch, or a Distributed Map's child. */
export type PathStep =
  | { readonly map: string; readonly index: number }
  | { readonly parallel: string; readonly branch: number }
  | { readonly child: string; readonly mapRunArn: string };

/** `id` is null where the reply names nothing of use, or the worker gave no name. */
export interface HandedTo {
  readonly service: string;
  readonly id: string | null;
  readonly since: Date;
}

/** A callback or activity task of one execution, whether it still waits or not. */
export interface CallbackTask {
  readonly kind: "callback" | "activity";
  /** The id of its TaskScheduled or ActivityScheduled event. */
  readonly eventId: number;
  readonly state: string;
  /** Outermost first. Parallel branches only where the definition was given. */
  readonly path: readonly PathStep[];
  /** Counts from 1. */
  readonly attempt: number;
  /** `sqs:sendMessage`, or the activity's ARN. */
  readonly integration: string;
  /** The state's input as JSON text. */
  readonly input: string | null;
  /** The resolved parameters as JSON text, the token in them. */
  readonly payload: string | null;
  readonly waitingSince: Date;
  readonly timeoutSeconds: number | null;
  readonly heartbeatSeconds: number | null;
  readonly timeoutAt: Date | null;
  /** Who was handed it and when, from TaskSubmitted: a message id, an ECS task, a child execution; or the worker that an activity is held by. */
  readonly handedTo: HandedTo | null;
  /** Null where the payload holds none: then it can never be answered. */
  readonly taskToken: string | null;
  /** False where that may be a parent's, since the events do not reach back to the execution's input. */
  readonly isTokenCertain: boolean;
  /** How it ended, or null while it waits. */
  readonly closed: Closing | null;
}

/** How a task ended. `containerEnded`: its Map, Parallel or execution ended around it, its own history has no closing event. */
export type Closing =
  | { readonly kind: "succeeded"; readonly at: Date; readonly eventId: number; readonly output: string | null }
  | { readonly kind: "failed"; readonly at: Date; readonly eventId: number; readonly error: string | null; readonly cause: string | null }
  | { readonly kind: "timedOut"; readonly at: Date; readonly eventId: number; readonly error: string | null; readonly cause: string | null }
  | { readonly kind: "containerEnded"; readonly at: Date; readonly eventId: number };

/**
 * The callback and activity tasks of one execution, in the order they were scheduled. The events may come in either order, and may lack
 * the oldest pages (then a state's name is empty where its Entered event is not among them). Facts page section 6.
 */
export function callbackTasks(events: readonly HistoryEvent[], definition?: Definition): CallbackTask[] {
  const walk = walkHistory(events, definition);
  return walk.attempts.map((attempt) => callbackTask(attempt, walk, definition));
}

/** Those of them that wait now: not closed, and with no container ended around them. */
export function waitingTasks(events: readonly HistoryEvent[], definition?: Definition): CallbackTask[] {
  return callbackTasks(events, definition).filter((task) => task.closed === null);
}

/** One attempt of a walked history in the form that is shown. */
export function callbackTask(attempt: TaskAttempt, walk: Walk, definition?: Definition): CallbackTask {
  const { scheduled, entry } = attempt;
  const task = scheduled.taskScheduledEventDetails;
  const activity = scheduled.activityScheduledEventDetails;
  const waitingSince = scheduled.timestamp ?? new Date(0);
  const timeoutSeconds = (task ?? activity)?.timeoutInSeconds ?? null;
  // AWS counts from TaskStarted; a task not started yet cannot run out before that.
  const startedAt = attempt.started?.timestamp ?? waitingSince;
  const payload = task?.parameters ?? null;
  const tokens = payload === null ? [] : newTokens(ownTokensInPayload(payload, [entry?.input ?? null, walk.executionInput]), attempt, walk);
  const isSent = definition?.states.get(entry?.name ?? "")?.sendsToken === true;
  return {
    kind: activity === undefined ? "callback" : "activity",
    eventId: scheduled.id ?? 0,
    state: entry?.name ?? "",
    path: pathOf(attempt, definition),
    attempt: attempt.attempt,
    integration: activity?.resource ?? `${task?.resourceType ?? ""}:${(task?.resource ?? "").replace(/\.waitForTaskToken$/, "")}`,
    input: entry?.input ?? activity?.input ?? null,
    payload,
    waitingSince,
    timeoutSeconds,
    heartbeatSeconds: (task ?? activity)?.heartbeatInSeconds ?? null,
    timeoutAt: timeoutSeconds === null ? null : new Date(startedAt.getTime() + timeoutSeconds * 1000),
    handedTo: handedTo(attempt),
    taskToken: tokens[0] ?? null,
    isTokenCertain: walk.executionInput !== null || tokens.length === 0 || (tokens.length === 1 && isSent),
    closed: closing(attempt, walk),
  };
}

/** Of several tokens those that no earlier event holds: an attempt's own is made when it is scheduled. Another may have come by a variable. */
function newTokens(tokens: readonly string[], { scheduled }: TaskAttempt, { events }: Walk): readonly string[] {
  if (tokens.length < 2) return tokens;
  const before = events.filter(({ id = 0 }) => id < (scheduled.id ?? 0)).map((event) => JSON.stringify(event));
  const fresh = tokens.filter((token) => !before.some((text) => text.includes(token)));
  return fresh.length > 0 ? fresh : tokens;
}

function closing(attempt: TaskAttempt, walk: Walk): Closing | null {
  const event = attempt.closedBy;
  if (event === null) {
    const ending = containerEnding(attempt, walk);
    return ending === null ? null : { kind: "containerEnded", at: ending.at, eventId: ending.eventId };
  }
  const at = event.timestamp ?? new Date(0);
  const eventId = event.id ?? 0;
  const succeeded = event.taskSucceededEventDetails ?? event.activitySucceededEventDetails;
  if (event.type === "TaskSucceeded" || event.type === "ActivitySucceeded") {
    return { kind: "succeeded", at, eventId, output: succeeded?.output ?? null };
  }
  const details = failureDetails(event);
  const kind = event.type === "TaskTimedOut" || event.type === "ActivityTimedOut" ? "timedOut" : "failed";
  return { kind, at, eventId, error: details?.error ?? null, cause: details?.cause ?? null };
}

function failureDetails(event: HistoryEvent): { error?: string | undefined; cause?: string | undefined } | undefined {
  return (
    event.taskFailedEventDetails ??
    event.taskTimedOutEventDetails ??
    event.taskSubmitFailedEventDetails ??
    event.taskStartFailedEventDetails ??
    event.activityFailedEventDetails ??
    event.activityTimedOutEventDetails ??
    event.activityScheduleFailedEventDetails
  );
}

/** The first end of anything around the task after it was scheduled; a redrive brings none of these back, it schedules anew. */
function containerEnding(attempt: TaskAttempt, walk: Walk): Ending | null {
  const eventId = attempt.scheduled.id ?? 0;
  let first = walk.executionEndings.find((ending) => ending.eventId > eventId) as Ending | undefined;
  for (let scope = attempt.scope; scope !== null; scope = scope.outer) {
    const ending = scope.endings.find((ending) => ending.eventId > eventId);
    if (ending !== undefined && (first === undefined || ending.eventId < first.eventId)) first = ending;
  }
  return first ?? null;
}

function pathOf(attempt: TaskAttempt, definition?: Definition): PathStep[] {
  const path: PathStep[] = [];
  let inside = attempt.entry?.name;
  for (let scope: Scope | null = attempt.scope; scope !== null; scope = scope.outer) {
    const { name, type } = scope.container;
    if (type === "Map" && scope.index !== null) path.unshift({ map: name, index: scope.index });
    if (type === "Parallel") {
      const step = definition?.states.get(inside ?? "")?.containers.at(-1);
      if (step !== undefined && "parallel" in step) path.unshift({ parallel: step.parallel, branch: step.branch });
    }
    inside = name;
  }
  return path;
}

function handedTo({ started, submitted, scheduled }: TaskAttempt): HandedTo | null {
  const handed = scheduled.type === "ActivityScheduled" ? started : submitted;
  if (handed === null) return null;
  const since = handed.timestamp ?? new Date(0);
  if (handed === started) return { service: "activity", id: started.activityStartedEventDetails?.workerName ?? null, since };
  const output = handed.taskSubmittedEventDetails?.output;
  return { service: scheduled.taskScheduledEventDetails?.resourceType ?? "", id: output === undefined ? null : idInReply(output), since };
}

/** SQS and SNS answer a MessageId, ECS its tasks, Step Functions an ExecutionArn; other replies name nothing of use. */
function idInReply(output: string): string | null {
  let reply: unknown;
  try {
    reply = JSON.parse(output);
  } catch {
    return null;
  }
  if (typeof reply !== "object" || reply === null) return null;
  if ("MessageId" in reply && typeof reply.MessageId === "string") return reply.MessageId;
  if ("ExecutionArn" in reply && typeof reply.ExecutionArn === "string") return reply.ExecutionArn;
  if (!("Tasks" in reply) || !Array.isArray(reply.Tasks)) return null;
  const task: unknown = reply.Tasks[0];
  return typeof task === "object" && task !== null && "TaskArn" in task && typeof task.TaskArn === "string" ? task.TaskArn : null;
}
