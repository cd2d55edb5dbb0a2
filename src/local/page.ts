import { createHmac, timingSafeEqual } from "node:crypto";
import { ApiError } from "./api-error.ts";

/** What next tokens are sealed with: the file's secret, and the file's time in epoch milliseconds. */
export interface PageSeal {
  readonly secret: Uint8Array;
  now(): number;
}

/** Where a row stands in its listing: the values that the listing is ordered by. */
export type Position = readonly (string | number)[];

/** A page of a listing. Its rows are those after a position, so that rows that come or go meanwhile shift nothing. */
export interface Page {
  readonly size: number;
  /** Null for the first page. To be read after the request's `done`. */
  readonly after: Position | null;
  /** Cuts the page off the rows found, which were asked for with one more than it holds, where nothing else is said of `hasMore`. */
  cut<Row>(
    found: readonly Row[],
    positionOf: (row: Row) => Position,
    hasMore?: boolean,
  ): { readonly rows: readonly Row[]; readonly nextToken?: string };
}

/** A token is good for this long (documented). */
const tokenMilliseconds = 24 * 3_600_000;
const sealBytes = 16;

/**
 * Reads and writes next tokens: a position and the time it was given out, sealed with the listing it belongs to. A foreign, forged or expired
 * one is InvalidToken (documented; message recorded).
 */
export class PageReader implements Page {
  readonly size: number;
  readonly #token: string | undefined;
  readonly #listing: string;
  readonly #seal: PageSeal;
  #after: Position | null = null;

  constructor(size: number, token: string | undefined, listing: string, seal: PageSeal) {
    this.size = size;
    this.#token = token;
    this.#listing = listing;
    this.#seal = seal;
  }

  get after(): Position | null {
    return this.#after;
  }

  check(): void {
    if (this.#token === undefined) return;
    const bytes = Buffer.from(this.#token, "base64");
    const [seal, content] = [bytes.subarray(0, sealBytes), bytes.subarray(sealBytes).toString()];
    const refusal = new ApiError("InvalidToken", "Invalid Token: 'Invalid token'");
    if (seal.length !== sealBytes || !timingSafeEqual(seal, this.#sealOf(content))) throw refusal;
    const { issuedAt, position } = JSON.parse(content) as { issuedAt: number; position: Position };
    if (this.#seal.now() - issuedAt > tokenMilliseconds) throw refusal;
    this.#after = position;
  }

  cut<Row>(
    found: readonly Row[],
    positionOf: (row: Row) => Position,
    hasMore = found.length > this.size,
  ): { readonly rows: readonly Row[]; readonly nextToken?: string } {
    const rows = found.slice(0, this.size);
    const last = rows.at(-1);
    return hasMore && last !== undefined ? { rows, nextToken: this.#write(positionOf(last)) } : { rows };
  }

  #write(position: Position): string {
    const content = JSON.stringify({ issuedAt: this.#seal.now(), position });
    return Buffer.concat([this.#sealOf(content), Buffer.from(content)]).toString("base64");
  }

  #sealOf(content: string): Buffer {
    const text = JSON.stringify([this.#listing, content]);
    return createHmac("sha256", this.#seal.secret).update(text).digest().subarray(0, sealBytes);
  }
}
