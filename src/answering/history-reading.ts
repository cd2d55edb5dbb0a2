import type { HistoryEvent, StepFunctions } from "../aws/step-functions.ts";
import { type Definition, parseDefinition } from "../callback/definition/definition.ts";
import { CliError } from "../errors.ts";

/** The whole history, oldest event first. */
export async function readHistory(stepFunctions: StepFunctions, executionArn: string): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = [];
  for await (const page of stepFunctions.history(executionArn, "oldestFirst")) events.push(...page);
  return events;
}

/**
 * The newest part of a history that `isEnough` is content with, oldest event first, read newest first: one call for up to 1000 events. What
 * is longer is cut where a state outside every Map and Parallel was entered, and its first event is kept (it has the execution's input).
 */
export async function readBack(
  stepFunctions: StepFunctions,
  executionArn: string,
  isEnough: (events: readonly HistoryEvent[]) => boolean,
): Promise<HistoryEvent[]> {
  const newestFirst: HistoryEvent[] = [];
  let definition: Definition | null | undefined;
  for await (const page of stepFunctions.history(executionArn, "newestFirst")) {
    newestFirst.push(...page);
    if (newestFirst.at(-1)?.id === 1) break;
    definition ??= await definitionOf(stepFunctions, executionArn);
    const outermost = newestFirst.findLastIndex((event) => entersOutermost(event, definition ?? null));
    const events = newestFirst.slice(0, outermost + 1).reverse();
    if (outermost >= 0 && isEnough(events)) return [...(await firstEvent(stepFunctions, executionArn)), ...events];
  }
  return newestFirst.reverse();
}

/** What was known of a history, and the events that came since. */
export async function readOn(
  stepFunctions: StepFunctions,
  executionArn: string,
  known: readonly HistoryEvent[],
): Promise<readonly HistoryEvent[]> {
  const lastId = known.at(-1)?.id ?? 0;
  const newestFirst: HistoryEvent[] = [];
  for await (const page of stepFunctions.history(executionArn, "newestFirst", newEventsPages)) {
    newestFirst.push(...page.filter(({ id = 0 }) => id > lastId));
    if ((page.at(-1)?.id ?? 0) <= lastId) break;
  }
  return newestFirst.length === 0 ? known : [...known, ...newestFirst.reverse()];
}

const newEventsPages = { first: 32, others: 1000 };

function entersOutermost(event: HistoryEvent, definition: Definition | null): boolean {
  const state = definition?.states.get(event.stateEnteredEventDetails?.name ?? "");
  return state !== undefined && state.containers.length === 0;
}

/** Null where it may not be read or makes no sense, and for a distributed Map's child, in which no state is outermost. */
async function definitionOf(stepFunctions: StepFunctions, executionArn: string): Promise<Definition | null> {
  if (executionArn.includes("/")) return null;
  try {
    return parseDefinition((await stepFunctions.stateMachineOf(executionArn)).definition);
  } catch (error) {
    if (error instanceof CliError && error.kind !== "interrupted" && error.kind !== "terminated") return null;
    throw error;
  }
}

async function firstEvent(stepFunctions: StepFunctions, executionArn: string): Promise<readonly HistoryEvent[]> {
  for await (const page of stepFunctions.history(executionArn, "oldestFirst", { first: 1, others: 1 })) return page;
  return [];
}
