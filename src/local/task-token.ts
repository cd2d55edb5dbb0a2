import { createHash, timingSafeEqual } from "node:crypto";

/** The task that a token stands for. */
export interface TokenTarget {
  readonly executionId: number;
  /** The attempt's number in its execution; every attempt has its own, so every attempt has its own token. */
  readonly attempt: number;
}

/**
 * Makes and reads task tokens that look like AWS's (facts page 8: `AQC…`, `AAAAKgAAAAMAAAAA` inside, 648 to 712 characters).
 * A token names its task and is sealed with the file's secret, so it needs no table, is the same after a restart, and cannot be made up.
 */
export interface TokenMint {
  mint(target: TokenTarget): string;
  /** Null for a text that is no token of this file. */
  read(token: string): TokenTarget | null;
}

const head = "AQCEAAAAKgAAAAMAAAAA";
const sealBytes = 474;

export function createTokenMint(secret: Uint8Array): TokenMint {
  const mint = ({ executionId, attempt }: TokenTarget): string => {
    const target = Buffer.alloc(12);
    target.writeBigUInt64BE(BigInt(executionId));
    target.writeUInt32BE(attempt, 8);
    const seal = createHash("shake256", { outputLength: sealBytes }).update(secret).update(target).digest();
    const mask = seal.subarray(0, target.length);
    const hidden = target.map((byte, index) => byte ^ (mask[index] ?? 0));
    return head + Buffer.concat([seal, hidden]).toString("base64");
  };
  const read = (token: string): TokenTarget | null => {
    if (!token.startsWith(head)) return null;
    const bytes = Buffer.from(token.slice(head.length), "base64");
    if (bytes.length !== sealBytes + 12) return null;
    const target = Buffer.from(bytes.subarray(sealBytes).map((byte, index) => byte ^ (bytes[index] ?? 0)));
    const executionId = target.readBigUInt64BE();
    if (executionId > BigInt(Number.MAX_SAFE_INTEGER)) return null;
    const found = { executionId: Number(executionId), attempt: target.readUInt32BE(8) };
    const expected = Buffer.from(mint(found));
    const given = Buffer.from(token);
    return given.length === expected.length && timingSafeEqual(given, expected) ? found : null;
  };
  return { mint, read };
}
