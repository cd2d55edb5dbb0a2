import { SFNClient, type SFNClientConfig } from "@aws-sdk/client-sfn";
import { NodeHttpHandler, type NodeHttpHandlerOptions } from "@smithy/node-http-handler";
import type { Connection, ConnectionOptions, Environment, Place } from "../context.ts";
import { callerArn } from "./caller.ts";
import { chainCredentials, environmentCredentials } from "./credentials.ts";
import { networkAgents } from "./network.ts";
import { customEndpoint, loadProfiles, resolveRegion, stsEndpoint } from "./profiles.ts";
import { createSdkStepFunctions } from "./sdk-step-functions.ts";
import { SendRetryStrategy } from "./send-retry.ts";
import { watchWire } from "./wire.ts";

/** What a connection needs of the outside world. */
export interface ConnectionHost {
  readonly environment: Environment;
  readonly clock: { now(): Date };
  readFile(path: string): Promise<string>;
  /** Asks for an MFA code without an echo. */
  promptSecret(message: string): Promise<string>;
  /** Ours, for the user agent. */
  readonly version: string;
  /** Shorter ones for tests; `timeouts` where absent. */
  readonly timeouts?: Timeouts;
}

export interface Timeouts {
  readonly connectionMilliseconds: number;
  readonly requestMilliseconds: number;
}

/** How long one attempt may hang. A read is tried three times, so it fails clearly after about 30 seconds. */
export const timeouts: Timeouts = { connectionMilliseconds: 5000, requestMilliseconds: 10_000 };

/** The SDK's own default, whatever AWS_MAX_ATTEMPTS says. */
const sendAttempts = 3;

/**
 * Connects to the Step Functions that the options, the environment and the AWS config files name, in this order. Makes no request
 * yet. A usage error where the Region is missing or a setting cannot be used. `options.local` is not looked at.
 */
export async function connectAws(options: ConnectionOptions, host: ConnectionHost): Promise<Connection> {
  const { environment } = host;
  const profileName = options.profile ?? environment["AWS_PROFILE"] ?? null;
  const profiles = await loadProfiles(environment);
  const region = resolveRegion(options, environment, profiles, profileName);
  const endpointUrl = customEndpoint(options, environment, profiles, profileName);
  const fixed = options.profile === undefined ? environmentCredentials(environment) : null;
  const credentials = fixed ?? chainCredentials({ profileName, profiles, promptSecret: host.promptSecret });
  // Keys of the environment belong to no profile: a remembered task must not be looked up with a profile's keys instead.
  const profile = fixed === null ? profileName : null;
  const place: Place = endpointUrl === null ? { kind: "aws", region, profile } : { kind: "endpoint", region, endpointUrl, profile };
  const agents = await networkAgents(endpointUrl ?? awsUrl("states", region), environment, host.readFile);
  return connection({
    place,
    clock: host.clock,
    agents,
    stsUrl: stsEndpoint(environment, profiles, profileName) ?? endpointUrl ?? awsUrl("sts", region),
    timeouts: host.timeouts ?? timeouts,
    client: {
      region,
      credentials,
      ...(profileName === null ? {} : { profile: profileName }),
      ...(endpointUrl === null ? {} : { endpoint: endpointUrl, disableHostPrefix: true }),
      customUserAgent: [["sfn-callback", host.version]],
    },
  });
}

/** Connects to the embedded Step Functions: no config file is read, no proxy used, and the credentials are made up. */
export function connectEndpoint(to: {
  readonly url: string;
  readonly region: string;
  readonly place: Place;
  readonly clock: { now(): Date };
  readonly version: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly timeouts?: Timeouts;
}): Connection {
  return connection({
    place: to.place,
    clock: to.clock,
    agents: {},
    stsUrl: to.url,
    timeouts: to.timeouts ?? timeouts,
    client: {
      region: to.region,
      endpoint: to.url,
      disableHostPrefix: true,
      credentials: to.credentials ?? { accessKeyId: "local", secretAccessKey: "local" },
      customUserAgent: [["sfn-callback", to.version]],
      // Each of these would otherwise be looked up in the config files.
      defaultsMode: "standard",
      maxAttempts: 3,
      retryMode: "standard",
      useDualstackEndpoint: false,
      useFipsEndpoint: false,
      userAgentAppId: async () => undefined,
      authSchemePreference: [],
    },
  });
}

function connection(parts: {
  readonly place: Place;
  readonly clock: { now(): Date };
  readonly agents: Pick<NodeHttpHandlerOptions, "httpAgent" | "httpsAgent">;
  readonly stsUrl: string;
  readonly timeouts: Timeouts;
  readonly client: SFNClientConfig;
}): Connection {
  const { connectionMilliseconds, requestMilliseconds } = parts.timeouts;
  // One handler for both clients: an answer goes out over the connection that the look-up has opened.
  const requestHandler = new NodeHttpHandler({
    ...parts.agents,
    connectionTimeout: connectionMilliseconds,
    requestTimeout: requestMilliseconds,
    // The request timeout ends with the reply's headers; this one ends a body that stops coming.
    socketTimeout: requestMilliseconds,
    throwOnRequestTimeout: true,
  });
  const wire = watchWire(parts.clock);
  const settings = { ...parts.client, requestHandler, streamCollector };
  // Each is made at its first use: an answer by its token alone needs no other client than the one that sends.
  const client = once(() => wire.watch(new SFNClient(settings)));
  const paced = once(() => wire.watch(new SFNClient({ ...settings, maxAttempts: 1 })));
  const sendClient = once(() => wire.watch(new SFNClient({ ...settings, retryStrategy: new SendRetryStrategy(sendAttempts) })));
  return {
    place: parts.place,
    stepFunctions: createSdkStepFunctions({ read: client, paced, send: sendClient }, wire),
    callerArn: () => callerArn({ client: new SFNClient(settings), requestHandler, region: parts.place.region, url: parts.stsUrl }),
    async [Symbol.asyncDispose]() {
      requestHandler.destroy();
    },
  };
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** All of a reply's body. The SDK's own asks first whether it is a web stream, for which Node loads them all (4 ms). */
async function streamCollector(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A service's public endpoint. That of Step Functions is to look up in NO_PROXY only: the SDK finds its own. */
function awsUrl(service: "states" | "sts", region: string): string {
  return `https://${service}.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
}
