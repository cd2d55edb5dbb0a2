import type { AwsCredentialIdentity } from "@smithy/types";
import type { Environment } from "../context.ts";
import { CredentialsFailure } from "./errors.ts";
import { type Profiles, signInCommand } from "./profiles.ts";

/** Credentials as the SDK takes them: called with the caller's settings when a request is to be signed. */
export type Credentials = (properties?: Record<string, unknown>) => Promise<AwsCredentialIdentity>;

const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/** The keys of the environment, or null where they are not both set. */
export function environmentCredentials(environment: Environment): AwsCredentialIdentity | null {
  const accessKeyId = environment["AWS_ACCESS_KEY_ID"];
  const secretAccessKey = environment["AWS_SECRET_ACCESS_KEY"];
  const sessionToken = environment["AWS_SESSION_TOKEN"];
  if (!accessKeyId || !secretAccessKey) {
    return null;
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}

/**
 * The SDK's own chain (config files, SSO, assumed roles, containers, instances), loaded when first needed and asked once for all
 * clients, so that an MFA code is typed once. Fails with a CredentialsFailure.
 */
export function chainCredentials(chain: {
  readonly profileName: string | null;
  readonly profiles: Profiles;
  promptSecret(message: string): Promise<string>;
}): Credentials {
  let provider: Promise<Credentials> | undefined;

  async function load(): Promise<Credentials> {
    const { fromNodeProviderChain } = await import("@aws-sdk/credential-providers");
    // No Region is passed: an SSO provider would then look for its session in that Region instead of its own.
    return fromNodeProviderChain({
      ...(chain.profileName === null ? {} : { profile: chain.profileName }),
      // Else it prints warnings of its own between our lines, and into what scripts read as JSON.
      logger: silent,
      mfaCodeProvider: (serial) => chain.promptSecret(`MFA code for ${serial}`),
    });
  }

  return async (properties) => {
    provider ??= load();
    const credentials = await provider;
    try {
      return await credentials(properties);
    } catch (error) {
      const cause = isThere(chain.profiles, chain.profileName) ? error : noProfile(chain.profileName, error);
      throw new CredentialsFailure(cause, signInCommand(chain.profiles, chain.profileName));
    }
  };
}

/** The SDK says of a profile that is not there that no credentials were found anywhere. */
function noProfile(name: string | null, cause: unknown): Error {
  return Object.assign(new Error(`the profile ${name} is not in the AWS config files`, { cause }), { name: "ProfileNotFound" });
}

function isThere({ configFile, credentialsFile }: Profiles, name: string | null): boolean {
  return name === null || configFile?.[name] !== undefined || credentialsFile?.[name] !== undefined;
}
