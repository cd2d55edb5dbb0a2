import type { HistoryEvent } from "@aws-sdk/client-sfn";

const startedAt = Date.parse("2026-01-05T10:00:00Z");

/** A token of AWS's shape, another for each number. */
export function tokenOf(number: number): string {
  return `AQCEAAAAKgAAAAMAAAAA${String(number).padStart(4, "0")}${"aB3+/x9=".repeat(70)}`;
}

/** Event `id` happened `id` seconds after ten o'clock. */
export function event(id: number, previousEventId: number, type: string, details: Partial<HistoryEvent> = {}): HistoryEvent {
  return { id, previousEventId, type: type as NonNullable<HistoryEvent["type"]>, timestamp: new Date(startedAt + id * 1000), ...details };
}

export function entered(id: number, previous: number, type: string, name: string): HistoryEvent {
  return event(id, previous, `${type}StateEntered`, { stateEnteredEventDetails: { name, input: "{}" } });
}

export function exited(id: number, previous: number, type: string, name: string): HistoryEvent {
  return event(id, previous, `${type}StateExited`, { stateExitedEventDetails: { name, output: "{}" } });
}

export function scheduled(
  id: number,
  previous: number,
  times: { timeoutInSeconds?: number; heartbeatInSeconds?: number } = {},
): HistoryEvent {
  const parameters = JSON.stringify({ MessageBody: { TaskToken: tokenOf(id) }, QueueUrl: "https://queue" });
  return event(id, previous, "TaskScheduled", {
    taskScheduledEventDetails: { resourceType: "sqs", resource: "sendMessage.waitForTaskToken", region: "us-east-1", parameters, ...times },
  });
}

/** TaskScheduled, TaskStarted and TaskSubmitted with ids from `id` on. */
export function waiting(
  id: number,
  previous: number,
  times: { timeoutInSeconds?: number; heartbeatInSeconds?: number } = {},
): HistoryEvent[] {
  const output = JSON.stringify({ MessageId: `message-${id}` });
  return [
    scheduled(id, previous, times),
    event(id + 1, id, "TaskStarted"),
    event(id + 2, id + 1, "TaskSubmitted", {
      taskSubmittedEventDetails: { resourceType: "sqs", resource: "sendMessage.waitForTaskToken", output },
    }),
  ];
}

export function failed(id: number, previous: number, error: string): HistoryEvent {
  return event(id, previous, "TaskFailed", { taskFailedEventDetails: { resourceType: "sqs", resource: "sendMessage", error } });
}

export function timedOut(id: number, previous: number): HistoryEvent {
  const error = "States.Timeout";
  return event(id, previous, "TaskTimedOut", { taskTimedOutEventDetails: { resourceType: "sqs", resource: "sendMessage", error } });
}

export function succeeded(id: number, previous: number, output: string): HistoryEvent {
  return event(id, previous, "TaskSucceeded", { taskSucceededEventDetails: { resourceType: "sqs", resource: "sendMessage", output } });
}

export function iteration(
  id: number,
  previous: number,
  what: "Started" | "Succeeded" | "Failed" | "Aborted",
  name: string,
  index: number,
): HistoryEvent {
  return event(id, previous, `MapIteration${what}`, { [`mapIteration${what}EventDetails`]: { name, index } });
}

/** ExecutionStarted and a callback task in state Ask, waiting since event 3 and submitted in event 5. */
export function asking(times: { timeoutInSeconds?: number; heartbeatInSeconds?: number } = {}): HistoryEvent[] {
  return [
    event(1, 0, "ExecutionStarted", { executionStartedEventDetails: { input: "{}" } }),
    entered(2, 0, "Task", "Ask"),
    ...waiting(3, 2, times),
  ];
}
