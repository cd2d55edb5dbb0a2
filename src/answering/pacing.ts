import type { Clock, Place } from "../context.ts";
import { createLazyPacer, createPacer, type Pacer } from "../sweep/pacing.ts";

/** Of AWS's quotas, which production shares. */
export const defaultRateShare = 0.5;

/** How a sweep of this place is paced: within a share of AWS's quotas; where none need be kept, only once throttled, unless a share is asked for. */
export function pacerFor(place: Place, clock: Clock, share?: number): Pacer {
  const needsNone = place.kind === "local" || (place.kind === "endpoint" && isLoopback(place.endpointUrl));
  return needsNone && share === undefined
    ? createLazyPacer(place.region, clock)
    : createPacer(place.region, share ?? defaultRateShare, clock);
}

function isLoopback(url: string): boolean {
  return /^https?:\/\/(localhost|127(\.\d+){3}|\[::1\])(:\d+)?(\/|$)/i.test(url);
}
