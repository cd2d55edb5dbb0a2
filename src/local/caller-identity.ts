import type { IncomingHttpHeaders } from "node:http";

/**
 * The reply of STS to GetCallerIdentity (documented), or null where something else is asked. Tools ask it of the same endpoint to learn who they
 * are: the user of the account who is named as the access key is. Any credentials are taken, here as elsewhere.
 */
export function callerIdentity(headers: IncomingHttpHeaders, body: string, accountId: string): string | null {
  if (!/^application\/x-www-form-urlencoded\b/.test(headers["content-type"] ?? "")) return null;
  if (new URLSearchParams(body).get("Action") !== "GetCallerIdentity") return null;
  const name = /Credential=([\w+=,.@-]{1,64})\//.exec(headers.authorization ?? "")?.[1] ?? "local";
  const result = `<Arn>arn:aws:iam::${accountId}:user/${name}</Arn><UserId>${name}</UserId><Account>${accountId}</Account>`;
  return `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>${result}</GetCallerIdentityResult></GetCallerIdentityResponse>`;
}
