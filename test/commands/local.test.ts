import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cli, temporaryFolder } from "../harness.ts";

const pass = '{"StartAt":"Done","States":{"Done":{"Type":"Pass","End":true}}}';

describe("local refuses with 2", () => {
  it.each([
    ["a substitution without an import", ["--substitute", "a=b"], "--substitute is for imported definitions"],
    ["watching without an import", ["--watch"], "--watch is for imported definitions"],
    ["a substitution without a value", ["--import", ".", "--substitute", "a"], '--substitute "a" is not key=value'],
    ["a substitution without a key", ["--import", ".", "--substitute", "=b"], '--substitute "=b" is not key=value'],
    ["quotas of nobody", ["--quotas", "gcp"], '--quotas "gcp" is neither aws nor aws:big'],
    ["a latency that is no number", ["--latency", "1s"], '--latency "1s" is not a number of milliseconds'],
    ["a latency of a day", ["--latency", "86400000"], "0 to 600000"],
    ["a port that is none", ["--port", "65536"], '--port "65536" is not a port'],
    ["an empty host", ["--listen", ""], "--listen is empty"],
    ["a host that is not this machine's", ["--port", "0", "--listen", "203.0.113.1"], "cannot listen on 203.0.113.1"],
    [
      "a folder that is not there",
      ["--port", "0", "--import", "/nowhere/at/all"],
      "--import: the folder /nowhere/at/all cannot be imported",
    ],
    ["an empty --on-task", ["--on-task", ""], "--on-task is empty"],
  ])("%s", async (_, argv, message) => {
    const { code, stdout, stderr } = await cli(["local", ...argv]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
  });

  it("a definition with faults, each at its place, in words and in JSON", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "good.asl.json"), pass);
    writeFileSync(join(folder, "bad.asl.json"), pass.replace('"Pass"', '"Pas"'));
    const argv = ["local", "--port", "0", "--import", folder];
    const { code, stderr } = await cli(argv);
    expect(code).toBe(2);
    expect(stderr).toMatch(/bad\.asl\.json: it is not a definition that can run\n.*SCHEMA_VALIDATION_FAILED: .* at \/States\/Done\/Type\n/);
    const { stdout, stderr: json } = await cli([...argv, "--json"]);
    expect(stdout).toBe("");
    expect(JSON.parse(json).error).toMatchObject({ code: "Usage", message: expect.stringContaining("/States/Done/Type") });
  });
});
