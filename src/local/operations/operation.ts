import { ApiError } from "../api-error.ts";
import type { Engine } from "../engine.ts";
import type { RequestReader } from "../request-reader.ts";

/** One function per API operation. `signal` is aborted when the client is gone. */
export type Operation = (engine: Engine, request: RequestReader, signal: AbortSignal) => object | Promise<object>;

export type Operations = Readonly<Record<string, Operation>>;

export const maxPayloadBytes = 262_144;

/** Names of machines, executions and activities (facts page 3). */
export function checkName(name: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: AWS refuses them in names, so they are looked for
  const forbidden = /[\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f\ufffe\uffff]|\p{Surrogate}/u;
  if (forbidden.test(name)) throw new ApiError("InvalidName", `Invalid Name: '${name}'`);
}

/** A ValidationException of the operation itself, not of the model's constraints. */
export function invalid(message: string): ApiError {
  return new ApiError("ValidationException", message);
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
