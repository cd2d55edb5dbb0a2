import type { JsonObject } from "../json.ts";
import type { Findings } from "./findings.ts";
import { checkString } from "./values.ts";

/** The two types of state machine. The children of a distributed Map have one of their own. */
export type MachineType = "STANDARD" | "EXPRESS";

/** Integrations without the pattern: documented, and measured for each whole service; what each single action can do is not checked. */
const withoutSync = new Set(["lambda", "sns", "sqs", "dynamodb", "events", "apigateway", "aws-sdk", "bedrock-agentcore", "http"]);
const withoutCallback = new Set([
  ...["athena", "batch", "codebuild", "elasticmapreduce", "emr-containers", "emr-serverless", "glue", "databrew", "mediaconvert"],
  ...["sagemaker", "dynamodb", "bedrock-agentcore"],
]);

const anyAction = null;

/** The optimized integrations with their actions (documented); of those with many, which change, any action is taken. */
const actions: Readonly<Record<string, readonly string[] | null>> = {
  apigateway: ["invoke"],
  athena: anyAction,
  batch: ["submitJob"],
  bedrock: anyAction,
  "bedrock-agentcore": anyAction,
  codebuild: anyAction,
  databrew: ["startJobRun"],
  dynamodb: ["getItem", "putItem", "updateItem", "deleteItem"],
  ecs: ["runTask"],
  eks: anyAction,
  elasticmapreduce: anyAction,
  "emr-containers": anyAction,
  "emr-serverless": anyAction,
  events: ["putEvents"],
  glue: ["startJobRun"],
  http: ["invoke"],
  lambda: ["invoke"],
  mediaconvert: ["createJob"],
  s3: anyAction,
  sagemaker: anyAction,
  sns: ["publish"],
  sqs: ["sendMessage"],
  states: ["startExecution"],
};

/**
 * Checks a Task's Resource: an ARN (of a Lambda function, an activity or another service's task), or a service integration with a pattern
 * that the service has; for Express none that waits. AWS says SCHEMA_VALIDATION_FAILED for all of these, never INVALID_RESOURCE.
 */
export function checkResource(findings: Findings, task: JsonObject, at: string, type: MachineType): void {
  const resource = task["Resource"];
  const place = `${at}/Resource`;
  if (!checkString(findings, task, "Resource", at) || typeof resource !== "string") return;
  if (!/^arn:[\w-]+:[\w-]+:[^:]*:[^:]*:.+/.test(resource)) return findings.schema("Value is not a valid resource ARN", place);
  if (/^arn:[\w-]+:states:[^:]+:[^:]+:activity:/.test(resource)) {
    if (type === "EXPRESS") findings.schema("Express state machine does not support Activity ARN", place);
    if (task["Credentials"] !== undefined) findings.schema("The field 'Credentials' is not supported for activities", `${at}/Credentials`);
    return;
  }
  const [, service, action = "", pattern] = /^arn:[\w-]+:states:[^:]*:[^:]*:([\w-]+):([^.]+)(?:\.(.*))?$/.exec(resource) ?? [];
  if (service === undefined) {
    if (/^arn:[\w-]+:states:::/.test(resource)) findings.schema("Value is not a valid resource ARN", place);
    return;
  }
  if (!hasAction(service, action) || !hasPattern(service, pattern))
    return findings.schema(
      `The resource provided ${resource} is not recognized. The value is not a valid resource ARN, or the resource is not available in this region.`,
      place,
    );
  // The blank at the end is AWS's (recorded).
  if (type === "EXPRESS" && pattern !== undefined)
    findings.schema(`Express state machine does not support '.${pattern.replace(":2", "")}' service integration `, place);
}

/** Which operations an SDK integration has is not checked, only how it is named: `<service>:<action>` in lower camel case (documented). */
function hasAction(service: string, action: string): boolean {
  if (service === "aws-sdk") return /^[a-z\d]+:[a-z]\w*$/.test(action);
  const known = Object.hasOwn(actions, service) ? actions[service] : [];
  return known === anyAction || known?.includes(action) === true;
}

function hasPattern(service: string, pattern: string | undefined): boolean {
  switch (pattern) {
    case undefined:
      return true;
    case "sync":
      return !withoutSync.has(service);
    case "sync:2":
      return service === "states";
    default:
      return pattern === "waitForTaskToken" && !withoutCallback.has(service);
  }
}
