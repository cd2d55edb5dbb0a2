/**
 * What went wrong, as far as the exit code is concerned. The codes are a promise to scripts and are printed by `--help`.
 */
export type ErrorKind =
  | "failure"
  | "usage"
  | "closed"
  | "access"
  | "unknown"
  | "timeout"
  | "notExecutable"
  | "notFound"
  | "interrupted"
  | "terminated";

const exitCodes: Record<ErrorKind, number> = {
  failure: 1,
  usage: 2,
  closed: 3,
  access: 4,
  unknown: 6,
  timeout: 9,
  notExecutable: 126,
  notFound: 127,
  interrupted: 130,
  terminated: 143,
};

interface ErrorFacts {
  /** A stable name for scripts: AWS's own error name where AWS refused, else ours in PascalCase. */
  code?: string;
  /** The next thing to try: a command, or a sentence. */
  hint?: string;
  awsRequestId?: string;
  cause?: unknown;
}

/** A failure that is told to the user in one message, without a stack, and ends the command with the exit code of its kind. */
export class CliError extends Error {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly hint: string | undefined;
  readonly awsRequestId: string | undefined;

  constructor(kind: ErrorKind, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = "CliError";
    this.kind = kind;
    this.code = facts.code ?? defaultCodes[kind];
    this.hint = facts.hint;
    this.awsRequestId = facts.awsRequestId;
  }

  get exitCode(): number {
    return exitCodes[this.kind];
  }
}

const defaultCodes: Record<ErrorKind, string> = {
  failure: "Failure",
  usage: "Usage",
  closed: "NotWaiting",
  access: "AccessDenied",
  unknown: "Unknown",
  timeout: "Timeout",
  notExecutable: "CommandNotExecutable",
  notFound: "CommandNotFound",
  interrupted: "Interrupted",
  terminated: "Terminated",
};

/** A usage error (exit 2): found before anything was sent. */
export function usageError(message: string, hint?: string): CliError {
  return new CliError("usage", message, hint === undefined ? {} : { hint });
}
