import type { CliError } from "../errors.ts";

/** What a sweep could not look at, and why. */
export interface NotSeen {
  readonly arn: string;
  readonly operation: string;
  /** The ARN in it is "it": what bars a hundred thousand executions is one text for all of them. */
  readonly reason: string;
}

/** So many calls that fail one after the other, each tried several times, mean that no other will succeed. */
const mostFailuresInARow = 32;
/** So many texts are looked for among those before. */
const mostReasons = 1000;

/** Collects what a sweep could not look at, and tells when it is of no use to go on. */
export class Gaps {
  readonly all: NotSeen[] = [];
  readonly #reasons = new Map<string, string>();
  #failuresInARow = 0;
  /** Why no call was made any more; null while they are. */
  #notTried: string | null = null;

  /** Whether no call is worth making any more. */
  get isHopeless(): boolean {
    return this.#notTried !== null;
  }

  /** A call came back. */
  succeeded(): void {
    this.#failuresInARow = 0;
  }

  /** False for what went away meanwhile, which holds nothing that waits. */
  add(arn: string, operation: string, error: CliError): boolean {
    if (/^(Execution|StateMachine)DoesNotExist$|^StateMachineDeleting$|^ResourceNotFound$/.test(error.code)) return false;
    this.all.push({ arn, operation, reason: this.#shared(error.message.replaceAll(arn, "it")) });
    this.#failuresInARow = error.kind === "failure" ? this.#failuresInARow + 1 : 0;
    if (isOfCredentials(error)) this.#notTried ??= `not tried: ${error.message}`;
    else if (this.#failuresInARow >= mostFailuresInARow)
      this.#notTried ??= `not tried: ${mostFailuresInARow} calls failed in a row, the last: ${error.message}`;
    return true;
  }

  /** What is left where the sweep ends early since nothing could be read any more; nothing where it ends for another reason. */
  leave(arn: string, operation: string): void {
    if (this.#notTried !== null) this.all.push({ arn, operation, reason: this.#notTried });
  }

  /** The first text that was equal to it. */
  #shared(reason: string): string {
    const known = this.#reasons.get(reason);
    if (known !== undefined) return known;
    if (this.#reasons.size < mostReasons) this.#reasons.set(reason, reason);
    return reason;
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
