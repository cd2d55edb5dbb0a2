import { type Context, createContext, Script } from "node:vm";
import { runtimeError } from "./asl-error.ts";

/** Enough for any honest pattern over a payload of AWS's size; the second time is for a machine that was busy with other things. */
const limitsMilliseconds = [100, 400];

const script = new Script("pattern.test(text)");
let sandbox: (Context & { pattern?: RegExp; text?: string }) | undefined;

/** Whether the pattern matches; throws AslError `States.Runtime` for one that takes too long (a regular expression can take for ever). */
export function matchesInTime(pattern: RegExp, text: string): boolean {
  sandbox ??= createContext({});
  sandbox.pattern = pattern;
  sandbox.text = text;
  for (const timeout of limitsMilliseconds) {
    try {
      return script.runInContext(sandbox, { timeout }) === true;
    } catch (error) {
      if ((error as { readonly code?: string }).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw error;
    }
  }
  throw runtimeError(`The regular expression ${pattern} takes too long.`);
}
