import type { QueryLanguage } from "../definition.ts";
import { isJsonObject, type Json, type JsonObject } from "../json.ts";
import { checkFields, checkOneOf, checkRequired } from "./fields.ts";
import type { Findings } from "./findings.ts";
import { checkEvaluated } from "./templates.ts";
import { checkEnum, checkNumber, checkPath, checkString } from "./values.ts";

const readerFields = new Set(["Comment", "Resource", "ReaderConfig", "Parameters", "Arguments"]);
const configFields = new Set([
  ...["InputType", "CSVHeaderLocation", "CSVHeaders", "CSVDelimiter", "MaxItems", "MaxItemsPath", "ItemsPointer"],
  ...["ManifestType", "Transformation"],
]);
const writerFields = new Set(["Comment", "Resource", "WriterConfig", "Parameters", "Arguments"]);
const MAX_ITEMS = 100_000_000;

/** Checks where a distributed Map reads its items (fields as documented; that of its numbers is measured). */
export function checkReader(findings: Findings, reader: Json | undefined, at: string, language: QueryLanguage): void {
  if (!checkStorage(findings, reader, at, readerFields, language)) return;
  checkRequired(findings, reader, at, ["Resource"]);
  const { ReaderConfig: config } = reader;
  if (isJsonObject(config)) checkReaderConfig(findings, config, `${at}/ReaderConfig`, language);
  else if (config !== undefined) findings.wrongType("OBJECT", `${at}/ReaderConfig`);
}

/**
 * Checks where a distributed Map writes its results. An empty ResultWriter is taken against AWS's documentation, since AWS saves it and fails the
 * execution (told in the review of aws-cdk pull request 33831; its words are not recorded).
 */
export function checkWriter(findings: Findings, writer: Json | undefined, at: string, language: QueryLanguage): void {
  if (!checkStorage(findings, writer, at, writerFields, language)) return;
  const { WriterConfig: config } = writer;
  if (config === undefined) return;
  const place = `${at}/WriterConfig`;
  if (!isJsonObject(config)) return findings.wrongType("OBJECT", place);
  checkFields(findings, config, place, new Set(["OutputType", "Transformation"]), null);
  checkEnum(findings, config, "OutputType", place, ["JSON", "JSONL"]);
  checkEnum(findings, config, "Transformation", place, ["NONE", "COMPACT", "FLATTEN"]);
}

function checkStorage(
  findings: Findings,
  storage: Json | undefined,
  at: string,
  fields: ReadonlySet<string>,
  language: QueryLanguage,
): storage is JsonObject {
  if (storage === undefined) return false;
  if (!isJsonObject(storage)) {
    findings.wrongType("OBJECT", at);
    return false;
  }
  checkFields(findings, storage, at, fields, language);
  const { Resource: resource } = storage;
  const isArn = checkString(findings, storage, "Resource", at) && /^arn:[\w-]+:states:::s3:\w+$/.test(String(resource));
  if (typeof resource === "string" && !isArn) findings.schema("Value is not a valid resource ARN", `${at}/Resource`);
  checkEvaluated(findings, storage["Parameters"], `${at}/Parameters`, "JSONPath");
  if (language === "JSONata") checkEvaluated(findings, storage["Arguments"], `${at}/Arguments`, language);
  return true;
}

/** What goes together, and its words, were measured by others; where more than one thing is wrong a field that is missing is told alone. */
function checkReaderConfig(findings: Findings, config: JsonObject, at: string, language: QueryLanguage): void {
  checkFields(findings, config, at, configFields, language);
  checkEnum(findings, config, "InputType", at, ["CSV", "JSON", "JSONL", "PARQUET", "MANIFEST"]);
  checkEnum(findings, config, "CSVHeaderLocation", at, ["FIRST_ROW", "GIVEN"]);
  checkEnum(findings, config, "CSVDelimiter", at, ["COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"]);
  checkEnum(findings, config, "ManifestType", at, ["S3_INVENTORY", "ATHENA_DATA"]);
  checkEnum(findings, config, "Transformation", at, ["NONE", "LOAD_AND_FLATTEN"]);
  checkOneOf(findings, config, at, ["MaxItems", "MaxItemsPath"], false);
  checkNumber(findings, config, "MaxItems", at, { min: 0, max: MAX_ITEMS }, language);
  if (language === "JSONPath") checkPath(findings, config, "MaxItemsPath", at, "referenceNotToContext");
  checkString(findings, config, "ItemsPointer", at);
  const { InputType: type, CSVHeaders: headers, CSVHeaderLocation: location, ItemsPointer: pointer } = config;
  if (headers !== undefined && !(Array.isArray(headers) && headers.every((header) => typeof header === "string")))
    findings.wrongType("ARRAY", `${at}/CSVHeaders`);
  if (location === "GIVEN") checkRequired(findings, config, at, ["CSVHeaders"]);
  if (typeof pointer === "string" && !/^(\/|$)/.test(pointer))
    findings.schema(`Invalid input: JSON Pointer expression must start with '/': "${pointer}"`, `${at}/ItemsPointer`);
  if (config["Transformation"] === "LOAD_AND_FLATTEN" && type === undefined)
    return findings.schema("The field 'InputType' is required", at);
  if (type === "CSV" && location === undefined) return findings.schema("The field 'CSVHeaderLocation' is required", at);
  const onlyFor = (field: string, fits: boolean) => {
    if (config[field] !== undefined && !fits) findings.schema(`Field '${field}' is not supported`, at);
  };
  onlyFor("ItemsPointer", type === "JSON");
  for (const field of ["CSVHeaderLocation", "CSVHeaders", "CSVDelimiter"]) onlyFor(field, type === "CSV" || type === "MANIFEST");
  onlyFor("ManifestType", type === undefined || (config["ManifestType"] === "ATHENA_DATA" && type !== "JSON"));
}
