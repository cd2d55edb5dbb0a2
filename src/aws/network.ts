import { Agent } from "node:https";
import type { NodeHttpHandlerOptions } from "@smithy/node-http-handler";
import type { Environment } from "../context.ts";
import { usageError } from "../errors.ts";

type Agents = Pick<NodeHttpHandlerOptions, "httpAgent" | "httpsAgent">;

const proxyVariables = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/**
 * What AWS_CA_BUNDLE and the proxy variables ask for, which the AWS CLI honours and the SDK does not. Nothing where they ask for
 * nothing. Never a proxy for a loopback address. A usage error where the bundle cannot be read or the proxy is no URL.
 */
export async function networkAgents(url: string, environment: Environment, readFile: (path: string) => Promise<string>): Promise<Agents> {
  const ca = await certificates(environment, readFile);
  const tls = ca === null ? {} : { ca };
  const proxy = await proxyFor(url, environment);
  if (proxy !== null) {
    const { HttpsProxyAgent } = await import("https-proxy-agent");
    const agent = new HttpsProxyAgent(proxy, { keepAlive: true, ...tls });
    // It is an http.Agent that opens TLS by itself where the request asks for it, so it serves as either.
    return { httpAgent: agent, httpsAgent: agent as unknown as Agent };
  }
  return ca === null ? {} : { httpsAgent: new Agent({ keepAlive: true, maxSockets: 250, ca }) };
}

async function certificates(environment: Environment, readFile: (path: string) => Promise<string>): Promise<string | null> {
  const path = environment["AWS_CA_BUNDLE"];
  if (!path) {
    return null;
  }
  try {
    return await readFile(path);
  } catch {
    throw usageError(`the file that AWS_CA_BUNDLE names cannot be read: ${path}`);
  }
}

async function proxyFor(url: string, environment: Environment): Promise<URL | null> {
  if (isLoopback(new URL(url).hostname) || !proxyVariables.some((name) => environment[name])) {
    return null;
  }
  const { getProxyForUrl } = await import("proxy-from-env");
  const proxy = getProxyForUrl(url);
  if (proxy === "") {
    return null;
  }
  if (!URL.canParse(proxy)) {
    // The value may hold a password: it is not shown.
    throw usageError("the proxy that HTTPS_PROXY or HTTP_PROXY names is not a URL", "it looks like http://host:port");
  }
  return new URL(proxy);
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
