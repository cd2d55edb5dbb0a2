import { MapRunError } from "./asl-error.ts";
import { isJsonObject, type Json, type JsonObject } from "./json.ts";
import { Payload } from "./payload.ts";
import { objectIn } from "./state-data.ts";

/** A place in S3. */
export interface ResultPlace {
  readonly bucket: string;
  readonly prefix: string;
}

/** What a child execution of a map run has come to. */
export interface ChildResult {
  /** Undefined where it did not succeed, which is tolerated. */
  readonly output: Payload | undefined;
  /** All that AWS tells of the execution; made only where it is wanted. */
  record(): JsonObject;
}

/** Where a ResultWriter's evaluated parameters lead; null where it has no Resource, and so only says how the results look. */
export function resultPlace(writer: Json | undefined, parameters: Json): ResultPlace | null {
  if (!isJsonObject(writer) || writer["Resource"] === undefined || !isJsonObject(parameters)) return null;
  return { bucket: String(parameters["Bucket"] ?? ""), prefix: String(parameters["Prefix"] ?? "") };
}

/** Nothing can be written: there is no S3, and the execution was started without a test case. */
export function unwritable(mapName: string, { bucket, prefix }: ResultPlace): MapRunError {
  return new MapRunError(
    "States.ResultWriterFailed",
    `The embedded Step Functions has no S3, so the ResultWriter of the Map '${mapName}' cannot write to s3://${bucket}/${prefix}. Mock it: start the ` +
      "execution with <state machine ARN>#<test case>, a test case of a mock configuration (`sfn-callback local --mock-config <file>`), " +
      "and its results are taken as written.",
  );
}

/** The Map's result where its results were written. */
export function writtenResult(mapRunArn: string, { bucket, prefix }: ResultPlace): Json {
  const id = mapRunArn.slice(mapRunArn.lastIndexOf(":") + 1);
  const folder = prefix === "" ? id : `${prefix}/${id}`;
  return { MapRunArn: mapRunArn, ResultWriterDetails: { Bucket: bucket, Key: `${folder}/manifest.json` } };
}

/**
 * The Map's result where its results are its output: the outputs; with a Transformation of FLATTEN the arrays among them taken apart, with NONE all that
 * is told of the executions. An unsuccessful one is told of in any case (all documented).
 */
export function transformedResults(writer: Json | undefined, results: readonly ChildResult[]): Payload {
  const { Transformation: transformation } = objectIn(writer, "WriterConfig");
  const told = results.map(({ output, record }) => (output === undefined || transformation === "NONE" ? Payload.of(record()) : output));
  return transformation === "FLATTEN" ? Payload.of(told.flatMap(({ value }) => value)) : Payload.array(told);
}
