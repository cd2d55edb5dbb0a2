import { ListExecutionsCommand } from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { itemsIn } from "../../src/local/asl/item-reader.ts";
import type { Json, JsonObject } from "../../src/local/asl/json.ts";
import { Bench, machine, startOfTime } from "./peer.ts";

const read = (content: Json, config: JsonObject = {}, maxItems: number | null = null) => itemsIn(content, { config, maxItems });

describe("what an ItemReader reads", () => {
  const csv = 'a,"b ""q""",c\r\n1,"x,\ny",\n\n2\n3,4,5,6';

  it.each<[string, Json, JsonObject, Json]>([
    ["an array that is given", [1, { a: 2 }], {}, [1, { a: 2 }]],
    ["JSON", "[1,[2]]", { InputType: "JSON" }, [1, [2]]],
    ["JSON from where a pointer leads", '{"x/y":[[1]]}', { InputType: "JSON", ItemsPointer: "/x~1y/0" }, [1]],
    ["lines of JSON", '1\n\n{"a":2}\n', { InputType: "JSONL" }, [1, { a: 2 }]],
    [
      "CSV with its headers",
      csv,
      { InputType: "CSV", CSVHeaderLocation: "FIRST_ROW" },
      [
        { a: "1", 'b "q"': "x,\ny", c: "" },
        { a: "2", 'b "q"': "", c: "" },
        { a: "3", 'b "q"': "4", c: "5" },
      ],
    ],
    [
      "CSV with headers that are given",
      "1|2\n3|4",
      { InputType: "CSV", CSVHeaderLocation: "GIVEN", CSVHeaders: ["x", "y"], CSVDelimiter: "PIPE" },
      [
        { x: "1", y: "2" },
        { x: "3", y: "4" },
      ],
    ],
  ])("is %s", (_, content, config, items) => expect(read(content, config)).toEqual(items));

  it("is as many items as it may be", () => expect(read("[1,2,3]", {}, 2)).toEqual([1, 2]));

  it.each<[string, Json, JsonObject, string]>([
    ["no array", "{}", { InputType: "JSON" }, "Attempting to map over non-iterable node."],
    ["a pointer that leads nowhere", '{"a":1}', { ItemsPointer: "/b" }, "The provided ReaderConfig.ItemsPointer does not match any"],
    ["two headers of one name", "a,a\n1,2", { InputType: "CSV" }, "CSV headers cannot contain duplicates."],
    ["no JSON", "nothing", { InputType: "JSON" }, "The data is not valid JSON"],
    [
      "a text of a type that is none",
      "PAR1",
      { InputType: "PARQUET" },
      "The embedded Step Functions does not read texts of the type PARQUET.",
    ],
  ])("fails States.ItemReaderFailed for %s", (_, content, config, why) =>
    expect(() => read(content, config)).toThrow(`States.ItemReaderFailed: ${why}`),
  );
});

describe("a Map that reads from S3, or writes there", () => {
  const ItemProcessor = {
    ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" },
    StartAt: "Item",
    States: { Item: { Type: "Pass", End: true } },
  };
  const parameters = { "Bucket.$": "$.bucket", Key: "items.csv" };
  const ItemReader = {
    Resource: "arn:aws:states:::s3:getObject",
    ReaderConfig: { InputType: "CSV", CSVHeaderLocation: "FIRST_ROW", MaxItemsPath: "$.most" },
    Parameters: parameters,
  };
  const mockConfig = JSON.stringify({
    StateMachines: {
      read: { TestCases: { all: { Read: "File" } } },
      readJsonata: { TestCases: { all: { Read: "File" } } },
      retried: { TestCases: { all: { Read: "Late" } } },
      other: { TestCases: { without: {} } },
      written: { TestCases: { all: {} } },
    },
    MockedResponses: {
      File: { "0": { Return: "id\n1\n2\n3" } },
      Late: { "0": { Throw: { Error: "S3.NoSuchKeyException", Cause: "No such key" } }, "1": { Return: "id\n7" } },
    },
  });
  let bench: Bench;
  beforeAll(async () => {
    bench = await Bench.open(undefined, { mockConfig });
  });
  afterAll(() => bench.close());

  const ResultWriter = { Resource: "arn:aws:states:::s3:putObject", Parameters: { Bucket: "results", "Prefix.$": "$.folder" } };

  /** JSONata may answer only after the reply to a request; each one waits for it a while. */
  async function ended(executionArn: string) {
    for (;;) {
      const described = await bench.describe(executionArn);
      if (described.status !== "RUNNING") return described;
    }
  }

  it("takes the file from its mocked response, and gives the place that its ResultWriter is taken to have written to", async () => {
    const Read = { Type: "Map", ItemReader, ItemProcessor, ResultWriter, End: true };
    const arn = await bench.start(machine({ Read }), { bucket: "b", most: 2, folder: "runs" }, { name: "read", testCase: "all" });
    const { status, output = "" } = await bench.describe(arn);
    const [run] = (await bench.history(arn)).flatMap(({ mapRunStartedEventDetails: details }) => details?.mapRunArn ?? []);
    expect(status).toBe("SUCCEEDED");
    expect(JSON.parse(output)).toEqual({
      MapRunArn: run,
      ResultWriterDetails: { Bucket: "results", Key: `runs/${run?.split(":").at(-1)}/manifest.json` },
    });
  });

  it("does so in JSONata, whose answers come later", async () => {
    const { Parameters: _, ...reader } = ItemReader;
    const Read = {
      ...{
        Type: "Map",
        ItemProcessor,
        End: true,
        ItemSelector: { id: "{% $number($states.context.Map.Item.Value.id) * 2 %}", of: "{% $states.context.Map.Item.Source %}" },
      },
      ItemReader: {
        ...reader,
        ReaderConfig: { InputType: "CSV", CSVHeaderLocation: "FIRST_ROW", MaxItems: "{% $states.input.most %}" },
        Arguments: { Bucket: "{% $states.input.bucket %}", Key: "k" },
      },
    };
    const definition = machine({ Read }, { QueryLanguage: "JSONata" });
    const arn = await bench.start(definition, { bucket: "b", most: 2 }, { name: "readJsonata", testCase: "all" });
    expect((await ended(arn)).output).toBe('[{"id":2,"of":"s3://b/k"},{"id":4,"of":"s3://b/k"}]');
  });

  it("takes the arrays among its results apart where it is told to", async () => {
    const Each = {
      Type: "Map",
      ItemProcessor,
      ResultWriter: { WriterConfig: { Transformation: "FLATTEN", OutputType: "JSON" } },
      End: true,
    };
    const arn = await bench.start(machine({ Each }), [[1, [2]], 3, []]);
    expect((await bench.describe(arn)).output).toBe("[1,[2],3]");
  });

  it("reads again when it is retried", async () => {
    const Retry = [{ ErrorEquals: ["States.ItemReaderFailed"] }];
    const Read = { Type: "Map", ItemReader, ItemProcessor, Retry, End: true };
    const arn = await bench.start(machine({ Read }), { bucket: "b", most: 2 }, { name: "retried", testCase: "all" });
    bench.now += 1_000;
    expect((await bench.describe(arn)).output).toBe('[{"id":"7"}]');
    expect((await bench.history(arn)).map(({ type, previousEventId }) => `${type}<-${previousEventId}`).slice(2, 8)).toEqual([
      "MapStateStarted<-2",
      "MapRunStarted<-3",
      "MapRunFailed<-4",
      "MapStateStarted<-5",
      "MapRunStarted<-6",
      "MapRunSucceeded<-7",
    ]);
  });

  it.each([
    ["no test case", {}],
    ["a test case without a response for it", { name: "other", testCase: "without" }],
  ])("fails States.ItemReaderFailed with %s, and says how to mock it", async (_, start) => {
    const Read = { Type: "Map", ItemReader, ItemProcessor, End: true };
    const arn = await bench.start(machine({ Read }), { bucket: "b", most: 2 }, start);
    const { error, cause } = await bench.describe(arn);
    expect(error).toBe("States.ItemReaderFailed");
    expect(cause).toMatch(/has no S3, so the ItemReader of the Map 'Read' cannot read s3:\/\/b\/items\.csv\. Mock it: .*--mock-config/);
    expect((await bench.history(arn)).map(({ type }) => type).slice(-4)).toEqual([
      "MapRunStarted",
      "MapRunFailed",
      "MapStateFailed",
      "ExecutionFailed",
    ]);
  });

  it("fails States.ResultWriterFailed before its children, without a test case, and says how to mock it; a Catch may go on", async () => {
    const Write = { Type: "Map", ItemsPath: "$.items", ItemProcessor, ResultWriter, End: true };
    const input = { items: [1], folder: "runs" };
    const arn = await bench.start(machine({ Write }), input);
    const { status, error, cause } = await bench.describe(arn);
    expect({ status, error }).toEqual({ status: "FAILED", error: "States.ResultWriterFailed" });
    expect(cause).toMatch(
      /has no S3, so the ResultWriter of the Map 'Write' cannot write to s3:\/\/results\/runs\. Mock it: .*--mock-config/,
    );
    const history = await bench.history(arn);
    const { mapRunArn } = history.find(({ type }) => type === "MapRunStarted")?.mapRunStartedEventDetails ?? {};
    expect(history.at(-3)).toMatchObject({ type: "MapRunFailed", mapRunFailedEventDetails: { error, cause } });
    expect((await bench.client.send(new ListExecutionsCommand({ mapRunArn }))).executions).toEqual([]);
    const Catch = [{ ErrorEquals: ["States.ResultWriterFailed"], ResultPath: "$.failure", Next: "Go on" }];
    const caught = await bench.start(machine({ Write: { ...Write, Catch }, "Go on": { Type: "Succeed" } }), input);
    expect(JSON.parse((await bench.describe(caught)).output ?? "")).toEqual({ ...input, failure: { Error: error, Cause: cause } });
  });

  it("needs no mocked response of its own to write, only a test case", async () => {
    const { Parameters: _, ...writer } = ResultWriter;
    const state = { Type: "Map", ItemProcessor, ResultWriter: { ...writer, Arguments: { Bucket: "results" } }, End: true };
    const arn = await bench.start(machine({ Write: state }, { QueryLanguage: "JSONata" }), [1], { name: "written", testCase: "all" });
    expect(JSON.parse((await ended(arn)).output ?? "").ResultWriterDetails.Key).toMatch(/^[\w-]{36}\/manifest\.json$/);
  });

  it("with --manual is taken to have written, and cannot read", async () => {
    await using byHand = await Bench.open(undefined, { manual: true });
    const write = await byHand.start(machine({ Write: { Type: "Map", ItemsPath: "$.items", ItemProcessor, ResultWriter, End: true } }), {
      items: [1],
      folder: "runs",
    });
    expect((await byHand.describe(write)).output).toContain("ResultWriterDetails");
    const read = await byHand.start(machine({ Read: { Type: "Map", ItemReader, ItemProcessor, End: true } }), { bucket: "b", most: 2 });
    expect(await byHand.describe(read)).toMatchObject({
      error: "States.ItemReaderFailed",
      cause: expect.stringContaining("--manual leaves"),
    });
  });

  describe("but says how its results look (WriterConfig)", () => {
    const Each = { Type: "Choice", Choices: [{ Variable: "$", IsNull: true, Next: "No" }], Default: "Yes" };
    const states = { Each, No: { Type: "Fail", Error: "None", Cause: "null" }, Yes: { Type: "Pass", End: true } };
    const processor = { ...ItemProcessor, ...machine(states) };
    const outputOf = async (config: object | undefined) => {
      const writer = config === undefined ? {} : { ResultWriter: { WriterConfig: { OutputType: "JSON", ...config } } };
      const Some = { Type: "Map", Label: "Some", ItemProcessor: processor, ToleratedFailureCount: 1, ...writer, End: true };
      const arn = await bench.start(machine({ Some }), [[1, [2]], null]);
      return { arn, output: JSON.parse((await bench.describe(arn)).output ?? "") as object[] };
    };
    const at = new Date(startOfTime + 1_000).toISOString().replace(".000Z", "Z");
    const told = (arn: string, more: object) => ({
      ExecutionArn: expect.stringContaining(`${arn.split(":")[6]}/Some:`),
      InputDetails: { Included: true },
      Name: expect.stringMatching(/^[\w-]{36}$/),
      RedriveCount: 0,
      StartDate: at,
      StateMachineArn: expect.stringMatching(/:stateMachine:.*\/Some$/),
      StopDate: at,
      ...more,
    });
    const failed = { Cause: "null", Error: "None", Input: "null", RedriveStatus: "REDRIVABLE_BY_MAP_RUN", Status: "FAILED" };

    it.each([
      [{ Transformation: "COMPACT" }, [[1, [2]]]],
      [{ Transformation: "FLATTEN" }, [1, [2]]],
      [undefined, [[1, [2]]]],
    ])("gives with %o the outputs, and all that is told of a child that failed", async (config, outputs) => {
      const { arn, output } = await outputOf(config);
      expect(output).toEqual([...outputs, told(arn, failed)]);
    });

    it("gives with NONE all that is told of each child, by the order of the names", async () => {
      const { arn, output } = await outputOf({ Transformation: "NONE" });
      const succeeded = {
        ...{ Input: "[1,[2]]", Output: "[1,[2]]", OutputDetails: { Included: true }, Status: "SUCCEEDED" },
        ...{ RedriveStatus: "NOT_REDRIVABLE", RedriveStatusReason: "Execution is SUCCEEDED and cannot be redriven" },
      };
      expect(output).toEqual([told(arn, succeeded), told(arn, failed)]);
      expect(Object.keys(output[0] ?? {})).toEqual(Object.keys(output[0] ?? {}).sort());
    });
  });

  it.each([
    ["NaN", "The MaxItemsPath field refers to value 'NaN' which is not a valid integer: $.most"],
    [-1, "field MaxItems must be positive"],
  ])("fails for %s items at most", async (most, cause) => {
    const Read = { Type: "Map", ItemReader, ItemProcessor, End: true };
    const arn = await bench.start(machine({ Read }), { bucket: "b", most });
    expect(await bench.describe(arn)).toMatchObject({ error: "States.ItemReaderFailed", cause });
  });
});
