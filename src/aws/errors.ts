import { CliError, type ErrorKind } from "../errors.ts";

/** No usable credentials. `signIn` is the command that renews them, where the profile shows one. */
export class CredentialsFailure extends Error {
  readonly signIn: string | null;

  constructor(cause: unknown, signIn: string | null) {
    super(factsOf(cause).message, { cause });
    this.name = "CredentialsFailure";
    this.signIn = signIn;
  }
}

interface ErrorFacts {
  readonly name: string;
  readonly message: string;
  /** Node's or OpenSSL's code, such as ECONNREFUSED. */
  readonly code: string | undefined;
  /** What Node asked of the operating system, such as `connect`. */
  readonly syscall: string | undefined;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  /** AWS answered with an error of its own, as opposed to a connection that broke. */
  readonly fromService: boolean;
}

const nothingMore = { code: undefined, syscall: undefined, status: undefined, requestId: undefined, fromService: false };

/** What an error thrown by the SDK says of itself; its properties are not in any common type. */
export function factsOf(error: unknown): ErrorFacts {
  if (!(error instanceof Error)) {
    return { name: "Error", message: String(error), ...nothingMore };
  }
  // The wire: SDK errors carry these beside Error's own members.
  const wire = error as Error & {
    code?: unknown;
    syscall?: unknown;
    $fault?: unknown;
    $metadata?: { httpStatusCode?: number; requestId?: string };
    $response?: { statusCode?: number };
  };
  return {
    name: error.name,
    message: error.message,
    code: typeof wire.code === "string" ? wire.code : undefined,
    syscall: typeof wire.syscall === "string" ? wire.syscall : undefined,
    status: wire.$response?.statusCode ?? wire.$metadata?.httpStatusCode,
    requestId: wire.$metadata?.requestId,
    fromService: wire.$fault !== undefined,
  };
}

/** AWS refused the call because too many are made: it was not applied. */
export function isThrottling(error: unknown): boolean {
  return /^((Kms)?ThrottlingException|Throttling|TooManyRequests(Exception)?)$/.test(factsOf(error).name);
}

/** AWS failed within itself, or the call was lost on the way: worth another try where nothing is changed by it. */
export function isTransient(error: unknown): boolean {
  const { status, name, fromService } = factsOf(error);
  if (error instanceof CredentialsFailure || error instanceof CliError || isCertificateError(error)) return false;
  // A reply that began well and broke off has the status it began with.
  const isCutOff = status === undefined || status < 300;
  return isCutOff ? !fromService && name !== "AbortError" : status >= 500;
}

/** There was no connection yet: the name was not found, or nobody took the connection. Nothing was sent. */
export function connectionNeverMade(error: unknown): boolean {
  const { name, message, code, syscall } = factsOf(error);
  if (code === "ECONNREFUSED" || code === "ENOTFOUND" || code === "EAI_AGAIN" || syscall === "connect") return true;
  // Node's for a host of several addresses of which none took it; and the SDK's own.
  return error instanceof AggregateError || (name === "TimeoutError" && message.includes("did not establish a connection"));
}

/**
 * AWS refused the signature for its time, and the SDK has put its clock right by the reply: signed again, the call goes through. Nothing was applied. The
 * SDK marks other errors of a server with another time likewise, and these may come of a call that was applied.
 */
export function isClockPutRight(error: unknown): boolean {
  if (
    !/^(InvalidSignature|SignatureDoesNotMatch|RequestTimeTooSkewed|RequestExpired|RequestInTheFuture|AuthFailure)/.test(
      factsOf(error).name,
    )
  )
    return false;
  return (error as { $metadata?: { clockSkewCorrected?: boolean } }).$metadata?.clockSkewCorrected === true;
}

/** The other end's certificate was not trusted: nothing was sent either. */
export function isCertificateError(error: unknown): boolean {
  return /^(CERT_|ERR_TLS_|ERR_SSL_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_(GET|VERIFY)_)/.test(factsOf(error).code ?? "");
}

interface Rule {
  readonly names: RegExp;
  readonly kind: ErrorKind;
  readonly hint?: string;
}

const whoAmI = "aws sts get-caller-identity shows whose credentials these are; their policy must allow the action";
const renew = "get fresh credentials, then check them with: aws sts get-caller-identity";

/** AWS's error names, first match wins (facts page 2). */
const rules: readonly Rule[] = [
  { names: /^(Expired|RequestExpired)/, kind: "access", hint: renew },
  { names: /^AccessDenied|^NotAuthorized|^OptInRequired/, kind: "access", hint: whoAmI },
  { names: /^(UnrecognizedClient|InvalidClientTokenId|MissingAuthenticationToken)/, kind: "access", hint: renew },
  {
    names: /^(InvalidSignature|SignatureDoesNotMatch|IncompleteSignature|RequestTimeTooSkewed)/,
    kind: "access",
    hint: "check the secret access key and this computer's clock",
  },
  { names: /^((Kms)?Throttling|TooManyRequests)/, kind: "failure", hint: "try again in a moment" },
  { names: /^Kms/, kind: "access", hint: "the state machine is encrypted: these credentials need kms:Decrypt on its key" },
  {
    names: /^ExecutionDoesNotExist$/,
    kind: "closed",
    hint: "sfn-callback pending lists what waits here; or is it in another Region, profile or local file?",
  },
  { names: /^ExecutionAlreadyExists$/, kind: "failure", hint: "choose another --name, or leave it out: a name serves once" },
  { names: /^StateMachineDoesNotExist$/, kind: "usage", hint: "aws stepfunctions list-state-machines shows those of this Region" },
  { names: /^ActivityDoesNotExist$/, kind: "usage", hint: "aws stepfunctions list-activities shows those of this Region" },
  { names: /^(Invalid(Name|ExecutionInput|Arn|Definition|Output)|ValidationException)$/, kind: "usage" },
];

/** What a call asks for, as a policy names it: `states:GetExecutionHistory`. A resource of null is any. */
export interface AskedAction {
  readonly action: string;
  readonly resource: string | null;
}

/**
 * Any failure of an AWS call as the error the user is told: what was attempted ("list the state machines"), and what AWS answered or
 * which endpoint did not. The only place where SDK errors are judged. A CliError is handed on as it is. `asked` tells what was denied where AWS does not say it.
 */
export function toCliError(error: unknown, attempt: string, endpoint: string | null, asked: AskedAction | null = null): CliError {
  const own = cliErrorWithin(error);
  if (own !== null) {
    return own;
  }
  if (error instanceof CredentialsFailure) {
    return credentialsError(error, attempt);
  }
  const facts = factsOf(error);
  if (/^(CredentialsProviderError|TokenProviderError)$/.test(facts.name)) {
    return credentialsError(new CredentialsFailure(error, null), attempt);
  }
  if (facts.status === 413) {
    return new CliError("usage", `could not ${attempt}: the request is longer than Step Functions takes (HTTP 413)`, {
      code: "RequestTooLong",
      cause: error,
    });
  }
  const network = networkProblem(error, endpoint ?? "the endpoint");
  if (network !== null) {
    return new CliError("failure", `could not ${attempt}: ${network.message}`, { code: network.code, hint: network.hint, cause: error });
  }
  const rule = rules.find(({ names }) => names.test(facts.name));
  const said = facts.message === "" ? facts.name : `${facts.name}: ${facts.message}`;
  const hint = rule?.kind === "access" ? (allowing(facts, asked) ?? rule.hint) : rule?.hint;
  return new CliError(rule?.kind ?? "failure", `could not ${attempt}: ${said}`, {
    code: facts.name,
    cause: error,
    ...(hint === undefined ? {} : { hint }),
    ...(facts.requestId === undefined ? {} : { awsRequestId: facts.requestId }),
  });
}

/**
 * The least policy statement that would allow what was denied, from AWS's own words: `… is not authorized to perform: states:SendTaskFailure on
 * resource: arn:… because no identity-based policy allows …` (recorded, facts page 9); of what was asked for where AWS says no more than that access was
 * denied. Null where it is not a matter of a policy.
 */
function allowing({ name, message }: ErrorFacts, asked: AskedAction | null): string | null {
  const denied = /not authorized to perform: ([\w-]+:\w+)(?: on (?:the )?resource: ([^\s"']+))?/.exec(message);
  const own = asked !== null && name.startsWith("AccessDenied") ? asked : null;
  const action = denied?.[1] ?? own?.action;
  if (action === undefined) return null;
  if (/explicit deny/.test(message)) return `a policy denies ${action} explicitly, which no other can allow; ${whoAmI}`;
  const resource = denied === null ? own?.resource : denied[2]?.replace(/[.,]$/, "");
  const statement = { Effect: "Allow", Action: action, Resource: allExecutions(resource ?? "*") };
  return `this statement in their policy would allow it: ${JSON.stringify(statement)}`;
}

/** Another execution has another ARN: those of the machine are meant. */
function allExecutions(resource: string): string {
  return resource.replace(/^(arn:[^:]*:states:[^:]*:[^:]*:execution:[^:]+):.*$/, "$1:*");
}

/** A CliError that was thrown beneath the SDK, as by Ctrl-C at the MFA prompt. */
function cliErrorWithin(error: unknown): CliError | null {
  for (let inner = error, depth = 0; inner instanceof Error && depth < 10; inner = inner.cause, depth++) {
    if (inner instanceof CliError) {
      return inner;
    }
  }
  return null;
}

function credentialsError(failure: CredentialsFailure, attempt: string): CliError {
  const network = networkProblem(failure.cause, "the service that gives out credentials");
  if (network !== null) {
    return new CliError("failure", `could not ${attempt}: ${network.message}`, { code: network.code, hint: network.hint, cause: failure });
  }
  const facts = factsOf(failure.cause);
  const expired = /sso|session|token|expired|unauthorized|authenticate/i.test(`${facts.name} ${facts.message}`);
  return new CliError("access", `could not ${attempt}: no usable AWS credentials (${facts.name}: ${facts.message})`, {
    code: facts.name,
    cause: failure,
    hint:
      failure.signIn !== null && expired
        ? `run: ${failure.signIn}`
        : "name a profile with --profile, or set credentials up with: aws configure",
    ...(facts.requestId === undefined ? {} : { awsRequestId: facts.requestId }),
  });
}

interface NetworkProblem {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

const checkEndpoint = "check the network, --region and --endpoint-url";

function networkProblem(error: unknown, endpoint: string): NetworkProblem | null {
  const { name, code, status, message, fromService } = factsOf(error);
  const isRedirect = status !== undefined && status >= 300 && status < 400;
  if (fromService && !isRedirect) {
    return null;
  }
  if (code === "ECONNREFUSED") {
    return { code, message: `${endpoint} refused the connection (${code})`, hint: "check that it runs, and --endpoint-url" };
  }
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return { code, message: `the host of ${endpoint} was not found (${code})`, hint: checkEndpoint };
  }
  if (code === "ECONNRESET" || code === "EPIPE") {
    return { code, message: `${endpoint} broke the connection off (${code})`, hint: checkEndpoint };
  }
  if (code === "EHOSTUNREACH" || code === "ENETUNREACH") {
    return { code, message: `${endpoint} cannot be reached (${code})`, hint: checkEndpoint };
  }
  if (name === "TimeoutError" || code === "ETIMEDOUT") {
    return { code: "TimeoutError", message: `${endpoint} did not answer in time`, hint: checkEndpoint };
  }
  if (isCertificateError(error)) {
    return {
      code: code ?? name,
      message: `the certificate of ${endpoint} is not trusted (${message})`,
      hint: "name the file of trusted certificates in AWS_CA_BUNDLE",
    };
  }
  if (code?.startsWith("HPE_")) {
    return { code, message: `${endpoint} does not speak HTTP (${code})`, hint: checkEndpoint };
  }
  if (name === "SyntaxError" || isRedirect) {
    const http = status === undefined ? "" : ` (HTTP ${status})`;
    return { code: "UnreadableReply", message: `${endpoint} gave a reply that is not Step Functions' JSON${http}`, hint: checkEndpoint };
  }
  return null;
}
