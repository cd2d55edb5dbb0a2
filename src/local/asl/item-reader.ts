import { MapRunError } from "./asl-error.ts";
import { isJsonObject, type Json, type JsonObject, ownMember } from "./json.ts";

/** What a distributed Map's ItemReader says besides where to read. */
export interface ItemReader {
  /** Its ReaderConfig. */
  readonly config: JsonObject;
  /** The object or the bucket that it reads. */
  readonly source: string;
  /** Null for all items. */
  readonly maxItems: number | null;
}

/** A reader that finds no items in what it reads, or that can read nothing. */
export class ItemReaderError extends MapRunError {
  constructor(causeText: string) {
    super("States.ItemReaderFailed", causeText);
  }
}

const delimiters: Readonly<Record<string, string>> = { COMMA: ",", PIPE: "|", SEMICOLON: ";", SPACE: " ", TAB: "\t" };

/** The place in S3 of a reader's evaluated parameters (measured by others). */
export function sourceOf(parameters: Json): string {
  const { Bucket: bucket, Key: key } = isJsonObject(parameters) ? parameters : {};
  return `s3://${String(bucket)}${key === undefined ? "" : `/${String(key)}`}`;
}

/** Nothing can be read: there is no S3, and the Map is not mocked. */
export function unreadable(mapName: string, source: string, isManual: boolean): ItemReaderError {
  const manual = isManual ? " (--manual leaves tasks to be answered by hand, but no reading.)" : "";
  return new ItemReaderError(
    `The embedded Step Functions has no S3, so the ItemReader of the Map '${mapName}' cannot read ${source}. Mock it: give the Map a response, its ` +
      "items or the text of their file, with `sfn-callback local --mock-config <file>`, and start the execution with " +
      `<state machine ARN>#<test case>.${manual}`,
  );
}

/** The items in what was read: an array as it is; a text by the reader's InputType. Throws ItemReaderError. */
export function itemsIn(content: Json, { config, maxItems }: Pick<ItemReader, "config" | "maxItems">): readonly Json[] {
  const items = typeof content === "string" ? itemsOfText(content, config) : pointed(content, config);
  if (!Array.isArray(items)) throw new ItemReaderError("Attempting to map over non-iterable node.");
  return maxItems === null ? items : items.slice(0, maxItems);
}

function itemsOfText(text: string, config: JsonObject): Json | undefined {
  const type = config["InputType"] ?? "JSON";
  if (type === "JSON") return pointed(parsed(text), config);
  if (type === "JSONL") return linesOf(text).map(parsed);
  if (type === "CSV") return csvItems(text, config);
  throw new ItemReaderError(`The embedded Step Functions does not read texts of the type ${String(type)}. Give the items as an array.`);
}

function linesOf(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => line.trim() !== "");
}

function parsed(text: string): Json {
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch (error) {
    throw new ItemReaderError(`The data is not valid JSON: ${(error as Error).message}`);
  }
}

/** The value at ItemsPointer, a JSON Pointer (RFC 6901); the whole value where there is none. An array that is given is the items. */
function pointed(value: Json, { ItemsPointer: pointer }: JsonObject): Json | undefined {
  if (typeof pointer !== "string" || Array.isArray(value)) return value;
  const found = pointer
    .split("/")
    .slice(1)
    .reduce<Json | undefined>((at, step) => {
      const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
      if (Array.isArray(at)) return /^\d+$/.test(key) ? at[Number(key)] : undefined;
      return isJsonObject(at) ? ownMember(at, key) : undefined;
    }, value);
  if (found !== undefined) return found;
  // Measured by others.
  throw new ItemReaderError("The provided ReaderConfig.ItemsPointer does not match any valid path in the JSON structure.");
}

/** Each row an object of texts: what a row lacks is empty, what it has beyond the headers is left out. */
function csvItems(text: string, config: JsonObject): Json[] {
  const rows = csvRows(text, delimiters[String(config["CSVDelimiter"])] ?? ",");
  const given = config["CSVHeaders"];
  const headers = Array.isArray(given) ? given.map(String) : (rows.shift() ?? []);
  if (new Set(headers).size < headers.length) throw new ItemReaderError("CSV headers cannot contain duplicates.");
  return rows.map((row) => Object.fromEntries(headers.map((header, index) => [header, row[index] ?? ""])));
}

/** The fields of each row; in quotes a field may hold the delimiter, ends of lines and doubled quotes (RFC 4180). */
function csvRows(text: string, delimiter: string): string[][] {
  const rows: string[][] = [];
  let [row, field, isQuoted, isBegun]: [string[], string, boolean, boolean] = [[], "", false, false];
  const endField = () => {
    row.push(field);
    [field, isBegun] = ["", false];
  };
  const endRow = () => {
    if (row.length === 0 && !isBegun) return;
    endField();
    rows.push(row);
    row = [];
  };
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? "";
    if (isQuoted && character === '"' && text[at + 1] === '"') {
      field += '"';
      at += 1;
    } else if (isQuoted) {
      if (character === '"') isQuoted = false;
      else field += character;
    } else if (character === '"' && !isBegun) [isQuoted, isBegun] = [true, true];
    else if (character === delimiter) endField();
    else if (character === "\n") endRow();
    else if (character !== "\r") [field, isBegun] = [field + character, true];
  }
  endRow();
  return rows;
}
