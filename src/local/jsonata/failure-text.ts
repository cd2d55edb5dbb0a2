/** How an evaluation fails, in the words that follow "The JSONata expression '…' specified for the field '…'" (published, measured on AWS by others). */
export const failureText = {
  nothing: "returned nothing (undefined).",
  /** A function or a regular expression (documented to fail; the words are inferred). */
  noJson: "returned an unsupported result type.",
  /** AWS adds an id of its own (reported by others). */
  internal: "threw an internal error during evaluation.",
  tooLarge: "threw an error during evaluation: Expression evaluation memory limit exceeded: Check for excessive memory usage",
  tooDeep:
    "threw an error during evaluation: Stack overflow error: Check for non-terminating recursive function. Consider rewriting as tail-recursive",
  /** The first sentence is JSONata's own for its bounded evaluation; AWS's is not recorded. */
  tooLong: (seconds: number) =>
    `threw an error during evaluation: Expression evaluation timeout: Check for infinite loop (it took longer than ${seconds} seconds)`,
  thrown: (code: string | undefined, message: string) =>
    `threw an error during evaluation${code === undefined ? "" : `. ${code}`}: ${message}`,
} as const;
