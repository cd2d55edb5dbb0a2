import { type Json, jsonText } from "./json.ts";
import type { ItemBatcher } from "./state-data.ts";

/** Child inputs `{"BatchInput": …, "Items": […]}` (in this order: recorded), each as full as the limits allow; an item over the byte limit is a batch of its own. */
export function batches(
  items: readonly Json[],
  { maxItems, maxBytes, batchInput }: ItemBatcher,
): readonly { readonly input: Json; readonly items: number }[] {
  const made: Json[][] = [];
  const overhead = batchInput === null ? 12 : jsonText(batchInput).length + 28;
  let current: Json[] = [];
  let bytes = overhead;
  for (const item of items) {
    const size = Buffer.byteLength(jsonText(item)) + 1;
    const isFull = current.length >= (maxItems ?? Number.POSITIVE_INFINITY) || bytes + size > (maxBytes ?? Number.POSITIVE_INFINITY);
    if (current.length > 0 && isFull) {
      made.push(current);
      current = [];
      bytes = overhead;
    }
    current.push(item);
    bytes += size;
  }
  if (current.length > 0) made.push(current);
  return made.map((batch) => ({
    input: { ...(batchInput === null ? {} : { BatchInput: batchInput }), Items: batch },
    items: batch.length,
  }));
}
