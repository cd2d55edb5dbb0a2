import type { MiddlewareStack } from "@smithy/types";
import { isThrottling } from "./errors.ts";

/** What is seen of the requests and replies themselves, below the SDK's operations. */
export interface Wire {
  /** Watches all requests of this client from now on; gives it back. */
  watch<Input extends object, Output extends object, Client>(client: Client & Watched<Input, Output>): Client;
  /** Where the last request went, as `https://host`, or null where none has gone out. */
  endpoint(): string | null;
  /** Whether this error came after the request was handed to the network, as opposed to signing or credentials. */
  reached(error: unknown): boolean;
  /** The clock shifted by the skew seen in the last reply's Date header, which counts whole seconds: less than 2 s is not a skew. */
  now(): Date;
}

/** A client of any AWS service, as far as it is watched. */
interface Watched<Input extends object, Output extends object> {
  readonly middlewareStack: MiddlewareStack<Input, Output>;
}

const smallestSkewMilliseconds = 2000;

interface WireRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
}

/** A wire that watches nothing yet. */
export function watchWire(clock: { now(): Date }): Wire {
  let endpoint: string | null = null;
  let skewMilliseconds = 0;
  const failures = new WeakSet<object>();

  function noteDate(response: unknown): void {
    const date = dateHeader(response);
    if (date !== null) {
      const seen = date.getTime() - clock.now().getTime();
      skewMilliseconds = Math.abs(seen) < smallestSkewMilliseconds ? 0 : seen;
    }
  }

  function watch<Input extends object, Output extends object, Client>(client: Client & Watched<Input, Output>): Client {
    client.middlewareStack.add(
      (next) => async (args) => {
        // The wire: the SDK types a request as unknown here.
        const { protocol, hostname, port } = args.request as WireRequest;
        endpoint = `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}`;
        try {
          const result = await next(args);
          noteDate(result.response);
          return result;
        } catch (error) {
          if (typeof error === "object" && error !== null) {
            failures.add(error);
            // The SDK's list of throttling errors lacks that of KMS; this is how an error asks to be tried again.
            if (isThrottling(error)) Object.assign(error, { $retryable: { throttling: true } });
            noteDate((error as { $response?: unknown }).$response);
          }
          throw error;
        }
      },
      { step: "deserialize", priority: "high", name: "sfnCallbackWire" },
    );
    return client;
  }

  return {
    watch,
    endpoint: () => endpoint,
    reached: (error) => typeof error === "object" && error !== null && failures.has(error),
    now: () => new Date(clock.now().getTime() + skewMilliseconds),
  };
}

function dateHeader(response: unknown): Date | null {
  const text = (response as { headers?: Record<string, string | undefined> } | undefined)?.headers?.["date"];
  const date = text === undefined ? null : new Date(text);
  return date === null || Number.isNaN(date.getTime()) ? null : date;
}
