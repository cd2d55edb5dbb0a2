import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { connectAws } from "../../src/aws/connection.ts";
import type { ConnectionOptions } from "../../src/context.ts";
import { temporaryFolder } from "../harness.ts";
import { clock } from "./aws-peer.ts";
import { cloudFormationPeer } from "./cloudformation-peer.ts";

const nobody = "http://127.0.0.1:1";
const keys = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", AWS_REGION: "us-east-1" };

async function connect(options: ConnectionOptions, environment: Readonly<Record<string, string>>, config = "") {
  const folder = temporaryFolder();
  await writeFile(join(folder, "config"), config);
  const files = { AWS_CONFIG_FILE: join(folder, "config"), AWS_SHARED_CREDENTIALS_FILE: join(folder, "none") };
  return connectAws(options, {
    environment: { ...keys, ...files, ...environment },
    clock,
    readFile: () => Promise.reject(new Error("no file is read")),
    promptSecret: () => Promise.reject(new Error("nobody is asked")),
    version: "0.0.1",
  });
}

it.each<[string, (url: string) => [ConnectionOptions, Record<string, string>, string?]]>([
  ["--endpoint-url", (url) => [{ endpointUrl: url }, { AWS_ENDPOINT_URL_CLOUDFORMATION: nobody }]],
  ["AWS_ENDPOINT_URL_CLOUDFORMATION", (url) => [{}, { AWS_ENDPOINT_URL_CLOUDFORMATION: url, AWS_ENDPOINT_URL: nobody }]],
  ["AWS_ENDPOINT_URL", (url) => [{}, { AWS_ENDPOINT_URL: url, AWS_ENDPOINT_URL_SFN: nobody }]],
  ["Step Functions' own endpoint, which is no AWS one", (url) => [{}, { AWS_ENDPOINT_URL_SFN: url }]],
  [
    "the profile's services",
    (url) => [
      {},
      { AWS_PROFILE: "work" },
      `[profile work]\nregion = us-east-1\nservices = own\n[services own]\ncloudformation =\n  endpoint_url = ${url}\n`,
    ],
  ],
])("CloudFormation is asked at %s", async (_, given) => {
  await using peer = await cloudFormationPeer();
  await using connection = await connect(...given(peer.url));
  const cloudFormation = await connection.cloudFormation();
  expect(await cloudFormation.stack("orders")).toBeNull();
  expect(peer.requests).toMatchObject([{ operation: "DescribeStacks", parameters: { StackName: "orders" } }]);
});

async function answeringWith(status: number, body: string): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((_, response) => response.writeHead(status).end(body));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const xmlError = (code: string, message: string) =>
  `<ErrorResponse><Error><Code>${code}</Code><Message>${message}</Message></Error><RequestId>1</RequestId></ErrorResponse>`;

it.each([
  ["a stack that is not there", 400, xmlError("ValidationError", "Stack with id sfn-callback-example does not exist"), true],
  ["a service that an emulator lacks", 501, xmlError("InternalFailure", "not implemented"), false],
  ["an action that is not known", 400, xmlError("InvalidAction", "no such action"), false],
  ["JSON", 400, '{"__type":"com.amazon.coral.service#UnknownOperationException"}', false],
  ["a page", 404, "<html>not found</html>", false],
])("whether CloudFormation answers is told by %s", async (_, status, body, answers) => {
  await using endpoint = await answeringWith(status, body);
  await using connection = await connect({ endpointUrl: endpoint.url }, {});
  expect(await (await connection.cloudFormation()).answers()).toBe(answers);
});

it.each([
  [403, xmlError("AccessDenied", "User: arn:aws:iam::1:user/ann is not authorized to perform: cloudformation:DescribeStacks"), "access"],
  [403, xmlError("ExpiredToken", "The security token included in the request is expired"), "access"],
])("a refusal (%i) is told, and not taken for an answer", async (status, body, kind) => {
  await using endpoint = await answeringWith(status, body);
  await using connection = await connect({ endpointUrl: endpoint.url }, {});
  await expect((await connection.cloudFormation()).answers()).rejects.toMatchObject({ kind });
});

it("an endpoint that nobody listens at is told, and not taken for one without CloudFormation", async () => {
  await using connection = await connect({ endpointUrl: nobody }, {});
  await expect((await connection.cloudFormation()).answers()).rejects.toMatchObject({ kind: "failure", code: "ECONNREFUSED" });
});

it("a call that was ended by the signal fails with its reason", async () => {
  await using peer = await cloudFormationPeer();
  await using connection = await connect({ endpointUrl: peer.url }, {});
  const abort = new AbortController();
  abort.abort(new Error("enough"));
  await expect((await connection.cloudFormation(abort.signal)).stack("orders")).rejects.toThrow("enough");
  expect(peer.requests).toEqual([]);
});
