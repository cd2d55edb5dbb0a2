import { ApiError } from "./api-error.ts";

export interface TextLimits {
  readonly min?: number;
  readonly max?: number;
  readonly maxBytes?: number;
  readonly oneOf?: readonly string[];
  readonly pattern?: string;
  /** Marked so in the API's model; a breach does not quote the value (recorded for input and output). */
  readonly isSensitive?: boolean;
}

export interface NumberLimits {
  readonly least: number;
  readonly most: number;
}

export interface ListLimits {
  readonly min?: number;
  readonly max?: number;
  /** How AWS writes the list where it quotes it. */
  readonly quote?: (list: readonly unknown[]) => string;
}

type Members = Readonly<Record<string, unknown>>;

/** Reads the members of a request or of a structure in it, and collects the breaches of the API model's constraints in AWS's words. */
export class MemberReader {
  protected readonly members: Members;
  protected readonly breaches: string[];
  readonly #path: string;

  /** `path` leads to the structure, with a dot at its end; empty for the request itself. */
  constructor(members: Members, path: string, breaches: string[]) {
    this.members = members;
    this.breaches = breaches;
    this.#path = path;
  }

  /** Null counts as absent. */
  has(member: string): boolean {
    return (this.members[member] ?? null) !== null;
  }

  text(member: string, limits: TextLimits): string {
    if (!this.has(member)) this.#missing(member, limits.isSensitive);
    return this.optionalText(member, limits) ?? "";
  }

  optionalText(member: string, limits: TextLimits): string | undefined {
    const value = this.#optional(member, "string");
    if (value !== undefined) this.#checkText(member, value, limits);
    return value;
  }

  optionalFlag(member: string, otherwise = false): boolean {
    return this.#optional(member, "boolean") ?? otherwise;
  }

  optionalInteger(member: string, limits: NumberLimits): number | undefined {
    const value = this.optionalNumber(member, limits);
    if (value !== undefined && !Number.isInteger(value)) throw wrongType(this.#path + member, "an integer");
    return value;
  }

  optionalNumber(member: string, { least, most }: NumberLimits): number | undefined {
    const value = this.#optional(member, "number");
    if (value === undefined) return undefined;
    if (value < least) this.#breach(member, value, `Member must have value greater than or equal to ${least}`);
    if (value > most) this.#breach(member, value, `Member must have value less than or equal to ${most}`);
    return value;
  }

  /** A structure inside, or null where it is absent. */
  structure(member: string): MemberReader | null {
    const value = this.members[member] ?? null;
    return value === null ? null : this.#inside(value, member);
  }

  /** The structures in a list; undefined where it is absent. */
  structures(member: string, limits: ListLimits = {}): readonly MemberReader[] | undefined {
    return this.#list(member, limits)?.map((item, index) => this.#inside(item, `${member}.${index + 1}.member`));
  }

  /** The texts in a list; undefined where it is absent. */
  texts(member: string, limits: TextLimits): readonly string[] | undefined {
    return this.#list(member, {})?.map((item, index) => {
      const place = `${member}.${index + 1}.member`;
      if (typeof item !== "string") throw wrongType(this.#path + place, "a string");
      this.#checkText(place, item, limits);
      return item;
    });
  }

  /** Notes that a list, a structure or a flag that must be there is not. */
  require(member: string): void {
    if (!this.has(member)) this.#missing(member);
  }

  #list(member: string, { min, max, quote = JSON.stringify }: ListLimits): readonly unknown[] | undefined {
    const value = this.members[member] ?? undefined;
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) throw wrongType(this.#path + member, "a list");
    const list: readonly unknown[] = value;
    if (min !== undefined && list.length < min)
      this.#breach(member, quote(list), `Member must have length greater than or equal to ${min}`);
    if (max !== undefined && list.length > max) this.#breach(member, quote(list), `Member must have length less than or equal to ${max}`);
    return list;
  }

  #inside(value: unknown, place: string): MemberReader {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrongType(this.#path + place, "a structure");
    return new MemberReader(value as Members, `${this.#path}${place}.`, this.breaches);
  }

  #optional(member: string, type: "string"): string | undefined;
  #optional(member: string, type: "boolean"): boolean | undefined;
  #optional(member: string, type: "number"): number | undefined;
  #optional(member: string, type: string): unknown {
    const value = this.members[member] ?? undefined;
    if (value === undefined || typeof value === type) return value;
    throw wrongType(this.#path + member, `a ${type}`);
  }

  #checkText(member: string, value: string, { min, max, maxBytes, oneOf, pattern, isSensitive = false }: TextLimits): void {
    const breach = (constraint: string) => this.#breach(member, isSensitive ? null : value, constraint);
    if (min !== undefined && value.length < min) breach(`Member must have length greater than or equal to ${min}`);
    if (max !== undefined && value.length > max) breach(`Member must have length less than or equal to ${max}`);
    if (maxBytes !== undefined && Buffer.byteLength(value) > maxBytes) {
      breach(`Member must have size less than or equal to ${maxBytes} bytes in UTF-8 encoding`);
    }
    if (oneOf !== undefined && !oneOf.includes(value)) breach(`Member must satisfy enum value set: [${oneOf.join(", ")}]`);
    if (pattern !== undefined && !new RegExp(`^(?:${pattern})$`, "u").test(value))
      breach(`Member must satisfy regular expression pattern: ${pattern}`);
  }

  #missing(member: string, isSensitive = false): void {
    this.#note(member, isSensitive ? "" : " null", "Member must not be null");
  }

  /** `value` is null where it must not be quoted. */
  #breach(member: string, value: string | number | null, constraint: string): void {
    this.#note(member, value === null ? "" : ` '${value}'`, constraint);
  }

  #note(member: string, quoted: string, constraint: string): void {
    this.breaches.push(`Value${quoted} at '${this.#path}${member}' failed to satisfy constraint: ${constraint}`);
  }
}

function wrongType(place: string, wanted: string): ApiError {
  return new ApiError("SerializationException", `${place} must be ${wanted}`, "com.amazon.coral.service");
}
