import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { listDocument } from "../../src/terminal/list-document.ts";
import { createSecrets } from "../../src/terminal/secrets.ts";
import { terminalInMemory } from "./streams.ts";

const secrets = createSecrets((text) => text);

describe("a list that is written item by item", () => {
  it("is the very text of the whole document", () => {
    const values = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(
        fc.array(values, { maxLength: 4 }),
        fc.dictionary(fc.stringMatching(/^[a-z]+$/), values, { maxKeys: 3 }),
        (tasks, others) => {
          const document = JSON.stringify(
            { tasks, ...Object.fromEntries(Object.entries(others).filter(([name]) => name !== "tasks")) },
            null,
            2,
          );
          const rest = Object.fromEntries(Object.entries(others).filter(([name]) => name !== "tasks"));
          expect([...listDocument("tasks", tasks, rest, secrets)].join("")).toBe(`${document.replaceAll("\u007f", "\\u007f")}\n`);
        },
      ),
    );
  });

  it("hides secrets, and is whole before a query sees it", async () => {
    const about = { complete: true };
    const items = ["a", "sesame", "b\u202e"];
    const plain = terminalInMemory({ format: "json" });
    plain.terminal.hide("sesame");
    await plain.terminal.listResult("tasks", items, about);
    expect(JSON.parse(plain.stdout())).toEqual({ tasks: ["a", "<task token>", "b\u202e"], complete: true });
    expect(plain.stdout()).toContain("b\\u202e");
    const asked = terminalInMemory({ format: "json", query: "length(tasks)" });
    await asked.terminal.listResult("tasks", items, about);
    expect(asked.stdout()).toBe("3\n");
  });
});
