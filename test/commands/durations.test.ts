import { describe, expect, it } from "vitest";
import { formatSpan } from "../../src/commands/durations.ts";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

describe("a length of time", () => {
  it.each([
    [0, "0s"],
    [-5 * second, "0s"],
    [40 * second, "40s"],
    [59.7 * second, "1m"],
    [90 * second, "1m 30s"],
    [12 * minute + 20 * second, "12m"],
    [59.8 * minute, "1h"],
    [3 * hour + 5 * minute, "3h 5m"],
    [23.7 * hour, "1d"],
    [36 * hour, "1d 12h"],
    [7 * day - 3 * second, "7d"],
    [6 * day + 20 * hour, "6d 20h"],
    [30.4 * day, "30d"],
  ])("of %d ms is written %s", (milliseconds, text) => {
    expect(formatSpan(milliseconds)).toBe(text);
  });
});
