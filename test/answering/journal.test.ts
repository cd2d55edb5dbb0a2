import fc from "fast-check";
import { expect, it } from "vitest";
import { Journal, keyOf, type PlannedTask, readJournal } from "../../src/answering/bulk/journal.ts";
import type { AppendedFile } from "../../src/context.ts";

const request = { command: "succeed", given: { answer: { kind: "success", output: "1" } } } as const;
const about = { at: new Date("2026-01-02T03:04:05Z"), reason: null };
const tasks: readonly PlannedTask[] = ["a", "b", "c"].map((name) => ({
  executionArn: `arn:aws:states:us-east-1:123456789012:execution:orders:${name}`,
  eventId: 3,
  id: name,
  stateMachineName: "orders",
  state: "Prüfen",
  waitingSince: null,
}));

/** A file in memory, whose appends take a turn each. */
function fileInMemory(appends: string[]): AppendedFile {
  return {
    append: async (text) => {
      await Promise.resolve();
      appends.push(text);
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

async function written(isTorn = false): Promise<string[]> {
  const appends: string[] = [];
  const journal = new Journal(fileInMemory(appends), isTorn);
  await journal.begin(request, about, tasks);
  await Promise.all(
    tasks.map(async (task) => {
      await journal.sending(task);
      await journal.result(task, { result: { outcome: "applied" }, why: null });
    }),
  );
  return appends;
}

it("what is written at the same time goes to the disk together", async () => {
  // The plan, three that are sent, three results; a first one may go ahead of those that join it.
  expect((await written()).length).toBeLessThanOrEqual(5);
});

it("a journal that ends anywhere is read as far as it goes, and never tells of more than was written", async () => {
  const text = (await written()).join("");
  const plan = text.indexOf('"planned"');
  fc.assert(
    fc.property(fc.nat({ max: text.length }), fc.boolean(), (length, goesOn) => {
      const torn = Buffer.from(text).subarray(0, length).toString("utf8");
      const begun = readJournal(goesOn && length > 0 ? `${torn}\n{"sending":"x"}\n` : torn, "the file");
      if (torn.length <= plan) expect(begun).toBeNull();
      if (begun === null) {
        expect(torn.length).toBeLessThan(plan + 20);
        return;
      }
      expect(begun.tasks).toEqual(tasks);
      expect(begun.request).toEqual(request);
      for (const key of begun.results.keys()) expect(begun.sent).toContain(key);
      const isWhole = length >= Buffer.byteLength(text);
      if (isWhole) expect([...begun.results.keys()].toSorted()).toEqual(tasks.map(keyOf).toSorted());
    }),
  );
});

it("a second plan counts, where the first was torn", async () => {
  const text = (await written()).join("");
  const again = (await written(true)).join("");
  expect(readJournal(`${text.slice(0, 250)}${again}`, "the file")?.results.size).toBe(3);
});

it.each(["my notes\n", '{"tasks":[]}\n', "[]\n"])("another file is refused: %o", (text) => {
  expect(() => readJournal(text, "notes.txt")).toThrow("notes.txt is no journal");
});
