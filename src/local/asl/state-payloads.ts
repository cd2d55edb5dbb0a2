import type { ExecutionState, MapWait, ParallelWait, StateVisit, Strand, Waiting } from "./execution-state.ts";
import type { Payload } from "./payload.ts";

/** A copy that shares nothing that changes; `held` is asked for each payload what it is in the copy. */
export function copyState(state: ExecutionState, held: (payload: Payload) => Payload): ExecutionState {
  const { calls, root, redrivable, output } = state;
  return {
    ...state,
    calls: { ...calls },
    root: root && copyStrand(root, held),
    redrivable: redrivable && copyStrand(redrivable, held),
    output: output && held(output),
  };
}

function copyStrand({ visit, variables, entering }: Strand, held: (payload: Payload) => Payload): Strand {
  return {
    visit: copyVisit(visit, held),
    variables: copyAll(variables, held),
    ...(entering === undefined ? {} : { entering: { ...entering, input: held(entering.input) } }),
  };
}

function copyVisit(visit: StateVisit, held: (payload: Payload) => Payload): StateVisit {
  const { undone } = visit;
  return {
    ...visit,
    input: held(visit.input),
    retrierUses: [...visit.retrierUses],
    waiting: copyWaiting(visit.waiting, held),
    ...(undone === undefined ? {} : { undone: undone.kind === "map" ? copyMap(undone, held) : copyParallel(undone, held) }),
  };
}

function copyWaiting(waiting: Waiting, held: (payload: Payload) => Payload): Waiting {
  if (waiting.kind === "parallel") return copyParallel(waiting, held);
  if (waiting.kind === "map") return copyMap(waiting, held);
  if (waiting.kind !== "evaluation" || waiting.phase.kind !== "result" || waiting.phase.result === undefined) return { ...waiting };
  return { ...waiting, phase: { ...waiting.phase, result: held(waiting.phase.result) } };
}

function copyParallel(waiting: ParallelWait, held: (payload: Payload) => Payload): ParallelWait {
  const branches = waiting.branches.map((branch) =>
    "strand" in branch ? { strand: copyStrand(branch.strand, held) } : { output: held(branch.output) },
  );
  return { ...waiting, branches };
}

function copyMap(waiting: MapWait, held: (payload: Payload) => Payload): MapWait {
  const open = waiting.open.map(({ strand, ...iteration }) => ({
    ...iteration,
    strand: strand === null ? null : copyStrand(strand, held),
  }));
  return { ...waiting, items: held(waiting.items), open, outputs: copyAll(waiting.outputs, held) };
}

function copyAll(payloads: Readonly<Record<string, Payload>>, held: (payload: Payload) => Payload): Record<string, Payload> {
  return Object.fromEntries(Object.entries(payloads).map(([key, payload]) => [key, held(payload)]));
}

/** Sees every payload that a state holds; one that is held in several places, several times. */
export function visitPayloads({ root, redrivable, output }: ExecutionState, see: (payload: Payload) => void): void {
  if (root !== null) visitStrand(root, see);
  if (redrivable !== null) visitStrand(redrivable, see);
  if (output !== null) see(output);
}

function visitStrand({ visit, variables, entering }: Strand, see: (payload: Payload) => void): void {
  see(visit.input);
  if (entering !== undefined) see(entering.input);
  for (const payload of Object.values(variables)) see(payload);
  visitWaiting(visit.waiting, see);
  if (visit.undone !== undefined) visitWaiting(visit.undone, see);
}

function visitWaiting(waiting: Waiting, see: (payload: Payload) => void): void {
  if (waiting.kind === "parallel") {
    for (const branch of waiting.branches) {
      if ("strand" in branch) visitStrand(branch.strand, see);
      else see(branch.output);
    }
  } else if (waiting.kind === "map") {
    see(waiting.items);
    for (const { strand } of waiting.open) if (strand !== null) visitStrand(strand, see);
    for (const output of Object.values(waiting.outputs)) see(output);
  } else if (waiting.kind === "evaluation" && waiting.phase.kind === "result" && waiting.phase.result !== undefined) {
    see(waiting.phase.result);
  }
}
