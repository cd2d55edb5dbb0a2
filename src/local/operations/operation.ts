import { ApiError, validationError } from "../api-error.ts";
import type { Engine } from "../engine.ts";
import type { RequestReader } from "../request-reader.ts";

/** One function per API operation. `signal` is aborted when the client is gone. */
export type Operation = (engine: Engine, request: RequestReader, signal: AbortSignal) => object | Promise<object>;

export type Operations = Readonly<Record<string, Operation>>;

export const maxPayloadBytes = 262_144;

/** Refuses an ARN of another resource than the operation is about. */
export function checkResource(arn: string, kind: string): void {
  const parts = arn.split(":");
  if (/^arn:aws[\w-]*:states:[\w-]+:\d{12}:/.test(arn) && parts[5] === kind && parts.length > 6) return;
  throw new ApiError("InvalidArn", `Invalid Arn: 'Resource type not valid in this context: ${parts[5] ?? ""}'`);
}

/** Names of machines, executions and activities (facts page 3). */
export function checkName(name: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: AWS refuses them in names, so they are looked for
  if (/[\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f]/.test(name)) throw new ApiError("InvalidName", `Invalid Name: '${name}'`);
}

export function unsupported(what: string): ApiError {
  return validationError([`the embedded Step Functions does not support ${what} yet`]);
}

/** Instants are epoch seconds on the wire (facts page 1, recorded). */
export function seconds(milliseconds: number): number {
  return milliseconds / 1000;
}

/** AWS leaves absent values out; it never writes null (facts page 1, recorded). */
export function present(reply: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(reply).filter(([, value]) => value !== null));
}

export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

export function given(reason: { error: string | undefined; cause: string | undefined }): { error?: string; cause?: string } {
  return { ...(reason.error === undefined ? {} : { error: reason.error }), ...(reason.cause === undefined ? {} : { cause: reason.cause }) };
}
