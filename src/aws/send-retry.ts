import { StandardRetryStrategy } from "@smithy/core/retry";
import type { RetryErrorInfo, StandardRetryToken } from "@smithy/types";
import { connectionNeverMade, isClockPutRight, isThrottling } from "./errors.ts";

/**
 * Tries again only where AWS has certainly not applied the call: it was throttled, refused for this computer's clock, or the connection was refused before
 * anything was sent. An answer to a task is not idempotent (facts page 2.1), so a timeout, a reset or a 5xx is never sent a second time.
 */
export class SendRetryStrategy extends StandardRetryStrategy {
  override async refreshRetryTokenForRetry(token: StandardRetryToken, errorInfo: RetryErrorInfo): Promise<StandardRetryToken> {
    if (isThrottling(errorInfo.error)) {
      return super.refreshRetryTokenForRetry(token, { ...errorInfo, errorType: "THROTTLING" });
    }
    if (connectionNeverMade(errorInfo.error) || isClockPutRight(errorInfo.error)) {
      return super.refreshRetryTokenForRetry(token, { ...errorInfo, errorType: "TRANSIENT" });
    }
    // The SDK's middleware takes any refusal of a token as "do not retry" and throws what the call itself failed with.
    throw new Error("an answer is not sent again once AWS may have seen it");
  }
}
