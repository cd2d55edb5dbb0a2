/** A failure the Amazon States Language names (`States.Runtime`, `States.IntrinsicFailure`...), with the cause text an execution shows. */
export class AslError extends Error {
  readonly errorName: string;
  readonly causeText: string;

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

/** A `States.Runtime` failure, which no Catch catches, not even `States.ALL`. */
export function runtimeError(causeText: string): AslError {
  return new AslError("States.Runtime", causeText);
}
