import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tokensIn } from "../src/callback/task-token.ts";
import { createLocal } from "../src/local/local.ts";
import { type CliOptions, type CliResult, cli, temporaryFolder } from "./harness.ts";
import { allHistories, throughApi } from "./local-file.ts";

type Run = readonly [argv: readonly string[], options?: CliOptions];

const approve = '{"approved":true}';

/** A home and a local file with waiting executions `a`, `b`…; the inputs of all but `a` carry the token of `a`. */
async function world() {
  const home = temporaryFolder();
  const localFile = join(home, "test.db");
  // Held open by somebody else, too, so that not every command makes SQLite's log anew and takes it away again: half of the test was that.
  const held = await createLocal({ file: localFile, port: 0 });
  const user = (argv: readonly string[], options: CliOptions = {}): Promise<CliResult> => cli(argv, { home, ...options });
  await user(["deploy-example"]);
  await user(["start", "approval", "--name", "a", "--until", "waiting"]);
  const [token = ""] = await tokensOf(localFile);
  const carrying = JSON.stringify({
    [token]: token,
    link: `https://example.com/?t=${encodeURIComponent(token)}&x`,
    in: JSON.stringify({ token }),
  });
  for (const name of ["b", "c", "d", "e"]) await user(["start", "approval", "--name", name, "--input", carrying, "--until", "waiting"]);
  return { home, localFile, user, token, carrying, [Symbol.asyncDispose]: () => held.close() };
}

async function tokensOf(localFile: string): Promise<string[]> {
  return [...new Set(tokensIn(JSON.stringify([...(await allHistories(localFile)).values()])))].filter((token) => !token.includes("%"));
}

/** All slices of 60 characters of the tokens, plain and percent-encoded. */
function slicesOf(tokens: readonly string[]): ReadonlySet<string> {
  const slices = new Set<string>();
  for (const form of tokens.flatMap((token) => [token, encodeURIComponent(token)])) {
    for (let start = 0; start + 60 <= form.length; start += 1) slices.add(form.slice(start, start + 60));
  }
  return slices;
}

/** The first of the slices that stands in the text. */
function leaks(text: string, slices: ReadonlySet<string>): string[] {
  const found: string[] = [];
  for (let start = 0; start + 60 <= text.length; start += 1) {
    const slice = text.slice(start, start + 60);
    if (slices.has(slice)) found.push(slice);
  }
  return found.slice(0, 1);
}

function commands(token: string, carrying: string, home: string): Run[] {
  const arn = "arn:aws:states:us-east-1:123456789012:execution:approval:a";
  const file = join(home, "token.txt");
  writeFileSync(file, `${token.slice(0, 76)}\n${token.slice(76)}\n`);
  const percent = encodeURIComponent(token);
  return [
    [["pending"]],
    [["pending", "--with-input"]],
    [["pending", "--with-input", "--query", "tasks[].[input, reverse(to_string(input))]"]],
    [["pending", "--with-input", "--query", "tasks[1].input.link", "--raw"]],
    [["start", "approval", "--input", carrying, "--until", "waiting"]],
    [["start", "approval", "--name", "a", "--input", carrying]],
    [["wait", "approval/b", "--until", "waiting"]],
    [["wait", "approval/b", "--timeout", "0s"]],
    [["heartbeat", "approval/a"]],
    [["heartbeat", "--token", token]],
    [["heartbeat", "--token", percent, "--execution", arn]],
    [["heartbeat", "--token-file", file, "--execution", arn]],
    [["heartbeat", "--token-env", "MINE"], { environment: { MINE: token } }],
    [["heartbeat", "--token", "-"], { stdin: `"${token}"\n` }],
    [["heartbeat"], { environment: { SFN_CALLBACK_TOKEN: token } }],
    [["show", "approval/b"]],
    [["show", "approval/b", "--full"]],
    [["show", token]],
    [["show", "approval/b", "--contract", token]],
    [["succeed", "approval/b", "--output", carrying, "--preview"]],
    [["fail", "approval/b", "--error", "E", "--cause", token, "--preview"]],
    [["answer", "approval/b", token]],
    [["answer", "approval/b", "reject", "--set", `reason=${token}`]],
    [["answer", "approval/b", "reject", "--set", `${token}=${percent}`]],
    [["succeed", "approval/b", "--output", carrying]],
    [["succeed", "approval/b", "--output", carrying]],
    [["fail", "approval/b"]],
    [["wait", "approval/b"]],
    [["fail", "approval/c", "--error", token.slice(0, 256), "--cause", `no: ${percent}`]],
    [["succeed", "approval/c", "--output", approve]],
    [["wait", "approval/c"]],
    [["stop", "approval/d", "--cause", token]],
    [["stop", "approval/d"]],
    [["wait", "approval/d"]],
    [["succeed", "approval/d", "--output", approve]],
    [["succeed", "--token", token, "--output", approve]],
    [["fail", "--token", token, "--execution", arn]],
    [["run", "--token-env", "MINE", "--execution", arn, "--", "env"], { environment: { MINE: token } }],
    [["run", "--token-env", "MINE", "--log", "json", "--", "env"], { environment: { MINE: token } }],
    ...[`${token}x`, token.slice(0, -40), token.slice(40), `${token}${token}`, percent.slice(3)].map(
      (wrong): Run => [["succeed", "--token", wrong, "--output", approve]],
    ),
    ...[token, percent, `${token}#3`, `approval/${token}`, `arn:${token}`].flatMap((word): Run[] => [
      [["succeed", word, "--output", approve]],
      [["stop", word]],
      [["wait", word]],
    ]),
    [[token]],
    [[`--${token}`]],
    [["pending", token]],
    [["pending", `--${token}`]],
    [["pending", "--query", token]],
    [["pending", "--state-machine", token]],
    [["pending", "--limit", token]],
    [["pending", "--region", token], { localFile: null }],
    [["pending", "--profile", token], { localFile: null }],
    [
      ["pending", "--endpoint-url", `http://127.0.0.1:1/${token}`],
      { localFile: null, environment: { AWS_REGION: "us-east-1", AWS_ACCESS_KEY_ID: "none", AWS_SECRET_ACCESS_KEY: "none" } },
    ],
    [["pending", "--local-file", join(home, token)]],
    [["succeed", "approval/e", "--output", token]],
    [["succeed", "approval/e", "--output", `@${token}`]],
    [["succeed", "approval/e", "--output", `{"token":"${token}`]],
    [["succeed", "approval/e", "--set", token]],
    [["succeed", "approval/e", "--state", token, "--output", "1"]],
    [["succeed", "approval/e", "--index", token, "--output", "1"]],
    [["succeed", "--token-env", token, "--output", "1"]],
    [["succeed", "--token-file", token, "--output", "1"]],
    [["succeed", "--execution", token, "--output", "1"]],
    [["heartbeat", "approval/e", "--every", token]],
    [["run", "approval/e", "--error-for", token, "--", "env"]],
    [["run", "approval/e", "--", token]],
    [["run", "--activity", token, "--", "env"]],
    [["run", "approval/e", "--log", "json", "--", "sh", "-c", "env; exit 3"], { environment: { MINE: "kept" } }],
    [["start", token]],
    [["start", `arn:aws:states:us-east-1:123456789012:stateMachine:${token}`]],
    [["start", "approval", "--name", token]],
    [["start", "approval", "--until", token]],
    [["wait", "approval/e", "--timeout", token]],
    [["deploy-example", "--template", token]],
    [["deploy-example"]],
    [["local", "--port", token]],
    [["local", "--port", "0"]],
    [["local", "advance", token]],
    [["local", "advance", "25h"]],
    [["succeed", "--token", token, "--execution", arn, "--output", approve]],
    [["demo"]],
  ];
}

describe("a task token", () => {
  it.each([
    ["for a person in a pipe", [], false],
    ["on a terminal", [], true],
    ["as JSON", ["--json"], false],
    ["as JSON lines", ["--jsonl"], false],
  ] as const)(
    "is in no output, error or debug line of any command, nor in the remembered ids, %s",
    async (_, flags, tty) => {
      await using own = await world();
      const { home, localFile, user, token, carrying } = own;
      const results: { argv: string; text: string }[] = [];
      for (const [argv, options] of commands(token, carrying, home)) {
        const isPrompting = tty && ["demo", "deploy-example", "start"].includes(argv[0] ?? "");
        const dashes = argv.includes("--") ? argv.indexOf("--") : argv.length;
        const { stdout, stderr } = await user([...argv.slice(0, dashes), ...flags, "--debug", ...argv.slice(dashes)], {
          tty: tty && !isPrompting,
          interrupt: AbortSignal.timeout(argv[0] === "local" ? 300 : 1_500),
          ...options,
        });
        results.push({ argv: argv.map((word) => word.slice(0, 40)).join(" "), text: stdout + stderr });
      }
      const tokens = await tokensOf(localFile);
      expect(tokens.length).toBeGreaterThan(4);
      const slices = slicesOf(tokens);
      const leaked = results.map(({ argv, text }) => ({ argv, leaks: leaks(text, slices) })).filter(({ leaks }) => leaks.length > 0);
      expect(leaked).toEqual([]);
      expect(results.filter(({ text }) => text.includes("<task token>")).length).toBeGreaterThan(8);
      const state = join(home, "state", "sfn-callback");
      const remembered = readdirSync(state, { recursive: true, encoding: "utf8", withFileTypes: true }).filter((entry) => entry.isFile());
      expect(remembered.length).toBeGreaterThan(0);
      for (const entry of remembered) expect(leaks(readFileSync(join(entry.parentPath, entry.name), "utf8"), slices)).toEqual([]);
    },
    60_000,
  );

  it.each(["s3cret-77", "a b+c/7q", "not\u001b[2Ja-token"])("is hidden where it is short and of no known shape: %j", async (foreign) => {
    for (const flags of [[], ["--json"], ["--debug"]]) {
      for (const argv of [["heartbeat"], ["succeed", "--output", JSON.stringify(foreign)], ["fail", "--cause", foreign]]) {
        const { code, stdout, stderr } = await cli([...argv, "--token", foreign, ...flags]);
        expect(code).toBe(3);
        for (const form of [foreign, encodeURIComponent(foreign), foreign.replaceAll(" ", "+")])
          expect(stdout + stderr).not.toContain(form);
      }
    }
  });
});

const hostile =
  "\u001b[2J\u001b]8;;http://evil.example\u0007link\u001b]8;;\u0007\u009b31m\u202egnp.exe\u2066\r\nerror: forged\n\tx\u0000\u007f";
// What a terminal might obey, without the styles that only we write, and the line breaks and tabs of our own tables.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the styles that the terminal writes, and the spinner's
const ours = /\u001b\[(?:[0-9;]*m|\?25[hl]|\?2026[hl]|1G|0?K)/g;

describe("names, inputs, errors and causes with escape sequences", () => {
  it.each([
    ["for a person in a pipe", [], {}],
    ["on a terminal", [], { tty: true, environment: { FORCE_COLOR: "1" } }],
    ["as JSON", ["--json"], {}],
    ["as JSON lines on a terminal", ["--jsonl"], { tty: true }],
  ] as const)(
    "cannot move the cursor or forge a line, %s",
    async (_, flags, options) => {
      const home = temporaryFolder();
      const state = "Ask\u001b[2J\u009b1A\u202e";
      await throughApi(join(home, "test.db"), (stepFunctions) =>
        stepFunctions.createStateMachine({ name: "hostile", roleArn: "arn:aws:iam::123456789012:role/any", definition: definition(state) }),
      );
      const input = JSON.stringify({ [hostile]: hostile });
      const runs: Run[] = [
        ...["a", "b", "c"].map((name): Run => [["start", "hostile", "--name", name, "--input", input]]),
        [["show", "hostile/a"]],
        [["succeed", "hostile/a", "--output", input, "--preview"]],
        [["pending", "--with-input"]],
        [["succeed", "hostile/a", "--state", hostile, "--output", "{}"]],
        [["succeed", "hostile/a", "--output", input]],
        [["fail", "hostile/a", "--error", hostile]],
        [["wait", "hostile/a"]],
        [["fail", "hostile/b", "--error", hostile, "--cause", hostile]],
        [["succeed", "hostile/b", "--output", "{}"]],
        [["wait", "hostile/b"]],
        [["start", "hostile", "--input", input, "--name", hostile]],
        [["stop", "hostile/c", "--cause", hostile, "--error", hostile]],
        [["wait", "hostile/c"]],
        ...[
          ["succeed", hostile, "--output", "{}"],
          ["start", hostile],
          ["pending", "--state-machine", hostile],
          [hostile],
          ["pending", `--${hostile}`],
        ].map((argv): Run => [argv]),
        ...[
          ["succeed", "hostile/a", "--output", hostile],
          ["succeed", "hostile/a", "--output", `@${hostile}`],
          ["pending", "--query", hostile],
        ].map((argv): Run => [argv]),
        [["wait", `hostile/${hostile}`]],
      ];
      const moved: unknown[] = [];
      const cursorLost: unknown[] = [];
      for (const [argv] of runs) {
        const { stdout, stderr } = await cli([...argv, ...flags, "--debug"], { home, interrupt: AbortSignal.timeout(3_000), ...options });
        for (const text of [stdout, stderr]) {
          const plain = "tty" in options ? text.replace(ours, "") : text;
          if (text.lastIndexOf("\u001b[?25l") > text.lastIndexOf("\u001b[?25h")) cursorLost.push(argv.slice(0, 2));
          if (control.test(plain) || /^error: forged/m.test(plain)) moved.push([argv.slice(0, 2), plain]);
        }
      }
      expect(moved).toEqual([]);
      expect(cursorLost).toEqual([]);
    },
    20_000,
  );
});

function definition(state: string): string {
  const task = {
    Type: "Task",
    Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
    Parameters: { QueueUrl: hostile, MessageBody: { "token.$": "$$.Task.Token", "request.$": "$" } },
    End: true,
  };
  return JSON.stringify({ StartAt: state, States: { [state]: task } });
}
