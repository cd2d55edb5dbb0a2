import { AslError, MapRunError } from "./asl-error.ts";
import type { Moves } from "./containers.ts";
import type { Definition, MapState, StateGraph } from "./definition.ts";
import type { MapRunWait } from "./execution-state.ts";
import { batches } from "./item-batches.ts";
import { ItemReaderError, itemsIn, unreadable } from "./item-reader.ts";
import type { Tolerance } from "./map-tolerance.ts";
import { Payload } from "./payload.ts";
import { type ChildResult, transformedResults, unwritable, writtenResult } from "./result-writer.ts";
import { allLines, innerGraph, type Line, type MapItem, type MapRunPlan, type Run, stateOf } from "./run.ts";
import type { StateData } from "./state-data.ts";
import { countMockedCall, type Done, nextMockedResult } from "./task-state.ts";

/** Maps whose iterations are executions of their own: they begin here, and are told how their map run ended. */
export class DistributedMaps {
  readonly #run: Run;
  readonly #moves: Moves;

  constructor(run: Run, moves: Moves) {
    this.#run = run;
    this.#moves = moves;
  }

  begin(line: Line, state: MapState, data: StateData, maxConcurrency: number, previous: number): Done {
    const read = this.#run.surroundings.inspection?.items?.map((value, index) => ({ index, value }));
    const given = read ?? (state.ItemReader === undefined ? data.mapItems(state) : null);
    // What is read is not counted before it is read (recorded).
    const length = given?.length ?? 0;
    const tolerance = this.#tolerance(state, data, length, previous);
    const writer = data.resultWriter(state);
    const plan = { definition: childDefinition(this.#run.facts.definition, innerGraph(state, 0)), maxConcurrency, ...tolerance };
    try {
      const items = given?.map((item) => ({ ...item, source: "STATE_DATA" })) ?? this.#read(line, data, state);
      const children = this.#children(line, state, data, items);
      const { hasTestCase, isManual } = this.#run.facts.services;
      if (writer !== null && !hasTestCase && !isManual) throw unwritable(line.strand.visit.name, writer);
      const { mapRunArn, startedEventId } = this.#started(line, state, { ...plan, children, hasFailed: false }, length, previous);
      return { kind: "waits", waiting: { kind: "mapRun", mapRunArn, startedEventId, ...(writer === null ? {} : { writer }) } };
    } catch (error) {
      if (!(error instanceof MapRunError)) throw error;
      const { startedEventId } = this.#started(line, state, { ...plan, children: [], hasFailed: true }, length, previous);
      this.#failed(line, startedEventId, { error: error.errorName, cause: error.causeText });
      return { kind: "none" };
    }
  }

  succeeded(mapRunArn: string, results: () => readonly ChildResult[]): void {
    const { line, waiting } = this.#waiting(mapRunArn);
    const { startedEventId, writer } = waiting;
    const succeeded = this.#run.append("MapRunSucceeded", startedEventId, null);
    this.#run.append("MapStateSucceeded", succeeded, null);
    const previous = leavesFromMapRunStarted(line, this.#run.facts.definition) ? startedEventId : succeeded;
    const state = stateOf(line);
    const config = state.Type === "Map" ? state.ResultWriter : undefined;
    const result = writer === undefined ? transformedResults(config, results()) : Payload.of(writtenResult(mapRunArn, writer));
    this.#moves.took(line, { kind: "result", result, previous });
  }

  failed(mapRunArn: string, failure: { readonly error: string; readonly cause: string }): void {
    const { line, waiting } = this.#waiting(mapRunArn);
    this.#failed(line, waiting.startedEventId, failure);
  }

  /** Goes on with a map run that did not succeed. */
  redrive(line: Line, { mapRunArn, startedEventId, writer }: MapRunWait): void {
    const { redriveCount } = this.#run.state;
    // It failed by itself, or was aborted; an earlier one that failed was retried.
    const previous = Math.max(startedEventId, line.strand.visit.failedEventId ?? 0);
    const redriven = this.#run.append("MapRunRedriven", previous, { mapRunArn, redriveCount });
    this.#run.redrivenMapRuns.push(mapRunArn);
    const kept = writer === undefined ? {} : { writer };
    line.strand.visit.waiting = { kind: "mapRun", mapRunArn, startedEventId: redriven, ...kept };
  }

  /** What the Map tolerates. AWS reads it once the Map has started, but has a fault in it follow from before that (reported by others). */
  #tolerance(state: MapState, data: StateData, length: number, previous: number): Tolerance {
    try {
      return {
        toleratedFailureCount: data.mapLimit(state, "ToleratedFailureCount"),
        toleratedFailurePercentage: data.mapLimit(state, "ToleratedFailurePercentage"),
      };
    } catch (error) {
      if (error instanceof AslError) this.#run.append("MapStateStarted", previous, { length });
      throw error;
    }
  }

  /** There is no S3 here: what the ItemReader reads is the Map's mocked response. */
  #read(line: Line, data: StateData, state: MapState): readonly MapItem[] {
    const { name } = line.strand.visit;
    const reader = data.itemReader(state);
    const mocked = nextMockedResult(this.#run, name);
    if (mocked === undefined) throw unreadable(name, reader.source, this.#run.facts.services.isManual);
    if ("error" in mocked) throw new ItemReaderError(mocked.cause ?? mocked.error);
    return itemsIn(mocked.return, reader).map((value, index) => ({ index, value, source: reader.source }));
  }

  #children(line: Line, state: MapState, data: StateData, items: readonly MapItem[]): MapRunPlan["children"] {
    const batcher = data.itemBatcher(state);
    const inputs = data.itemInputs(state, items, (item) => this.#moves.dataOfItem(line, [], item));
    return batcher === null ? inputs.map((input) => ({ input, items: 1 })) : batches(inputs, batcher);
  }

  #started(line: Line, state: MapState, plan: Omit<MapRunPlan, "arn" | "isExpress">, length: number, previous: number) {
    // Only now, as everything before may have to be done again when JSONata has answered.
    if (state.ItemReader !== undefined) countMockedCall(this.#run, line.strand.visit.name);
    const mapRunArn = this.#run.surroundings.mintMapRunArn(state.Label);
    this.#run.state.hasMapRuns = true;
    this.#run.mapRuns.push({ ...plan, arn: mapRunArn, isExpress: processorConfig(state).ExecutionType === "EXPRESS" });
    const started = this.#run.append("MapStateStarted", previous, { length });
    return { mapRunArn, startedEventId: this.#run.append("MapRunStarted", started, { mapRunArn }) };
  }

  #failed(line: Line, startedEventId: number, { error, cause }: { readonly error: string; readonly cause: string }): void {
    const failed = this.#run.append("MapRunFailed", startedEventId, { error, cause });
    line.strand.visit.failedEventId = failed;
    this.#moves.stateFailed(line, { names: [error], error, cause }, failed, null);
  }

  #waiting(mapRunArn: string): { readonly line: Line; readonly waiting: MapRunWait } {
    for (const line of allLines(this.#run)) {
      const { waiting } = line.strand.visit;
      if (waiting.kind === "mapRun" && waiting.mapRunArn === mapRunArn) return { line, waiting };
    }
    throw new Error("no such map run goes on in this execution");
  }
}

function processorConfig(state: MapState): { readonly Mode?: string; readonly ExecutionType?: string } {
  return (state.ItemProcessor ?? state.Iterator)?.ProcessorConfig ?? {};
}

export function isDistributed(state: MapState): boolean {
  return processorConfig(state).Mode === "DISTRIBUTED";
}

/** What a definition has that AWS's language only has since late 2024. */
const newer = /"(?:Assign|ItemsPointer|Transformation|WriterConfig|ManifestType|CSVDelimiter)":|"(?:JSONata|JSONL|PARQUET)"/;

/** Recordings link the Map's exit to MapRunStarted, all since late 2024, or to MapRunSucceeded; this is what tells them apart in a definition. */
function leavesFromMapRunStarted(line: Line, definition: Definition): boolean {
  const has = (field: string) => field === "ItemSelector" || field.startsWith("ToleratedFailure");
  return Object.keys(stateOf(line)).some(has) || newer.test(JSON.stringify(definition));
}

function childDefinition({ QueryLanguage: language }: Definition, { StartAt, States }: StateGraph): Definition {
  return { ...(language === undefined ? {} : { QueryLanguage: language }), StartAt, States };
}
