import type { Clock, Place } from "../context.ts";
import { createLazyPacer, createPacer, type Pacer } from "../sweep/pacing.ts";

/** Of AWS's quotas, which production shares. */
const defaultRateShare = 0.5;

/** How a sweep of this place is paced: within a share of AWS's quotas; where none need be kept, only once throttled, unless a share is asked for. */
export function pacerFor(place: Place, clock: Clock, share?: number): Pacer {
  return hasQuotas(place) || share !== undefined
    ? createPacer(place.region, share ?? defaultRateShare, clock)
    : createLazyPacer(place.region, clock);
}

/** Whether others need the API quotas of a place, too: an endpoint elsewhere may be AWS's own in a VPC. */
export function hasQuotas(place: Place): boolean {
  return place.kind === "aws" || (place.kind === "endpoint" && !isLoopback(place.endpointUrl));
}

function isLoopback(url: string): boolean {
  return /^https?:\/\/(localhost|127(\.\d+){3}|\[::1\])(:\d+)?(\/|$)/i.test(url);
}
