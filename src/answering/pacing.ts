import type { Clock, Place } from "../context.ts";
import { createPacer, type Pacer, unpaced } from "../sweep/pacing.ts";

/** Of AWS's quotas, which production shares. */
export const defaultRateShare = 0.5;

/** How a sweep of this place is paced: within a share of AWS's quotas; not at all where none are kept, unless a share is asked for. */
export function pacerFor(place: Place, clock: Clock, share?: number): Pacer {
  const hasNoQuotas = place.kind === "local" || (place.kind === "endpoint" && isLoopback(place.endpointUrl));
  return hasNoQuotas && share === undefined ? unpaced : createPacer(place.region, share ?? defaultRateShare, clock);
}

function isLoopback(url: string): boolean {
  return /^https?:\/\/(localhost|127(\.\d+){3}|\[::1\])(:\d+)?(\/|$)/i.test(url);
}
