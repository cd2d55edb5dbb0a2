import { runtimeError } from "./asl-error.ts";
import { evaluateIntrinsic, type IntrinsicOptions } from "./intrinsics.ts";
import { isJsonObject, type Json, type JsonObject, setMember } from "./json.ts";
import { parsePath, readTemplatePath, type Scope } from "./json-path.ts";

const MAX_TEMPLATE_DEPTH = 500;

/**
 * The value of a Parameters, ResultSelector or ItemSelector template: a member whose name ends in `.$` loses that ending and takes the
 * value of its path (`$`, `$$`, `$name`) or intrinsic function. Throws AslError; a path that leads nowhere is `States.Runtime`, as on AWS.
 */
export function resolveTemplate(template: Json, input: Json, scope: Scope, options: IntrinsicOptions = {}): Json {
  const resolved = (part: Json, depth: number): Json => {
    if (depth > MAX_TEMPLATE_DEPTH) throw runtimeError("The payload template is nested too deeply.");
    if (Array.isArray(part)) return part.map((item) => resolved(item, depth + 1));
    if (!isJsonObject(part)) return part;
    const result: JsonObject = {};
    for (const [key, value] of Object.entries(part)) {
      if (key.endsWith(".$")) setMember(result, key.slice(0, -2), resolveField(key, value, input, scope, options));
      else setMember(result, key, resolved(value, depth + 1));
    }
    return result;
  };
  return resolved(template, 0);
}

function resolveField(key: string, value: Json, input: Json, scope: Scope, options: IntrinsicOptions): Json {
  if (typeof value === "string" && value.startsWith("$")) return readTemplatePath(parsePath(value), input, scope, key);
  if (typeof value === "string" && value.startsWith("States.")) return evaluateIntrinsic(value, input, scope, options);
  throw runtimeError(`The value for the field '${key}' must be a valid JSONPath or a valid intrinsic function call`);
}
