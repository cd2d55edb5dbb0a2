import type { CloudFormationClientConfig } from "@aws-sdk/client-cloudformation";
import { SFNClient, type SFNClientConfig } from "@aws-sdk/client-sfn";
import { NodeHttpHandler, type NodeHttpHandlerOptions } from "@smithy/node-http-handler";
import { partitionOf, partitions } from "../callback/partitions.ts";
import type { Connection, ConnectionOptions, Environment, Place } from "../context.ts";
import { callerArn } from "./caller.ts";
import { chainCredentials, environmentCredentials } from "./credentials.ts";
import { toCliError } from "./errors.ts";
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

/** How long a poll for an activity's task may take: AWS holds it for 60 seconds (facts page 2.1, documented). */
const pollMilliseconds = 65_000;

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
  const client = {
    region,
    credentials,
    ...(profileName === null ? {} : { profile: profileName }),
    customUserAgent: [["sfn-callback", host.version]] satisfies SFNClientConfig["customUserAgent"],
  };
  const reach = (service: "states" | "cloudformation", url: string | null) =>
    networkAgents(url ?? awsUrl(service, region), environment, host.readFile);
  return connection({
    place,
    clock: host.clock,
    agents: await reach("states", endpointUrl),
    stsUrl: stsEndpoint(environment, profiles, profileName) ?? endpointUrl ?? awsUrl("sts", region),
    timeouts: host.timeouts ?? timeouts,
    client: { ...client, ...(endpointUrl === null ? {} : { endpoint: endpointUrl, disableHostPrefix: true }) },
    async cloudFormation() {
      const own = customEndpoint(options, environment, profiles, profileName, "cloudformation");
      const endpoint = own ?? (endpointUrl === null || isAwsEndpoint(endpointUrl) ? null : endpointUrl);
      return {
        agents: await reach("cloudformation", endpoint),
        client: { ...client, ...(endpoint === null ? {} : { endpoint }) },
      };
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
  const client = {
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
  } satisfies SFNClientConfig;
  return connection({
    place: to.place,
    clock: to.clock,
    agents: {},
    stsUrl: to.url,
    timeouts: to.timeouts ?? timeouts,
    client,
    cloudFormation: async () => ({ agents: {}, client }),
  });
}

type Agents = Pick<NodeHttpHandlerOptions, "httpAgent" | "httpsAgent">;

function connection(parts: {
  readonly place: Place;
  readonly clock: { now(): Date };
  readonly agents: Agents;
  readonly stsUrl: string;
  readonly timeouts: Timeouts;
  readonly client: SFNClientConfig;
  /** How CloudFormation is reached, asked when it is. */
  cloudFormation(): Promise<{ readonly agents: Agents; readonly client: CloudFormationClientConfig }>;
}): Connection {
  // One handler for both clients: an answer goes out over the connection that the look-up has opened.
  const requestHandler = handler(parts.agents, parts.timeouts);
  const handlers = [requestHandler];
  const wire = watchWire(parts.clock);
  const settings = { ...parts.client, requestHandler, streamCollector };
  // Each is made at its first use: an answer by its token alone needs no other client than the one that sends.
  const client = once(() => wire.watch(new SFNClient(settings)));
  const paced = once(() => wire.watch(new SFNClient({ ...settings, maxAttempts: 1 })));
  const poll = once(() => {
    // A handler of their own: polls are open all the time, and must not keep a beat waiting for a connection.
    const pollHandler = handler({ ...pollAgents, ...parts.agents }, { ...parts.timeouts, requestMilliseconds: pollMilliseconds });
    handlers.push(pollHandler);
    return wire.watch(new SFNClient({ ...settings, requestHandler: pollHandler, maxAttempts: 1 }));
  });
  const sendClient = once(() => wire.watch(new SFNClient({ ...settings, retryStrategy: new SendRetryStrategy(sendAttempts) })));
  return {
    place: parts.place,
    stepFunctions: createSdkStepFunctions({ read: client, paced, poll, send: sendClient }, wire),
    callerArn: () => callerArn({ client: new SFNClient(settings), requestHandler, region: parts.place.region, url: parts.stsUrl }),
    async cloudFormation(signal) {
      const { createSdkCloudFormation } = await import("./sdk-cloudformation.ts");
      const { agents, client } = await parts.cloudFormation();
      const requestHandler = handler(agents, parts.timeouts);
      handlers.push(requestHandler);
      const config = { ...client, requestHandler, streamCollector };
      return createSdkCloudFormation({ client: config, wire: watchWire(parts.clock), signal, toCliError });
    },
    async [Symbol.asyncDispose]() {
      for (const each of handlers) each.destroy();
    },
  };
}

/** As many connections as there are polls. */
const pollAgents = { httpAgent: { maxSockets: Number.POSITIVE_INFINITY }, httpsAgent: { maxSockets: Number.POSITIVE_INFINITY } };

function handler(agents: Agents, { connectionMilliseconds, requestMilliseconds }: Timeouts): NodeHttpHandler {
  return new NodeHttpHandler({
    ...agents,
    connectionTimeout: connectionMilliseconds,
    requestTimeout: requestMilliseconds,
    // The request timeout ends with the reply's headers; this one ends a body that stops coming.
    socketTimeout: requestMilliseconds,
    throwOnRequestTimeout: true,
  });
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
function awsUrl(service: "states" | "sts" | "cloudformation", region: string): string {
  return `https://${service}.${region}.${partitionOf(region).domain}`;
}

/** A VPC endpoint, or another of AWS's own for Step Functions: CloudFormation has one of its own. */
function isAwsEndpoint(url: string): boolean {
  const { hostname } = new URL(url);
  return partitions.some(({ domain, dualStackDomain }) => [domain, dualStackDomain].some((each) => `.${hostname}`.endsWith(`.${each}`)));
}
