import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { itemsIn } from "../../src/local/asl/item-reader.ts";
import type { Json, JsonObject } from "../../src/local/asl/json.ts";
import { Bench, machine } from "./peer.ts";

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

describe("a Map that reads from S3", () => {
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

  /** JSONata may answer only after the reply to a request; each one waits for it a while. */
  async function ended(executionArn: string) {
    for (;;) {
      const described = await bench.describe(executionArn);
      if (described.status !== "RUNNING") return described;
    }
  }

  it("takes the file from its mocked response, and gives the place that its ResultWriter writes to", async () => {
    const ResultWriter = { Resource: "arn:aws:states:::s3:putObject", Parameters: { Bucket: "results", Prefix: "runs" } };
    const Read = { Type: "Map", ItemReader, ItemProcessor, ResultWriter, End: true };
    const arn = await bench.start(machine({ Read }), { bucket: "b", most: 2 }, { name: "read", testCase: "all" });
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

  it("says how to mock it where it is not mocked", async () => {
    const Read = { Type: "Map", ItemReader, ItemProcessor, End: true };
    const arn = await bench.start(machine({ Read }), { bucket: "b", most: 2 });
    const { error, cause } = await bench.describe(arn);
    expect(error).toBe("States.ItemReaderFailed");
    expect(cause).toContain("--mock-config");
    expect((await bench.history(arn)).map(({ type }) => type).slice(-4)).toEqual([
      "MapRunStarted",
      "MapRunFailed",
      "MapStateFailed",
      "ExecutionFailed",
    ]);
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
