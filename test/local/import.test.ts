// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the files under test write their placeholders so
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DescribeExecutionCommand, DescribeStateMachineCommand, SendTaskSuccessCommand, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { beforeEach, describe, expect, it } from "vitest";
import { createLocal, type Imported } from "../../src/local/local.ts";
import { temporaryFolder } from "../harness.ts";
import { callbackState, machine, sdkClient } from "./peer.ts";

const machineArn = (name: string) => `arn:aws:states:us-east-1:123456789012:stateMachine:${name}`;
const pass = (comment: string) => JSON.stringify(machine({ Done: { Type: "Pass", End: true } }, { Comment: comment }));
let folder: string;

beforeEach(() => {
  folder = temporaryFolder();
});

function write(file: string, text: string): void {
  writeFileSync(join(folder, file), text);
}

async function definitionOf(url: string, name: string): Promise<string> {
  const client = sdkClient(url);
  const { definition = "" } = await client.send(new DescribeStateMachineCommand({ stateMachineArn: machineArn(name) }));
  client.destroy();
  return definition;
}

describe("an import", () => {
  it("makes a machine of each definition file, named after it, and of no other file", async () => {
    write("a.asl.json", pass("a"));
    write("b.asl.yaml", "StartAt: Done\nStates:\n  Done: { Type: Pass, End: true }\n");
    write("c.d.asl.yml", `# YAML is a superset of JSON\n${pass("c")}`);
    write("README.md", "no definition");
    write("d.json", "no definition");
    await using local = await createLocal({ import: { folder } });
    expect(local.imported).toEqual([
      { file: "a.asl.json", name: "a", arn: machineArn("a"), change: "created" },
      { file: "b.asl.yaml", name: "b", arn: machineArn("b"), change: "created" },
      { file: "c.d.asl.yml", name: "c.d", arn: machineArn("c.d"), change: "created" },
    ]);
    expect(await definitionOf(local.url, "a")).toBe(pass("a"));
    expect(JSON.parse(await definitionOf(local.url, "b"))).toEqual({ StartAt: "Done", States: { Done: { Type: "Pass", End: true } } });
  });

  it("updates what is changed and leaves what is not", async () => {
    const file = join(folder, "states.db");
    const changes = async () => {
      await using local = await createLocal({ file, import: { folder } });
      return local.imported.map(({ name, change }) => `${name} ${change}`);
    };
    write("a.asl.json", pass("1"));
    write("b.asl.yaml", pass("1"));
    expect(await changes()).toEqual(["a created", "b created"]);
    write("a.asl.json", pass("2"));
    write("b.asl.yaml", `# only a comment is new\n${pass("1")}`);
    expect(await changes()).toEqual(["a updated", "b unchanged"]);
  });

  it("puts values in the place of ${…} in JSON and in YAML, be they texts or numbers", async () => {
    const wait = { Type: "Wait", Seconds: 1, End: true };
    write(
      "a.asl.json",
      JSON.stringify(machine({ Wait: wait }, { Comment: "of ${Stage}-${Stage}" })).replace('"Seconds":1', '"Seconds":${Seconds}'),
    );
    write("b.asl.yaml", "Comment: of ${Stage}\nStartAt: Wait\nStates:\n  Wait: { Type: Wait, Seconds: ${Seconds}, End: true }\n");
    await using local = await createLocal({ import: { folder, substitutions: { Stage: "test", Seconds: "90" } } });
    const json = JSON.parse(await definitionOf(local.url, "a"));
    expect(json).toMatchObject({ Comment: "of test-test", States: { Wait: { Seconds: 90 } } });
    expect(JSON.parse(await definitionOf(local.url, "b"))).toMatchObject({ Comment: "of test", States: { Wait: { Seconds: 90 } } });
  });

  it("leaves what JSONata writes alike alone", async () => {
    const definition = machine({ Done: { Type: "Pass", Output: '{% ${"a": 1} %}', End: true } }, { QueryLanguage: "JSONata" });
    write("a.asl.json", JSON.stringify(definition));
    await expect(createLocal({ import: { folder } })).rejects.toThrow(/Reference to '\$' at the top level/);
  });

  it.each([
    ["a.asl.json", pass("${Stage} ${Other}"), "a.asl.json: no value is given for ${Stage}, ${Other}"],
    ["a.asl.json", pass("${toString}"), "a.asl.json: no value is given for ${toString}"],
    ["a.asl.json", "{", "INVALID_JSON_DESCRIPTION"],
    ["a.asl.json", "", "SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object"],
    ["a.asl.json", JSON.stringify(machine({ A: { Type: "Pass", Next: "B" } })), "MISSING_TRANSITION_TARGET"],
    ["a.asl.yaml", "a: [", "a.asl.yaml: it is not YAML: Flow sequence in block collection must be"],
    ["a.asl.yaml", "a: 1\na: 2", "a.asl.yaml: it is not YAML: Map keys must be unique at line 2, column 1"],
    ["a.asl.yaml", "StartAt: !Ref Start", "a.asl.yaml: it is not YAML: Unresolved tag: !Ref at line 1, column 10"],
    ["a.asl.yaml", "a: &a [*a]", "a.asl.yaml: it is not YAML"],
    [
      "a.asl.yaml",
      `a: &a [1]\nb: &b [${Array(50).fill("*a")}]\nc: &c [${Array(50).fill("*b")}]\nd: [${Array(50).fill("*c")}]`,
      "a.asl.yaml: it is not YAML: Excessive alias count",
    ],
    ["two words.asl.json", pass(""), "two words.asl.json: Invalid Name: 'two words'"],
  ])("refuses at the start the fault in %s, %#, and names it", async (file, text, message) => {
    write(file, text);
    const refused = createLocal({ import: { folder } });
    await expect(refused).rejects.toMatchObject({ name: "ImportError" });
    await expect(refused).rejects.toThrow(message);
  });

  it("refuses two files of one machine, a folder without definitions, and one that cannot be read", async () => {
    await expect(createLocal({ import: { folder } })).rejects.toThrow(`the folder ${folder} holds no *.asl.json`);
    await expect(createLocal({ import: { folder: join(folder, "none") } })).rejects.toThrow("cannot be imported: it does not exist");
    write("a.asl.json", pass(""));
    write("a.asl.yml", pass(""));
    await expect(createLocal({ import: { folder } })).rejects.toThrow("a.asl.yml: a.asl.json defines the same state machine, a");
    mkdirSync(join(folder, "b.asl.json"));
    await expect(createLocal({ import: { folder } })).rejects.toThrow("b.asl.json: it cannot be read: it is a folder");
  });
});

describe("an import that watches", () => {
  /** What is told, to be taken in order. */
  function listener() {
    const told: Imported[] = [];
    let wake = () => {};
    const next = async (): Promise<Imported> => {
      while (told.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return told.shift() as Imported;
    };
    const onImport = (imported: Imported) => {
      told.push(imported);
      wake();
    };
    return { next, onImport };
  }

  it("updates the machine, while running executions keep their definition", async () => {
    write("a.asl.json", JSON.stringify(machine({ Ask: callbackState() })));
    const { next, onImport } = listener();
    const tasks: string[] = [];
    const onTask = async ({ taskToken }: { taskToken: string }) => void tasks.push(taskToken);
    await using local = await createLocal({ import: { folder, watch: true }, onImport, onTask });
    expect(await next()).toMatchObject({ change: "created" });
    const client = sdkClient(local.url);
    const { executionArn } = await client.send(new StartExecutionCommand({ stateMachineArn: machineArn("a") }));
    write("a.asl.json", pass("other"));
    expect(await next()).toEqual({ file: "a.asl.json", name: "a", arn: machineArn("a"), change: "updated" });
    const started = await client.send(new StartExecutionCommand({ stateMachineArn: machineArn("a"), input: '"new"' }));
    expect(await client.send(new DescribeExecutionCommand({ executionArn: started.executionArn }))).toMatchObject({ output: '"new"' });
    await expect.poll(() => tasks.length).toBe(1);
    await client.send(new SendTaskSuccessCommand({ taskToken: tasks[0], output: '"old"' }));
    expect(await client.send(new DescribeExecutionCommand({ executionArn }))).toMatchObject({ status: "SUCCEEDED", output: '"old"' });
    client.destroy();
  });

  it("tells of a fault and leaves the machine as it is, until the file is put right", async () => {
    write("a.asl.json", pass("good"));
    const { next, onImport } = listener();
    await using local = await createLocal({ import: { folder, watch: true }, onImport });
    await next();
    write("a.asl.json", '{"StartAt":"X","States":{}}');
    const fault = await next();
    expect(fault).toMatchObject({ file: "a.asl.json", message: "it is not a definition that can run" });
    expect("diagnostics" in fault && fault.diagnostics[0]).toMatchObject({ code: expect.any(String), location: expect.any(String) });
    expect(await definitionOf(local.url, "a")).toBe(pass("good"));
    write("a.asl.json", pass("good"));
    expect(await next()).toMatchObject({ change: "unchanged" });
  });

  it("begins with faults and with an empty folder, takes files that are added, and leaves the machines of removed ones", async () => {
    const { next, onImport } = listener();
    await using local = await createLocal({ import: { folder, watch: true }, onImport });
    write("a.asl.json", pass("a"));
    expect(await next()).toMatchObject({ name: "a", change: "created" });
    rmSync(join(folder, "a.asl.json"));
    expect(await next()).toEqual({ file: "a.asl.json", name: "a", arn: machineArn("a"), change: "kept" });
    write("b.asl.json", pass("b"));
    expect(await next()).toMatchObject({ name: "b", change: "created" });
    expect(await definitionOf(local.url, "a")).toBe(pass("a"));
  });

  it("takes a renamed file for another machine's, and a file of another kind for the same one's", async () => {
    write("a.asl.json", pass("a"));
    const { next, onImport } = listener();
    await using _local = await createLocal({ import: { folder, watch: true }, onImport });
    await next();
    renameSync(join(folder, "a.asl.json"), join(folder, "b.asl.json"));
    expect([await next(), await next()]).toMatchObject([
      { file: "b.asl.json", change: "created" },
      { file: "a.asl.json", change: "kept" },
    ]);
    renameSync(join(folder, "b.asl.json"), join(folder, "b.asl.yaml"));
    expect(await next()).toMatchObject({ file: "b.asl.yaml", name: "b", change: "updated" });
    // A fault goes with its file, and is told again with another.
    write("c.asl.json", "{");
    expect(await next()).toMatchObject({ file: "c.asl.json", diagnostics: [{ code: "INVALID_JSON_DESCRIPTION" }] });
    rmSync(join(folder, "c.asl.json"));
    write("d.asl.json", pass("d"));
    expect(await next()).toMatchObject({ file: "d.asl.json" });
    write("c.asl.json", "{");
    expect(await next()).toMatchObject({ file: "c.asl.json", diagnostics: [{ code: "INVALID_JSON_DESCRIPTION" }] });
  });

  it("goes on where the folder is removed and made again, and where another takes its place", async () => {
    const watched = join(folder, "machines");
    mkdirSync(watched);
    write("machines/a.asl.json", pass("1"));
    const { next, onImport } = listener();
    await using _local = await createLocal({ import: { folder: watched, watch: true }, onImport });
    await next();
    rmSync(watched, { recursive: true });
    expect(await next()).toMatchObject({ file: watched, message: expect.stringContaining("it does not exist") });
    mkdirSync(watched);
    write("machines/a.asl.json", pass("2"));
    expect(await next()).toMatchObject({ file: "a.asl.json", change: "updated" });
    mkdirSync(join(folder, "other"));
    write("other/a.asl.json", pass("3"));
    renameSync(watched, join(folder, "old"));
    renameSync(join(folder, "other"), watched);
    expect(await next()).toMatchObject({ file: "a.asl.json", change: "updated" });
    write("machines/a.asl.json", pass("4"));
    expect(await next()).toMatchObject({ file: "a.asl.json", change: "updated" });
  });
});
