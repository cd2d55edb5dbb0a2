import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { CliError } from "../../src/errors.ts";
import { createPrompts } from "../../src/terminal/prompts.ts";

function prompting(signal: AbortSignal = new AbortController().signal) {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const stderr = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
  let shown = "";
  stderr.on("data", (chunk) => {
    shown += String(chunk);
  });
  const until = (text: string) => expect.poll(() => shown).toContain(text);
  return {
    stdin,
    prompts: createPrompts({ stdin, stderr }, signal, {
      redact: (text) => text.replaceAll("s3cret", "<task token>"),
      aside: (act) => act(),
    }),
    until,
    shown: () => shown,
  };
}

describe("a prompt", () => {
  it("asks yes or no, with no as the answer to Enter", async () => {
    const { stdin, prompts, until } = prompting();
    const answer = prompts.confirm("Stop \x1b[2Jit?");
    await until("Stop \\x1b[2Jit?");
    stdin.write("\r");
    expect(await answer).toBe(false);
  });

  it("asks for a text until it is right", async () => {
    const { stdin, prompts, until } = prompting();
    const answer = prompts.input("Error name", { check: (value) => (value === "Refused" ? undefined : "not that one") });
    await until("Error name");
    stdin.write("x\r");
    await until("not that one");
    stdin.write("\x7f");
    stdin.write("Refused\r");
    expect(await answer).toBe("Refused");
  });

  it("lets one of its choices be chosen", async () => {
    const { stdin, prompts, until } = prompting();
    const answer = prompts.select("Which", [
      { value: "a", name: "First" },
      { value: "b", name: "Second", description: "the other" },
    ]);
    await until("Second");
    stdin.write("\x1b[B");
    await until("the other");
    stdin.write("\r");
    expect(await answer).toBe("b");
  });

  it("shows no secret that stands in a question or a choice", async () => {
    const { stdin, prompts, until, shown } = prompting();
    const chosen = prompts.select("Is s3cret it?", [{ value: "a", name: "Yes, s3cret", description: "as s3cret" }]);
    await until("Is <task token> it?");
    await until("as <task token>");
    stdin.write("\r");
    expect(await chosen).toBe("a");
    expect(shown()).not.toContain("s3cret");
  });

  it("shows no secret that stands in what is wrong with a value", async () => {
    const { stdin, prompts, until, shown } = prompting();
    const typed = prompts.input("Which", { check: (value) => (value === "y" ? undefined : "not s3cret") });
    await until("Which");
    stdin.write("\r");
    await until("not <task token>");
    stdin.write("y\r");
    expect(await typed).toBe("y");
    expect(shown()).not.toContain("s3cret");
  });

  it("does not show a secret as it is typed", async () => {
    const { stdin, prompts, until, shown } = prompting();
    const answer = prompts.secret("MFA code");
    await until("MFA code");
    stdin.write("123456\r");
    expect(await answer).toBe("123456");
    expect(shown()).not.toContain("123456");
  });

  it("is interrupted by Ctrl-C", async () => {
    const { stdin, prompts, until } = prompting();
    const answer = prompts.confirm("Sure?");
    await until("Sure?");
    stdin.write("\x03");
    await expect(answer).rejects.toMatchObject({ kind: "interrupted" });
  });

  it("is interrupted by the signal, for the signal's own reason where it has one", async () => {
    const controller = new AbortController();
    const { prompts, until } = prompting(controller.signal);
    const answer = prompts.confirm("Sure?");
    await until("Sure?");
    controller.abort(new CliError("terminated", "terminated"));
    await expect(answer).rejects.toMatchObject({ kind: "terminated" });
    await expect(prompts.confirm("Again?")).rejects.toMatchObject({ kind: "terminated" });
  });
});
