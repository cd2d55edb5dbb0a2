import { usageError } from "../errors.ts";

/** What a JMESPath expression makes of a JSON value (null where it finds nothing). A usage error where it cannot be applied to it. */
export async function applyQuery(query: string, json: unknown): Promise<unknown> {
  const { search } = await import("@aws-lambda-powertools/jmespath");
  try {
    // The library's own JSONValue type stops at JSON; `json` is what JSON.parse gave.
    return search(query, json as Parameters<typeof search>[1]) ?? null;
  } catch (error) {
    throw usageError(
      `--query cannot be applied to the result: ${reasonOf(error)}`,
      "the command was carried out; --json prints all of its result",
    );
  }
}

/** Throws the usage error for an expression that cannot be parsed, so that a command is refused before it acts. */
export async function checkQuery(query: string): Promise<void> {
  const { search, EmptyExpressionError, IncompleteExpressionError, LexerError, ParseError, UnknownFunctionError } = await import(
    "@aws-lambda-powertools/jmespath"
  );
  try {
    search(query, null);
  } catch (error) {
    // Type errors come from the null it is tried on; the real document may well satisfy them.
    const syntaxErrors = [EmptyExpressionError, IncompleteExpressionError, LexerError, ParseError, UnknownFunctionError];
    if (!syntaxErrors.some((kind) => error instanceof kind)) return;
    throw usageError(`--query is not a valid JMESPath expression: ${reasonOf(error)}`, "see https://jmespath.org for the syntax");
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
