import { ApiError, validationError } from "./api-error.ts";

interface TextLimits {
  readonly min?: number;
  readonly max?: number;
  readonly maxBytes?: number;
  readonly oneOf?: readonly string[];
}

/** A page of a listing. The next token is the offset, sealed with the listing it belongs to, so that a foreign one is refused. */
export interface Page {
  readonly size: number;
  readonly offset: number;
  /** `found` is how many rows there were, asked for with one more than the page holds. */
  next(found: number): { readonly nextToken?: string };
}

/**
 * Reads a request's members and collects the breaches of the API model's constraints; `done` throws them all as one
 * ValidationException, worded as AWS words them (facts page 1, recorded).
 */
export class RequestReader {
  readonly #operation: string;
  readonly #members: Readonly<Record<string, unknown>>;
  readonly #breaches: string[] = [];

  constructor(operation: string, members: Readonly<Record<string, unknown>>) {
    this.#operation = operation;
    this.#members = members;
  }

  /** To be called after the last member is read. */
  done(): void {
    if (this.#breaches.length > 0) throw validationError(this.#breaches);
  }

  text(member: string, limits: TextLimits): string {
    const value = this.optionalText(member, limits);
    if (value === undefined && (this.#members[member] ?? null) === null) this.#breach(member, "Member must not be null");
    return value ?? "";
  }

  optionalText(member: string, { min, max, maxBytes, oneOf }: TextLimits): string | undefined {
    const value = this.#members[member] ?? undefined;
    if (value === undefined) return undefined;
    if (typeof value !== "string") throw new ApiError("SerializationException", `${member} must be a string`, "com.amazon.coral.service");
    if (min !== undefined && value.length < min) this.#breach(member, `Member must have length greater than or equal to ${min}`);
    if (max !== undefined && value.length > max) this.#breach(member, `Member must have length less than or equal to ${max}`);
    if (maxBytes !== undefined && Buffer.byteLength(value) > maxBytes) {
      this.#breach(member, `Member must have size less than or equal to ${maxBytes} bytes in UTF-8 encoding`);
    }
    if (oneOf !== undefined && !oneOf.includes(value)) this.#breach(member, `Member must satisfy enum value set: [${oneOf.join(", ")}]`);
    return value;
  }

  optionalFlag(member: string, otherwise = false): boolean {
    const value = this.#members[member] ?? otherwise;
    if (typeof value !== "boolean") throw new ApiError("SerializationException", `${member} must be a boolean`, "com.amazon.coral.service");
    return value;
  }

  optionalInteger(member: string, least: number, most: number): number | undefined {
    const value = this.#members[member] ?? undefined;
    if (value === undefined) return undefined;
    if (Number.isInteger(value)) return this.optionalNumber(member, least, most);
    this.#breach(member, `Member must have value between ${least} and ${most}`);
    return undefined;
  }

  optionalNumber(member: string, least: number, most: number): number | undefined {
    const value = this.#members[member] ?? undefined;
    if (value === undefined) return undefined;
    if (typeof value === "number" && value >= least && value <= most) return value;
    this.#breach(member, `Member must have value between ${least} and ${most}`);
    return undefined;
  }

  /** An ARN's shape is checked before all else (facts page 2.2, recorded). */
  arn(member: string): string {
    const value = this.text(member, { min: 1, max: 2000 });
    if (value !== "" && !value.startsWith("arn:"))
      throw new ApiError("InvalidArn", `Invalid Arn: 'Invalid ARN prefix: ${value.split(":")[0]}'`);
    return value;
  }

  optionalArn(member: string): string | undefined {
    return (this.#members[member] ?? null) === null ? undefined : this.arn(member);
  }

  taskToken(): string {
    return this.text("taskToken", { min: 1, max: 2048 });
  }

  page(): Page {
    const asked = this.#members["maxResults"] ?? 0;
    if (typeof asked !== "number" || !Number.isInteger(asked) || asked < 0 || asked > 1000) {
      this.#breach("maxResults", "Member must have value between 0 and 1000");
      return { size: 100, offset: 0, next: () => ({}) };
    }
    const size = asked === 0 ? 100 : asked;
    const listing = this.#listing();
    const offset = readNextToken(this.optionalText("nextToken", { min: 1, max: 3096 }), listing);
    return { size, offset, next: (found) => (found > size ? { nextToken: writeNextToken(offset + size, listing) } : {}) };
  }

  /** What must stay the same from page to page: everything but the token and the page's size. */
  #listing(): string {
    const { nextToken: _token, maxResults: _size, ...rest } = this.#members;
    return JSON.stringify([this.#operation, Object.entries(rest).sort(([left], [right]) => (left < right ? -1 : 1))]);
  }

  #breach(member: string, constraint: string): void {
    this.#breaches.push(`Value at '${member}' failed to satisfy constraint: ${constraint}`);
  }
}

function writeNextToken(offset: number, listing: string): string {
  return Buffer.from(JSON.stringify([offset, listing])).toString("base64");
}

function readNextToken(token: string | undefined, listing: string): number {
  if (token === undefined) return 0;
  try {
    const [offset, of] = JSON.parse(Buffer.from(token, "base64").toString()) as [unknown, unknown];
    if (typeof offset === "number" && Number.isSafeInteger(offset) && offset >= 0 && of === listing) return offset;
  } catch {
    // Falls through to the refusal.
  }
  throw new ApiError("InvalidToken", "Invalid Token: 'Invalid token'");
}
