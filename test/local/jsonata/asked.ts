import type { JsonataEvaluator, JsonataRequest } from "../../../src/local/jsonata/evaluator.ts";

/** One expression as a whole field `Output`: its value, or its cause from the words after the field's name on. */
export async function asked(evaluator: JsonataEvaluator, expression: string, given: Partial<JsonataRequest> = {}): Promise<unknown> {
  const reply = await evaluator.evaluate({
    fields: [["Output", `{% ${expression} %}`]],
    states: { input: {}, context: {} },
    variables: {},
    at: 0,
    ...given,
  });
  if ("values" in reply) return reply.values[0];
  const before = `The JSONata expression '${expression}' specified for the field 'Output' `;
  if (!reply.cause.startsWith(before)) throw new Error(`another beginning: ${reply.cause}`);
  return { fails: reply.cause.slice(before.length) };
}

/** A failure as JSONata itself throws it. */
export function thrown(message: string): { readonly fails: string } {
  return { fails: `threw an error during evaluation. ${message}` };
}

export const nothing = { fails: "returned nothing (undefined)." };
export const tooLarge = {
  fails: "threw an error during evaluation: Expression evaluation memory limit exceeded: Check for excessive memory usage",
};
export const tooDeep = {
  fails:
    "threw an error during evaluation: Stack overflow error: Check for non-terminating recursive function. Consider rewriting as tail-recursive",
};
