import type { SFNClient } from "@aws-sdk/client-sfn";
import { HttpRequest } from "@smithy/core/transport";
import type { NodeHttpHandler } from "@smithy/node-http-handler";
import { CliError } from "../errors.ts";
import { toCliError } from "./errors.ts";

/** What the question needs: a client for its credentials and its signer, and nothing else of it. */
export interface Asking {
  readonly client: SFNClient;
  readonly requestHandler: NodeHttpHandler;
  readonly region: string;
  /** Of STS, without a path. */
  readonly url: string;
}

const attempt = "ask AWS whose credentials these are";
const hint = "name who answers with --as <name>";

/**
 * The ARN of the user or assumed role that the credentials are of, by STS GetCallerIdentity, which needs no permission (documented). It is one signed
 * request of a query API, so there is no client of its own for it: the SDK has none but for 300 KB.
 */
export async function callerArn({ client, requestHandler, region, url }: Asking): Promise<string> {
  try {
    const signer = await client.config.signer({ name: "sigv4", signingName: "sts", signingRegion: region, properties: {} });
    const { response } = await requestHandler.handle((await signer.sign(question(url))) as HttpRequest);
    const text = await textOf(response.body);
    const arn = /<Arn>([^<]+)<\/Arn>/.exec(text)?.[1];
    if (response.statusCode === 200 && arn !== undefined) return arn;
    throw refusal(text, response.statusCode);
  } catch (error) {
    const told = toCliError(error, attempt, url);
    if (told.kind === "interrupted" || told.kind === "terminated") throw told;
    throw new CliError(told.kind, told.message, {
      code: told.code,
      hint: told.hint === undefined ? hint : `${told.hint}; or ${hint}`,
      cause: error,
    });
  }
}

function question(url: string): HttpRequest {
  const { protocol, hostname, port } = new URL(url);
  const body = "Action=GetCallerIdentity&Version=2011-06-15";
  const headers = { host: new URL(url).host, "content-type": "application/x-www-form-urlencoded", "content-length": String(body.length) };
  return new HttpRequest({ method: "POST", protocol, hostname, path: "/", headers, body, ...(port === "" ? {} : { port: Number(port) }) });
}

/** AWS's refusal in the form in which the SDK throws one. An endpoint that is not STS refuses in other words. */
function refusal(text: string, status: number): Error {
  const name = /<Code>([^<]+)<\/Code>/.exec(text)?.[1] ?? "NotSts";
  const message = /<Message>([^<]+)<\/Message>/.exec(text)?.[1] ?? `the endpoint does not answer GetCallerIdentity (HTTP ${status})`;
  return Object.assign(new Error(message), { name, $fault: "client", $metadata: { httpStatusCode: status } });
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
