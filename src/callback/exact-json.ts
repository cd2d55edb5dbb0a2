/** What Node's JSON has since version 22 and TypeScript's library does not know yet. */
interface ExactJson {
  parse(text: string, reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown): unknown;
  rawJSON(text: string): object;
  isRawJSON(value: unknown): boolean;
}

const exactJson = JSON as unknown as ExactJson;

/**
 * Parses JSON without loss: a number of more digits than a double holds, such as an id of 19 digits, stays the text it was written as, and
 * JSON.stringify writes it so again. Throws what JSON.parse throws.
 */
export function parseExactly(text: string): unknown {
  return exactJson.parse(text, (_, value, { source }) =>
    typeof value === "number" && source !== undefined && !isHeld(value, source) ? exactJson.rawJSON(source) : value,
  );
}

/** Whether it is a number that `parseExactly` kept as its text: an object to JavaScript, and not one in JSON. */
export function isExactNumber(value: unknown): boolean {
  return exactJson.isRawJSON(value);
}

/** Doubles tell all decimals of 15 digits apart. */
const heldDigits = 15;

function isHeld(value: number, source: string): boolean {
  if (!Number.isFinite(value)) return false;
  const digits = source
    .replace(/[eE].*$/, "")
    .replace(/[-.]/g, "")
    .replace(/^0+/, "");
  return digits.length <= heldDigits || String(value) === source;
}
