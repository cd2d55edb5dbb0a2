import { type Context, createContext, Script } from "node:vm";
import { runtimeError } from "./asl-error.ts";

/** Far more than any honest pattern takes over a payload of AWS's size, on a machine that is busy with other things as well. */
const limitMilliseconds = 1_000;

const script = new Script("pattern.test(text)");
let sandbox: (Context & { pattern?: RegExp; text?: string }) | undefined;

/** Whether the pattern matches; throws AslError `States.Runtime` for one that takes too long (a regular expression can take for ever). */
export function matchesInTime(pattern: RegExp, text: string): boolean {
  sandbox ??= createContext({});
  sandbox.pattern = pattern;
  sandbox.text = text;
  try {
    return script.runInContext(sandbox, { timeout: limitMilliseconds }) === true;
  } catch (error) {
    if ((error as { readonly code?: string }).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw error;
    throw runtimeError(`The regular expression ${pattern} took longer than ${limitMilliseconds} milliseconds.`);
  }
}
