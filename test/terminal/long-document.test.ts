import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { longDocument } from "../../src/terminal/long-document.ts";
import { createSecrets } from "../../src/terminal/secrets.ts";
import { terminalInMemory } from "./streams.ts";

const secrets = createSecrets((text) => text);

describe("a document that is written list by list, item by item", () => {
  it("is the very text of the whole one", () => {
    const document = fc.dictionary(fc.stringMatching(/^[a-z]+$/), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4, noNullPrototype: true });
    fc.assert(
      fc.property(document, (members) => {
        const whole = JSON.stringify(members, null, 2).replaceAll("\u007f", "\\u007f");
        expect([...longDocument(members, secrets)].join("")).toBe(`${whole}\n`);
      }),
    );
  });

  it("hides secrets, and is whole before a query sees it", async () => {
    const members = () => ({ tasks: ["a", "sesame", "b\u202e"].values(), complete: true });
    const plain = terminalInMemory({ format: "json" });
    plain.terminal.hide("sesame");
    await plain.terminal.longResult(members());
    expect(JSON.parse(plain.stdout())).toEqual({ tasks: ["a", "<task token>", "b\u202e"], complete: true });
    expect(plain.stdout()).toContain("b\\u202e");
    const asked = terminalInMemory({ format: "json", query: "length(tasks)" });
    await asked.terminal.longResult(members());
    expect(asked.stdout()).toBe("3\n");
  });
});
