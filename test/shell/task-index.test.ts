import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RememberedTask } from "../../src/context.ts";
import { createTaskIndex } from "../../src/shell/task-index.ts";

const execution = "arn:aws:states:eu-west-1:123456789012:execution:orders:one";

function task(id: string, facts: Partial<RememberedTask> = {}): RememberedTask {
  return { id, executionArn: execution, eventId: 5, place: { kind: "aws", region: "eu-west-1", profile: null }, ...facts };
}

describe("the task index", () => {
  let folder = "";
  let problems: string[] = [];
  const open = () => createTaskIndex(join(folder, "state"), (message) => problems.push(message));

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "task-index-"));
    problems = [];
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
    expect(problems.filter((message) => message.includes("locked"))).toEqual([]);
  });

  it("finds nothing, and makes no file, before anything was remembered", async () => {
    expect(await open().find("ab")).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("finds by prefix what another command remembered, in any case, newest first", async () => {
    await open().remember([task("abc123"), task("abd456"), task("xyz")]);
    expect(await open().find("AB")).toEqual([task("abd456"), task("abc123")]);
    await open().remember([task("abc123")]);
    expect((await open().find("ab")).map(({ id }) => id)).toEqual(["abc123", "abd456"]);
  });

  it("keeps the same id of another place, execution or event apart, and the same task once", async () => {
    const tasks = [
      task("abc"),
      task("abc", { eventId: 6 }),
      task("abc", { executionArn: `${execution}-two` }),
      task("abc", { place: { kind: "local", region: "us-east-1", file: "local.sqlite" } }),
      task("abc", { place: { kind: "endpoint", region: "us-east-1", endpointUrl: "http://127.0.0.1:8083", profile: "dev" } }),
    ];
    await open().remember(tasks);
    await open().remember(tasks);
    expect(await open().find("abc")).toEqual(tasks.toReversed());
  });

  it("takes wildcards and quotes in a prefix literally", async () => {
    await open().remember([task("abc"), task("a%c"), task("a_d")]);
    expect(await open().find("a%")).toEqual([task("a%c")]);
    expect(await open().find("a_")).toEqual([task("a_d")]);
    expect(await open().find("%")).toEqual([]);
    expect(await open().find("' OR 1=1 --")).toEqual([]);
  });

  it("stores nothing but the id and where it was seen", async () => {
    const place = { kind: "aws", region: "eu-west-1", profile: null, taskToken: "secret" } as const;
    await open().remember([Object.assign(task("abc", { place }), { taskToken: "secret" })]);
    expect(await open().find("abc")).toEqual([task("abc")]);
  });

  it("keeps the 50,000 tasks seen last", async () => {
    const index = open();
    await index.remember(Array.from({ length: 50_000 }, (_, number) => task(`id${number}`)));
    await index.remember([task("id0"), task("new1"), task("new2")]);
    expect(await index.find("id1")).not.toContainEqual(task("id1"));
    expect((await index.find("")).length).toBe(50_000);
    expect(await index.find("id0")).toEqual([task("id0")]);
    expect((await index.find("new")).map(({ id }) => id)).toEqual(["new2", "new1"]);
  });

  it("loses nothing to two commands that remember at once", async () => {
    const [one, other] = [open(), open()];
    const rounds = Array.from({ length: 25 }, (_, number) => number);
    await Promise.all(rounds.flatMap((number) => [one.remember([task(`a${number}`)]), other.remember([task(`b${number}`)])]));
    expect((await one.find("b")).length).toBe(25);
    expect((await other.find("a")).length).toBe(25);
    expect(problems).toEqual([]);
  });

  it("puts a damaged file aside, says so, and begins anew", async () => {
    const index = open();
    await index.remember([task("abc")]);
    const state = join(folder, "state");
    const [file = ""] = readdirSync(state);
    writeFileSync(join(state, file), "this is no database, and long enough to be read as one".repeat(40));
    expect(await index.find("abc")).toEqual([]);
    expect(problems).toEqual([expect.stringContaining("put aside")]);
    await index.remember([task("def")]);
    expect(await index.find("def")).toEqual([task("def")]);
    expect(readdirSync(state).some((name) => name.includes("damaged"))).toBe(true);
  });

  it("tells once where its folder cannot be written, and finds nothing there", async () => {
    writeFileSync(join(folder, "state"), "a file where the folder should be");
    const index = open();
    await index.remember([task("abc")]);
    await index.remember([task("abc")]);
    expect(await index.find("abc")).toEqual([]);
    expect(problems).toEqual([expect.stringContaining("cannot be used")]);
  });
});
