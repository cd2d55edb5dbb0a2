import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { type CliOptions, createUser, temporaryFolder } from "../harness.ts";
import { allHistories } from "../local-file.ts";

let cli = createUser();

let folder = "";
let localFile = "";
let id = "";

beforeEach(() => {
  folder = temporaryFolder();
  cli = createUser();
  localFile = join(folder, "f.db");
});

const twoWaiting = async () => {
  await cli(["deploy-example", "--template", "approval", "--yes"], { localFile });
  for (const name of ["one", "two"]) await cli(["start", "approval", "--name", name, "--input", "{}", "--until", "waiting"], { localFile });
  id = JSON.parse((await cli(["pending", "--json"], { localFile })).stdout).tasks[0].id;
};

const waitingIds = async (): Promise<string[]> => {
  const { stdout } = await cli(["pending", "--json"], { localFile });
  return JSON.parse(stdout).tasks.map((task: { id: string }) => task.id);
};

/** One clear message, for a person and as JSON; the exit code; and no event in any history. */
async function refused(argv: readonly string[], code: number, says: RegExp, options: CliOptions = {}): Promise<void> {
  const before = await allHistories(localFile);
  const result = await cli([...argv], { localFile, ...options });
  expect(result.stdout).toBe("");
  expect(result.stderr).toMatch(says);
  // --query and --json in the words themselves make the message JSON.
  if (!result.stderr.startsWith("{")) expect(result.stderr.match(/^error: /gm)).toHaveLength(1);
  expect(result.stderr).not.toMatch(/\n\s+at /);
  expect(result.code).toBe(code);
  const asJson = await cli(["--json", ...argv], { localFile, ...options });
  expect(asJson).toMatchObject({ code, stdout: "" });
  const last = asJson.stderr.trimEnd().split("\n").at(-1) ?? "";
  expect(JSON.parse(last)).toEqual({
    error: {
      code: expect.any(String),
      message: expect.any(String),
      hint: expect.toBeOneOf([expect.any(String), null]),
      awsRequestId: expect.toBeOneOf([expect.any(String), null]),
    },
  });
  expect(await allHistories(localFile)).toEqual(before);
}

describe("bad values are refused before anything is sent:", () => {
  beforeEach(twoWaiting);

  it("output that is not JSON", () => refused(["succeed", id, "--output", "yes please"], 2, /not JSON/));
  it("a format given as the output", () => refused(["succeed", id, "--output", "json"], 2, /--json/));
  it("no output", () => refused(["succeed", id], 2, /no output/));
  it("an output of 256 KiB and a byte", async () => {
    await writeFile(join(folder, "big.json"), JSON.stringify("x".repeat(262_143)));
    await refused(["succeed", id, "--output", `@${join(folder, "big.json")}`], 2, /262,?144/);
  });
  it("an error of 300 characters", () => refused(["fail", id, "--error", "e".repeat(300)], 2, /256/));
  it("a cause that is too long", () => refused(["fail", id, "--cause", "c".repeat(32_769)], 2, /32,?768/));
  it("an unknown option", () => refused(["succeed", id, "--outptu", "{}"], 2, /--outptu/));
  it("a value that is missing", () => refused(["succeed", id, "--output"], 2, /--output/));
  it("a bad duration", () => refused(["heartbeat", id, "--every", "soon"], 2, /not a duration/));
  it("a bad query", () => refused(["pending", "--query", "tasks[["], 2, /--query/));
  it("a bad query of an answer", () => refused(["succeed", id, "--output", "{}", "--query", "outcome["], 2, /--query/));
  it("a port that is none", () => refused(["local", "--port", "abc"], 2, /not a port/));
  it("an answer under read-only", () =>
    refused(["succeed", id, "--output", "{}"], 2, /SFN_CALLBACK_READ_ONLY/, { environment: { SFN_CALLBACK_READ_ONLY: "1" } }));
  it("two places", () => refused(["pending", "--local", "--endpoint-url", "http://127.0.0.1:9"], 2, /two different places/));
  it("an option where a value should be", () => refused(["succeed", id, "--output", "--json"], 2, /--output/));
  it("an unknown command", () => refused(["sucede", id], 2, /sucede/));
  it("a local file in a folder that is not there, which is not made", async () => {
    const file = join(folder, "none", "f.db");
    await refused(["pending", "--local-file", file], 1, /cannot be used: there is no folder/);
    expect(existsSync(join(folder, "none"))).toBe(false);
  });
  it("an output given twice", () => refused(["succeed", id, "--output", "{}", "--output={}"], 2, /--output is given twice/));
  it("an error that is empty", () => refused(["fail", id, "--error", ""], 2, /--error is empty/));
  it("a member that is not JSON", () => refused(["succeed", id, "--set-json", "a=b"], 2, /--set-json is not JSON(.|\n)*--set-json '\w+=/));
  it("a file without a name", () => refused(["succeed", id, "--output", "@"], 2, /no file is named/));
  it.skipIf(!existsSync("/dev/zero"))("a file without an end", async () => {
    const { code, stderr } = await cli(["succeed", id, "--output", "@/dev/zero"], { localFile });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("/dev/zero is longer than 256 MiB") });
  });
  it("help on a command that is none", () => refused(["help", "sucede"], 2, /unknown command 'sucede'/));
  it("a missing file", () => refused(["succeed", id, "--output", `@${join(folder, "none.json")}`], 2, /none\.json/));
  it("bytes that are no text", async () => {
    const file = join(folder, "latin1.json");
    await writeFile(file, Buffer.from('{"name":"M\xfcller"}', "latin1"));
    await refused(["succeed", id, "--output", `@${file}`], 2, /latin1\.json is not UTF-8 text/);
  });
  it("a closed standard input", () => refused(["succeed", id, "--output", "-"], 2, /standard input/i, { stdin: "" }));
  it("two that read standard input", () => refused(["succeed", "--token", "-", "--output", "-"], 2, /standard input/i, { stdin: "{}" }));
});

describe("bad tasks are refused:", () => {
  beforeEach(twoWaiting);

  it("an id that is not remembered", () => refused(["succeed", "zzzzzz", "--output", "{}"], 2, /not remembered/));
  it("an ambiguous prefix, with its candidates", async () => {
    // 33 ids over an alphabet of 32 letters: two of them begin alike.
    for (let count = 0; count < 31; count += 1) await cli(["start", "approval"], { localFile });
    const ids = await waitingIds();
    expect(ids).toHaveLength(33);
    const alike = ids.filter((each) => ids.some((other) => other !== each && other[0] === each[0]));
    const [first = ""] = alike;
    await refused(["succeed", first.charAt(0), "--output", "{}"], 2, new RegExp(`${first.charAt(0)} means \\d+ tasks:[^]*${first}`));
  });
  it("an empty word", () => refused(["succeed", "", "--output", "{}"], 2, /empty/));
  it("a token that is none", () => refused(["succeed", "--token", "not-a-token", "--output", "{}"], 3, /token/));
  it("an empty token", () => refused(["succeed", "--token", "", "--output", "{}"], 2, /empty/));
  it("no task at all", () => refused(["succeed", "--output", "{}"], 2, /task/));
  it("a malformed event id", () => refused(["succeed", "approval/one#x", "--output", "{}"], 2, /event id/));
  it("an unknown state machine", () => refused(["succeed", "aproval/one", "--output", "{}"], 3, /aproval/));
  it("an unknown execution", () => refused(["succeed", "approval/three", "--output", "{}"], 3, /three/));
});

describe("bad connections are refused:", () => {
  const away = { AWS_ACCESS_KEY_ID: "none", AWS_SECRET_ACCESS_KEY: "none", AWS_REGION: "us-east-1", AWS_MAX_ATTEMPTS: "1" };
  const nowhere = { AWS_CONFIG_FILE: "/nonexistent", AWS_SHARED_CREDENTIALS_FILE: "/nonexistent", AWS_EC2_METADATA_DISABLED: "true" };

  it("no Region", async () => {
    expect(
      await cli(["pending"], { localFile: null, environment: { ...nowhere, AWS_ACCESS_KEY_ID: "none", AWS_SECRET_ACCESS_KEY: "none" } }),
    ).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringMatching(/region/i),
    });
  });
  it("no credentials", async () => {
    const { code, stdout } = await cli(["pending", "--endpoint-url", "http://127.0.0.1:9"], {
      localFile: null,
      environment: { ...nowhere, AWS_REGION: "us-east-1" },
    });
    expect({ code, stdout }).toEqual({ code: 4, stdout: "" });
  });
  it("a profile that is not there, in one line", async () => {
    const { code, stderr } = await cli(["pending", "--profile", "nope", "--json"], {
      localFile: null,
      environment: { ...nowhere, ...away, AWS_CONFIG_FILE: join(folder, "none") },
    });
    expect(JSON.parse(stderr).error).toMatchObject({ code: "ProfileNotFound", message: expect.stringContaining("profile nope") });
    expect(code).toBe(4);
  });
  it("an endpoint that leads elsewhere", async () => {
    const server = createHttpServer((_, response) => response.writeHead(302, { location: "/login" }).end()).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
    const { code, stderr } = await cli(["pending", "--endpoint-url", url], { localFile: null, environment: { ...nowhere, ...away } });
    server.close();
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("is not Step Functions' JSON (HTTP 302)") });
  });
  it("an endpoint that refuses", async () => {
    const { code, stderr } = await cli(["pending", "--endpoint-url", "http://127.0.0.1:9"], {
      localFile: null,
      environment: { ...nowhere, ...away },
    });
    expect(code).toBe(1);
    expect(stderr).toContain("127.0.0.1:9");
  });
  it("an endpoint that hangs", async () => {
    const server = createHttpServer(() => {}).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
    const timeouts = { connectionMilliseconds: 200, requestMilliseconds: 200 };
    const { code, stdout, stderr } = await cli(["pending", "--endpoint-url", url], {
      localFile: null,
      environment: { ...nowhere, ...away },
      timeouts,
    });
    server.closeAllConnections();
    server.close();
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^error: /m);
    expect(stderr).toContain(url.slice(7));
  });
  it("a corrupt local file", async () => {
    const corrupt = join(folder, "corrupt.db");
    await writeFile(corrupt, "this is no database, and long enough to be read as one".repeat(100));
    const { code, stderr } = await cli(["pending"], { localFile: corrupt });
    expect(code).toBe(1);
    expect(stderr).toContain("corrupt.db");
  });
  it("an unwritable local file", async () => {
    await writeFile(join(folder, "a-file"), "");
    const { code, stderr } = await cli(["pending"], { localFile: join(folder, "a-file", "inside.db") });
    expect(code).toBe(1);
    expect(stderr).toContain("inside.db");
  });
  it("a port in use", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    try {
      const { code, stderr } = await cli(["local", "--port", String(port)], { localFile });
      expect(code).toBe(1);
      expect(stderr).toContain(String(port));
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
