import type { ExecutionSummary } from "../aws/step-functions.ts";
import { isExpress } from "../callback/execution-arn.ts";
import type { MapRunOrigin, Reading } from "./execution-reader.ts";
import type { DefinedMachine, MachineDefinitions } from "./machine-definitions.ts";
import type { Nesting } from "./nesting.ts";
import type { OpenWork } from "./open-work.ts";
import type { Pacer } from "./pacing.ts";
import type { Wanted } from "./sweep-filter.ts";

interface SieveParts {
  readonly wanted: Wanted;
  readonly definitions: MachineDefinitions;
  readonly pacer: Pacer;
  readonly work: OpenWork;
  /** Where executions are kept that only wait for others; null where nobody asks for them. */
  readonly callers: Nesting | null;
}

/** Passes on the executions whose histories have to be read. */
export class Sieve {
  readonly #parts: SieveParts;

  constructor(parts: SieveParts) {
    this.#parts = parts;
  }

  /** Null for an execution that is proven to have nothing to wait on. */
  async readingOf(defined: DefinedMachine, execution: ExecutionSummary, mapRun: MapRunOrigin | null): Promise<Reading | null> {
    const { wanted, definitions, callers } = this.#parts;
    if (isExpress(execution.arn)) return null;
    if (mapRun !== null) return { defined, execution, definition: mapRun.definition, mapRun };
    let definition = await definitions.definitionOf(defined, execution);
    if (definition === null && definitions.isWorthAsking(defined, wanted.isIdle(defined.definition)) && this.#isQuickToAsk())
      definition = await definitions.ask(defined, execution);
    const reading = { defined, execution, definition, mapRun };
    if (!wanted.isIdle(definition, execution.startedAt)) return reading;
    if (definition !== null && definition.nestedMachines.length > 0) callers?.keepCaller(reading);
    return null;
  }

  /** Asking has a quota of its own, of one call a second: it is used as long as that takes no longer than to read what waits to be read. */
  #isQuickToAsk(): boolean {
    const { pacer, work } = this.#parts;
    return pacer.timeFor({ DescribeStateMachineForExecution: 1 }) <= pacer.timeFor({ GetExecutionHistory: work.readings.length + 1 });
  }
}
