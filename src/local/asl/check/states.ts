import type { QueryLanguage, State } from "../definition.ts";
import { isJsonObject, type Json, type JsonObject } from "../json.ts";
import { checkExpression, checkJsonata, inResult, isExpression } from "../jsonata-check.ts";
import { checkChoices } from "./choice-rules.ts";
import { checkCatch, checkRetry } from "./error-rules.ts";
import { checkFields, checkOneOf, checkRequired, stateFields } from "./fields.ts";
import type { Findings } from "./findings.ts";
import { checkMapFields } from "./map-fields.ts";
import { checkResource, type MachineType } from "./resource.ts";
import { checkAssign, checkEvaluated, checkTemplate, type Scope } from "./templates.ts";
import { checkEnum, checkNumber, checkPath, checkString, isTimestamp, looksEvaluated } from "./values.ts";

/** What a state's check must know of the machines around it. */
export interface Surroundings {
  readonly findings: Findings;
  /** The whole definition's: a Map's or Parallel's own language is not that of the states inside it (measured). */
  readonly language: QueryLanguage;
  readonly type: MachineType;
  /** The variables of the machines around the state's own. */
  readonly outer: Scope | null;
}

const SECONDS = { min: 1, max: 99_999_999 };
const languages: readonly QueryLanguage[] = ["JSONPath", "JSONata"];

/** A state's type, or null for one that AWS does not have. */
export function stateType(state: Json): State["Type"] | null {
  const type = isJsonObject(state) ? state["Type"] : undefined;
  return typeof type === "string" && Object.hasOwn(stateFields, type) ? (type as State["Type"]) : null;
}

/** The query language of a holder: anything but the very word JSONPath means JSONata, even while it is refused as no language (measured). */
export function queryLanguage(holder: JsonObject, inherited: QueryLanguage): QueryLanguage {
  if (holder["QueryLanguage"] === undefined) return inherited;
  return holder["QueryLanguage"] === "JSONPath" ? "JSONPath" : "JSONata";
}

/** Reports a value of QueryLanguage that is no language. */
export function checkQueryLanguage(findings: Findings, holder: JsonObject, at: string): void {
  checkEnum(findings, holder, "QueryLanguage", at, languages);
}

/** Checks one state, but for its name, for where it leads, and for the machines inside it. */
export function checkState(around: Surroundings, state: Json, at: string): void {
  const { findings } = around;
  if (!isJsonObject(state)) return findings.wrongType("OBJECT", at);
  if (state["Type"] === undefined) return findings.schema("The field 'Type' is required", at);
  const type = stateType(state);
  if (type === null) {
    const names = Object.keys(stateFields).join(", ");
    return findings.schema(`The field 'Type' should have one of these values: [${names}]`, `${at}/Type`);
  }
  const language = queryLanguage(state, around.language);
  const isDowngrade = language === "JSONPath" && around.language === "JSONata";
  if (isDowngrade) findings.schema("'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine", at);
  checkFields(findings, state, at, stateFields[type], isDowngrade ? null : language);
  checkQueryLanguage(findings, state, at);
  checkCommon(around, state, at, type, language);
  if (type === "Task") checkTask(around, state, at, language);
  else if (type === "Wait") checkWait(findings, state, at, language);
  else if (type === "Pass") checkStaticResult(findings, state["Result"], `${at}/Result`);
  else if (type === "Fail") checkFail(findings, state, at, language);
  else if (type === "Choice") checkChoice(around, state, at, language);
  else if (type === "Parallel") checkBranches(findings, state, at);
  else if (type === "Map") checkMapFields(findings, state, at, language, around.type);
}

function checkCommon(around: Surroundings, state: JsonObject, at: string, type: State["Type"], language: QueryLanguage): void {
  const { findings } = around;
  const absent = stateFields[type].has("Retry") ? inResult : undefined;
  if (stateFields[type].has("Next")) checkFlow(findings, state, at);
  if (stateFields[type].has("Catch")) {
    checkRetry(findings, state["Retry"], `${at}/Retry`);
    checkCatch(findings, state["Catch"], `${at}/Catch`, language, around.outer);
  }
  if (language === "JSONata") {
    checkJsonata(findings, state["Arguments"], `${at}/Arguments`);
    checkJsonata(findings, state["Output"], `${at}/Output`, absent);
  } else {
    checkPath(findings, state, "InputPath", at, "any", true);
    checkPath(findings, state, "OutputPath", at, "any", true);
    checkPath(findings, state, "ResultPath", at, "referenceToInput", true);
    checkTemplate(findings, state["Parameters"], `${at}/Parameters`);
    checkTemplate(findings, state["ResultSelector"], `${at}/ResultSelector`);
  }
  checkAssign(findings, state["Assign"], `${at}/Assign`, language, around.outer, absent);
}

/** Next, or End true. `End: false` is no end (so it may stand beside Next). */
function checkFlow(findings: Findings, state: JsonObject, at: string): void {
  const { End: end, ...others } = state;
  checkString(findings, state, "Next", at);
  if (end !== undefined && typeof end !== "boolean") findings.wrongType("BOOLEAN", `${at}/End`);
  checkOneOf(findings, end === false ? others : state, at, ["Next", "End"], true);
}

function checkTask(around: Surroundings, state: JsonObject, at: string, language: QueryLanguage): void {
  const { findings } = around;
  checkRequired(findings, state, at, ["Resource"]);
  checkResource(findings, state, at, around.type);
  const credentials = state["Credentials"];
  if (isJsonObject(credentials)) {
    if (credentials["RoleArn"] === undefined && credentials["RoleArn.$"] === undefined)
      findings.schema("The field 'RoleArn' is required but was missing", `${at}/Credentials`);
    checkEvaluated(findings, credentials, `${at}/Credentials`, language);
  } else if (credentials !== undefined) findings.wrongType("OBJECT", `${at}/Credentials`);
  for (const field of ["TimeoutSeconds", "HeartbeatSeconds"]) {
    checkOneOf(findings, state, at, [field, `${field}Path`], false);
    checkNumber(findings, state, field, at, SECONDS, language);
    if (language === "JSONPath") checkPath(findings, state, `${field}Path`, at, "reference");
  }
  const { TimeoutSeconds: timeout, HeartbeatSeconds: heartbeat } = state;
  if (typeof timeout === "number" && typeof heartbeat === "number" && heartbeat >= timeout)
    findings.schema("'HeartbeatSeconds' must be smaller than 'TimeoutSeconds'", `${at}/HeartbeatSeconds`);
}

function checkWait(findings: Findings, state: JsonObject, at: string, language: QueryLanguage): void {
  const fields = language === "JSONata" ? ["Seconds", "Timestamp"] : ["SecondsPath", "Seconds", "TimestampPath", "Timestamp"];
  checkOneOf(findings, state, at, fields, true);
  checkNumber(findings, state, "Seconds", at, { ...SECONDS, min: 0 }, language);
  if (language === "JSONPath") for (const field of ["SecondsPath", "TimestampPath"]) checkPath(findings, state, field, at, "reference");
  const timestamp = state["Timestamp"];
  if (!checkString(findings, state, "Timestamp", at) || typeof timestamp !== "string") return;
  if (language === "JSONata" && isExpression(timestamp)) checkExpression(findings, timestamp, `${at}/Timestamp`);
  else if (!isTimestamp(timestamp)) findings.schema("String does not match RFC3339 timestamp", `${at}/Timestamp`);
}

function checkFail(findings: Findings, state: JsonObject, at: string, language: QueryLanguage): void {
  for (const field of ["Error", "Cause"]) {
    const value = state[field];
    checkOneOf(findings, state, at, [field, `${field}Path`], false);
    if (language === "JSONPath") checkPath(findings, state, `${field}Path`, at, "any");
    if (!checkString(findings, state, field, at) || typeof value !== "string") continue;
    if (language === "JSONata") checkJsonata(findings, value, `${at}/${field}`);
    else if (looksEvaluated(value))
      findings.warning(
        "NO_PATH",
        `The value of '${field}' looks like a path, but the field's name does not end with 'Path'`,
        `${at}/${field}`,
      );
  }
}

function checkChoice(around: Surroundings, state: JsonObject, at: string, language: QueryLanguage): void {
  checkRequired(around.findings, state, at, ["Choices"]);
  checkString(around.findings, state, "Default", at);
  checkChoices(around.findings, state["Choices"], `${at}/Choices`, language, around.outer);
}

function checkBranches(findings: Findings, state: JsonObject, at: string): void {
  checkRequired(findings, state, at, ["Branches"]);
  const { Branches: branches } = state;
  if (branches !== undefined && !Array.isArray(branches)) findings.wrongType("ARRAY", `${at}/Branches`);
  if (Array.isArray(branches) && branches.length === 0) findings.schema("Value cannot be empty", `${at}/Branches`);
}

/** Warns of what looks evaluated in a Pass state's Result, which never is. */
function checkStaticResult(findings: Findings, result: Json | undefined, at: string): void {
  if (typeof result === "string" && looksEvaluated(result))
    findings.warning("PASS_RESULT_IS_STATIC", "The Result of a Pass state is static: a path in it is not evaluated", at);
  else if (Array.isArray(result)) for (const [index, item] of result.entries()) checkStaticResult(findings, item, `${at}[${index}]`);
  else if (isJsonObject(result)) for (const [key, member] of Object.entries(result)) checkStaticResult(findings, member, `${at}/${key}`);
}
