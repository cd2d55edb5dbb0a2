import { existsSync, readFileSync } from "node:fs";
import type { HistoryEvent } from "@aws-sdk/client-sfn";
import { describe, expect, it } from "vitest";
import { parseDefinition } from "../../src/callback/definition/definition.ts";
import { callbackTasks, waitingTasks } from "../../src/callback/history/waiting-tasks.ts";

const file = new URL("../../../shared/recordings/executions.jsonl", import.meta.url);
const present = existsSync(file);
const title = present ? "recorded executions" : "recorded executions (skipped: ../shared/recordings is absent)";

interface Recording {
  readonly name: string;
  readonly definition: unknown;
  readonly history?: readonly HistoryEvent[];
}

describe.skipIf(!present)(title, () => {
  const recordings = present ? readRecordings() : [];

  it("leave no task waiting when they have finished", () => {
    const finished = recordings.filter(({ history }) => /^Execution(Succeeded|Failed|Aborted|TimedOut)$/.test(history?.at(-1)?.type ?? ""));
    expect(finished.length).toBeGreaterThan(50);
    for (const { name, history = [] } of finished) expect(waitingTasks(history), name).toEqual([]);
  });

  it("close every task, were it a callback, in the state that is left from its end", () => {
    let exits = 0;
    for (const { name, history = [] } of recordings) {
      const events = history.map(asCallback);
      for (const task of callbackTasks(events)) {
        expect(task.closed, `${name} event ${task.eventId}`).not.toBeNull();
        const exit = events.find((event) => event.type === "TaskStateExited" && event.previousEventId === task.closed?.eventId);
        if (exit === undefined || task.closed?.kind === "containerEnded") continue;
        expect(task.state, name).toBe(exit.stateExitedEventDetails?.name);
        exits += 1;
      }
    }
    expect(exits).toBeGreaterThan(20);
  });

  it("have exactly the submitted callback task waiting when cut off after its TaskSubmitted", () => {
    let seen = 0;
    for (const { name, definition, history = [] } of recordings) {
      const states = parseDefinition(JSON.stringify(definition))?.waitingStates.map((state) => state.name) ?? [];
      for (const [index, event] of history.entries()) {
        if (event.type !== "TaskSubmitted" || event.taskSubmittedEventDetails?.resource?.endsWith(".waitForTaskToken") !== true) continue;
        const waiting = waitingTasks(history.slice(0, index + 1));
        expect(waiting.length, name).toBe(1);
        expect(states, name).toContain(waiting[0]?.state);
        seen += 1;
      }
    }
    expect(seen).toBeGreaterThan(3);
  });
});

/** Lambda tasks link as other tasks do, so they can stand for callbacks too. */
function asCallback(event: HistoryEvent): HistoryEvent {
  const type = event.type?.replace(/^LambdaFunction/, "Task") as NonNullable<HistoryEvent["type"]>;
  if (type !== "TaskScheduled") return { ...event, type };
  const details = { resourceType: "any", region: "us-east-1", parameters: "{}", ...event.taskScheduledEventDetails };
  return { ...event, type, taskScheduledEventDetails: { ...details, resource: "any.waitForTaskToken" } };
}

/** With the recorder's holes filled: values that were parsed become text again, placeholders of time become an instant. */
function readRecordings(): Recording[] {
  const lines = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  const recordings = lines.map((line) => JSON.parse(line) as Recording);
  return recordings.flatMap((recording) => {
    const history = recording.history;
    if (history === undefined || !history.every(({ id, previousEventId }) => Number.isInteger(id) && Number.isInteger(previousEventId)))
      return [];
    return [{ ...recording, history: history.map(asOnTheWire) }];
  });
}

function asOnTheWire(event: HistoryEvent): HistoryEvent {
  const fields = Object.entries(event).map(([key, value]) => [key, key.endsWith("EventDetails") ? withTexts(value) : value]);
  return { ...Object.fromEntries(fields), timestamp: new Date(0) } as HistoryEvent;
}

function withTexts(details: object): object {
  const bearing = ["input", "output", "parameters", "cause"];
  return Object.fromEntries(
    Object.entries(details).map(([key, value]) => [
      key,
      bearing.includes(key) && typeof value === "object" ? JSON.stringify(value) : value,
    ]),
  );
}
