import type { QueryLanguage } from "../definition.ts";
import { isJsonObject, type Json, type JsonObject } from "../json.ts";
import { checkFields, checkOneOf } from "./fields.ts";
import type { Findings } from "./findings.ts";
import { checkReader, checkWriter } from "./map-storage.ts";
import type { MachineType } from "./resource.ts";
import { checkEvaluated } from "./templates.ts";
import { checkEnum, checkNumber, checkPath, checkString, type NumberRange } from "./values.ts";

const MAX_LABEL = 40;
const MAX_BATCH_BYTES = 262_144;
const batcherFields = new Set([
  ...["MaxItemsPerBatch", "MaxItemsPerBatchPath", "MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath", "BatchInput"],
]);

/**
 * Checks what only a Map has, but for the machine inside it. The fields for distributed Maps are taken from inline ones, too: AWS was
 * measured to let them pass.
 */
export function checkMapFields(findings: Findings, state: JsonObject, at: string, language: QueryLanguage, type: MachineType): void {
  checkOneOf(findings, state, at, ["ItemProcessor", "Iterator"], true);
  const number = (field: string, range: NumberRange) => checkNumberOrPath(findings, state, field, at, range, language);
  number("MaxConcurrency", { min: 0 });
  number("ToleratedFailureCount", { min: 0 });
  number("ToleratedFailurePercentage", { min: 0, max: 100, isWhole: false });
  if (language === "JSONPath") checkPath(findings, state, "ItemsPath", at, "any");
  else checkEvaluated(findings, state["Items"], `${at}/Items`, language);
  checkEvaluated(findings, state["ItemSelector"], `${at}/ItemSelector`, language);
  checkBatcher(findings, state["ItemBatcher"], `${at}/ItemBatcher`, language);
  for (const field of ["ItemProcessor", "Iterator"]) checkConfig(findings, state[field], `${at}/${field}`, type);
  checkReader(findings, state["ItemReader"], `${at}/ItemReader`, language);
  checkWriter(findings, state["ResultWriter"], `${at}/ResultWriter`, language);
  checkLabel(findings, state, at);
}

/** How the Map runs its items, and the type of its child executions when they are executions of their own. */
export function processorMode(state: JsonObject): { readonly isDistributed: boolean; readonly childType: MachineType } {
  const processor = state["ItemProcessor"] ?? state["Iterator"];
  const config = isJsonObject(processor) ? processor["ProcessorConfig"] : undefined;
  const given = isJsonObject(config) ? config : {};
  return { isDistributed: given["Mode"] === "DISTRIBUTED", childType: given["ExecutionType"] === "EXPRESS" ? "EXPRESS" : "STANDARD" };
}

/** Checks a number that a path may stand for. */
export function checkNumberOrPath(
  findings: Findings,
  holder: JsonObject,
  field: string,
  at: string,
  range: NumberRange,
  language: QueryLanguage,
): void {
  checkOneOf(findings, holder, at, [field, `${field}Path`], false);
  checkNumber(findings, holder, field, at, range, language);
  if (language === "JSONPath") checkPath(findings, holder, `${field}Path`, at, "referenceNotToContext");
}

function checkBatcher(findings: Findings, batcher: Json | undefined, at: string, language: QueryLanguage): void {
  if (batcher === undefined) return;
  if (!isJsonObject(batcher)) return findings.wrongType("OBJECT", at);
  checkFields(findings, batcher, at, batcherFields, language);
  checkNumberOrPath(findings, batcher, "MaxItemsPerBatch", at, { min: 0 }, language);
  checkNumberOrPath(findings, batcher, "MaxInputBytesPerBatch", at, { min: 0, max: MAX_BATCH_BYTES }, language);
  checkEvaluated(findings, batcher["BatchInput"], `${at}/BatchInput`, language);
}

function checkConfig(findings: Findings, processor: Json | undefined, at: string, type: MachineType): void {
  const config = isJsonObject(processor) ? processor["ProcessorConfig"] : undefined;
  const place = `${at}/ProcessorConfig`;
  if (config === undefined) return;
  if (!isJsonObject(config)) return findings.wrongType("OBJECT", place);
  checkFields(findings, config, place, new Set(["Mode", "ExecutionType"]), null);
  checkEnum(findings, config, "Mode", place, ["INLINE", "DISTRIBUTED"]);
  checkEnum(findings, config, "ExecutionType", place, ["STANDARD", "EXPRESS"]);
  const { Mode: mode, ExecutionType: executionType } = config;
  if (mode === "INLINE" && executionType !== undefined) findings.schema("Field 'ExecutionType' is not supported", place);
  if (mode !== "DISTRIBUTED") return;
  if (executionType === undefined) findings.schema("These fields are required: [ExecutionType]", place);
  if (type === "EXPRESS")
    findings.schema("The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state machines", `${place}/Mode`);
}

function checkLabel(findings: Findings, state: JsonObject, at: string): void {
  const label = state["Label"];
  if (!checkString(findings, state, "Label", at) || typeof label !== "string") return;
  const invalid = (why: string) => findings.error("INVALID_LABEL_NAME", `Invalid Label name: Label '${label}' ${why}`, `${at}/Label`);
  if ([...label].length > MAX_LABEL) invalid(`exceeds the ${MAX_LABEL}-character limit allowed by the service`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: AWS refuses them in labels, so they are looked for
  else if (/[\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f]/.test(label)) invalid("contains invalid characters");
}
