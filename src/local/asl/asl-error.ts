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

/** A `States.Runtime` failure, which no Catch catches, not even `States.ALL`. */
export function runtimeError(causeText: string): AslError {
  return new AslError("States.Runtime", causeText);
}
