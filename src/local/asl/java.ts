import { isJsonObject, type Json } from "./json.ts";

/*
 * What shows through of AWS's intrinsic functions being written in Java (all of it measured by others): how values are written as text, the
 * order in which a HashSet gives its items, and the numbers of a seeded Random.
 */

/** As Java writes a value, `[1, 2]` and `{a=1}`: no JSON. */
export function javaText(value: Json): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return `[${value.map(javaText).join(", ")}]`;
  if (!isJsonObject(value)) return String(value);
  return `{${Object.entries(value)
    .map(([key, member]) => `${key}=${javaText(member)}`)
    .join(", ")}}`;
}

/** The items, which must be different ones, in the order of a HashSet that was made of `count` items. */
export function hashSetOrder(items: readonly Json[], count: number): Json[] {
  let capacity = 16;
  while (capacity < count / 0.75 + 1) capacity *= 2;
  const bucketOf = (item: Json): number => {
    const hash = hashCode(item);
    return (hash ^ (hash >>> 16)) & (capacity - 1);
  };
  return [...items].sort((left, right) => bucketOf(left) - bucketOf(right));
}

function hashCode(value: Json): number {
  if (value === null) return 0;
  if (typeof value === "boolean") return value ? 1231 : 1237;
  if (typeof value === "number") return numberHash(value);
  if (typeof value === "string") return value.split("").reduce((hash, unit) => (Math.imul(hash, 31) + unit.charCodeAt(0)) | 0, 0);
  if (Array.isArray(value)) return value.reduce((hash: number, item) => (Math.imul(hash, 31) + hashCode(item)) | 0, 1);
  return Object.entries(value).reduce((hash, [key, member]) => (hash + (hashCode(key) ^ hashCode(member))) | 0, 0);
}

/** An Integer's, a Long's or a Double's. */
function numberHash(value: number): number {
  if (value === (value | 0)) return value;
  const bits = new DataView(new ArrayBuffer(8));
  if (Number.isInteger(value)) bits.setBigInt64(0, BigInt(value));
  else bits.setFloat64(0, value);
  return bits.getInt32(0) ^ bits.getInt32(4);
}

/** java.util.Random: its numbers follow from the seed, an integer. */
export class JavaRandom {
  static readonly #multiplier = 0x5deece66dn;
  #state: bigint;

  constructor(seed: number) {
    this.#state = BigInt.asUintN(48, BigInt(seed) ^ JavaRandom.#multiplier);
  }

  /** In [0, 1). */
  nextDouble(): number {
    return Number((this.#next(26n) << 27n) + this.#next(27n)) / 2 ** 53;
  }

  /** An integer in [0, `bound`); the bound is positive and less than 2^31. */
  nextInt(bound: number): number {
    if (Number.isInteger(Math.log2(bound))) return Number((BigInt(bound) * this.#next(31n)) >> 31n);
    for (;;) {
      const bits = Number(this.#next(31n));
      const value = bits % bound;
      if (bits - value + bound - 1 < 2 ** 31) return value;
    }
  }

  #next(bits: bigint): bigint {
    this.#state = BigInt.asUintN(48, this.#state * JavaRandom.#multiplier + 0xbn);
    return this.#state >> (48n - bits);
  }
}
