import { usageError } from "../errors.ts";

const millisecondsPerUnit = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `90s`, `15m`, `6h`, `7d` in milliseconds; a usage error that names `option` for anything else. */
export function parseDuration(text: string, option: string): number {
  const match = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text.trim());
  const unit = match?.[2];
  const milliseconds = Number(match?.[1]) * (isUnit(unit) ? millisecondsPerUnit[unit] : Number.NaN);
  if (!Number.isSafeInteger(Math.round(milliseconds))) {
    throw usageError(`${option}: ${JSON.stringify(text)} is not a duration`, "Durations are written 90s, 15m, 6h or 7d.");
  }
  return Math.round(milliseconds);
}

function isUnit(unit: string | undefined): unit is keyof typeof millisecondsPerUnit {
  return unit !== undefined && unit in millisecondsPerUnit;
}
