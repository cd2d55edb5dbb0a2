import type { StateMachineSummary, StepFunctions } from "../aws/step-functions.ts";
import { usageError } from "../errors.ts";
import { isPattern, meansMachine, type Wanted } from "./sweep-filter.ts";

/** The machines that are wanted, as they are listed, and no further where each is named and found. Throws a usage error for a name that none has. */
export async function* wantedMachines(
  stepFunctions: StepFunctions,
  wanted: Wanted,
  names: readonly string[],
): AsyncGenerator<StateMachineSummary> {
  const unknown = new Set(names);
  const mayBeMore = names.length === 0 || names.some(isPattern);
  for await (const machine of stepFunctions.stateMachines()) {
    if (!wanted.machine(machine)) continue;
    for (const name of unknown) if (meansMachine(name, machine)) unknown.delete(name);
    yield machine;
    if (!mayBeMore && unknown.size === 0) return;
  }
  for (const name of unknown) {
    throw usageError(
      `there is no STANDARD state machine named ${name} here`,
      "aws stepfunctions list-state-machines shows those of this Region",
    );
  }
}
