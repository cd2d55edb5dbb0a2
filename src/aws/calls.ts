import type { SFNClient } from "@aws-sdk/client-sfn";
import type { CliError } from "../errors.ts";
import { isClockPutRight, isThrottling, isTransient, toCliError } from "./errors.ts";
import type { Pace } from "./step-functions.ts";
import type { Wire } from "./wire.ts";

/** How many calls were made and how many were refused for their rate, by operation. */
export interface Counts {
  readonly calls: Record<string, number>;
  readonly throttles: Record<string, number>;
}

/** What a call is for, in words, and the resource that it is about, whose ARN ends the words. */
export interface Attempt {
  readonly to: string;
  readonly of: string | null;
}

/** Makes one call of an operation; a CliError where it fails. */
export type Call = <Reply>(
  operation: string,
  attempt: Attempt,
  request: (client: SFNClient, options: CallOptions) => Promise<Reply>,
) => Promise<Reply>;

interface CallOptions {
  readonly abortSignal?: AbortSignal;
}

/** Calls that are tried again as the client does. */
export function plainCalls(client: () => SFNClient, wire: Wire, { calls }: Counts): Call {
  return async (operation, attempt, request) => {
    count(calls, operation);
    try {
      return await request(client(), {});
    } catch (error) {
      throw failed(error, operation, attempt, wire);
    }
  };
}

/** How often a paced call is made at most: throttled, each time later; or failed on the way or within AWS. */
const pacedAttempts = { throttled: 12, failed: 4 };

/** Calls that are held to a pace and tried again within it, by a client that does not; ended by the signal. */
export function pacedCalls(
  client: () => SFNClient,
  wire: Wire,
  { calls, throttles }: Counts,
  pace: Pace,
  signal: AbortSignal | undefined,
): Call {
  return async (operation, attempt, request) => {
    const left = { ...pacedAttempts };
    for (;;) {
      await pace.take(operation, signal);
      count(calls, operation);
      try {
        return await request(client(), signal === undefined ? {} : { abortSignal: signal });
      } catch (error) {
        signal?.throwIfAborted();
        const kind = isThrottling(error) ? "throttled" : isTransient(error) || isClockPutRight(error) ? "failed" : null;
        if (kind === "throttled") {
          count(throttles, operation);
          pace.throttled(operation);
        }
        if (kind !== null) left[kind] -= 1;
        if (kind === null || left[kind] === 0) throw failed(error, operation, attempt, wire);
        await pace.pause(pacedAttempts[kind] - left[kind], signal);
      }
    }
  };
}

/** The failure of a call in words. */
export function failed(error: unknown, operation: string, { to, of }: Attempt, wire: Wire): CliError {
  return toCliError(error, of === null ? to : `${to} ${of}`, wire.endpoint(), { action: `states:${operation}`, resource: of });
}

/** Counts one call more. */
export function count(counts: Record<string, number>, operation: string): void {
  counts[operation] = (counts[operation] ?? 0) + 1;
}

/** All pages of a listing; each page is asked for only when the one before is used up. */
export async function* pages<Page extends { nextToken?: string | undefined }>(
  call: Call,
  operation: string,
  attempt: Attempt,
  request: (client: SFNClient, options: CallOptions, nextToken: string | undefined) => Promise<Page>,
): AsyncGenerator<Page> {
  let nextToken: string | undefined;
  do {
    const token = nextToken;
    const page = await call(operation, attempt, (client, options) => request(client, options, token));
    yield page;
    nextToken = page.nextToken;
  } while (nextToken !== undefined && nextToken !== "");
}
