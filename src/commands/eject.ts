import type { Context } from "../context.ts";
import { usageError } from "../errors.ts";
import type { EjectOptions } from "./deploy-example-options.ts";

export async function eject(_context: Context, _options: EjectOptions): Promise<number> {
  throw usageError("--eject is not built yet");
}
