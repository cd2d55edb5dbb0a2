import type { Definition } from "./asl/definition.ts";
import type { HistoryEvent } from "./asl/history-event.ts";
import type { ExecutionFacts, Services } from "./asl/run.ts";
import { mockedResult } from "./mock-config.ts";
import type { StoredExecution } from "./store/executions.ts";

const maxRememberedDefinitions = 1000;
/** An Express execution's longest time (facts page 4, documented). */
const expressSeconds = 300;

/** What the interpreter has to know of executions as they are stored. */
export class Facts {
  readonly #region: string;
  readonly #definitions = new Map<string, Definition>();

  constructor(region: string) {
    this.#region = region;
  }

  of(execution: StoredExecution): ExecutionFacts {
    const { arn, name, roleArn, machineArn, machineName, input, startedAt } = execution;
    const parsed = this.#definition(execution.definition);
    const definition = arn.includes(":express:") ? limitedTo(expressSeconds, parsed) : parsed;
    const services = servicesOf(execution);
    return { arn, name, roleArn, machineArn, machineName, input, startedAt, region: this.#region, definition, services };
  }

  #definition(text: string): Definition {
    let definition = this.#definitions.get(text);
    if (definition === undefined) {
      // It was checked when it was stored.
      definition = JSON.parse(text) as Definition;
      if (this.#definitions.size >= maxRememberedDefinitions) this.#definitions.clear();
      this.#definitions.set(text, definition);
    }
    return definition;
  }
}

/** The start tells which version or alias it was started through (facts page 5.1, documented). */
export function withQualifiers({ versionArn, aliasArn }: StoredExecution, events: readonly HistoryEvent[]): readonly HistoryEvent[] {
  if (versionArn === null) return events;
  const qualifiers = { ...(aliasArn === null ? {} : { stateMachineAliasArn: aliasArn }), stateMachineVersionArn: versionArn };
  return events.map((event) => {
    const details = event["executionStartedEventDetails"];
    return typeof details === "object" ? { ...event, executionStartedEventDetails: { ...details, ...qualifiers } } : event;
  });
}

function limitedTo(seconds: number, definition: Definition): Definition {
  return { ...definition, TimeoutSeconds: Math.min(definition.TimeoutSeconds ?? seconds, seconds) };
}

/** How an execution was started decides where its service calls' results come from, whoever moves it on. */
function servicesOf({ mocks, isManual }: StoredExecution): Services {
  return {
    isManual,
    hasTestCase: mocks !== null,
    mockedResult: (stateName, call) => (mocks === null ? undefined : mockedResult(mocks, stateName, call)),
  };
}
