/** What a distributed Map allows of its items to fail; null where it does not say. */
export interface Tolerance {
  readonly toleratedFailureCount: number | null;
  readonly toleratedFailurePercentage: number | null;
}

/** How a Map fails of which more items failed than it tolerates (recorded). */
export const toleranceExceeded = {
  error: "States.ExceedToleratedFailureThreshold",
  cause: "The specified tolerated failure threshold was exceeded",
};

/** More items failed than the Map tolerates; without a limit none is tolerated (documented), and a limit of 0 is none (measured by others). */
export function isBeyondTolerance(
  { toleratedFailureCount: count, toleratedFailurePercentage: share }: Tolerance,
  failed: number,
  items: number,
) {
  if (failed === 0) return false;
  if (!count && !share) return true;
  return (!!count && failed > count) || (!!share && failed * 100 > share * items);
}
