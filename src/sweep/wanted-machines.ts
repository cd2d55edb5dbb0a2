import type { StateMachineSummary, StepFunctions } from "../aws/step-functions.ts";
import { usageError } from "../errors.ts";
import { isPattern, meansMachine, type Wanted } from "./sweep-filter.ts";

/** How many of the names that there are instead are told. */
const maxToldNames = 10;

/**
 * The machines that are wanted. All, as they are listed, where none is named. Else once they are all there, and no further than each is named and found: for a
 * name that none has it throws a usage error before anything was given.
 */
export async function* wantedMachines(
  stepFunctions: StepFunctions,
  wanted: Wanted,
  names: readonly string[],
): AsyncGenerator<StateMachineSummary> {
  if (names.length > 0) return yield* namedMachines(stepFunctions, wanted, names);
  for await (const machine of stepFunctions.stateMachines()) if (wanted.machine(machine)) yield machine;
}

async function* namedMachines(stepFunctions: StepFunctions, wanted: Wanted, names: readonly string[]): AsyncGenerator<StateMachineSummary> {
  const found: StateMachineSummary[] = [];
  const there: string[] = [];
  const unknown = new Set(names);
  const mayBeMore = names.some(isPattern);
  try {
    for await (const machine of stepFunctions.stateMachines()) {
      if (there.length <= maxToldNames) there.push(machine.name);
      if (!wanted.machine(machine)) continue;
      found.push(machine);
      for (const name of unknown) if (meansMachine(name, machine)) unknown.delete(name);
      if (!mayBeMore && unknown.size === 0) break;
    }
  } catch (error) {
    // Those that were listed are looked at all the same.
    yield* found;
    throw error;
  }
  for (const name of unknown) throw usageError(`there is no STANDARD state machine named ${name} here`, instead(there));
  yield* found;
}

function instead(there: readonly string[]): string {
  if (there.length === 0) return "there is none at all: check the Region and the profile, or the local file";
  return `there are: ${there.slice(0, maxToldNames).join(", ")}${there.length > maxToldNames ? ", …" : ""}`;
}
