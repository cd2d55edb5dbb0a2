export type Severity = "ERROR" | "WARNING";

/**
 * What a finding is about, in AWS's words: the codes that the API reference lists, and those of JSONata and variables that
 * ValidateStateMachineDefinition was measured to give besides.
 */
export type DiagnosticCode =
  | "INVALID_JSON_DESCRIPTION"
  | "SCHEMA_VALIDATION_FAILED"
  | "MISSING_END_STATE"
  | "MISSING_TRANSITION_TARGET"
  | "DUPLICATE_STATE_NAME"
  | "INVALID_STATE_NAME"
  | "DUPLICATE_LABEL_NAME"
  | "INVALID_LABEL_NAME"
  | "TOO_DEEPLY_NESTED"
  | "INVALID_JSONATA_EXPRESSION"
  | "UNSUPPORTED_JSONATA_EXPRESSION"
  | "INVALID_VARIABLE_NAME"
  | "RESERVED_VARIABLE_NAME"
  | "DUPLICATE_VARIABLE_NAME"
  | "NO_DOLLAR"
  | "NO_PATH"
  | "PASS_RESULT_IS_STATIC";

/**
 * A finding. The location is AWS's form of a pointer (`/States/P/Branches[0]/States/X/Resource`, names as they are), recorded; null where
 * AWS gives none, which its InvalidDefinition message writes as `at null`.
 */
export interface Diagnostic {
  readonly severity: Severity;
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly location: string | null;
}

/** One more than a reply of AWS may hold, so that the reply can say that it is truncated. */
const MAX_KEPT = 101;
/** Names in a definition may be as long as the definition; a finding need not. */
const MAX_TEXT = 4_096;

/** Collects findings, errors apart from warnings; what comes after the first hundred of each is dropped. */
export class Findings {
  readonly #errors: Diagnostic[] = [];
  readonly #warnings: Diagnostic[] = [];

  get errors(): readonly Diagnostic[] {
    return this.#errors;
  }

  get warnings(): readonly Diagnostic[] {
    return this.#warnings;
  }

  error(code: DiagnosticCode, message: string, location: string | null): void {
    this.#keep(this.#errors, { severity: "ERROR", code, message, location });
  }

  /** The commonest error; the location of the whole definition is `""` here and `/` in the finding. */
  schema(message: string, at: string): void {
    this.error("SCHEMA_VALIDATION_FAILED", message, at === "" ? "/" : at);
  }

  /** A value of another JSON type than the field's. */
  wrongType(expected: "STRING" | "NUMBER" | "BOOLEAN" | "OBJECT" | "ARRAY", at: string): void {
    this.schema(`Expected value of type [${expected}]`, at);
  }

  warning(code: DiagnosticCode, message: string, location: string): void {
    this.#keep(this.#warnings, { severity: "WARNING", code, message, location });
  }

  #keep(list: Diagnostic[], diagnostic: Diagnostic): void {
    if (list.length >= MAX_KEPT) return;
    const { message, location } = diagnostic;
    list.push({ ...diagnostic, message: message.slice(0, MAX_TEXT), location: location?.slice(0, MAX_TEXT) ?? null });
  }
}
