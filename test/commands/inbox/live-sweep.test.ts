import { expect, it } from "vitest";
import { restAfter, restOnAws, restOnLocal } from "../../../src/commands/inbox/live-sweep.ts";

it.each([
  ["on AWS, something changed", restOnAws, 0, 100, 5000],
  ["on AWS, nothing changed twice", restOnAws, 2, 100, 11_250],
  ["on AWS, nothing changed for long", restOnAws, 50, 100, 60_000],
  ["on AWS, where a look takes long by the quotas", restOnAws, 0, 500_000, 500_000],
  ["on local, something changed", restOnLocal, 0, 20, 1000],
  ["on local, nothing changed for long", restOnLocal, 50, 20, 2000],
])("%s: the rest before the next look", (_what, rest, unchanged, lookMilliseconds, expected) => {
  expect(restAfter(rest, unchanged, lookMilliseconds)).toBe(expected);
});
