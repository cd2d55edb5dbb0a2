import { AslError, ReferencePathError } from "./asl-error.ts";
import { isJsonObject, type Json, jsonText, ownMember, setMember } from "./json.ts";
import { parsePath } from "./json-path.ts";

type Step = string | number;

/**
 * The input with the value put at a reference path, as ResultPath does: objects on the way are created, an item of an array is only
 * replaced. Throws ReferencePathError where the input has no room for the path, `States.Runtime` for a path that
 * is no reference path. The input is never changed; what the path does not touch is shared.
 */
export function writePath(path: string, input: Json, value: Json): Json {
  const steps = referenceSteps(path);
  // Others saw both wordings on AWS: the path for an input of one plain value, the step for an input with something in it.
  const isPlain = input === null || typeof input !== "object";
  const fail = (step: Step): AslError => new ReferencePathError(isPlain ? `ReferencePath ${path}` : `step "${step}"`, jsonText(input));
  return placed(steps, 0, input, value, fail);
}

function referenceSteps(text: string): Step[] {
  const path = parsePath(text);
  const bad = (): AslError => new AslError("States.Runtime", `Invalid path '${text}': it must be a reference path.`);
  if (path.root !== "input") throw bad();
  return path.segments.map((segment) => {
    if (segment.isDeep) throw bad();
    const steps: readonly Step[] = segment.kind === "names" ? segment.names : segment.kind === "indices" ? segment.indices : [];
    const [only] = steps;
    if (steps.length !== 1 || only === undefined) throw bad();
    return only;
  });
}

function placed(steps: readonly Step[], at: number, target: Json | undefined, value: Json, fail: (step: Step) => AslError): Json {
  const step = steps[at];
  if (step === undefined) return value;
  if (typeof step === "number") {
    if (!Array.isArray(target)) throw fail(step);
    const index = step < 0 ? target.length + step : step;
    if (index < 0 || index >= target.length) throw fail(step);
    return target.with(index, placed(steps, at + 1, target[index], value, fail));
  }
  if (target !== undefined && !isJsonObject(target)) throw fail(step);
  const copy = { ...target };
  setMember(copy, step, placed(steps, at + 1, target && ownMember(target, step), value, fail));
  return copy;
}
