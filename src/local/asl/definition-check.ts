import { type Diagnostic, Findings, type Severity } from "./check/findings.ts";
import { readDefinition } from "./check/json-text.ts";
import { checkMachines } from "./check/machine.ts";
import type { MachineType } from "./check/resource.ts";
import type { Definition } from "./definition.ts";
import type { JsonObject } from "./json.ts";

export type { Diagnostic } from "./check/findings.ts";

const MAX_RESULTS = 100;

/** A definition that may run, with warnings; or the errors in one that may not. */
export type CheckedDefinition =
  | { readonly definition: Definition; readonly diagnostics: readonly Diagnostic[] }
  | { readonly diagnostics: readonly Diagnostic[] };

/** The reply of ValidateStateMachineDefinition (shape recorded). */
export interface ValidationResult {
  readonly result: "OK" | "FAIL";
  readonly diagnostics: readonly {
    readonly severity: Severity;
    readonly code: string;
    readonly message: string;
    readonly location?: string;
  }[];
  readonly truncated: boolean;
}

/**
 * Checks a definition as CreateStateMachine does: AWS's rules, codes and words as far as they are recorded, measured or documented; where
 * they are not, it accepts. What the embedded Step Functions cannot run is found here too, so that nothing is skipped while running.
 * Never throws, whatever the text; time is linear in its length.
 */
export function checkDefinition(text: string, type: MachineType = "STANDARD"): CheckedDefinition {
  const { findings, document } = examined(text, type);
  if (document === null || findings.errors.length > 0) return { diagnostics: findings.errors };
  return { definition: document as unknown as Definition, diagnostics: findings.warnings };
}

/**
 * What ValidateStateMachineDefinition answers: warnings only when they are asked for, at most `maxResults` findings (0 means the default, 100,
 * which is also the most). The result does not depend on either: it is whether CreateStateMachine would take the definition.
 */
export function validationResult(
  text: string,
  type: MachineType = "STANDARD",
  severity: Severity = "ERROR",
  maxResults = MAX_RESULTS,
): ValidationResult {
  const { errors, warnings } = examined(text, type).findings;
  const wanted = severity === "WARNING" ? [...errors, ...warnings] : errors;
  const size = maxResults === 0 ? MAX_RESULTS : Math.min(maxResults, MAX_RESULTS);
  return {
    result: errors.length === 0 ? "OK" : "FAIL",
    diagnostics: wanted.slice(0, size).map(({ location, ...rest }) => (location === null ? rest : { ...rest, location })),
    truncated: wanted.length > size,
  };
}

function examined(text: string, type: MachineType): { readonly findings: Findings; readonly document: JsonObject | null } {
  const findings = new Findings();
  const document = readDefinition(findings, text);
  if (document !== null) checkMachines(findings, document, type);
  return { findings, document };
}
