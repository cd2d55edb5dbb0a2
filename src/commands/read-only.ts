import type { Environment } from "../context.ts";

/** Whether SFN_CALLBACK_READ_ONLY refuses everything that changes anything. */
export function isReadOnly(environment: Environment): boolean {
  const value = environment["SFN_CALLBACK_READ_ONLY"] ?? "";
  return value !== "" && value !== "0" && value !== "false";
}
