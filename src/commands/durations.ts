import { usageError } from "../errors.ts";

const millisecondsPerUnit = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `90s`, `15m`, `6h`, `7d` in milliseconds; a usage error that names `option` for anything else. */
export function parseDuration(text: string, option: string): number {
  const match = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text.trim());
  const unit = match?.[2];
  const milliseconds = Number(match?.[1]) * (isUnit(unit) ? millisecondsPerUnit[unit] : Number.NaN);
  if (!Number.isSafeInteger(Math.round(milliseconds))) {
    throw usageError(`${option}: ${JSON.stringify(text)} is not a duration`, "durations are written 90s, 15m, 6h or 7d");
  }
  return Math.round(milliseconds);
}

const spanUnits = [
  ["d", millisecondsPerUnit.d, millisecondsPerUnit.h, "h"],
  ["h", millisecondsPerUnit.h, millisecondsPerUnit.m, "m"],
  ["m", millisecondsPerUnit.m, millisecondsPerUnit.s, "s"],
] as const;

/** A length of time in its two greatest units, rounded to the lesser: `7d`, `1d 12h`, `3h 5m`, `40s`. From ten of the greater, that alone. */
export function formatSpan(milliseconds: number): string {
  for (const [name, size, lesserSize, lesserName] of spanUnits) {
    // 59 minutes and 59.9 seconds is an hour: which unit is the greatest is decided after rounding.
    const exact = Math.round(milliseconds / lesserSize) * lesserSize;
    if (exact < size) continue;
    if (milliseconds >= 9.5 * size) return `${Math.round(milliseconds / size)}${name}`;
    const lesser = (exact % size) / lesserSize;
    return `${Math.floor(exact / size)}${name}${lesser === 0 ? "" : ` ${lesser}${lesserName}`}`;
  }
  return `${Math.max(0, Math.round(milliseconds / 1000))}s`;
}

function isUnit(unit: string | undefined): unit is keyof typeof millisecondsPerUnit {
  return unit !== undefined && unit in millisecondsPerUnit;
}
