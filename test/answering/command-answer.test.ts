import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type AnswerRules,
  type CommandEnd,
  commandAnswer,
  interruptedAnswer,
  keptErrorBytes,
  keptOutputBytes,
} from "../../src/answering/working/command-answer.ts";
import { Tail } from "../../src/answering/working/tail.ts";

const rules: AnswerRules = { outputFrom: "auto", wrap: false, error: null, errorFor: new Map() };

function written(text: string | Uint8Array, keepBytes: number) {
  const tail = new Tail(keepBytes);
  tail.add(typeof text === "string" ? new TextEncoder().encode(text) : text);
  return { bytes: tail.bytes(), totalBytes: tail.totalBytes };
}

interface End {
  readonly exitCode?: number;
  readonly signal?: string;
  readonly stdout?: string | Uint8Array;
  readonly stderr?: string | Uint8Array;
  readonly file?: string | Uint8Array | { readonly problem: string };
}

function end({ exitCode = 0, signal, stdout = "", stderr = "", file }: End): CommandEnd {
  const outputFile = file === undefined ? null : typeof file === "string" ? new TextEncoder().encode(file) : file;
  return {
    ...{ exitCode, signal: signal ?? null, outputFile },
    stdout: written(stdout, keptOutputBytes),
    stderr: written(stderr, keptErrorBytes),
  };
}

const answer = (how: End, changed: Partial<AnswerRules> = {}) =>
  commandAnswer(end(how), { ...rules, ...changed }, (text) => text.replaceAll("SECRET", "<task token>"));
const latin1 = Uint8Array.from([0x22, 0xe9, 0x22]);
const long = JSON.stringify("x".repeat(262_142));

describe("the output of a command that ended with 0", () => {
  it.each<[string, Partial<AnswerRules>, End, string]>([
    ["auto: all of stdout where it is JSON", {}, { stdout: '{\n  "a": 1\n}\n' }, '{\n  "a": 1\n}'],
    ["auto: else the last line that is not blank", {}, { stdout: 'working…\ndone\n{"a":1}\n\n' }, '{"a":1}'],
    ["auto: all of it where the last line is JSON too", {}, { stdout: "[\n1\n]" }, "[\n1\n]"],
    ["auto: the last line of megabytes", {}, { stdout: `${"log line\n".repeat(400_000)}{"a":1}\n` }, '{"a":1}'],
    ["auto: nothing is {}", {}, { stdout: " \n" }, "{}"],
    ["auto: the longest that AWS takes", {}, { stdout: `${long}\n` }, long],
    ["auto: numbers stay as they were written", {}, { stdout: "12345678901234567890.10" }, "12345678901234567890.10"],
    ["stdout: all of it", { outputFrom: "stdout" }, { stdout: "[1,\n2]" }, "[1,\n2]"],
    ["last-line", { outputFrom: "last-line" }, { stdout: "1\r\n2\r\n" }, "2"],
    ["last-line: nothing is {}", { outputFrom: "last-line" }, {}, "{}"],
    ["file", { outputFrom: "file" }, { stdout: "no JSON", file: '{"a":2}\n' }, '{"a":2}'],
    ["file: none is {}", { outputFrom: "file" }, { stdout: "no JSON" }, "{}"],
    ["none", { outputFrom: "none" }, { stdout: "no JSON" }, "{}"],
    ["wrapped: without the last line breaks", { wrap: true }, { stdout: 'a "b"\nc\n\n' }, '{"stdout":"a \\"b\\"\\nc"}'],
    ["wrapped: JSON too", { wrap: true }, { stdout: "5\n" }, '{"stdout":"5"}'],
    ["wrapped: nothing", { wrap: true }, {}, '{"stdout":""}'],
    ["wrapped: only the last line", { wrap: true, outputFrom: "last-line" }, { stdout: "a\nb\n" }, '{"stdout":"b"}'],
    ["wrapped: bytes that are no text are replaced", { wrap: true }, { stdout: latin1 }, '{"stdout":"\\"\ufffd\\""}'],
    ["a byte order mark is left out", {}, { stdout: "\ufeff{}" }, "{}"],
  ])("%s", (_, changed, how, output) => {
    expect(answer(how, changed)).toEqual({ kind: "success", output });
  });

  it.each<[string, Partial<AnswerRules>, End, string, string]>([
    ["text", {}, { stdout: "all done\n" }, "OutputNotJson", 'stdout is not JSON, which an output must be: it ends with "all done"'],
    ["half of JSON", {}, { stdout: '{"a":' }, "OutputNotJson", 'ends with "{\\"a\\":"'],
    ["binary", {}, { stdout: latin1 }, "OutputNotJson", "holds bytes that are not UTF-8 text"],
    [
      "more than AWS takes",
      {},
      { stdout: `${long.slice(0, -1)}xx"` },
      "OutputTooLong",
      "stdout is 262,146 bytes long; AWS takes at most 262,144",
    ],
    ["megabytes", {}, { stdout: `"${"x".repeat(3_000_000)}"` }, "OutputTooLong", "stdout is 3,000,002 bytes long"],
    [
      "megabytes on the last line",
      { outputFrom: "last-line" },
      { stdout: "x".repeat(3_000_000) },
      "OutputTooLong",
      "The last line of stdout is longer than",
    ],
    ["too long once wrapped", { wrap: true }, { stdout: '"'.repeat(200_000) }, "OutputTooLong", "400,013 bytes"],
    ["a last line of text", { outputFrom: "last-line" }, { stdout: "{}\nbye" }, "OutputNotJson", 'ends with "bye"'],
    ["a file that is text", { outputFrom: "file" }, { file: "bye" }, "OutputNotJson", "The output file is not JSON"],
    ["a file that cannot be read", { outputFrom: "file" }, { file: { problem: "it is a folder" } }, "OutputNotJson", "it is a folder"],
  ])("is refused where it is %s", (_, changed, how, error, cause) => {
    expect(answer(how, changed)).toEqual({ kind: "failure", error, cause: expect.stringContaining(cause) });
  });
});

describe("the failure of a command", () => {
  it.each<[string, Partial<AnswerRules>, End, string]>([
    ["its exit code", {}, { exitCode: 3 }, "ExitCode.3"],
    ["its signal", {}, { exitCode: 137, signal: "SIGKILL" }, "Signal.SIGKILL"],
    ["--error", { error: "Broken" }, { exitCode: 3 }, "Broken"],
    ["--error for a signal too", { error: "Broken" }, { exitCode: 137, signal: "SIGKILL" }, "Broken"],
    ["--error-for its code first of all", { error: "Broken", errorFor: new Map([[3, "Busy"]]) }, { exitCode: 3 }, "Busy"],
    [
      "--error-for the code that a signal comes to",
      { errorFor: new Map([[137, "Killed"]]) },
      { exitCode: 137, signal: "SIGKILL" },
      "Killed",
    ],
    ["not --error-for another code", { errorFor: new Map([[4, "Busy"]]) }, { exitCode: 3 }, "ExitCode.3"],
  ])("is named after %s", (_, changed, how, error) => {
    expect(answer(how, changed)).toMatchObject({ kind: "failure", error });
  });

  const cause = (stderr: string | Uint8Array): string => {
    const failure = answer({ exitCode: 1, stderr });
    return failure.kind === "failure" ? (failure.cause ?? "") : "";
  };

  it.each([
    ["what it wrote to stderr", "a\nb\n", "a\nb"],
    ["what happened, where it wrote nothing", "", "The command ended with exit code 1 and wrote nothing to stderr."],
    ["no color", "\u001b[31mred\u001b[0m", "red"],
    ["no other escape sequence", "\u001b]0;title\u0007text\u001b[2J", "text"],
    ["control characters that can be seen", "a\u0007b\u0000\tc", "a\\x07b\\x00\tc"],
    ["the last state of a progress bar", "10%\r50%\r100%\r\ndone", "100%\ndone"],
    ["no secret", "token SECRET", "token <task token>"],
  ])("has as its cause %s", (_, stderr, expected) => {
    expect(cause(stderr)).toBe(expected);
  });

  it("has the last 32,768 characters as its cause, whole ones", () => {
    const text = cause(`${"😀".repeat(40_000)}end`);
    expect(text.length).toBeLessThanOrEqual(32_768);
    expect(text.length).toBeGreaterThan(32_764);
    expect(text).toMatch(/^…😀.*😀end$/u);
    expect(text).not.toMatch(/\p{Surrogate}/u);
  });

  it("has no half of a secret where what was kept begins", () => {
    const kept = cause(`${"\u001b[0m".repeat(40_000)}${"S".repeat(3000)}\n${"\u001b[0m".repeat(33_000)}end`);
    expect(kept).toBe("…end");
  });

  it("is never longer than AWS takes, whatever was written", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 0, max: 2000 }), fc.boolean(), (bytes, times, isInterrupted) => {
        const stderr = Buffer.concat(Array.from({ length: times }, () => bytes));
        const failure = isInterrupted
          ? interruptedAnswer("SIGTERM", end({ stderr }).stderr, (text) => text)
          : answer({ exitCode: 1, stderr });
        const text = failure.kind === "failure" ? (failure.cause ?? "") : "";
        expect(text.length).toBeLessThanOrEqual(32_768);
        expect(text).not.toMatch(/\p{Surrogate}/u);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: there must be none
        expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
      }),
      { numRuns: 40 },
    );
  });
});

describe("the failure of a command that a signal to us has ended", () => {
  it("says so before what it wrote", () => {
    const { stderr } = end({ stderr: "x".repeat(40_000) });
    const failure = interruptedAnswer("SIGTERM", stderr, (text) => text);
    expect(failure).toMatchObject({
      kind: "failure",
      error: "Interrupted",
      cause: expect.stringMatching(/^sfn-callback got SIGTERM while the command ran\.\n…x+$/),
    });
    expect(failure.kind === "failure" && failure.cause?.length).toBe(32_768);
  });
});

describe("a tail", () => {
  it("keeps the last bytes of whatever comes", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), fc.integer({ min: 1, max: 50 }), (pieces, keep) => {
        const tail = new Tail(keep);
        for (const piece of pieces) tail.add(piece);
        const all = Buffer.concat(pieces);
        expect(tail.totalBytes).toBe(all.length);
        expect(Buffer.from(tail.bytes())).toEqual(all.subarray(Math.max(0, all.length - keep)));
      }),
    );
  });
});
