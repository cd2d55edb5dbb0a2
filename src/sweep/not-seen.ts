import type { CliError } from "../errors.ts";

/** What a sweep could not look at, and why. */
export interface NotSeen {
  readonly arn: string;
  readonly operation: string;
  readonly reason: string;
}

/** So many calls that fail one after the other, each tried several times, mean that no other will succeed. */
const mostFailuresInARow = 32;

/** Collects what a sweep could not look at, and tells when it is of no use to go on. */
export class Gaps {
  readonly all: NotSeen[] = [];
  #failuresInARow = 0;
  /** Why no call is worth making any more; null while they are. */
  #hopeless: string | null = null;

  get isHopeless(): boolean {
    return this.#hopeless !== null;
  }

  /** A call came back. */
  succeeded(): void {
    this.#failuresInARow = 0;
  }

  /** False for what went away meanwhile, which holds nothing that waits. */
  add(arn: string, operation: string, error: CliError): boolean {
    if (/^(Execution|StateMachine)DoesNotExist$|^StateMachineDeleting$|^ResourceNotFound$/.test(error.code)) return false;
    this.all.push({ arn, operation, reason: error.message });
    this.#failuresInARow = error.kind === "failure" ? this.#failuresInARow + 1 : 0;
    if (isOfCredentials(error)) this.#hopeless ??= error.message;
    else if (this.#failuresInARow >= mostFailuresInARow)
      this.#hopeless ??= `${mostFailuresInARow} calls failed in a row, the last: ${error.message}`;
    return true;
  }

  /** What is left where the sweep ends early since nothing could be read any more; nothing where it ends for another reason. */
  leave(arn: string, operation: string): void {
    if (this.#hopeless !== null) this.all.push({ arn, operation, reason: `not tried: ${this.#hopeless}` });
  }
}

/** AWS bars this one thing; other things may be open. */
export function isBarred({ kind, code }: CliError): boolean {
  return kind === "access" && /^(AccessDenied|NotAuthorized|Kms)/.test(code);
}

/** They expired or are wrong: every other call will be refused alike. */
function isOfCredentials(error: CliError): boolean {
  return error.kind === "access" && !isBarred(error);
}
