import { describe, expect, it } from "vitest";
import { parseWord, recall } from "../../src/answering/task-reference.ts";
import type { Place, RememberedTask } from "../../src/context.ts";

const arn = "arn:aws:states:eu-west-1:123456789012:execution:orders:one";

describe("the word that names a task", () => {
  it.each([
    ["k3f9", { kind: "id", prefix: "k3f9" }],
    [arn, { kind: "address", execution: { arn }, eventId: null }],
    [`${arn}#7`, { kind: "address", execution: { arn }, eventId: 7 }],
    ["orders/one", { kind: "address", execution: { machine: "orders", name: "one" }, eventId: null }],
    ["orders/one#12", { kind: "address", execution: { machine: "orders", name: "one" }, eventId: 12 }],
  ])("%s is understood", (word, reference) => {
    expect(parseWord(word)).toEqual(reference);
  });

  it.each(["", "orders/", "/one", "orders/one#", "orders/one#0", "orders/one#x", "k3f9#2", "arn:aws:sqs:eu-west-1:123456789012:queue"])(
    "%j is a usage error",
    (word) => {
      expect(() => parseWord(word)).toThrow(expect.objectContaining({ kind: "usage" }));
    },
  );
});

describe("a remembered id", () => {
  const here: Place = { kind: "local", region: "us-east-1", file: "/here.db" };
  const there: Place = { kind: "aws", region: "eu-west-1", profile: "prod" };
  const task = (id: string, place: Place, eventId = 5): RememberedTask => ({ id, executionArn: arn, eventId, place });
  const indexOf = (...tasks: RememberedTask[]) => ({
    remember: () => Promise.resolve(),
    find: (prefix: string) => Promise.resolve(tasks.filter(({ id }) => id.startsWith(prefix))),
  });

  it("means the task that was seen through the present connection", async () => {
    expect(await recall(indexOf(task("abc", there), task("abd", here)), here, "ab")).toEqual([task("abd", here)]);
  });

  it("never chooses another connection: a usage error names the options to use", async () => {
    await expect(recall(indexOf(task("abc", there)), here, "ab")).rejects.toMatchObject({
      kind: "usage",
      hint: "add --profile prod --region eu-west-1",
    });
  });

  it("is several tasks where the prefix is short, and one where it is whole", async () => {
    const index = indexOf(task("abc", here, 5), task("abcd", here, 9));
    expect(await recall(index, here, "ab")).toHaveLength(2);
    expect(await recall(index, here, "abc")).toEqual([task("abc", here, 5)]);
  });
});
