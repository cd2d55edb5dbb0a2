import { isIP } from "node:net";
import { hostname } from "node:os";

/** The names of this machine itself. `sync-` is what the SDK puts before the host of TestState and StartSyncExecution (facts page 1, observed). */
const own = ["127.0.0.1", "localhost", "[::1]", "sync-127.0.0.1", "sync-localhost"];

/** Says which Host and Origin headers are answered: a page in a browser must not get in, by rebinding a name or from a foreign origin. */
export class HostGuard {
  readonly #names: ReadonlySet<string>;
  readonly #isEverywhere: boolean;

  /** `listenHost` is the name or address listened on, `allowed` are further names that clients use. */
  constructor(listenHost: string, allowed: readonly string[]) {
    this.#isEverywhere = isWildcard(listenHost);
    const names = [...own, listenHost, ...(this.#isEverywhere ? [hostname()] : []), ...allowed];
    this.#names = new Set(names.map((name) => hostInUrl(name).toLowerCase()));
  }

  allowsHost(host: string | undefined): boolean {
    const [, name = ""] = /^(\[[\da-f:.]+\]|[^:[\]]+)(?::\d+)?$/i.exec(host ?? "") ?? [];
    if (this.#names.has(name.toLowerCase())) return true;
    // An address cannot be rebound, and listening on all of them means to be called by any.
    return this.#isEverywhere && isIP(name.replace(/^\[|\]$/g, "")) !== 0;
  }

  /** Only browsers send an origin. `null` is that of a file and of a sandboxed page. */
  allowsOrigin(origin: string | undefined): boolean {
    return origin === undefined || this.allowsHost(origin.replace(/^https?:\/\//i, ""));
  }
}

/** How a host stands in a URL: IPv6 in brackets. */
export function hostInUrl(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}

/** Where a server that listens on this host is reached from the same machine. */
export function reachableHost(listenHost: string): string {
  if (!isWildcard(listenHost)) return hostInUrl(listenHost);
  return isIP(listenHost) === 6 ? "[::1]" : "127.0.0.1";
}

function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || /^[0:]*:[0:]*$/.test(host);
}
