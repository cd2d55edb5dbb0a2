import type { QueryLanguage, State } from "../definition.ts";
import type { JsonObject } from "../json.ts";
import type { Findings } from "./findings.ts";

const inputOutput = ["InputPath", "OutputPath", "Output"];
const flow = ["Next", "End"];
const result = ["ResultPath", "Parameters", "ResultSelector"];
const errorRules = ["Retry", "Catch"];
const mapOnly = [
  ...["ItemProcessor", "Iterator", "ItemsPath", "Items", "ItemSelector", "ItemReader", "ItemBatcher", "ResultWriter", "Label"],
  ...["MaxConcurrency", "MaxConcurrencyPath", "ToleratedFailurePercentage", "ToleratedFailurePercentagePath"],
  ...["ToleratedFailureCount", "ToleratedFailureCountPath"],
];

function ofState(...fields: readonly string[]): ReadonlySet<string> {
  return new Set(["Type", "Comment", "QueryLanguage", ...fields]);
}

/** The fields of each type of state, in either query language; AWS refuses any other (measured for 8 types and 50 fields). */
export const stateFields: Readonly<Record<State["Type"], ReadonlySet<string>>> = {
  Task: ofState(
    ...[...inputOutput, ...flow, ...result, ...errorRules, "Arguments", "Assign", "Resource", "Credentials"],
    ...["TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds", "HeartbeatSecondsPath"],
  ),
  Wait: ofState(...inputOutput, ...flow, "Assign", "Seconds", "Timestamp", "SecondsPath", "TimestampPath"),
  Pass: ofState(...inputOutput, ...flow, "Assign", "Result", "ResultPath", "Parameters"),
  Succeed: ofState(...inputOutput),
  Fail: ofState("Error", "Cause", "ErrorPath", "CausePath"),
  Choice: ofState(...inputOutput, "Assign", "Choices", "Default"),
  Parallel: ofState(...inputOutput, ...flow, ...result, ...errorRules, "Arguments", "Assign", "Branches"),
  Map: ofState(...inputOutput, ...flow, ...result, ...errorRules, "Assign", ...mapOnly),
};

/** The fields of a whole definition, of a Parallel's branch and of a Map's processor. */
export const machineFields = {
  whole: new Set(["Comment", "QueryLanguage", "StartAt", "States", "TimeoutSeconds", "Version"]),
  branch: new Set(["Comment", "StartAt", "States"]),
  processor: new Set(["Comment", "ProcessorConfig", "StartAt", "States"]),
} as const;

const onlyOf: Readonly<Record<QueryLanguage, ReadonlySet<string>>> = {
  JSONPath: new Set([
    ...["InputPath", "OutputPath", "ResultPath", "Parameters", "ResultSelector", "Result", "ItemsPath", "TimeoutSecondsPath"],
    ...["HeartbeatSecondsPath", "SecondsPath", "TimestampPath", "MaxConcurrencyPath", "ToleratedFailurePercentagePath"],
    ...["ToleratedFailureCountPath", "ErrorPath", "CausePath", "MaxItemsPerBatchPath", "MaxInputBytesPerBatchPath"],
    ...["Variable", "And", "Or", "Not"],
  ]),
  JSONata: new Set(["Arguments", "Output", "Items", "Condition"]),
};

/**
 * Reports the fields that the holder may not have, at the holder itself, as AWS does (measured): unknown ones, and those of the other query
 * language. Without a language only the unknown ones: a state that may not have the language it names is told that alone.
 */
export function checkFields(
  findings: Findings,
  holder: JsonObject,
  at: string,
  allowed: ReadonlySet<string>,
  language: QueryLanguage | null,
): void {
  for (const field of Object.keys(holder)) {
    if (!allowed.has(field)) findings.schema(`Field '${field}' is not supported`, at);
    else if (language === "JSONata" && onlyOf.JSONPath.has(field)) reportLanguage(findings, field, at, "JSONata", "JSONPath");
    else if (language === "JSONPath" && onlyOf.JSONata.has(field)) reportLanguage(findings, field, at, "JSONPath", "JSONata");
  }
}

/** A field of the other query language, in AWS's words (measured). */
export function reportLanguage(findings: Findings, field: string, at: string, isSet: QueryLanguage, needed: QueryLanguage): void {
  findings.schema(`The QueryLanguage is set to '${isSet}', but field '${field}' is only supported for the '${needed}' QueryLanguage`, at);
}

/** Reports the fields that are missing, all in one finding, as AWS does (recorded). */
export function checkRequired(findings: Findings, holder: JsonObject, at: string, fields: readonly string[]): boolean {
  const missing = fields.filter((field) => holder[field] === undefined);
  if (missing.length > 0) findings.schema(`These fields are required: [${missing.join(", ")}]`, at);
  return missing.length === 0;
}

/** Reports when the holder has several of the fields, or none where one is needed (both worded as measured). */
export function checkOneOf(findings: Findings, holder: JsonObject, at: string, fields: readonly string[], isNeeded: boolean): void {
  const given = fields.filter((field) => holder[field] !== undefined).length;
  if (given > 1) findings.schema(`There should only be one of the following fields: [${fields.join(", ")}]`, at);
  else if (given === 0 && isNeeded) findings.schema(`This object should have only one of the following fields: [${fields.join(", ")}]`, at);
}
