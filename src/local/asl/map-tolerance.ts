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

/** More items failed than the Map tolerates; without a limit none is tolerated (documented). */
export function isBeyondTolerance(
  { toleratedFailureCount: count, toleratedFailurePercentage: share }: Tolerance,
  failed: number,
  items: number,
) {
  if (failed === 0) return false;
  if (count === null && share === null) return true;
  return (count !== null && failed > count) || (share !== null && (failed * 100) / items > share);
}
