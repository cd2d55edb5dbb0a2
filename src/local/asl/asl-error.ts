/** A failure the Amazon States Language names (`States.Runtime`, `States.QueryEvaluationError`...), with the cause text an execution shows. */
export class AslError extends Error {
  readonly errorName: string;
  readonly causeText: string;
  /** Whether AWS tells the cause as it is, without the state before it. */
  readonly isWhole: boolean = false;

  constructor(errorName: string, causeText: string) {
    super(`${errorName}: ${causeText}`);
    this.name = "AslError";
    this.errorName = errorName;
    this.causeText = causeText;
  }
}

/** A JSONata field that could not be evaluated, or whose value is of the wrong type. AWS writes EvaluationFailed with the field's name. */
export class EvaluationError extends AslError {
  readonly location: string;

  constructor(causeText: string, location: string) {
    super("States.QueryEvaluationError", causeText);
    this.location = location;
  }
}

/** An input that a reference path does not fit, as others saw AWS tell it; its name is in no documentation, which has States.ResultPathMatchFailure. */
export class ReferencePathError extends AslError {
  override readonly isWhole = true;

  constructor(what: string, input: string) {
    super("States.ReferencePathConflict", `Unable to apply ${what} to input ${input}`);
  }
}

/** A failure of a map run before any of its child executions: AWS tells its cause without the state's name (recorded). */
export class MapRunError extends AslError {}

/** A `States.Runtime` failure, which no Catch catches, not even `States.ALL`. */
export function runtimeError(causeText: string): AslError {
  return new AslError("States.Runtime", causeText);
}

/** AWS's limit on a state's input, output and result, and on what one Assign assigns, in bytes of its JSON text (documented). */
export const maxPayloadBytes = 262_144;

/**
 * Data beyond {@link maxPayloadBytes}; `what` is the state's name, the service or the function that gave it. A task that returns such a result has
 * failed, and that can be caught; in a state's own parameters or output it ends the execution (both reported by others).
 */
export class DataLimitError extends AslError {
  override readonly isWhole = true;

  constructor(what: string, gave: "returned a result" | "provided parameters" | "assigned variables" = "returned a result") {
    super("States.DataLimitExceeded", `The state/task '${what}' ${gave} with a size exceeding the maximum number of bytes service limit.`);
  }
}
