import { createHash } from "node:crypto";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { schema, schemaVersion } from "../../src/local/store/schema.ts";
import { createUser, temporaryFolder } from "../harness.ts";

/** The tables of each version, as a hash of what makes them. */
const hashes: Readonly<Record<string, string>> = { 4: "9cfa31eaca2d20d5", 5: "6e4fb521d19eda11", 6: "caf0e7790975e5fe" };

it("a change of the tables takes a new version of the schema", () => {
  const tables = schema.match(/CREATE TABLE[^;]*;/g)?.map((text) => text.replaceAll(/\s+/g, " ")) ?? [];
  const hash = createHash("sha256").update(tables.join("\n")).digest("hex").slice(0, 16);
  expect(hashes[schemaVersion], "the tables changed: give schemaVersion a new number, and put the hash of its tables here").toBe(hash);
});

it("a file of another version is refused in one line that says what to do, and is left as it is", async () => {
  const localFile = join(temporaryFolder(), "old.db");
  const cli = createUser({ localFile });
  await cli(["deploy-example"]);
  const setSchema = (version: string) => {
    using database = new DatabaseSync(localFile);
    database.exec(`UPDATE meta SET value = '${version}' WHERE key = 'schema'`);
  };
  setSchema("2");
  const { code, stdout, stderr } = await cli(["pending"]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain(`the local file ${localFile} cannot be used: the file was made by another version of sfn-callback`);
  expect(stderr).toContain("name another one with --local-file <file>, or move this one away: a new one is made");
  setSchema(schemaVersion);
  expect((await cli(["start", "approval"])).code).toBe(0);
});
