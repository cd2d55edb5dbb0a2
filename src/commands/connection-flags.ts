import type { Context, Place } from "../context.ts";

/** The connection options of this command as they are typed, each with a blank before it: the next command has to reach the same place when it is pasted. */
export function connectionFlags({ connectionOptions }: Pick<Context, "connectionOptions">): string {
  const { local, localFile, endpointUrl, profile, region } = connectionOptions;
  const quoted = (name: string, value: string | undefined): string => (value === undefined ? "" : ` --${name} ${shellWord(value)}`);
  const here = localFile === undefined && local === true ? " --local" : quoted("local-file", localFile);
  return here + quoted("endpoint-url", endpointUrl) + quoted("profile", profile) + quoted("region", region);
}

/** As it is typed in a POSIX shell. */
export function shellWord(text: string): string {
  return /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** A place in a question. */
export function placeText(place: Place): string {
  if (place.kind === "local") return place.file;
  const profile = place.profile === null ? "" : ` (profile ${place.profile})`;
  return place.kind === "endpoint" ? `${place.endpointUrl}${profile}` : `${place.region}${profile}`;
}
