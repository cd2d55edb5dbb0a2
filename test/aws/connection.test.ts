import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectAws } from "../../src/aws/connection.ts";
import { signInCommand } from "../../src/aws/profiles.ts";
import type { ConnectionOptions, Environment } from "../../src/context.ts";
import { awsPeer, clock } from "./aws-peer.ts";

const config = `
[default]
region = eu-west-1
[profile work]
region = eu-north-1
endpoint_url = http://127.0.0.1:4001
[profile bad]
region = Frankfurt!
`;

let folder = "";
const saved: Record<string, string | undefined> = {};

// The SDK reads these from the process itself.
const isolated = (): Record<string, string> => ({
  HOME: folder,
  AWS_CONFIG_FILE: join(folder, "none"),
  AWS_SHARED_CREDENTIALS_FILE: join(folder, "none"),
  AWS_EC2_METADATA_DISABLED: "true",
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sfn-callback-aws-"));
  await writeFile(join(folder, "config"), config);
  for (const name of Object.keys(process.env).filter((key) => key.startsWith("AWS_"))) {
    saved[name] = process.env[name];
    delete process.env[name];
  }
  saved["HOME"] = process.env["HOME"];
  Object.assign(process.env, isolated());
});

afterAll(async () => {
  for (const name of Object.keys(isolated())) {
    delete process.env[name];
  }
  for (const [name, value] of Object.entries(saved)) {
    if (value !== undefined) {
      process.env[name] = value;
    }
  }
  await rm(folder, { recursive: true, force: true });
});

function connect(options: ConnectionOptions, environment: Environment) {
  return connectAws(options, {
    environment: { ...isolated(), ...environment },
    clock,
    readFile: (path) => readFile(path, "utf8"),
    promptSecret: () => Promise.reject(new Error("nobody is asked")),
    version: "0.0.1",
    timeouts: { connectionMilliseconds: 1000, requestMilliseconds: 1000 },
  });
}

describe("the Region", () => {
  const both = { AWS_REGION: "us-east-1", AWS_DEFAULT_REGION: "us-west-2" };
  const table: [string, ConnectionOptions, Environment, boolean, string][] = [
    ["--region before all", { region: "ap-south-1" }, both, true, "ap-south-1"],
    ["AWS_REGION before AWS_DEFAULT_REGION", {}, both, true, "us-east-1"],
    ["AWS_DEFAULT_REGION before the profile", {}, { AWS_DEFAULT_REGION: "us-west-2" }, true, "us-west-2"],
    ["an empty variable is none", {}, { AWS_REGION: "" }, true, "eu-west-1"],
    ["the default profile's", {}, {}, true, "eu-west-1"],
    ["AWS_PROFILE's", {}, { AWS_PROFILE: "work" }, true, "eu-north-1"],
    ["--profile's", { profile: "work" }, { AWS_PROFILE: "default" }, true, "eu-north-1"],
  ];
  it.each(table)("is taken from: %s", async (_name, options, environment, withConfig, region) => {
    await using connection = await connect(options, { ...environment, ...(withConfig ? { AWS_CONFIG_FILE: join(folder, "config") } : {}) });
    expect(connection.place.region).toBe(region);
  });

  it("is a usage error that names --region where there is none", async () => {
    await expect(connect({}, {})).rejects.toMatchObject({ kind: "usage", hint: expect.stringContaining("--region") as string });
  });

  it.each(["Frankfurt!", "", "evil.example/x", "a".repeat(65)])("is a usage error where it is %j", async (region) => {
    await expect(connect({ region }, {})).rejects.toMatchObject({ kind: "usage" });
  });

  it("is a usage error where a profile's is malformed", async () => {
    await expect(connect({ profile: "bad" }, { AWS_CONFIG_FILE: join(folder, "config") })).rejects.toMatchObject({ kind: "usage" });
  });
});

describe("the endpoint", () => {
  const region = { region: "eu-central-1" };
  const variables = { AWS_ENDPOINT_URL_SFN: "http://127.0.0.1:2", AWS_ENDPOINT_URL: "http://127.0.0.1:3" };

  it.each([
    [{ ...region, endpointUrl: "http://127.0.0.1:1" }, variables, "http://127.0.0.1:1"],
    [region, variables, "http://127.0.0.1:2"],
    [region, { AWS_ENDPOINT_URL: "http://127.0.0.1:3" }, "http://127.0.0.1:3"],
  ] as [ConnectionOptions, Environment, string][])("of %j and %j is %s", async (options, environment, endpointUrl) => {
    await using connection = await connect(options, environment);
    expect(connection.place).toEqual({ kind: "endpoint", region: "eu-central-1", endpointUrl, profile: null });
  });

  it("may be a profile's", async () => {
    await using connection = await connect({ profile: "work" }, { AWS_CONFIG_FILE: join(folder, "config") });
    expect(connection.place).toEqual({
      kind: "endpoint",
      region: "eu-north-1",
      endpointUrl: "http://127.0.0.1:4001",
      profile: "work",
    });
  });

  it("is AWS's own otherwise", async () => {
    await using connection = await connect(region, {});
    expect(connection.place).toEqual({ kind: "aws", region: "eu-central-1", profile: null });
  });

  it.each(["nonsense", "ftp://host", "127.0.0.1:80", ""])("is a usage error where it is %j", async (endpointUrl) => {
    await expect(connect({ ...region, endpointUrl }, {})).rejects.toMatchObject({ kind: "usage" });
  });

  it("is not reached through a proxy on a loopback address", async () => {
    await using peer = await awsPeer({ body: { stateMachines: [] } });
    const keys = {
      AWS_ACCESS_KEY_ID: "a",
      AWS_SECRET_ACCESS_KEY: "b",
      HTTP_PROXY: "http://127.0.0.1:9",
      HTTPS_PROXY: "http://127.0.0.1:9",
    };
    await using connection = await connect({ ...region, endpointUrl: peer.url }, keys);
    for await (const machine of connection.stepFunctions.stateMachines()) {
      expect(machine).toBeUndefined();
    }
    expect(peer.requests).toHaveLength(1);
  });

  it("is a usage error where AWS_CA_BUNDLE cannot be read", async () => {
    await expect(connect(region, { AWS_CA_BUNDLE: join(folder, "none.pem") })).rejects.toMatchObject({ kind: "usage" });
  });
});

describe("credentials", () => {
  it("that are nowhere are an access error, for an answer too, and nothing is sent", async () => {
    await using peer = await awsPeer({ body: {} });
    await using connection = await connect({ region: "eu-central-1", endpointUrl: peer.url }, {});
    const expected = {
      kind: "access",
      code: "CredentialsProviderError",
      message: expect.stringContaining("no usable AWS credentials") as string,
    };
    await expect(connection.stepFunctions.execution("arn:aws:states:eu-central-1:1:execution:a:b")).rejects.toMatchObject(expected);
    await expect(connection.stepFunctions.send("t", { kind: "heartbeat" })).rejects.toMatchObject(expected);
    expect(peer.requests).toEqual([]);
  });

  it("of an SSO session that is over are told with the command that renews it", async () => {
    const file = join(folder, "sso");
    const session = "[sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://example.com/start\n";
    const profile = "[profile dev]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = reader\nregion = eu-central-1\n";
    await writeFile(file, session + profile);
    process.env["AWS_CONFIG_FILE"] = file;
    await using peer = await awsPeer({ body: {} });
    await using connection = await connect({ profile: "dev", endpointUrl: peer.url }, { AWS_CONFIG_FILE: file });
    await expect(connection.stepFunctions.execution("arn:aws:states:eu-central-1:1:execution:a:b")).rejects.toMatchObject({
      kind: "access",
      hint: "run: aws sso login --profile dev",
    });
    expect(peer.requests).toEqual([]);
  });
});

describe("the sign-in command", () => {
  const profiles = {
    configFile: {
      sso: { sso_session: "corp" },
      "old sso": { sso_start_url: "https://example.com" },
      role: { source_profile: "sso", role_arn: "x" },
      loop: { source_profile: "pool" },
      pool: { source_profile: "loop" },
      console: { login_session: "x" },
      default: { sso_session: "corp" },
    },
    credentialsFile: {},
  };
  it.each([
    ["sso", "aws sso login --profile sso"],
    ["old sso", "aws sso login --profile 'old sso'"],
    ["role", "aws sso login --profile sso"],
    ["console", "aws login --profile console"],
    [null, "aws sso login"],
    ["loop", null],
    ["unknown", null],
  ])("of profile %s is %s", (profile, command) => {
    expect(signInCommand(profiles, profile)).toBe(command);
  });
});
