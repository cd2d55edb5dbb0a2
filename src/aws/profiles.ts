import { loadSharedConfigFiles, type SharedConfigFiles } from "@smithy/core/config";
import type { ConnectionOptions, Environment } from "../context.ts";
import { usageError } from "../errors.ts";

/** The AWS config and credentials files, as far as they are there. */
export type Profiles = SharedConfigFiles;

/** Reads the files that the environment names, else those in ~/.aws; a file that is not there is an empty one. */
export async function loadProfiles(environment: Environment): Promise<Profiles> {
  const configFilepath = environment["AWS_CONFIG_FILE"];
  const filepath = environment["AWS_SHARED_CREDENTIALS_FILE"];
  return loadSharedConfigFiles({
    ...(configFilepath === undefined ? {} : { configFilepath }),
    ...(filepath === undefined ? {} : { filepath }),
  });
}

/** A profile's settings from both files; `null` is the default profile. */
function profileSettings(profiles: Profiles, name: string | null): Readonly<Record<string, string | undefined>> {
  const key = name ?? "default";
  return { ...profiles.configFile?.[key], ...profiles.credentialsFile?.[key] };
}

/** --region, AWS_REGION, AWS_DEFAULT_REGION (which the AWS CLI honours and the SDK does not), the profile's; else a usage error. */
export function resolveRegion(options: ConnectionOptions, environment: Environment, profiles: Profiles, profile: string | null): string {
  const candidates: [string, string | undefined][] = [
    ["--region", options.region],
    ["AWS_REGION", environment["AWS_REGION"] || undefined],
    ["AWS_DEFAULT_REGION", environment["AWS_DEFAULT_REGION"] || undefined],
    [`the region of profile ${profile ?? "default"}`, profileSettings(profiles, profile)["region"]],
  ];
  for (const [source, region] of candidates) {
    if (region !== undefined) {
      if (!/^[a-z0-9-]{1,64}$/.test(region)) {
        throw usageError(`${source} is not a Region: ${JSON.stringify(region)}`, "a Region looks like eu-central-1");
      }
      return region;
    }
  }
  throw usageError("no Region is set", "name one with --region, AWS_REGION, or the region of a profile (--profile)");
}

/** A service as settings name it: in AWS_ENDPOINT_URL_SFN, and in a config file's `services` section. */
export type ServiceName = "sfn" | "cloudformation";

/** --endpoint-url, AWS_ENDPOINT_URL_SFN, AWS_ENDPOINT_URL, the profile's; null for AWS's own. A usage error where it is no http(s) URL. */
export function customEndpoint(
  options: ConnectionOptions,
  environment: Environment,
  profiles: Profiles,
  profile: string | null,
  service: ServiceName = "sfn",
): string | null {
  const variable = `AWS_ENDPOINT_URL_${service.toUpperCase()}`;
  return firstUrl([
    ["--endpoint-url", options.endpointUrl],
    [variable, environment[variable] || undefined],
    ["AWS_ENDPOINT_URL", environment["AWS_ENDPOINT_URL"] || undefined],
    [`the ${service} endpoint_url of profile ${profile ?? "default"}`, serviceSettings(profiles, profile)?.[`${service}.endpoint_url`]],
    [`the endpoint_url of profile ${profile ?? "default"}`, profileSettings(profiles, profile)["endpoint_url"]],
  ]);
}

/** AWS_ENDPOINT_URL_STS, or the profile's; null where neither is set. */
export function stsEndpoint(environment: Environment, profiles: Profiles, profile: string | null): string | null {
  return firstUrl([
    ["AWS_ENDPOINT_URL_STS", environment["AWS_ENDPOINT_URL_STS"] || undefined],
    [`the sts endpoint_url of profile ${profile ?? "default"}`, serviceSettings(profiles, profile)?.["sts.endpoint_url"]],
  ]);
}

function serviceSettings(profiles: Profiles, profile: string | null) {
  return profiles.configFile?.[`services.${profileSettings(profiles, profile)["services"]}`];
}

function firstUrl(candidates: readonly (readonly [string, string | undefined])[]): string | null {
  const [source, url] = candidates.find(([, url]) => url !== undefined) ?? [];
  if (url === undefined) return null;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw usageError(`${source} is not an http or https URL: ${JSON.stringify(url)}`);
  }
  return url;
}

/** The command that signs the profile in again (SSO, or `aws login`), or null where it is not that kind of profile. */
export function signInCommand(profiles: Profiles, profile: string | null): string | null {
  let name = profile ?? "default";
  // A role's profile takes its credentials from a source profile, which may do so again.
  for (let depth = 0; depth < 10; depth++) {
    const settings = profileSettings(profiles, name);
    const named = name === "default" ? "" : ` --profile ${/^[\w@.+-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`}`;
    if (settings["sso_session"] !== undefined || settings["sso_start_url"] !== undefined) {
      return `aws sso login${named}`;
    }
    if (settings["login_session"] !== undefined) {
      return `aws login${named}`;
    }
    const source = settings["source_profile"];
    if (source === undefined || source === name) {
      return null;
    }
    name = source;
  }
  return null;
}
