import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { checkQuery } from "../../src/terminal/query.ts";
import { createSecrets } from "../../src/terminal/secrets.ts";
import { createTerminal } from "../../src/terminal/terminal.ts";
import { bold, red } from "../../src/text.ts";
import { terminalInMemory } from "./streams.ts";

const redact = (text: string): string => text.replace(/AQC[A-Z]+/g, "<task token>");

describe("color", () => {
  const shows = async (options: { color?: boolean }, stdoutTty: boolean, environment: Record<string, string>) => {
    const { terminal, stdout } = terminalInMemory(options, { stdoutTty, environment });
    await terminal.result(null, () => [red("x")]);
    return stdout() === "\x1b[31mx\x1b[39m\n";
  };

  it.each([
    ["on a terminal", {}, true, {}, true],
    ["not in a pipe", {}, false, {}, false],
    ["not on a dumb terminal", {}, true, { TERM: "dumb" }, false],
    ["not with NO_COLOR", {}, true, { NO_COLOR: "1" }, false],
    ["with an empty NO_COLOR", {}, true, { NO_COLOR: "" }, true],
    ["in a pipe with FORCE_COLOR", {}, false, { FORCE_COLOR: "1" }, true],
    ["not with FORCE_COLOR=0", {}, true, { FORCE_COLOR: "0" }, false],
    ["not with NO_COLOR and FORCE_COLOR", {}, false, { NO_COLOR: "1", FORCE_COLOR: "1" }, false],
    ["not with --no-color and FORCE_COLOR", { color: false }, true, { FORCE_COLOR: "1" }, false],
  ])("is shown %s", async (_name, options, tty, environment, expected) => {
    expect(await shows(options, tty, environment)).toBe(expected);
  });

  it("is decided for each stream by itself", async () => {
    const { terminal, stdout, stderr } = terminalInMemory({}, { stderrTty: true });
    await terminal.result(null, () => [bold("x")]);
    terminal.note(bold("x"));
    expect([stdout(), stderr()]).toEqual(["x\n", "\x1b[1mx\x1b[22m\n"]);
  });
});

describe("a result", () => {
  it("is its lines for a person, one document under --json, one line under --jsonl", async () => {
    const given = async (format: "human" | "json" | "jsonl") => {
      const { terminal, stdout } = terminalInMemory({ format });
      await terminal.result({ a: [1] }, () => ["one", ["t", bold("wo")]]);
      return stdout();
    };
    expect(await given("human")).toBe("one\ntwo\n");
    expect(await given("json")).toBe('{\n  "a": [\n    1\n  ]\n}\n');
    expect(await given("jsonl")).toBe('{"a":[1]}\n');
  });

  it("escapes what a terminal would act on", async () => {
    const { terminal, stdout } = terminalInMemory({ format: "jsonl" });
    await terminal.result({ a: "\x1b\x7f\u009b\u202e" }, () => []);
    expect(stdout()).toBe('{"a":"\\u001b\\u007f\\u009b\\u202e"}\n');
    const human = terminalInMemory();
    await human.terminal.result(null, () => ["a\nb\x1b[2J"]);
    expect(human.stdout()).toBe("a\\nb\\x1b[2J\n");
  });

  it("gives items under --jsonl only", async () => {
    const json = terminalInMemory({ format: "json" });
    await json.terminal.item({ a: 1 });
    const jsonl = terminalInMemory({ format: "jsonl", query: "a" });
    await jsonl.terminal.item({ a: 1 });
    await jsonl.terminal.item({ b: 2 });
    expect([json.stdout(), jsonl.stdout()]).toEqual(["", "1\nnull\n"]);
  });

  it("keeps dates as ISO 8601 UTC and leaves out nothing but undefined", async () => {
    const { terminal, stdout } = terminalInMemory({ format: "jsonl" });
    await terminal.result({ at: new Date(0), none: null, gone: undefined }, () => []);
    expect(stdout()).toBe('{"at":"1970-01-01T00:00:00.000Z","none":null}\n');
  });

  it("is filtered by --query, which implies --json", async () => {
    const { terminal, stdout } = terminalInMemory({ query: "tasks[].id" }, { stdinTty: true, stderrTty: true });
    await terminal.result({ tasks: [{ id: "a" }, { id: "b" }] }, () => ["lines"]);
    expect(stdout()).toBe('[\n  "a",\n  "b"\n]\n');
    expect([terminal.format, terminal.interactive]).toEqual(["json", false]);
  });

  it("is bare under --raw where it is a string or strings", async () => {
    const raw = async (json: unknown, stdoutTty = false) => {
      const { terminal, stdout } = terminalInMemory({ query: "@", raw: true, format: "json" }, { stdoutTty });
      await terminal.result(json, () => []);
      return stdout();
    };
    expect(await raw('a "b"\n\x1bc')).toBe('a "b"\n\x1bc\n');
    expect(await raw('a "b"\n\x1bc', true)).toBe('a "b"\n\\x1bc\n');
    expect(await raw(["a", "b"])).toBe("a\nb\n");
    expect(await raw([])).toBe("");
    expect(await raw([1])).toBe("[\n  1\n]\n");
  });

  it.each(["tasks[", "", "nope(@)", "a b"])("refuses the query %j as a usage error", async (query) => {
    const { terminal } = terminalInMemory({ query });
    await expect(terminal.result({}, () => [])).rejects.toMatchObject({ kind: "usage", message: expect.stringContaining("--query") });
    await expect(checkQuery(query)).rejects.toMatchObject({ kind: "usage" });
  });

  it.each(["tasks[].id", "length(tasks)", "sort_by(tasks, &id)[0]"])("takes the query %j beforehand", async (query) => {
    await expect(checkQuery(query)).resolves.toBeUndefined();
  });
});

describe("secrets", () => {
  const secret = 'pass/word+ "ö"';
  const everywhere = async (format: "human" | "json" | "jsonl", query?: string) => {
    const options = { format, debug: true, ...(query === undefined ? {} : { query }) };
    const { terminal, stdout, stderr } = terminalInMemory(options, { redact });
    terminal.hide(secret);
    terminal.hide("");
    const texts = [secret, encodeURIComponent(secret), JSON.stringify({ secret }), JSON.stringify(JSON.stringify(secret)), "AQCTOKEN"];
    for (const text of texts) {
      await terminal.result({ [`key ${text}`]: [text] }, () => [`<${text}>`, bold(text)]);
      await terminal.item({ text });
      terminal.note(text);
      terminal.warn(red(text));
      terminal.debug(text);
      terminal.error({ code: "Failure", message: text, hint: text, awsRequestId: text });
    }
    return stdout() + stderr();
  };

  it.each(["human", "json", "jsonl"] as const)("are never printed in the format %s", async (format) => {
    const printed = await everywhere(format);
    expect(printed).toContain("<task token>");
    for (const hidden of ["pass", "word", "AQCTOKEN"]) expect(printed).not.toContain(hidden);
  });

  it("cannot be brought out by a query", async () => {
    expect(await everywhere("json", "keys(@)[].reverse(@)")).not.toContain("NEKOTCQA");
  });

  it("leave the text that stands in for them alone, short as they may be", () => {
    const { terminal, stderr } = terminalInMemory();
    terminal.hide("t");
    terminal.hide("task");
    terminal.note("the task");
    expect(stderr()).toBe("<task token>he <task token>\n");
  });
});

describe("an error", () => {
  const failure = { code: "NotWaiting", message: "It is gone.\nerror: forged", hint: "Try pending.\nOr show.", awsRequestId: undefined };

  it("is a message and hints for a person", () => {
    const { terminal, stderr } = terminalInMemory();
    terminal.error(failure);
    expect(stderr()).toBe("error: It is gone.\n  error: forged\nhint: Try pending.\nhint: Or show.\n");
  });

  it("is one line of JSON in the JSON formats, with null for what is absent, and stdout stays empty", () => {
    const { terminal, stdout, stderr } = terminalInMemory({ format: "json" });
    terminal.error({ code: "Failure", message: "a\nb", hint: undefined, awsRequestId: undefined });
    expect(stderr()).toBe('{"error":{"code":"Failure","message":"a\\nb","hint":null,"awsRequestId":null}}\n');
    expect(stdout()).toBe("");
  });
});

describe("stderr", () => {
  it("marks warnings, and shows debug lines under --debug only", () => {
    const quiet = terminalInMemory();
    quiet.terminal.warn("careful");
    quiet.terminal.debug("detail");
    expect(quiet.stderr()).toBe("warning: careful\n");
    const loud = terminalInMemory({ debug: true });
    loud.terminal.debug("detail");
    expect(loud.stderr()).toBe("debug: detail\n");
  });

  it("has no spinner off a terminal or under --json, and stopping twice is fine", () => {
    for (const { terminal, stderr } of [terminalInMemory(), terminalInMemory({ format: "json" }, { stderrTty: true })]) {
      const progress = terminal.progress("reading");
      progress.update("still reading");
      progress.stop();
      progress.stop();
      expect(stderr()).toBe("");
    }
  });

  it("has no spinner on a terminal that does not say how wide it is", async () => {
    const { terminal, stderr } = terminalInMemory({}, { stderrTty: true, columns: 0 });
    terminal.progress("reading").stop();
    terminal.note("a note");
    expect(stderr()).toBe("a note\n");
  });

  it("takes the spinner away for a failure, which ends what it told of", async () => {
    const { terminal, stderr } = terminalInMemory({}, { stderrTty: true });
    terminal.progress("reading");
    await expect.poll(stderr).toContain("reading");
    terminal.error({ code: "Failure", message: "it broke", hint: undefined, awsRequestId: undefined });
    expect(stderr()).toMatch(/\[\?25h[^\n]*it broke\n$/);
  });

  it("takes the spinner out of a note's way and away at the end", async () => {
    const { terminal, stderr } = terminalInMemory({}, { stderrTty: true });
    const progress = terminal.progress("reading\x1b[2J");
    await expect.poll(stderr).toContain("reading\\x1b[2J");
    terminal.note("a note");
    expect(stderr()).toMatch(/reading[^\n]*\[0K[^\n ]*a note\n[^\n]*reading/);
    progress.stop();
    const before = stderr();
    progress.stop();
    expect(stderr()).toBe(before);
  });
});

describe("the streams", () => {
  it("are interactive only where stdin and stderr are terminals and no JSON is asked for", () => {
    const interactive = (stdinTty: boolean, stderrTty: boolean, format: "human" | "json") =>
      terminalInMemory({ format }, { stdinTty, stderrTty }).terminal.interactive;
    expect(interactive(true, true, "human")).toBe(true);
    expect([interactive(false, true, "human"), interactive(true, false, "human"), interactive(true, true, "json")]).not.toContain(true);
  });

  it("tell the width of stdout's terminal, and 80 where there is none", () => {
    expect(terminalInMemory({}, { stdoutTty: true, columns: 123 }).terminal.columns).toBe(123);
    expect(terminalInMemory({}, { columns: 123 }).terminal.columns).toBe(80);
  });

  const failing = (code: string) => {
    const stdout = new Writable({ write: (_chunk, _encoding, done) => done(Object.assign(new Error(code), { code })) });
    const options = { format: "human", raw: false, color: true, debug: false } as const;
    return createTerminal(
      { stdin: process.stdin, stdout, stderr: new Writable() },
      {},
      options,
      createSecrets((text) => text),
    );
  };

  it("take a reader that went away for no failure", async () => {
    const terminal = failing("EPIPE");
    await expect(terminal.result(null, () => ["a"])).resolves.toBeUndefined();
    await expect(terminal.result(null, () => ["b"])).resolves.toBeUndefined();
  });

  it("tell of it, and lay out nothing more for it", async () => {
    const terminal = failing("EPIPE");
    expect(terminal.readerGone.aborted).toBe(false);
    let laidOut = 0;
    function* lines(): Iterable<string> {
      for (;;) {
        laidOut += 1;
        yield "x".repeat(1000);
      }
    }
    await terminal.result(null, lines);
    expect(terminal.readerGone.aborted).toBe(true);
    expect(laidOut).toBeLessThan(200);
  });

  it("report a full disk", async () => {
    await expect(failing("ENOSPC").result(null, () => ["a"])).rejects.toThrow("ENOSPC");
  });
});
