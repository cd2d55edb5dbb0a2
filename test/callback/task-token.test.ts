import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ownTokensInPayload } from "../../src/callback/history/token-in-payload.ts";
import { hideTokens, looksLikeToken, repairToken } from "../../src/callback/task-token.ts";
import { tokenOf } from "./history.ts";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
const tokens = fc
  .string({ unit: fc.constantFrom(...alphabet), minLength: 300, maxLength: 700 })
  .map((tail) => `AQCEAAAAKgAAAAMAAAAA${tail}`);

const manglings: readonly ((token: string) => string)[] = [
  (token) => ` ${token}\n`,
  (token) => `"${token}"`,
  (token) => `{${token}}`,
  (token) => encodeURIComponent(token),
  (token) => encodeURIComponent(encodeURIComponent(token)),
  (token) => token.replaceAll(/.{76}/g, "$&\r\n  "),
  (token) => token.replaceAll("/", "\\/"),
];

describe("repairToken", () => {
  it("gives back any token that was mangled on its way", () => {
    fc.assert(
      fc.property(tokens, fc.constantFrom(...manglings), (token, mangle) => {
        expect(repairToken(mangle(token))).toBe(token);
      }),
    );
  });

  it("turns spaces back to plus signs", () => {
    expect(repairToken(tokenOf(1).replaceAll("+", " "))).toBe(tokenOf(1));
  });

  it("leaves an emulator's short token alone", () => {
    expect(repairToken("0b3c-91")).toBe("0b3c-91");
    expect(looksLikeToken("0b3c-91")).toBe(false);
  });
});

describe("hideTokens", () => {
  it("leaves nothing of a token in any text, plain, percent-encoded or escaped", () => {
    const forms = fc.constantFrom<(token: string) => string>(
      (t) => t,
      encodeURIComponent,
      (t) => t.replaceAll("/", "\\/"),
    );
    fc.assert(
      fc.property(fc.string(), tokens, forms, fc.string(), (before, token, form, after) => {
        const hidden = hideTokens(`${before}${form(token)}${after}`);
        expect(hidden).toContain("<task token>");
        expect(hidden).not.toContain(form(token).slice(20, 120));
      }),
    );
  });

  it("keeps what stands around it", () => {
    expect(hideTokens(`https://x.test/approve?token=${encodeURIComponent(tokenOf(1))}&by=me`)).toBe(
      "https://x.test/approve?token=<task token>&by=me",
    );
    expect(hideTokens("no token here")).toBe("no token here");
  });

  it.each(["A", "\\", "%25", "=AQA", "AAAAKgAAAA", "%2"])("is quick on a megabyte of %s", (part) => {
    const text = `AAAAKgAAAA ${part.repeat(1_000_000 / part.length)}`;
    // Its own time, however busy the machine is.
    const before = process.cpuUsage();
    hideTokens(text);
    repairToken(text);
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(2000);
  });
});

describe("the own token of a task's payload", () => {
  const own = tokenOf(1);
  const parent = tokenOf(2);

  it.each([
    ["a member", { MessageBody: { token: own } }],
    ["a string that is JSON", { MessageBody: JSON.stringify({ a: [own] }) }],
    ["a link", { Message: `Approve: https://x.test/a?t=${encodeURIComponent(own)}&ok=1` }],
    ["an environment variable", { Overrides: { ContainerOverrides: [{ Environment: [{ Name: "T", Value: own }] }] } }],
  ])("is found in %s", (_, payload) => {
    expect(ownTokensInPayload(JSON.stringify(payload), [])).toEqual([own]);
  });

  it("is not a parent's, which the input holds too", () => {
    expect(ownTokensInPayload(JSON.stringify({ parent, own }), [JSON.stringify({ parent })])).toEqual([own]);
    expect(ownTokensInPayload(JSON.stringify({ parent }), [JSON.stringify({ parent })])).toEqual([]);
  });

  it("is an emulator's short token, known by its key, and never a path sent as text", () => {
    expect(ownTokensInPayload('{"task_token":"7f3a"}', [])).toEqual(["7f3a"]);
    expect(ownTokensInPayload('{"TaskToken":"$$.Task.Token"}', [])).toEqual([]);
  });
});
