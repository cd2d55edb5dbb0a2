import { createHash } from "node:crypto";

/** Crockford's base32 in lower case: no i, l, o, u. */
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
const length = 10;

/** The short name of a task attempt: ten characters, the same on every machine, from a SHA-256 so that nobody can aim at another's. */
export function taskId(executionArn: string, eventId: number): string {
  const digest = createHash("sha256").update(`${executionArn}\n${eventId}`).digest();
  return Array.from(digest.subarray(0, length), (byte) => alphabet.charAt(byte & 31)).join("");
}
